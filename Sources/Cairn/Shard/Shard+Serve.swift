/// Serving other shards' requests, and taking their answers.
extension Shard where Engine: ~Copyable {
    // MARK: Serving

    /// Serves one request. False: it has to wait (memory is being freed); it stays in its lane.
    mutating func serve(_ message: Message, from other: Int) -> Bool {
        switch message.kind {
        case .command: return serveCommand(message, from: other)
        case .reserve: return serveReserve(message, from: other)
        case .reservedPiece, .leasedPiece: return servePiece(message, from: other)
        case .commitReserved: serveCommit(message, from: other)
        case .release: serveRelease(message)
        case .adopt:
            adopt(
                Int32(bitPattern: message.handle),
                isUnix: message.flags & MessageFlag.unixSocket != 0)
        case .lock: return serveLock(message, from: other)
        case .invalidate: serveInvalidate(message, from: other)
        case .findClient: serveFindClient(message, from: other)
        case .fetch: return serveFetch(message, from: other)
        case .control: return serveControl(message, from: other)
        case .reply, .replyBlock, .replyLarge, .replyLease, .piece, .reserved, .busy, .refused,
            .locked:
            ensureFailed("a response in a lane of requests", #fileID, #line)
        }
        return true
    }

    private mutating func serveCommand(_ message: Message, from other: Int) -> Bool {
        guard let id = CommandID(rawValue: message.command) else {
            ensureFailed("unknown command in a message", #fileID, #line)
        }
        let input = message.encodedArguments
        arguments.load(encoded: input, count: message.argumentCount)
        enterRemote(message)
        context.input = input
        if executeOnKey(id, input, hash: message.hash) == .wait {
            scratchCount = 0
            return false
        }
        respond(message, to: other)
        // Behind the reply: what this may tell the client must not overtake it.
        if _slowPath(context.tracks), arguments.count > 1 {
            noteTrackedRead(id, arguments.argument(1, in: input), hash: message.hash)
        }
        return true
    }

    /// Sets the context to that of a request of another shard.
    mutating func enterRemote(_ message: Message) {
        scratchCount = 0
        context = RequestContext()
        context.version = message.flags & MessageFlag.resp3 != 0 ? .resp3 : .resp2
        context.clientID = message.clientID
        context.transaction = message.transaction
        context.tracks = message.flags & MessageFlag.tracks != 0
        context.noLoop = message.flags & MessageFlag.noLoop != 0
        context.noTouch = message.flags & MessageFlag.noTouch != 0
        context.home = message.home
        remoteOverflow = -1
    }

    /// A remote reply beyond the scratch buffer goes on in a growing buffer.
    mutating func spillRemote(_ count: Int) {
        if remoteOverflow < 0 {
            guard let large = takeLarge(count) else {
                // Without memory for the reply the client gets an error instead of a part.
                remoteFailed = true
                return
            }
            remoteOverflow = large
        }
        if !appendLarge(remoteOverflow, scratch.bytes.bytes.slice(0, count)) { remoteFailed = true }
    }

    /// Sends what was written as the answer to `request`.
    mutating func respond(_ request: Message, to other: Int) {
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a response that was promised", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(.reply)
        response.call = request.call
        response.generation = request.generation
        let lease = context.lease
        if remoteOverflow >= 0 || remoteFailed {
            respondLarge(response)
        } else if scratchCount > Message.payloadMax {
            respondBlock(response)
        } else {
            response.payload.copy(scratch.bytes.bytes.slice(0, scratchCount))
            response.payloadCount = scratchCount
            if lease.entry != .none {
                response.slot[0] = Message.Kind.replyLease.rawValue
                response.handle = lease.entry.raw
                response.length = lease.length
                response.offset = lease.offset
                response.setView(l1.segment(of: lease.entry, at: lease.offset).bytes)
            }
        }
        scratchCount = 0
        remoteFailed = false
        publishResponse(to: other)
    }

    private mutating func respondBlock(_ response: Message) {
        guard let block = pool.allocate(scratchCount) else {
            // To wait here could be to wait in a circle: for clients that wait for this answer.
            if let large = takeLarge(scratchCount) {
                _ = appendLarge(large, scratch.bytes.bytes.slice(0, scratchCount))
                response.slot[0] = Message.Kind.replyLarge.rawValue
                response.handle = UInt32(bitPattern: large)
                response.setView(largeBuffers[large].bytes)
                return
            }
            response.payload.copy(Bytes("-OOM no memory for the reply\r\n"))
            response.payloadCount = 30
            return
        }
        pool.bytes(block).copy(scratch.bytes.bytes.slice(0, scratchCount))
        response.slot[0] = Message.Kind.replyBlock.rawValue
        response.handle = UInt32(bitPattern: block.unit)
        response.setView(pool.bytes(block).bytes.slice(0, scratchCount))
    }

    private mutating func respondLarge(_ response: Message) {
        let rest = scratchCount
        scratchCount = 0
        if rest > 0 {
            context.connection = -1
            spillRemote(rest)
        }
        if remoteFailed {
            if remoteOverflow >= 0 { releaseLarge(remoteOverflow) }
            response.payload.copy(Bytes("-OOM no memory for the reply\r\n"))
            response.payloadCount = 30
        } else {
            response.slot[0] = Message.Kind.replyLarge.rawValue
            response.handle = UInt32(bitPattern: remoteOverflow)
            response.setView(largeBuffers[remoteOverflow].bytes)
        }
        remoteOverflow = -1
    }

    mutating func publishResponse(to other: Int) {
        responsesOut[other].publish()
        wakeWanted[other] = true
    }

    mutating func serveRelease(_ message: Message) {
        switch PendingRelease.Kind(rawValue: message.command) {
        case .entry: l1.unpin(EntryID(message.handle))
        case .block: pool.free(BufferPool.Block(unit: Int32(bitPattern: message.handle)))
        case .large: releaseLarge(Int32(bitPattern: message.handle))
        case .reservation: l1.abandon(EntryID(message.handle))
        case .lock: serveUnlock(message)
        case nil: ensureFailed("release of nothing", #fileID, #line)
        }
    }

    /// The next piece of a value that another shard sends or fills.
    private mutating func servePiece(_ request: Message, from other: Int) -> Bool {
        var kind = Message.Kind.piece
        if request.kind == .reservedPiece {
            switch l1.grow(EntryID(request.handle), to: request.offset) {
            case .entry: break
            case .busy:
                if case .busy = boundedInLane(.busy) { return false }
                kind = .refused
            case .blocked:
                wantMemory()
                kind = .busy
            case .refused: kind = .refused
            }
        }
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a piece", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(kind)
        response.call = request.call
        response.generation = request.generation
        response.handle = request.handle
        response.offset = request.offset
        response.length = request.length
        if kind == .piece {
            response.setView(l1.segment(of: EntryID(request.handle), at: request.offset).bytes)
        }
        publishResponse(to: other)
        return true
    }

    // MARK: Gathers

    mutating func addToGather(_ call: RemoteCall, _ message: Message) {
        if message.kind == .replyLarge, gathers[call.gather].large >= 0 {
            let gather = gathers[call.gather]
            let added = appendLarge(gather.large, message.view.bytes)
            releaseUnread(message, from: Int(call.shard))
            gathers.update(call.gather) {
                $0.sum += message.length
                $0.failed = $0.failed || !added
                $0.remaining -= 1
            }
            finishGather(call.gather)
            return
        }
        let reply = message.payload.bytes.slice(0, message.payloadCount)
        releaseUnread(message, from: Int(call.shard))
        var value = 0
        var failed = false
        if reply.count > 3, reply[0] == UInt8(ascii: ":") {
            value = Int(Decimal.parse(reply.slice(1, reply.count - 3)) ?? 0)
        } else if reply.count > 0, reply[0] == UInt8(ascii: "-") {
            failed = true
        }
        gathers.update(call.gather) { gather in
            gather.sum += value
            gather.failed = gather.failed || failed
            gather.remaining -= 1
        }
        finishGather(call.gather)
    }

    /// A connection ends in the middle of a command whose parts are counted: the last part frees
    /// it.
    mutating func dropGather(_ place: Int32) {
        let index = connections[Int(place)].gather
        guard index >= 0 else { return }
        connections[Int(place)].gather = -1
        if gathers[index].remaining == 0 {
            if gathers[index].large >= 0 { releaseLarge(gathers[index].large) }
            gathers.give(index)
        } else {
            gathers.update(index) { $0.complete = true }
        }
    }

    /// Answers once all parts are in.
    mutating func finishGather(_ index: Int32) {
        let gather = gathers[index]
        guard gather.remaining == 0 else { return }
        let lives = connections[Int(gather.connection)].generation == gather.generation
        guard gather.complete else {
            // MSETNX over shards waits for one step's answers before the next.
            if lives, connections[Int(gather.connection)].flags.contains(.waiting) {
                connections[Int(gather.connection)].flags.remove(.waiting)
                enqueueRun(gather.connection)
            }
            return
        }
        guard lives else {
            if gather.large >= 0 { releaseLarge(gather.large) }
            gathers.give(index)
            return
        }
        let place = gather.connection
        scratchCount = 0
        remoteOverflow = -1
        context = RequestContext()
        context.version = connections[Int(place)].version
        answerControl(place, index)
        fillFromScratch(place, gather.hole)
        if connections[Int(place)].flags.contains(.paused) { enqueueRun(place) }
    }
}

extension ArgumentTable {
    /// Fills the table from the encoding of a message: for each argument its length and its bytes.
    mutating func load(encoded: Bytes, count wanted: Int) {
        ensure(wanted <= capacity, "arguments of a message")
        var position = 0
        isInScratch = false
        first = 0
        for index in 0..<wanted {
            let length = encoded.load(position, as: UInt32.self)
            slots[index] = Slot(offset: UInt32(position + 4), length: length)
            position += 4 + Int(length)
        }
        count = wanted
    }
}
