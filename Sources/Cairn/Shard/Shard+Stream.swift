/// A large value on its way in.
struct StreamedValue: BitwiseCopyable {
    enum Phase: UInt8, BitwiseCopyable {
        /// The owner was asked for memory.
        case asked
        /// Bytes go to `piece`.
        case filling
        /// The next piece has no memory yet; it is asked for again when the connection goes on.
        case starved
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
    /// Bytes of the command before the value, kept until the owner has answered: if it has no
    /// memory now, the command is parsed again.
    var headBytes = 0
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
    /// Whose it is; -1: the place in the table is free.
    var connection: Int32 = -1
    /// Bytes that had come when the client was last seen to make progress, and when that was.
    var mark: UInt64 = 0
    var markMs: UInt64 = 0
}

/// Receiving large values where they will stay.
///
/// When the parser meets a long value that has not wholly arrived, memory for its first piece is
/// reserved under its key (on the owner's shard, wherever that is), what has come is copied there,
/// and the socket is read straight into the rest: no second copy. The next piece, 1 MiB at most, is
/// taken when the one before is full, so that an announcement alone costs nothing (`L1+Growth`).
/// Options that follow the value are parsed when it is whole; only then is it published.
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
        let present = input.count - position - value.consumed
        let least = min(Self.streamBytesMin, value.length)
        if present < least {
            connections[Int(place)].missing = least - present
            return false
        }
        if !mayBegin(place, id) { return false }
        var stream = StreamedValue()
        stream.connection = place
        stream.markMs = nowMs
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
            ? reserveHere(place, key, &stream)
            : reserveThere(place, key, &stream, owner, headBytes: value.consumed)
    }

    /// Bytes of a value that must have come before memory is taken for it. Half of what a receive
    /// of a header may bring: a client that goes on sending never waits for this.
    private static var streamBytesMin: Int { headBytes / 2 }

    /// Whether the connection may begin a value now; else it waits.
    private mutating func mayBegin(_ place: Int32, _ id: CommandID) -> Bool {
        if _slowPath(group.get(.pauseUntilMs) != 0), isPaused(specs[Int(id.rawValue)]) {
            pause(place)
            _ = waitForPause(place)
            return false
        }
        if streams.freeCount == 0 {
            wantMemory()
            pause(place)
            waitForRoom(place)
            return false
        }
        if !hasReplyRoom(place) {
            pause(place)
            _ = waitForReplyRoom(place)
            return false
        }
        return true
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
        let made = l1.reserveGrowing(
            key, hash: stream.hash, valueLength: stream.length, nowMs: nowMs)
        switch bounded(made, for: place) {
        case .entry(let entry):
            stream.entry = entry
            stream.piece = l1.segment(of: entry, at: 0)
        case .busy:
            pauseAndRetry(place)
            return false
        case .blocked:
            pause(place)
            waitForRoom(place)
            return false
        case .refused: stream.phase = .dropping
        }
        attach(place, stream)
        return true
    }

    private mutating func reserveThere(
        _ place: Int32, _ key: Bytes, _ stream: inout StreamedValue, _ owner: Int, headBytes: Int
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
        message.flags = MessageFlag.growing
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
        stream.headBytes = headBytes
        attach(place, stream)
        submit(message, call)
        waitForAnswer(place)
        return false
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
    mutating func waitForAnswer(_ place: Int32) {
        connections[Int(place)].flags.insert(.waiting)
        pause(place)
    }

    mutating func countStream(_ place: Int32, _ stream: StreamedValue) {
        connections[Int(place)].commands &+= 1
        connections[Int(place)].lastCommand = stream.command
        stats.countCalls(Int(stream.command.rawValue))
    }

    private mutating func attach(_ place: Int32, _ stream: StreamedValue) {
        guard let taken = streams.take(stream) else {
            ensureFailed("stream table full", #fileID, #line)
        }
        connections[Int(place)].missing = 0
        connections[Int(place)].stream = taken
        // One whose owner has no memory now is parsed again: it counts when it has an answer.
        if stream.phase != .asked { countStream(place, stream) }
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
}
