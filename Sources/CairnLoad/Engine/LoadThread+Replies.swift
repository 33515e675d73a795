import Cairn

/// Completions and replies.
extension LoadThread {
    mutating func handle(_ completion: Completion, _ now: UInt64) throws(LoadError) {
        let token = completion.token
        switch token.tag {
        case .receive: try received(completion, token.slot, now)
        case .send: sent(completion, token.slot)
        default: break
        }
    }

    private mutating func received(
        _ completion: Completion, _ id: Int, _ now: UInt64
    ) throws(LoadError) {
        if let buffer = completion.buffer {
            if completion.result > 0 && connections[id].state == .ready {
                connections[id].lastProgress = now
                try consume(id, ByteView(engine.received(completion)), now)
            }
            engine.recycle(buffer)
        }
        if completion.hasMore { return }
        connections[id].isReceiving = false
        let result = completion.result
        if connections[id].state != .ready {
            retire(id)
        } else if result > 0 || result == -Errno.noBufferSpace {
            armReceive(id)
        } else {
            let text = result == 0 ? "connection closed by the server" : Self.errnoText(-result)
            lose(id, text)
        }
    }

    private mutating func sent(_ completion: Completion, _ id: Int) {
        connections[id].isSending = false
        if connections[id].state != .ready {
            retire(id)
            return
        }
        if completion.result < 0 || Int(completion.result) < connections[id].sendingBytes {
            lose(id, completion.result < 0 ? Self.errnoText(-completion.result) : "short send")
            return
        }
        let side = 1 - connections[id].filling
        let queue = side == 0 ? connections[id].queues.0 : connections[id].queues.1
        if queue.first < queue.segments {
            submit(id, side, queue)
            return
        }
        if side == 0 {
            connections[id].queues.0 = SendQueue()
        } else {
            connections[id].queues.1 = SendQueue()
        }
        markDirty(id)
    }

    /// Takes the replies out of the bytes of a connection.
    private mutating func consume(_ id: Int, _ input: ByteView, _ now: UInt64) throws(LoadError) {
        let carry = carries.bytes.slice(
            id * ReplyParser.carryBytes, ReplyParser.carryBytes)
        var at = 0
        while true {
            switch connections[id].parser.next(input, &at, carry: carry) {
            case .needMore:
                return
            case .whole(let offset, let count):
                connections[id].valueLength = count
                if options.verify {
                    begin(id, count)
                    check(id, input.slice(offset, count))
                }
                try complete(id, .hit, .empty, now)
            case .begin(let length):
                connections[id].valueLength = length
                if options.verify { begin(id, length) }
            case .chunk(let offset, let count):
                if options.verify { check(id, input.slice(offset, count)) }
            case .end(let outcome):
                let text =
                    outcome == .error
                    ? connections[id].parser.errorText(input, carry: carry) : .empty
                try complete(id, outcome, text, now)
            case .broken:
                lose(id, "a reply that is none of the protocol")
                return
            }
            if connections[id].state != .ready { return }
        }
    }

    private mutating func begin(_ id: Int, _ length: Int) {
        guard connections[id].inFlight > 0 else { return }
        let key = flights[id * capacity + Int(connections[id].head)].key
        let mismatch: Mismatch?
        if let files = plan.files {
            mismatch = connections[id].check.begin(
                key: key, length: length, expectedLength: files.content(Int(key)).count)
        } else {
            mismatch = connections[id].check.begin(key: key, length: length, model)
        }
        if let mismatch { report(mismatch) }
    }

    private mutating func check(_ id: Int, _ bytes: ByteView) {
        guard connections[id].inFlight > 0 else { return }
        let mismatch: Mismatch?
        if let files = plan.files {
            let key = flights[id * capacity + Int(connections[id].head)].key
            mismatch = connections[id].check.feed(bytes, expected: files.content(Int(key)))
        } else {
            mismatch = connections[id].check.feed(bytes, model)
        }
        if let mismatch { report(mismatch) }
    }

    @inline(never)
    private mutating func report(_ mismatch: Mismatch) {
        record.counts.mismatches += 1
        guard ending.mismatches.count < 16 else { return }
        var named = mismatch
        named.name = plan.files?.path(Int(mismatch.key)).text ?? namer.name(mismatch.key)
        ending.mismatches.append(named)
    }

    /// A reply is complete: counts it and frees its place.
    @inline(__always)
    private mutating func complete(
        _ id: Int, _ outcome: ReplyOutcome, _ text: ByteView, _ now: UInt64
    ) throws(LoadError) {
        guard connections[id].inFlight > 0 else {
            lose(id, "a reply nobody asked for")
            return
        }
        let head = Int(connections[id].head)
        let flight = flights[id * capacity + head]
        connections[id].head = Int32(head + 1 == capacity ? 0 : head + 1)
        connections[id].inFlight -= 1
        outstanding -= 1
        if flight.kind == .greeting {
            try greeted(id, outcome, text)
            return
        }
        if isOpenLoop || connections[id].inFlight == 0 { list(id) }
        if flight.start < measureStart { return }
        count(flight, outcome, text, connections[id].valueLength, now)
    }

    @inline(__always)
    private mutating func count(
        _ flight: InFlight, _ outcome: ReplyOutcome, _ text: ByteView, _ length: Int, _ now: UInt64
    ) {
        ending.lastCompletion = now
        if outcome == .error {
            record.counts.errors += 1
            errors.count(text)
            return
        }
        let latency = now > flight.start ? now - flight.start : 0
        if flight.kind == .read {
            record.counts.reads += 1
            if outcome == .hit {
                record.counts.hits += 1
                record.counts.bytesRead += UInt64(length)
            } else {
                record.counts.misses += 1
                if options.expectHits {
                    record.counts.errors += 1
                    errors.count(ByteView("a miss where a hit was expected"))
                }
            }
            record.readLatency.record(latency)
        } else {
            record.counts.writes += 1
            record.counts.bytesWritten += UInt64(flight.length)
            record.writeLatency.record(latency)
        }
    }
}
