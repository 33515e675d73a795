/// Requests to other shards, and theirs to us.
///
/// The owner of a key executes every command on it; the connection's shard writes the reply into
/// the hole it left. Large values are not copied on the way: the owner pins the entry, the
/// connection's shard sends it from the owner's slab, and a release message takes the pin home.
extension Shard where Engine: ~Copyable {
    // MARK: Asking

    /// Whether a request to `shard` can be sent now.
    mutating func canAsk(_ shard: Int) -> Bool {
        if calls.freeCount == 0 || releases.count > calls.capacity
            || requestsOut[shard].beginWrite() == nil
        {
            stats.add(.mailboxFull)
            scarcity.isLaneFull = true
            return false
        }
        // While this shard coordinates a transaction only that one's requests leave: the others
        // would wait behind locks of their own making.
        return lock.coordinating == 0 || context.transaction == lock.coordinating
    }

    /// Sends the command in `arguments[from...]` to the owner of its key. The reply will fill a
    /// hole (`gather` < 0) or add to a gather. False: no room now; nothing happened.
    mutating func forward(
        _ id: CommandID, _ input: Bytes, arguments wanted: ForwardedArguments, hash: UInt64,
        to shard: Int, gather: Int32 = -1, control: UInt8 = 0
    ) -> Bool {
        guard canAsk(shard) else { return false }
        var bytes = 0
        for position in 0..<wanted.count {
            bytes += 4 + arguments.argument(wanted.index(position), in: input).count
        }
        var call = RemoteCall()
        call.shard = UInt8(shard)
        var target = MutableBytes.empty
        if bytes > Message.payloadMax {
            if bytes <= BufferPool.blockBytesMax {
                guard let block = pool.allocate(bytes) else { return false }
                call.block = block
                target = pool.bytes(block)
            } else {
                guard let large = takeLarge(bytes) else { return false }
                call.large = large
                target = largeBuffers[large].room
            }
        }
        guard let slot = requestsOut[shard].beginWrite() else { return false }
        let message = Message(slot)
        message.clear(control == 0 ? .command : .control)
        if target.count == 0 {
            target = message.payload
            message.payloadCount = bytes
        }
        encode(wanted, input, into: target)
        if call.block != .none || call.large >= 0 {
            message.setView(target.bytes.slice(0, bytes))
        }
        message.command = control == 0 ? id.rawValue : control
        message.argumentCount = wanted.count
        message.hash = hash
        if control != 0, gather >= 0, gathers[gather].large >= 0 { message.offset = 1 }
        finishAsking(message, &call, gather: gather)
        return true
    }

    private mutating func finishAsking(
        _ message: Message, _ call: inout RemoteCall, gather: Int32
    ) {
        let place = context.connection
        call.connection = place
        call.generation = connections[Int(place)].generation
        call.startedNs = nowNs
        if gather >= 0 {
            call.purpose = .gather
            call.gather = gather
            gathers.update(gather) { $0.remaining += 1 }
        } else {
            call.hole = addHole(place)
        }
        message.flags = contextFlags
        message.home = UInt8(index)
        message.clientID = context.clientID
        message.transaction = context.transaction
        submit(message, call)
    }

