/// Bytes come in: from the socket to the parser, through as few hands as possible.
///
/// A whole command that lies in one receive buffer is parsed and served there. What is left over
/// waits in a pooled block (beyond 64 KiB in a growing buffer). The bytes of a large value go
/// straight to the slab where it will stay (`Shard+Stream`).
extension Shard where Engine: ~Copyable {
    /// Bytes a once-receive may take while large values are expected: a header and options fit; the
    /// value's own bytes then mostly arrive where they stay.
    static var headBytes: Int { 1024 }

    mutating func armReceive(_ place: Int32) {
        let connection = connections[Int(place)]
        if !connection.flags.isDisjoint(with: [.receiving, .closing, .dead, .endOfInput]) {
            return
        }
        if connection.flags.contains(.paused) { return }
        if connection.stream >= 0, armDirectReceive(place) { return }
        connections[Int(place)].flags.insert(.receiving)
        connections[Int(place)].operations += 1
        switch connection.receiveMode {
        case .multishot:
            engine.receiveMultishot(connection.socket, token: token(.receive, place))
        case .once:
            // What is dropped anyway comes in whole buffers.
            let isDropped =
                connection.stream >= 0 && streams[connection.stream].phase == .dropping
            engine.receiveOnce(
                connection.socket, lengthMax: isDropped ? 1 << 20 : Self.headBytes,
                token: token(.receive, place))
        }
    }

    mutating func receiveCompleted(_ completion: Completion) {
        guard let place = owner(of: completion.token) else {
            if let buffer = completion.buffer { engine.recycle(buffer) }
            return
        }
        if !completion.hasMore {
            connections[Int(place)].operations -= 1
            connections[Int(place)].flags.remove([.receiving, .cancelling])
        }
        if completion.result > 0 {
            stats.add(.receives)
            stats.add(.bytesReceived, Int(completion.result))
            if !connections[Int(place)].flags.contains(.dead) {
                connections[Int(place)].lastActiveMs = nowMs
                take(engine.received(completion), for: place)
            }
            if let buffer = completion.buffer { engine.recycle(buffer) }
        } else {
            if let buffer = completion.buffer { engine.recycle(buffer) }
            endOfReceive(place, completion.result)
        }
        if connections[Int(place)].flags.contains(.dead) {
            freeIfIdle(place)
        } else if -completion.result == Errno.noBufferSpace {
            // Buffers come back with the next entry: asked for again in this turn, a crowd that
            // speaks at once would keep the turn from ending.
            if !connections[Int(place)].flags.contains(.paused) { enqueueRun(place) }
        } else {
            armReceive(place)
        }
    }

    /// What the end of a receive operation means.
    private mutating func endOfReceive(_ place: Int32, _ result: Int32) {
        switch -result {
        case 0:
            // End of stream: what was asked is still answered, then the connection ends.
            connections[Int(place)].flags.insert(.endOfInput)
            if !connections[Int(place)].flags.contains(.paused) {
                closeWhenAnswered(place, .client)
            }
        case Errno.noBufferSpace:
            stats.add(.receiveBuffersExhausted)
        case Errno.canceled, Errno.again, Errno.interrupted:
            break
        default:
            abort(place, .socketError)
        }
    }

    // MARK: Serving bytes

    /// Serves commands in `bytes`; what is left over is kept.
    @inline(__always)
    private mutating func take(_ bytes: Bytes, for place: Int32) {
        let connection = connections[Int(place)]
        if _slowPath(
            connection.residueCount > 0 || connection.largeInput >= 0 || connection.stream >= 0
                || !connection.flags.isDisjoint(with: [.paused, .closing]))
        {
            takeMore(bytes, for: place)
            return
        }
        let consumed = serve(place, bytes)
        if consumed < bytes.count { keep(place, bytes.dropping(consumed)) }
    }

    /// As `take`, for a connection that has something under way.
    private mutating func takeMore(_ bytes: Bytes, for place: Int32) {
        var bytes = bytes
        if connections[Int(place)].flags.contains(.closing) { return }
        if connections[Int(place)].stream >= 0, connections[Int(place)].residueCount == 0,
            connections[Int(place)].largeInput < 0,
            !connections[Int(place)].flags.contains(.paused)
        {
            let used = serve(place, bytes)
            bytes = bytes.dropping(used)
            if bytes.isEmpty { return }
        }
        keep(place, bytes)
        connections[Int(place)].missing -= bytes.count
        if connections[Int(place)].flags.contains(.paused) { return }
        if connections[Int(place)].missing > 0 { return }
        serveKept(place)
    }

