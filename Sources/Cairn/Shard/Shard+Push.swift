/// Bytes a client gets without having asked: invalidations and messages of channels.
///
/// A push never stands inside a reply. While a connection's reply is being written (its batch is
/// served, or a command over many keys or an EXEC goes on in a later turn) its pushes wait in a
/// list of their own and join the output behind that reply, as in Redis.
///
/// Memory: a client that doesn't read is closed when its output passes `output_limit`, or earlier
/// when the pool all clients share runs short and this client is among those that fill it.
extension Shard where Engine: ~Copyable {
    /// Messages up to this size are copied for each receiver; longer ones are kept once.
    static var sharedPayloadMin: Int { 4096 }

    /// Sends `bytes`, and behind them a shared payload (-1: none) with its CRLF, to a follower.
    mutating func push(_ place: Int32, _ bytes: Bytes, payload: Int32 = -1) {
        let connection = connections[Int(place)]
        if !connection.flags.isDisjoint(with: [.closing, .dead]) { return }
        let body = payload < 0 ? Bytes.empty : largeBuffers[followers.payloads[payload].large].bytes
        guard hasPushRoom(connection, bytes.count + body.count) else {
            abort(place, .outputLimit)
            return
        }
        let waits = mustWait(place, connection)
        pushBytes(place, bytes, waits: waits)
        if payload >= 0 {
            followers.payloads.update(payload) { $0.references += 1 }
            let segment = OutputSegment(
                bytes: body, handle: UInt32(bitPattern: payload), owner: .shared)
            linkPush(place, segment, waits: waits)
            linkPush(place, OutputSegment(bytes: Bytes("\r\n")), waits: waits)
        }
        if waits {
            connections[Int(place)].flags.insert(.pushPending)
        } else {
            markDirty(place)
        }
    }

    private func hasPushRoom(_ connection: Connection, _ count: Int) -> Bool {
        let queued = connection.outputBytes + count
        if live.outputLimit > 0, queued > live.outputLimit { return false }
        let free = pool.bytesTotal - pool.bytesUsed
        if free < 4 * BufferPool.blockBytesMax || segments.freeCount < segments.count / 8 {
            return false
        }
        // The last part of what clients share is for those that read what they get.
        let isScarce = free < pool.bytesTotal / 4 || segments.freeCount < segments.count / 4
        return !isScarce || queued < BufferPool.blockBytesMax
    }

    /// Whether a reply of this connection is unfinished.
    private func mustWait(_ place: Int32, _ connection: Connection) -> Bool {
        context.connection == place || connection.flags.contains(.pushPending)
            || isMidReply(connection)
    }

    private func isMidReply(_ connection: Connection) -> Bool {
        if connection.progress != 0 { return true }
        return connection.transaction >= 0 && transactions[connection.transaction].phase == .running
    }

    /// Copies `bytes` behind the last segment, into the same block where it has room.
    private mutating func pushBytes(_ place: Int32, _ bytes: Bytes, waits: Bool) {
        let connection = connections[Int(place)]
        let tail =
            waits
            ? followers.clients[connection.follower].pendingTail : connection.outputTail
        var wanted = bytes.count
        if tail >= 0, segments[tail].owner == .pooled,
            !(connection.flags.contains(.sending) && connection.sendLast == tail)
        {
            let segment = segments[tail]
            let block = pool.bytes(BufferPool.Block(unit: Int32(bitPattern: segment.handle)))
            if block.count - segment.bytes.count >= bytes.count {
                block.copy(bytes, at: segment.bytes.count)
                segments[tail].bytes = block.bytes.slice(0, segment.bytes.count + bytes.count)
                if !waits { addOutput(place, bytes.count) }
                return
            }
            wanted = max(wanted, min(2 * block.count, 16 << 10))
        }
        guard let block = pool.allocate(wanted) else {
            abort(place, .outputLimit)
            return
        }
        pool.bytes(block).copy(bytes)
        linkPush(
            place,
            OutputSegment(
                bytes: pool.bytes(block).bytes.slice(0, bytes.count),
                handle: UInt32(bitPattern: block.unit), owner: .pooled), waits: waits)
    }

    private mutating func linkPush(_ place: Int32, _ segment: OutputSegment, waits: Bool) {
        if !waits {
            append(place, segment)
            return
        }
        let index = segments.take(segment)
        let follower = connections[Int(place)].follower
        let tail = followers.clients[follower].pendingTail
        if tail >= 0 { segments.link(tail, to: index) }
        followers.clients.update(follower) {
            if $0.pendingHead < 0 { $0.pendingHead = index }
            $0.pendingTail = index
        }
    }

    // MARK: After a command

    /// Called between two commands of a connection with pushes that wait, or CLIENT CACHING.
    mutating func afterCommand(_ place: Int32) {
        let connection = connections[Int(place)]
        if connection.flags.contains(.pushPending), !isMidReply(connection) { flushPushes(place) }
        guard connection.flags.contains(.cachingNext), connection.lastCommand != .client,
            !connection.flags.contains(.inTransaction)
        else { return }
        connections[Int(place)].flags.remove(.cachingNext)
        context.tracks = Self.tracksReads(connections[Int(place)].flags)
    }

    /// Pushes that waited join the output.
    private mutating func flushPushes(_ place: Int32) {
        connections[Int(place)].flags.remove(.pushPending)
        let index = connections[Int(place)].follower
        guard index >= 0 else { return }
        spill()
        var segment = followers.clients[index].pendingHead
        followers.clients.update(index) {
            $0.pendingHead = -1
            $0.pendingTail = -1
        }
        while segment >= 0 {
            let piece = segments[segment]
            segments.give(segment)
            append(place, piece)
            segment = piece.next
        }
        markDirty(place)
    }

    /// Frees the pushes of a follower that ends.
    mutating func dropPushes(_ index: Int32) {
        var segment = followers.clients[index].pendingHead
        while segment >= 0 {
            let piece = segments[segment]
            release(piece)
            segments.give(segment)
            segment = piece.next
        }
        followers.clients.update(index) {
            $0.pendingHead = -1
            $0.pendingTail = -1
        }
    }

    // MARK: Shared payloads

    /// Keeps a message once for several receivers, with one reference for the caller.
    mutating func sharePayload(_ bytes: Bytes) -> Int32? {
        guard followers.payloads.freeCount > 0, let large = takeLarge(bytes.count) else {
            return nil
        }
        guard appendLarge(large, bytes),
            let payload = followers.payloads.take(SharedPayload(large: large, references: 1))
        else {
            releaseLarge(large)
            return nil
        }
        return payload
    }

    mutating func releasePayload(_ payload: Int32) {
        followers.payloads.update(payload) { $0.references -= 1 }
        guard followers.payloads[payload].references == 0 else { return }
        releaseLarge(followers.payloads[payload].large)
        followers.payloads.give(payload)
    }
}