    /// Files the call and hands the message over.
    mutating func submit(_ message: Message, _ call: RemoteCall) {
        guard let place = calls.take(call) else {
            ensureFailed("call table full", #fileID, #line)
        }
        message.call = place
        message.generation = calls.generation(place)
        publishRequest(to: Int(call.shard))
        stats.add(.crossShardSent)
    }

    mutating func publishRequest(to shard: Int) {
        requestsOut[shard].publish()
        wakeWanted[shard] = true
    }

    var contextFlags: UInt8 {
        (context.version == .resp3 ? MessageFlag.resp3 : 0)
            | (context.tracks ? MessageFlag.tracks : 0)
            | (context.noLoop ? MessageFlag.noLoop : 0)
            | (context.noTouch ? MessageFlag.noTouch : 0)
    }

    /// Puts an empty place into a connection's output, behind what was written so far.
    mutating func addHole(_ place: Int32) -> Int32 {
        spill()
        append(place, OutputSegment(owner: .hole))
        connections[Int(place)].holes += 1
        return connections[Int(place)].outputTail
    }

    private func encode(_ wanted: ForwardedArguments, _ input: Bytes, into target: MutableBytes) {
        var position = 0
        for item in 0..<wanted.count {
            let argument = arguments.argument(wanted.index(item), in: input)
            target.store(UInt32(argument.count), at: position)
            target.copy(argument, at: position + 4)
            position += 4 + argument.count
        }
    }

    /// A growing buffer with room for `bytes`, charged to the budget.
    mutating func takeLarge(_ bytes: Int) -> Int32? {
        guard let large = largeBuffers.take(GrowBuffer()) else {
            scarcity.isBlocked = true
            scarcity.inputWantedMs = nowMs
            return nil
        }
        if bytes <= GrowBuffer.capacityMin, let spare = spareBuffers.take() {
            largeBuffers[large] = spare
            return large
        }
        var buffer = largeBuffers[large]
        guard grow(&buffer, to: bytes) else {
            largeBuffers.give(large)
            return nil
        }
        largeBuffers[large] = buffer
        return large
    }

    // MARK: Mailboxes

    /// Messages of one lane served in a turn, so that no shard starves the others.
    static var messagesPerTurn: Int { 256 }

    mutating func serveMailboxes() {
        for other in 0..<group.shards where other != index { takeResponses(of: other) }
        flushReleases()
        flushQuestions()
        for other in 0..<group.shards where other != index { serveRequests(of: other) }
    }

    mutating func takeResponses(of other: Int) {
        while let slot = responsesIn[other].peek() {
            scarcity.hasAnswers = true
            let message = Message(slot)
            if message.kind == .release {
                serveRelease(message)
            } else {
                take(message, from: other)
            }
            responsesIn[other].consume()
        }
    }

    private mutating func serveRequests(of other: Int) {
        laneWaits[other].rests = false
        scarcity.lane = other
        for _ in 0..<Self.messagesPerTurn {
            // While a transaction holds the shard only its coordinator is heard.
            if lock.owner != 0, lock.coordinator != Int32(other) { return }
            guard responsesOut[other].beginWrite() != nil,
                let slot = requestsIn[other].peek()
            else { return }
            stats.add(.crossShardServed)
            refreshPrefixes()
            scarcity.isBlocked = false
            let served = serve(Message(slot), from: other)
            if !served {
                laneWaits[other].rests = scarcity.isBlocked
                scarcity.isBlocked = false
                return
            }
            laneWaits[other].sinceMs = 0
            requestsIn[other].consume()
        }
    }

    mutating func wakeOthers() {
        for other in 0..<group.shards where wakeWanted[other] {
            wakeWanted[other] = false
            if group.grid.mustWake(other) {
                engine.wake(shard: other)
                stats.add(.wakesSent)
            }
        }
    }

    /// Hands an accepted socket to another shard.
    mutating func sendAdopt(_ descriptor: Int32, isUnix: Bool, to shard: Int) -> Bool {
        guard let slot = requestsOut[shard].beginWrite() else { return false }
        let message = Message(slot)
        message.clear(.adopt)
        message.handle = UInt32(bitPattern: descriptor)
        message.flags = isUnix ? MessageFlag.unixSocket : 0
        publishRequest(to: shard)
        return true
    }

    // MARK: Releases

    /// Gives something back to the shard that owns it. Among the answers, because requests may have
    /// to wait for the very memory that is released; a lock behind the requests it was held for.
    mutating func releaseRemote(_ handle: UInt32, kind: PendingRelease.Kind, shard: Int) {
        let item = PendingRelease(handle: handle, shard: UInt8(shard), kind: kind)
        if releases.count > 0 || !sendRelease(item) { releases.push(item) }
    }

    private mutating func sendRelease(_ item: PendingRelease) -> Bool {
        let shard = Int(item.shard)
        let isLock = item.kind == .lock
        // The last free place among the answers is for the answer to the request being served.
        guard isLock || responsesOut[shard].hasRoom(2),
            let slot = isLock
                ? requestsOut[shard].beginWrite() : responsesOut[shard].beginWrite()
        else { return false }
        let message = Message(slot)
        message.clear(.release)
        message.handle = item.handle
        message.command = item.kind.rawValue
        if isLock { publishRequest(to: shard) } else { publishResponse(to: shard) }
        return true
    }

    private mutating func flushReleases() {
        var left = releases.count
        while left > 0, let item = releases.pop() {
            left -= 1
            if !sendRelease(item) {
                releases.push(item)
                return
            }
        }
    }
}

/// Which arguments of the parsed command go to another shard: a run, or the name and picked ones.
struct ForwardedArguments {
    /// Index of the argument at `position`.
    var start: Int
    var count: Int
    /// The command's name, then `start`...: for one key (and value) of a command over many.
    var namePlusRun: Bool

    static func all(_ count: Int) -> ForwardedArguments {
        ForwardedArguments(start: 0, count: count, namePlusRun: false)
    }

    /// The name and `run` arguments from `start`.
    static func part(from start: Int, run: Int) -> ForwardedArguments {
        ForwardedArguments(start: start, count: run + 1, namePlusRun: true)
    }

    @inline(__always)
    func index(_ position: Int) -> Int {
        if !namePlusRun { return start + position }
        return position == 0 ? 0 : start + position - 1
    }
}
