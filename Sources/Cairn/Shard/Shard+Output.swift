/// Replies leave: one send for each connection and turn, in order, with bounded memory.
extension Shard where Engine: ~Copyable {
    /// Pieces shorter than this are copied together before they are sent.
    static var coalesceBytesMax: Int { 2048 }

    /// Puts a connection among those whose output is looked at before the turn ends.
    @inline(__always)
    mutating func markDirty(_ place: Int32) {
        if connections[Int(place)].flags.contains(.dirty) { return }
        connections[Int(place)].flags.insert(.dirty)
        dirtyQueue.push(place)
    }

    mutating func sendOutput() {
        while let place = dirtyQueue.pop() {
            connections[Int(place)].flags.remove(.dirty)
            if connections[Int(place)].flags.contains(.dead) {
                freeIfIdle(place)
            } else {
                send(place)
            }
        }
    }

    /// Starts a send of everything that is ready, unless one is under way.
    private mutating func send(_ place: Int32) {
        let connection = connections[Int(place)]
        if connection.flags.contains(.sending) { return }
        let head = connection.outputHead
        if head < 0 {
            if connection.flags.contains(.closing) { endOutput(place) }
            return
        }
        let first = segments[head]
        if first.owner == .hole { return }
        connections[Int(place)].flags.insert(.sending)
        connections[Int(place)].operations += 1
        connections[Int(place)].sendSinceMs = nowMs
        stats.add(.sends)
        if _fastPath(first.next < 0) {
            connections[Int(place)].sendLast = head
            engine.send(connection.socket, first.bytes, token: token(.send, place))
            return
        }
        sendMany(place, head)
    }

    /// Sends several segments: small ones copied together, large ones as pieces of one vector.
    private mutating func sendMany(_ place: Int32, _ head: Int32) {
        mergeSmall(place)
        var last = connections[Int(place)].outputHead
        var bytes = 0
        var index = last
        var pieces = 0
        // The kernel counts what a TCP peer takes; of others only whole sends are seen to make
        // progress, so they are kept short.
        let isUnix = connections[Int(place)].flags.contains(.unixSocket)
        while index >= 0, segments[index].owner != .hole {
            if isUnix, bytes >= 1 << 20 { break }
            guard engine.appendToVector(segments[index].bytes) else { break }
            pieces += 1
            bytes += segments[index].bytes.count
            last = index
            index = segments[index].next
        }
        ensure(pieces > 0, "a vector without pieces")
        connections[Int(place)].sendLast = last
        let flags = connections[Int(place)].flags
        let zeroCopy = group.settings.zeroCopySendBytesMin.map { bytes >= $0 } ?? false
        let uses = zeroCopy && !flags.contains(.zeroCopyFutile) && !flags.contains(.unixSocket)
        if uses { stats.add(.zeroCopySends) }
        engine.sendVector(
            connections[Int(place)].socket, zeroCopy: uses, token: token(.send, place))
    }

    /// Copies runs of small segments at the front of the queue into one block: one piece to send
    /// instead of many.
    private mutating func mergeSmall(_ place: Int32) {
        var previous: Int32 = -1
        var index = connections[Int(place)].outputHead
        while index >= 0, segments[index].owner != .hole {
            let run = smallRun(from: index)
            if run.pieces > 1, let block = pool.allocate(run.bytes) {
                let merged = merge(from: index, run, into: block)
                if previous < 0 {
                    connections[Int(place)].outputHead = merged
                } else {
                    segments.link(previous, to: merged)
                }
                if segments[merged].next < 0 { connections[Int(place)].outputTail = merged }
                previous = merged
            } else {
                previous = index
            }
            index = segments[previous].next
        }
    }

    private func smallRun(from start: Int32) -> (pieces: Int, bytes: Int) {
        var pieces = 0
        var bytes = 0
        var index = start
        while index >= 0 {
            let segment = segments[index]
            let isOwn = segment.owner == .pooled || segment.owner == .borrowed
            guard isOwn, segment.bytes.count <= Self.coalesceBytesMax,
                bytes + segment.bytes.count <= BufferPool.blockBytesMax
            else { break }
            pieces += 1
            bytes += segment.bytes.count
            index = segment.next
        }
        return (pieces, bytes)
    }

    private mutating func merge(
        from start: Int32, _ run: (pieces: Int, bytes: Int), into block: BufferPool.Block
    ) -> Int32 {
        let target = pool.bytes(block)
        var position = 0
        var index = start
        for _ in 0..<run.pieces {
            let segment = segments[index]
            target.copy(segment.bytes, at: position)
            position += segment.bytes.count
            release(segment)
            segments.give(index)
            index = segment.next
        }
        let merged = segments.take(
            OutputSegment(
                bytes: target.bytes.slice(0, run.bytes), handle: UInt32(bitPattern: block.unit),
                owner: .pooled))
        segments.link(merged, to: index)
        return merged
    }