    /// Serves what waits in the residue, after more came or the reason to wait went.
    mutating func serveKept(_ place: Int32) {
        let kept = keptInput(place)
        if kept.isEmpty { return }
        let consumed = serve(place, kept)
        dropKept(place, consumed)
    }

    /// Goes on with a connection that waited.
    mutating func resume(_ place: Int32) {
        if connections[Int(place)].flags.contains(.dead) {
            if _slowPath(isExecuting(place)) { executeUnheard(place) }
            freeIfIdle(place)
            return
        }
        if connections[Int(place)].flags.contains(.waiting) { return }
        connections[Int(place)].flags.remove(.paused)
        if connections[Int(place)].stream >= 0, !feedStream(place) { return }
        serveKept(place)
        if connections[Int(place)].flags.contains(.paused) { return }
        if connections[Int(place)].flags.contains(.endOfInput) {
            closeWhenAnswered(place, .client)
        }
        armReceive(place)
    }

    /// Stops reading until `resume`; what has arrived is kept.
    mutating func pause(_ place: Int32) {
        connections[Int(place)].flags.insert(.paused)
        let flags = connections[Int(place)].flags
        if flags.contains(.receiving), !flags.contains(.cancelling),
            connections[Int(place)].receiveMode == .multishot
        {
            connections[Int(place)].flags.insert(.cancelling)
            engine.cancel(token(.receive, place))
        }
    }

    /// Serves whole commands at the front of `input` until one waits, is incomplete or ends the
    /// connection. Returns the bytes consumed.
    private mutating func serve(_ place: Int32, _ input: Bytes) -> Int {
        var position = 0
        beginReplies(place)
        plainRun.clear()
        while position < input.count {
            if connections[Int(place)].stream >= 0 {
                let used = continueStream(place, input.dropping(position))
                position += used
                if connections[Int(place)].stream >= 0 || !goesOn(place) { break }
                continue
            }
            let served = servePlain(place, input, from: position)
            if served > position {
                position = served
                if !goesOn(place) { break }
                continue
            }
            limits.isAuthenticated = connections[Int(place)].flags.contains(.authenticated)
            let outcome = RESPParser.parse(input, from: position, into: &arguments, limits: limits)
            switch outcome {
            case .command(let consumed):
                if !hasReplyRoom(place) {
                    endReplies(place)
                    _ = waitForReplyRoom(place)
                    pause(place)
                    return position
                }
                if dispatch(place, input) == .wait {
                    endReplies(place)
                    pause(place)
                    return position
                }
                position += consumed
            case .empty(let consumed):
                position += consumed
            case .needMore(let atLeast):
                connections[Int(place)].missing = atLeast
                endReplies(place)
                return position
            case .largeValue(let value):
                if !beginStream(place, input, at: position, value) {
                    endReplies(place)
                    return position
                }
                position += value.consumed
            case .error(let error):
                stats.add(.protocolErrors)
                emitProtocolError(error)
                closeWhenAnswered(place, .protocolError)
                position = input.count
            }
            if !goesOn(place) { break }
        }
        endReplies(place)
        return isEnding(place) ? input.count : position
    }

    /// Whether the next command may be served.
    @inline(__always)
    mutating func goesOn(_ place: Int32) -> Bool {
        let flags = connections[Int(place)].flags
        if _fastPath(
            flags.isDisjoint(
                with: [.paused, .closing, .dead, .pushPending, .cachingNext, .hasWaited]))
        {
            return true
        }
        if flags.contains(.hasWaited), !flags.contains(.paused) { endWait(place) }
        afterCommand(place)
        return !isHalted(place)
    }

    @inline(__always)
    private func isHalted(_ place: Int32) -> Bool {
        !connections[Int(place)].flags.isDisjoint(with: [.paused, .closing, .dead])
    }

    @inline(__always)
    private func isEnding(_ place: Int32) -> Bool {
        !connections[Int(place)].flags.isDisjoint(with: [.closing, .dead])
    }
}
