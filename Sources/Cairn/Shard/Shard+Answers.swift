/// What other shards answer fills the holes in a connection's output.
extension Shard where Engine: ~Copyable {
    mutating func take(_ message: Message, from other: Int) {
        let place = message.call
        ensure(calls.generation(place) == message.generation, "answer to nobody")
        let call = calls[place]
        if call.block != .none { pool.free(call.block) }
        if call.large >= 0 { releaseLarge(call.large) }
        calls.give(place)
        switch call.purpose {
        case .reply: fill(call, message, from: other)
        case .gather: addToGather(call, message)
        case .stream: streamAnswered(call, message, from: other)
        case .lock: lockAnswered(call, from: other)
        case .watch: watchAnswered(call, message)
        case .transfer: transferAnswered(call, message, from: other)
        case .notice: break
        case .findClient: clientFound(call, message)
        }
    }

    /// The connection a call was made for, if it still lives.
    func caller(of call: RemoteCall) -> Int32? {
        connections[Int(call.connection)].generation == call.generation ? call.connection : nil
    }

    private mutating func fill(_ call: RemoteCall, _ message: Message, from other: Int) {
        guard let place = caller(of: call) else {
            releaseUnread(message, from: other)
            return
        }
        switch message.kind {
        case .reply:
            fillHole(
                place, call.hole, copying: message.payload.bytes.slice(0, message.payloadCount))
        case .replyBlock, .replyLarge:
            // The view ends where the reply ends; the memory goes home when it was sent.
            fillHole(
                place, call.hole,
                OutputSegment(
                    bytes: message.view.bytes, handle: message.handle,
                    owner: message.kind == .replyBlock ? .remoteBlock : .remoteLarge,
                    shard: UInt8(other)))
        case .replyLease:
            fillLease(place, call, message, from: other)
        case .piece:
            fillPiece(place, call.hole, message, from: other)
        default:
            ensureFailed("a hole can't be filled with this", #fileID, #line)
        }
        if connections[Int(place)].flags.contains(.paused) { enqueueRun(place) }
    }

    /// Gives back what an answer carries that nobody reads any more.
    func unreadRelease(_ message: Message) -> PendingRelease.Kind? {
        switch message.kind {
        case .replyLease, .piece: .entry
        case .replyBlock: .block
        case .replyLarge: .large
        default: nil
        }
    }

    mutating func releaseUnread(_ message: Message, from other: Int) {
        if let kind = unreadRelease(message) {
            releaseRemote(message.handle, kind: kind, shard: other)
        }
    }

    /// Replaces a hole by the bytes that were missing there.
    mutating func fillHole(_ place: Int32, _ hole: Int32, _ segment: OutputSegment) {
        ensure(segments[hole].owner == .hole, "hole filled twice")
        var filled = segment
        if segments[hole].handle == Self.droppedHole {
            // CLIENT REPLY OFF or SKIP: nobody wants to know.
            release(segment)
            filled = OutputSegment()
        }
        filled.next = segments[hole].next
        segments[hole] = filled
        connections[Int(place)].holes -= 1
        addOutput(place, filled.bytes.count)
        markDirty(place)
    }

    /// Marks a hole whose reply is dropped.
    static var droppedHole: UInt32 { 1 }

    mutating func fillHole(_ place: Int32, _ hole: Int32, copying bytes: Bytes) {
        if bytes.isEmpty {
            fillHole(place, hole, OutputSegment())
            return
        }
        guard let block = pool.allocate(bytes.count) else {
            abort(place, .outputLimit)
            fillHole(place, hole, OutputSegment())
            return
        }
        pool.bytes(block).copy(bytes)
        fillHole(
            place, hole,
            OutputSegment(
                bytes: pool.bytes(block).bytes.slice(0, bytes.count),
                handle: UInt32(bitPattern: block.unit), owner: .pooled))
    }

    /// Header, then the pieces of a value in another shard's slab: the first is in the message, the
    /// others are asked for one at a time.
    private mutating func fillLease(
        _ place: Int32, _ call: RemoteCall, _ message: Message, from other: Int
    ) {
        guard segments.freeCount > 4 else {
            releaseUnread(message, from: other)
            abort(place, .outputLimit)
            fillHole(place, call.hole, OutputSegment())
            return
        }
        let rest = insertHole(place, after: call.hole)
        fillHole(place, call.hole, copying: message.payload.bytes.slice(0, message.payloadCount))
        fillPiece(place, rest, message, from: other)
    }

    /// Adds an empty place behind a segment.
    mutating func insertHole(_ place: Int32, after index: Int32) -> Int32 {
        let hole = segments.take(OutputSegment(handle: segments[index].handle, owner: .hole))
        segments.link(hole, to: segments[index].next)
        segments.link(index, to: hole)
        if connections[Int(place)].outputTail == index { connections[Int(place)].outputTail = hole }
        connections[Int(place)].holes += 1
        return hole
    }

    /// Fills a hole with what was written outside a connection's batch.
    mutating func fillFromScratch(_ place: Int32, _ hole: Int32) {
        let count = scratchCount
        scratchCount = 0
        if remoteOverflow < 0 {
            fillHole(place, hole, copying: scratch.bytes.bytes.slice(0, count))
            return
        }
        if count > 0, !appendLarge(remoteOverflow, scratch.bytes.bytes.slice(0, count)) {
            remoteFailed = true
        }
        fillHole(
            place, hole,
            OutputSegment(
                bytes: largeBuffers[remoteOverflow].bytes,
                handle: UInt32(bitPattern: remoteOverflow), owner: .large))
        remoteOverflow = -1
        if remoteFailed { abort(place, .outputLimit) }
        remoteFailed = false
    }
}
