/// The bytes of a large value on their way into its memory, piece after piece.
extension Shard where Engine: ~Copyable {
    /// Goes on with bytes that arrived in a receive buffer; how many were used.
    mutating func continueStream(_ place: Int32, _ input: Bytes) -> Int {
        let index = connections[Int(place)].stream
        let head = streams[index].headBytes
        if head > 0, streams[index].phase == .filling || streams[index].phase == .dropping {
            streams.update(index) { $0.headBytes = 0 }
            return head + continueStream(place, input.dropping(head))
        }
        switch streams[index].phase {
        case .asked, .starved, .committing: return 0
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
        if used < input.count, streams[index].phase == .dropping {
            return used + drop(place, index, input.dropping(used))
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
        }
        streams[index] = stream
        if stream.phase == .filling, stream.piece.count == 0 { takePiece(place, index) }
    }

    // MARK: The next piece

    /// Gives a stream memory for the bytes that follow; else it is starved, its connection waits.
    private mutating func takePiece(_ place: Int32, _ index: Int32) {
        let stream = streams[index]
        if Int(stream.owner) != self.index {
            askForMemory(place, index)
            return
        }
        let made = l1.grow(stream.entry, to: stream.filled)
        switch bounded(made, for: place) {
        case .entry:
            let piece = l1.segment(of: stream.entry, at: stream.filled)
            streams.update(index) {
                $0.piece = piece
                $0.phase = .filling
            }
            endWait(place)
        case .busy:
            streams.update(index) { $0.phase = .starved }
            pauseAndRetry(place)
        case .blocked: starve(place, index)
        case .refused: giveUpStream(index)
        }
    }

    private mutating func starve(_ place: Int32, _ index: Int32) {
        streams.update(index) { $0.phase = .starved }
        pause(place)
        waitForRoom(place)
    }

    /// There is no memory for the rest: what came is given back, what still comes is dropped.
    mutating func giveUpStream(_ index: Int32) {
        let stream = streams[index]
        if stream.entry != .none { giveBack(stream) }
        streams.update(index) {
            $0.entry = .none
            $0.piece = .empty
            $0.phase = .dropping
            $0.dropped = $0.filled
        }
    }

    /// Goes on with a starved stream. False: it waits still.
    mutating func feedStream(_ place: Int32) -> Bool {
        let index = connections[Int(place)].stream
        if streams[index].phase == .starved { takePiece(place, index) }
        return !connections[Int(place)].flags.contains(.paused)
    }

    /// Asks the owner for the memory of the bytes that follow.
    private mutating func askForMemory(_ place: Int32, _ index: Int32) {
        guard calls.freeCount > 0 else {
            starve(place, index)
            return
        }
        streams.update(index) { $0.phase = .asked }
        let stream = streams[index]
        var call = streamCall(place, Int(stream.owner))
        call.piece = PieceQuestion(handle: stream.entry.raw, offset: stream.filled)
        askForPiece(call)
        waitForAnswer(place)
    }

    // MARK: Bytes that have no place

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
