/// Writing replies: into the scratch buffer, which becomes output segments.
///
/// Commands call the `emit` functions and don't know for whom they run: for a connection of this
/// shard the scratch goes to its queue; for a request of another shard it goes into the response.
extension Shard where Engine: ~Copyable {
    /// Room a single small reply may need: an integer, a header, an error text.
    static var replyBytesMax: Int { 512 }

    /// Values of at least this many bytes leave from their slab under a pin; shorter ones are
    /// copied, which costs less than a pin and two more pieces in the vector (measured break-even:
    /// 4 to 8 KiB on loopback).
    static var leaseBytesMin: Int { 4096 }

    // MARK: A connection's batch of replies

    /// Starts a batch: the commands of one connection that are served together.
    mutating func beginReplies(_ place: Int32) {
        let connection = connections[Int(place)]
        scratchCount = 0
        scarcity.isBlocked = false
        context = RequestContext()
        context.connection = place
        context.version = connection.version
        context.clientID = connection.id
        context.tracks = Self.tracksReads(connection.flags)
        context.noLoop = connection.flags.contains(.trackingNoLoop)
        context.noTouch = connection.flags.contains(.noTouch)
        context.home = UInt8(truncatingIfNeeded: index)
    }

    /// Ends a batch: what was written joins the connection's output.
    @inline(__always)
    mutating func endReplies(_ place: Int32) {
        if scratchCount > 0 { spill() }
        if connections[Int(place)].outputHead >= 0 { markDirty(place) }
        context.connection = -1
    }

    /// Whether one more command's replies have room. Else the connection waits for its sends.
    @inline(__always)
    func hasReplyRoom(_ place: Int32) -> Bool {
        // An answer on its way may need four: the value's header, two pieces and their end.
        if _slowPath(segments.freeCount < 1024 &+ 4 &* calls.usedCount) { return false }
        // The same of their blocks: what is answered in a message is copied into a small one.
        let owed = calls.usedCount &* BufferPool.unitBytes
        if _slowPath(pool.bytesTotal &- pool.bytesUsed < 4 * BufferPool.blockBytesMax &+ owed) {
            return false
        }
        let connection = connections[Int(place)]
        // What is left of an EXEC whose client went away must not wait for it to read.
        if _slowPath(connection.flags.contains(.dead)) { return true }
        if _slowPath(connection.outputBytes > BufferPool.blockBytesMax) {
            let most = live.outputLimit > 0 ? live.outputLimit : Int.max
            if connection.outputBytes > min(Self.outputPauseBytes, most) || isOutputScarce {
                return connection.outputHead < 0
            }
        }
        return connection.holes < Self.holesMax
    }

    /// A connection with more than this unsent waits before its next command is served.
    static var outputPauseBytes: Int { 1 << 20 }

    /// Whether the last quarter of what clients share is in use, or unsent replies together pass
    /// half of the RAM level: what is left is for those that read what they get.
    var isOutputScarce: Bool {
        segments.freeCount < segments.count / 4
            || scarcity.outputBytes > l1.options.memoryBytes / 2 || isAnyPoolScarce
    }

    /// Counts bytes that join or leave a connection's output.
    @inline(__always)
    mutating func addOutput(_ place: Int32, _ bytes: Int) {
        connections[Int(place)].outputBytes &+= bytes
        scarcity.outputBytes &+= bytes
    }
    /// Replies a connection may wait for from other shards at once.
    static var holesMax: Int32 { 512 }

    /// Moves the scratch buffer's bytes into a segment of the current connection.
    mutating func spill() {
        let count = scratchCount
        scratchCount = 0
        if count == 0 { return }
        let place = context.connection
        if place < 0 {
            spillRemote(count)
            return
        }
        guard let block = pool.allocate(count) else {
            abort(place, .outputLimit)
            return
        }
        pool.bytes(block).copy(scratch.bytes.bytes.slice(0, count))
        append(
            place,
            OutputSegment(
                bytes: pool.bytes(block).bytes.slice(0, count),
                handle: UInt32(bitPattern: block.unit), owner: .pooled))
    }

    /// Adds a segment to a connection's output.
    mutating func append(_ place: Int32, _ segment: OutputSegment) {
        if segments.freeCount == 0 {
            abort(place, .outputLimit)
            return
        }
        let index = segments.take(segment)
        let tail = connections[Int(place)].outputTail
        if tail < 0 {
            connections[Int(place)].outputHead = index
        } else {
            segments.link(tail, to: index)
        }
        connections[Int(place)].outputTail = index
        addOutput(place, segment.bytes.count)
    }

    // MARK: Emitting

    /// The free part of the scratch buffer, with room for a small reply.
    @inline(__always)
    private mutating func room(_ bytes: Int) -> MutableBytes {
        if _slowPath(scratchCount &+ bytes > Self.scratchBytes) { spill() }
        return scratch.bytes
    }

