/// A large value on its way in.
struct StreamedValue: BitwiseCopyable {
    enum Phase: UInt8, BitwiseCopyable {
        /// The owner was asked for memory.
        case asked
        /// The owner is to be asked for memory, once a call is free.
        case lacking
        /// Bytes go to `piece`.
        case filling
        /// The value is whole; the rest of the command follows.
        case trailer
        /// The whole command is here; the owner was asked to publish it.
        case committing
        /// There is no memory, or the command is wrong: the bytes are dropped, then `error` is
        /// sent.
        case dropping
    }
    var phase = Phase.filling
    var command = CommandID.set
    /// Shard that owns the key.
    var owner: UInt8 = 0
    /// The reservation.
    var entry = EntryID.none
    var hash: UInt64 = 0
    var length = 0
    var filled = 0
    /// Bytes read and dropped, in phase `.dropping`.
    var dropped = 0
    /// Memory for the bytes from `filled` on.
    var piece = MutableBytes.empty
    /// Of the value argument.
    var argumentIndex = 0
    var argumentCount = 0
    /// SETEX and PSETEX: the expiry that stood before the value.
    var expiresAtMs: UInt64 = 0
    var tooLarge = false
    /// A direct receive fills `piece`: the kernel writes there.
    var receiving = false
}

/// Receiving large values where they will stay.
///
/// When the parser meets a long value that has not wholly arrived, memory for it is reserved under
/// its key (on the owner's shard, wherever that is), what has come is copied there, and the socket
/// is read straight into the rest: no second copy. Options that follow the value are parsed when it
/// is whole; only then is it published.
extension Shard where Engine: ~Copyable {
    /// Whether `id` stores argument `index` as a whole value.
    private static func streams(_ id: CommandID, _ index: Int) -> Bool {
        switch id {
        case .set, .setnx, .getset, .cairnPut: index == 2
        case .setex, .psetex: index == 3
        default: false
        }
    }

    /// Starts receiving `value` of the command at `position`. False: the command is to be collected
    /// like any other, or waits; it is parsed again from its start.
    mutating func beginStream(
        _ place: Int32, _ input: Bytes, at position: Int, _ value: LargeValue
    ) -> Bool {
        let flags = connections[Int(place)].flags
        context.input = input
        guard let id = CommandTable.lookup(arguments.argument(0, in: input)),
            Self.streams(id, value.argumentIndex),
            flags.isDisjoint(with: [.inTransaction, .silent, .skipNext, .subscribed]),
            specs[Int(id.rawValue)].accepts(argumentCount: value.argumentCount)
        else {
            collectWhole(place, value, input.count - position)
            return false
        }
        let key = arguments.argument(1, in: input)
        if key.isEmpty || key.count > L1.keyBytesMax {
            collectWhole(place, value, input.count - position)
            return false
        }
        guard streams.freeCount > 0, hasReplyRoom(place) else {
            pauseAndRetry(place)
            return false
        }
        var stream = StreamedValue()
        stream.command = id
        stream.hash = group.hasher.hash(key)
        stream.length = value.length
        stream.argumentIndex = value.argumentIndex
        stream.argumentCount = value.argumentCount
        if id == .setex || id == .psetex {
            let unit = id == .setex ? ExpiryRequest.Unit.seconds : .milliseconds
            guard
                let moment = try? ExpiryRequest(unit, argument: 2)
                    .resolve(arguments, in: input, nowMs: nowMs, for: id)
            else {
                collectWhole(place, value, input.count - position)
                return false
            }
            stream.expiresAtMs = moment
        }
        let owner = group.owner(of: key, hash: stream.hash)
        stream.owner = UInt8(owner)
        return owner == index
            ? reserveHere(place, key, &stream) : reserveThere(place, key, &stream, owner)
    }

    /// The command is gathered in full like a small one. A parser limit of "never stream" makes the
    /// next look ask for the rest.
    private mutating func collectWhole(_ place: Int32, _ value: LargeValue, _ present: Int) {
        connections[Int(place)].missing = max(1, value.consumed + value.length + 2 - present)
    }

    mutating func pauseAndRetry(_ place: Int32) {
        enqueueRun(place)
        pause(place)
    }

    private mutating func reserveHere(
        _ place: Int32, _ key: Bytes, _ stream: inout StreamedValue
    ) -> Bool {
        if isLockedOut {
            pauseAndRetry(place)
            return false
        }
        switch reserveMemory(key, hash: stream.hash, valueLength: stream.length) {
        case .entry(let entry):
            stream.entry = entry
            stream.piece = l1.segment(of: entry, at: 0)
        case .busy:
            pauseAndRetry(place)
            return false
        case .refused(let refusal):
            stats.add(refusal == .tooLarge ? .refusalsValueTooLarge : .refusalsMemory)
            stream.phase = .dropping
        }
        attach(place, stream)
        return true
    }

    private mutating func reserveThere(
        _ place: Int32, _ key: Bytes, _ stream: inout StreamedValue, _ owner: Int
    ) -> Bool {
        guard calls.freeCount > 0, lock.coordinating == 0,
            let slot = requestsOut[owner].beginWrite()
        else {
            pauseAndRetry(place)
            return false
        }
        let message = Message(slot)
        message.clear(.reserve)
        message.hash = stream.hash
        message.length = stream.length
        var call = streamCall(place, owner)
        if key.count > Message.payloadMax {
            guard let block = pool.allocate(key.count) else {
                pauseAndRetry(place)
                return false
            }
            pool.bytes(block).copy(key)
            call.block = block
            message.setView(pool.bytes(block).bytes.slice(0, key.count))
        } else {
            message.payload.copy(key)
            message.payloadCount = key.count
        }
        stream.phase = .asked
        attach(place, stream)
        submit(message, call)
        waitForAnswer(place)
        return true
    }