    // MARK: Completion

    mutating func sendCompleted(_ completion: Completion) {
        guard let place = owner(of: completion.token) else { return }
        if completion.isNotification {
            connections[Int(place)].flags.remove(.zeroCopyHeld)
            connections[Int(place)].operations -= 1
            if completion.zeroCopyWasCopied {
                connections[Int(place)].flags.insert(.zeroCopyFutile)
                stats.add(.zeroCopyCopied)
            }
        } else {
            if completion.hasMore {
                connections[Int(place)].flags.insert(.zeroCopyHeld)
                connections[Int(place)].operations += 1
            }
            connections[Int(place)].operations -= 1
            if completion.result < 0 || Int(completion.result) < sentBytes(place) {
                abort(place, .socketError)
            } else {
                stats.add(.bytesSent, Int(completion.result))
            }
        }
        if connections[Int(place)].flags.contains(.zeroCopyHeld) { return }
        connections[Int(place)].flags.remove(.sending)
        freeSent(place)
        if connections[Int(place)].flags.contains(.dead) {
            freeIfIdle(place)
            return
        }
        if connections[Int(place)].outputHead >= 0
            || connections[Int(place)].flags.contains(.closing)
        {
            markDirty(place)
        }
        if connections[Int(place)].flags.contains(.paused) { enqueueRun(place) }
    }

    private func sentBytes(_ place: Int32) -> Int {
        var bytes = 0
        var index = connections[Int(place)].outputHead
        let last = connections[Int(place)].sendLast
        while index >= 0 {
            bytes += segments[index].bytes.count
            if index == last { break }
            index = segments[index].next
        }
        return bytes
    }

    /// Frees the segments of the send that has ended.
    private mutating func freeSent(_ place: Int32) {
        let last = connections[Int(place)].sendLast
        guard last >= 0 else { return }
        var index = connections[Int(place)].outputHead
        var ended = false
        while !ended {
            let segment = segments[index]
            ended = index == last
            addOutput(place, -segment.bytes.count)
            release(segment)
            segments.give(index)
            index = segment.next
        }
        connections[Int(place)].sendLast = -1
        connections[Int(place)].outputHead = index
        if index < 0 { connections[Int(place)].outputTail = -1 }
    }

    /// Gives the memory of a segment back to whoever owns it.
    mutating func release(_ segment: OutputSegment) {
        switch segment.owner {
        case .pooled: pool.free(BufferPool.Block(unit: Int32(bitPattern: segment.handle)))
        case .entry: l1.unpin(EntryID(segment.handle))
        case .remoteEntry: releaseRemote(segment.handle, kind: .entry, shard: Int(segment.shard))
        case .remoteBlock: releaseRemote(segment.handle, kind: .block, shard: Int(segment.shard))
        case .remoteLarge: releaseRemote(segment.handle, kind: .large, shard: Int(segment.shard))
        case .large: releaseLarge(Int32(bitPattern: segment.handle))
        case .shared: releasePayload(Int32(bitPattern: segment.handle))
        case .borrowed, .hole: break
        }
    }

    /// Frees the output of a dead connection up to what other shards still owe.
    mutating func freeReady(_ place: Int32) {
        if connections[Int(place)].flags.contains(.sending) { return }
        var index = connections[Int(place)].outputHead
        while index >= 0, segments[index].owner != .hole {
            let segment = segments[index]
            addOutput(place, -segment.bytes.count)
            release(segment)
            segments.give(index)
            index = segment.next
        }
        connections[Int(place)].outputHead = index
        if index < 0 { connections[Int(place)].outputTail = -1 }
    }

    /// Frees all output of a connection that ends; no send is under way.
    mutating func freeOutput(_ place: Int32) {
        var index = connections[Int(place)].outputHead
        while index >= 0 {
            let segment = segments[index]
            release(segment)
            segments.give(index)
            index = segment.next
        }
        connections[Int(place)].outputHead = -1
        connections[Int(place)].outputTail = -1
        addOutput(place, -connections[Int(place)].outputBytes)
    }

    /// Everything has left a connection that is closing.
    private mutating func endOutput(_ place: Int32) {
        if connections[Int(place)].holes > 0 { return }
        connections[Int(place)].flags.insert(.dead)
        scarcity.pausedMustRun = true
        if connections[Int(place)].operations > 0 {
            engine.shutdown(connections[Int(place)].socket)
        }
        freeIfIdle(place)
    }
}
