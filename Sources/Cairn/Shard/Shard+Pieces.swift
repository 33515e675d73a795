/// Pieces of large values that lie on other shards, asked for one at a time.
///
/// A question that finds its lane full waits here, with its call filed already: so those that wait
/// are at most as many as there are calls, and a connection in the middle of a value never has to
/// end because another shard is busy.
extension Shard where Engine: ~Copyable {
    /// Files the call and sends its question, now or when there is room. The caller has seen that
    /// a call is free: the one whose answer it is handling was just given back.
    mutating func askForPiece(_ call: RemoteCall) {
        guard let place = calls.take(call) else {
            ensureFailed("call table full", #fileID, #line)
        }
        if questions.count > 0 || !sendQuestion(place) { questions.push(place) }
    }

    private mutating func sendQuestion(_ place: Int32) -> Bool {
        let call = calls[place]
        guard let slot = requestsOut[Int(call.shard)].beginWrite() else {
            stats.add(.mailboxFull)
            return false
        }
        let message = Message(slot)
        message.clear(call.purpose == .stream ? .reservedPiece : .leasedPiece)
        message.handle = call.piece.handle
        message.offset = call.piece.offset
        message.length = call.piece.length
        message.call = place
        message.generation = calls.generation(place)
        publishRequest(to: Int(call.shard))
        stats.add(.crossShardSent)
        return true
    }

    mutating func flushQuestions() {
        var left = questions.count
        while left > 0, let place = questions.pop() {
            left -= 1
            if !sendQuestion(place) { questions.push(place) }
        }
    }

    // MARK: Values on their way out

    /// Puts the piece that `message` names into a hole, and asks for what follows it.
    mutating func fillPiece(_ place: Int32, _ hole: Int32, _ message: Message, from other: Int) {
        let piece = message.view
        let left = message.length
        let count = min(piece.count, left)
        let isLast = count == left
        guard segments.freeCount > 2 else {
            // The pieces before this one may be on their way: the pin goes when they have gone.
            abort(place, .outputLimit)
            fillHole(
                place, hole,
                OutputSegment(handle: message.handle, owner: .remoteEntry, shard: UInt8(other)))
            return
        }
        let next = insertHole(place, after: hole)
        fillHole(
            place, hole,
            OutputSegment(
                bytes: piece.bytes.slice(0, count), handle: message.handle,
                owner: isLast ? .remoteEntry : .borrowed, shard: UInt8(other)))
        if isLast {
            fillHole(place, next, OutputSegment(bytes: Bytes("\r\n")))
            return
        }
        var call = RemoteCall()
        call.shard = UInt8(other)
        call.connection = place
        call.generation = connections[Int(place)].generation
        call.hole = next
        call.piece = PieceQuestion(
            handle: message.handle, offset: message.offset + count, length: left - count)
        askForPiece(call)
    }
}

/// The piece of an entry of another shard that is wanted.
struct PieceQuestion: BitwiseCopyable {
    var handle: UInt32 = 0
    var offset = 0
    var length = 0
}