    @inline(__always)
    private mutating func advance(_ position: Int?) {
        guard let position else { ensureFailed("reply larger than its bound", #fileID, #line) }
        scratchCount = position
    }

    /// A precomputed reply, such as "+OK\r\n".
    @inline(__always)
    mutating func emit(_ constant: StaticString) {
        advance(
            ReplyWriter.constant(constant, into: room(Self.replyBytesMax), at: scratchCount))
    }

    mutating func emitOK() { emit("+OK\r\n") }

    mutating func emitNull() {
        advance(ReplyWriter.null(context.version, into: room(16), at: scratchCount))
    }

    mutating func emitNullArray() {
        advance(ReplyWriter.nullArray(context.version, into: room(16), at: scratchCount))
    }

    mutating func emitInteger(_ value: Int) {
        advance(
            ReplyWriter.integer(Int64(value), into: room(Self.replyBytesMax), at: scratchCount))
    }

    mutating func emitBulkInteger(_ value: Int64) {
        advance(ReplyWriter.bulkInteger(value, into: room(64), at: scratchCount))
    }

    mutating func emitBoolean(_ value: Bool) { emit(value ? ":1\r\n" : ":0\r\n") }

    mutating func emitError(_ error: RESPError) {
        noteError(error)
        let target = room(Self.errorBytesMax)
        advance(
            ReplyWriter.error(
                error, arguments: arguments, in: context.input, into: target, at: scratchCount))
    }

    /// Room for an error text with what it quotes.
    static var errorBytesMax: Int { 1024 }

    mutating func emitProtocolError(_ error: RESPProtocolError) {
        advance(ReplyWriter.error(error, into: room(Self.replyBytesMax), at: scratchCount))
    }

    mutating func emitArray(_ count: Int) {
        advance(ReplyWriter.arrayHeader(count, into: room(32), at: scratchCount))
    }

    mutating func emitMap(_ pairs: Int) {
        advance(
            ReplyWriter.mapHeader(pairs: pairs, context.version, into: room(32), at: scratchCount))
    }

    mutating func emitSet(_ count: Int) {
        advance(ReplyWriter.setHeader(count, context.version, into: room(32), at: scratchCount))
    }

    /// CLIENT HELP and its kin.
    mutating func emitHelp(_ command: CommandID) {
        advance(CommandHelp.reply(command, into: room(8192), at: scratchCount))
    }

    mutating func emitPrefixOverlap(_ prefix: Bytes, _ existing: Bytes) {
        let target = room(Self.errorBytesMax)
        advance(
            ReplyWriter.prefixOverlap(prefix, existing: existing, into: target, at: scratchCount))
    }

    mutating func emitPush(_ count: Int) {
        advance(ReplyWriter.pushHeader(count, context.version, into: room(32), at: scratchCount))
    }

    /// A bulk string copied from anywhere, of any length.
    mutating func emitBulk(_ bytes: Bytes) {
        if bytes.count <= Self.scratchBytes / 2 {
            advance(ReplyWriter.bulk(bytes, into: room(bytes.count + 32), at: scratchCount))
            return
        }
        emitBulkHeader(bytes.count)
        emitRaw(bytes)
        emit("\r\n")
    }

    mutating func emitBulkHeader(_ length: Int) {
        advance(ReplyWriter.bulkHeader(length: length, into: room(32), at: scratchCount))
    }

    mutating func emitText(_ text: StaticString) { emitBulk(Bytes(text)) }

    /// Bytes as they are, in pieces where they are many.
    mutating func emitRaw(_ bytes: Bytes) {
        var left = bytes
        while !left.isEmpty {
            let target = room(1)
            let count = min(left.count, Self.scratchBytes - scratchCount)
            target.copy(left.slice(0, count), at: scratchCount)
            scratchCount += count
            left = left.dropping(count)
        }
    }

    /// A value, or a part of one, as a bulk string: copied when small, else sent from its slab.
    @inline(__always)
    mutating func emitValue(_ entry: EntryID, offset: Int, length: Int) {
        // For another shard while blocks are scarce here: the value is lent where it lies.
        let isLent = scarcity.isPublished && context.connection < 0 && length > 128
        if _fastPath(length < Self.leaseBytesMin && !isLent) {
            let target = room(length + 64)
            guard
                var position = ReplyWriter.bulkHeader(
                    length: length, into: target, at: scratchCount)
            else { ensureFailed("value header", #fileID, #line) }
            if length > 0 {
                let first = l1.segment(of: entry, at: offset)
                if _fastPath(first.count >= length) {
                    target.copy(first.bytes.slice(0, length), at: position)
                } else {
                    copyPieces(entry, offset, length, into: target, at: position)
                }
                position &+= length
            }
            target[position] = 13
            target[position &+ 1] = 10
            scratchCount = position &+ 2
            return
        }
        emitLease(entry, offset, length)
    }

    private func copyPieces(
        _ entry: EntryID, _ offset: Int, _ length: Int, into target: MutableBytes, at position: Int
    ) {
        var done = 0
        while done < length {
            let piece = l1.segment(of: entry, at: offset + done)
            let count = min(piece.count, length - done)
            target.copy(piece.bytes.slice(0, count), at: position + done)
            done += count
        }
    }

    /// Header, the value's pieces under one pin, and CRLF.
    private mutating func emitLease(_ entry: EntryID, _ offset: Int, _ length: Int) {
        guard l1.pin(entry) else {
            emitBulkHeader(length)
            emitPieces(entry, offset, length)
            emit("\r\n")
            return
        }
        emitBulkHeader(length)
        let place = context.connection
        if place < 0 {
            ensure(context.lease.entry == .none, "two leases in one response")
            context.lease = ReplyLease(entry: entry, offset: offset, length: length)
            return
        }
        spill()
        var done = 0
        while done < length {
            let piece = l1.segment(of: entry, at: offset + done)
            let count = min(piece.count, length - done)
            done += count
            append(
                place,
                OutputSegment(
                    bytes: piece.bytes.slice(0, count), handle: entry.raw,
                    owner: done == length ? .entry : .borrowed))
        }
        emit("\r\n")
    }

    private mutating func emitPieces(_ entry: EntryID, _ offset: Int, _ length: Int) {
        var done = 0
        while done < length {
            let piece = l1.segment(of: entry, at: offset + done)
            let count = min(piece.count, length - done)
            emitRaw(piece.bytes.slice(0, count))
            done += count
        }
    }
}