    func streamCall(_ place: Int32, _ owner: Int) -> RemoteCall {
        var call = RemoteCall()
        call.purpose = .stream
        call.shard = UInt8(owner)
        call.connection = place
        call.generation = connections[Int(place)].generation
        return call
    }

    /// The connection serves nothing until another shard answered.
    func waitFlags() -> ConnectionFlags { [.paused, .waiting] }

    mutating func waitForAnswer(_ place: Int32) {
        connections[Int(place)].flags.insert(.waiting)
        pause(place)
    }

    private mutating func attach(_ place: Int32, _ stream: StreamedValue) {
        guard let taken = streams.take(stream) else {
            ensureFailed("stream table full", #fileID, #line)
        }
        connections[Int(place)].missing = 0
        connections[Int(place)].stream = taken
        connections[Int(place)].commands &+= 1
        connections[Int(place)].lastCommand = stream.command
        stats.countCalls(Int(stream.command.rawValue))
        // From now on this client's bytes are read piece by piece, so that values arrive in place.
        if connections[Int(place)].receiveMode == .multishot {
            connections[Int(place)].receiveMode = .once
            if connections[Int(place)].flags.contains(.receiving),
                !connections[Int(place)].flags.contains(.cancelling)
            {
                connections[Int(place)].flags.insert(.cancelling)
                engine.cancel(token(.receive, place))
            }
        }
    }

    // MARK: Filling

    /// Goes on with bytes that arrived in a receive buffer; how many were used.
    mutating func continueStream(_ place: Int32, _ input: Bytes) -> Int {
        let index = connections[Int(place)].stream
        switch streams[index].phase {
        case .asked, .lacking, .committing: return 0
        case .filling: return fill(place, index, input)
        case .dropping: return drop(place, index, input)
        case .trailer: return finishStream(place, index, input)
        }
    }

    private mutating func fill(_ place: Int32, _ index: Int32, _ input: Bytes) -> Int {
        var used = 0
        while used < input.count {
            let stream = streams[index]
            if stream.receiving || stream.phase != .filling || stream.piece.count == 0 { break }
            let wanted = min(stream.piece.count, stream.length - stream.filled)
            let count = min(wanted, input.count - used)
            stream.piece.copy(input.slice(used, count))
            used += count
            advanceStream(place, index, by: count)
        }
        if used < input.count, connections[Int(place)].stream == index,
            streams[index].phase == .trailer
        {
            return used + finishStream(place, index, input.dropping(used))
        }
        return used
    }

    /// `count` more bytes of the value are in place.
    private mutating func advanceStream(_ place: Int32, _ index: Int32, by count: Int) {
        var stream = streams[index]
        stream.filled += count
        stream.piece = stream.piece.dropping(count)
        if stream.filled == stream.length {
            stream.phase = .trailer
            stream.piece = .empty
        } else if stream.piece.count == 0 {
            if Int(stream.owner) == self.index {
                stream.piece = l1.segment(of: stream.entry, at: stream.filled)
            } else {
                streams[index] = stream
                return askForMemory(place, index)
            }
        }
        streams[index] = stream
    }

    private mutating func drop(_ place: Int32, _ index: Int32, _ input: Bytes) -> Int {
        let count = min(input.count, streams[index].length - streams[index].dropped)
        streams.update(index) { $0.dropped += count }
        if streams[index].dropped < streams[index].length { return count }
        streams.update(index) { $0.phase = .trailer }
        return count + finishStream(place, index, input.dropping(count))
    }

    /// Reads the socket straight into the value's memory. False: not now, receive as usual.
    mutating func armDirectReceive(_ place: Int32) -> Bool {
        let index = connections[Int(place)].stream
        let stream = streams[index]
        guard stream.phase == .filling, !stream.receiving,
            connections[Int(place)].residueCount == 0, connections[Int(place)].largeInput < 0
        else { return stream.receiving }
        let count = min(stream.piece.count, stream.length - stream.filled)
        guard count > 0 else { return false }
        streams.update(index) { $0.receiving = true }
        connections[Int(place)].operations += 1
        engine.receive(
            connections[Int(place)].socket, into: stream.piece.slice(0, count),
            token: token(.receiveDirect, place))
        return true
    }

    mutating func directReceiveCompleted(_ completion: Completion) {
        guard let place = owner(of: completion.token) else { return }
        connections[Int(place)].operations -= 1
        let index = connections[Int(place)].stream
        ensure(index >= 0, "direct receive without a stream")
        streams.update(index) { $0.receiving = false }
        if connections[Int(place)].flags.contains(.dead) {
            freeIfIdle(place)
            return
        }
        if completion.result <= 0 {
            if -completion.result == Errno.interrupted || -completion.result == Errno.again {
                armReceive(place)
            } else {
                abort(place, completion.result == 0 ? .client : .socketError)
            }
            return
        }
        connections[Int(place)].lastActiveMs = nowMs
        stats.add(.bytesReceived, Int(completion.result))
        stats.add(.receives)
        advanceStream(place, index, by: Int(completion.result))
        if !connections[Int(place)].flags.contains(.dead) { armReceive(place) }
    }
}
