/// Serving other shards' requests, and taking their answers.
extension Shard where Engine: ~Copyable {
    // MARK: Serving

    /// Serves one request. False: it has to wait (memory is being freed); it stays in its lane.
    mutating func serve(_ message: Message, from other: Int) -> Bool {
        switch message.kind {
        case .command: return serveCommand(message, from: other)
        case .reserve: return serveReserve(message, from: other)
        case .reservedPiece, .leasedPiece: return servePiece(message, from: other)
        case .commitReserved: serveCommit(message, from: other)
        case .release: serveRelease(message)
        case .adopt:
            adopt(
                Int32(bitPattern: message.handle),
                isUnix: message.flags & MessageFlag.unixSocket != 0)
        case .lock: return serveLock(message, from: other)
        case .invalidate: serveInvalidate(message, from: other)
        case .findClient: serveFindClient(message, from: other)
        case .fetch: return serveFetch(message, from: other)
        case .control: return serveControl(message, from: other)
        case .reply, .replyBlock, .replyLarge, .replyLease, .piece, .reserved, .busy, .refused,
            .locked:
            ensureFailed("a response in a lane of requests", #fileID, #line)
        }
        return true
    }

    private mutating func serveCommand(_ message: Message, from other: Int) -> Bool {
        guard let id = CommandID(rawValue: message.command) else {
            ensureFailed("unknown command in a message", #fileID, #line)
        }
        let input = message.encodedArguments
        arguments.load(encoded: input, count: message.argumentCount)
        enterRemote(message)
        context.input = input
        if executeOnKey(id, input, hash: message.hash) == .wait {
            scratchCount = 0
            return false
        }
        respond(message, to: other)
        // Behind the reply: what this may tell the client must not overtake it.
        if _slowPath(context.tracks), arguments.count > 1 {
            noteTrackedRead(id, arguments.argument(1, in: input), hash: message.hash)
        }
        return true
    }

    /// Sets the context to that of a request of another shard.
    mutating func enterRemote(_ message: Message) {
        scratchCount = 0
        context = RequestContext()
        context.version = message.flags & MessageFlag.resp3 != 0 ? .resp3 : .resp2
        context.clientID = message.clientID
        context.transaction = message.transaction
        context.tracks = message.flags & MessageFlag.tracks != 0
        context.noLoop = message.flags & MessageFlag.noLoop != 0
        context.noTouch = message.flags & MessageFlag.noTouch != 0
        context.home = message.home
        remoteOverflow = -1
    }

    /// A remote reply beyond the scratch buffer goes on in a growing buffer.
    mutating func spillRemote(_ count: Int) {
        if remoteOverflow < 0 {
            guard let large = takeLarge(count) else {
                // Without memory for the reply the client gets an error instead of a part.
                remoteFailed = true
                return
            }
            remoteOverflow = large
        }
        if !appendLarge(remoteOverflow, scratch.bytes.bytes.slice(0, count)) { remoteFailed = true }
    }

    /// Sends what was written as the answer to `request`.
    mutating func respond(_ request: Message, to other: Int) {
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a response that was promised", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(.reply)
        response.call = request.call
        response.generation = request.generation
        let lease = context.lease
        if remoteOverflow >= 0 || remoteFailed {
            respondLarge(response)
        } else if scratchCount > Message.payloadMax {
            respondBlock(response)
        } else {
            response.payload.copy(scratch.bytes.bytes.slice(0, scratchCount))
            response.payloadCount = scratchCount
            if lease.entry != .none {
                response.slot[0] = Message.Kind.replyLease.rawValue
                response.handle = lease.entry.raw
                response.length = lease.length
                response.offset = lease.offset
                response.setView(l1.segment(of: lease.entry, at: lease.offset).bytes)
            }
        }
        scratchCount = 0
        remoteFailed = false
        publishResponse(to: other)
    }

    private mutating func respondBlock(_ response: Message) {
        guard let block = pool.allocate(scratchCount) else {
            response.payload.copy(Bytes("-OOM no memory for the reply\r\n"))
            response.payloadCount = 30
            return
        }
        pool.bytes(block).copy(scratch.bytes.bytes.slice(0, scratchCount))
        response.slot[0] = Message.Kind.replyBlock.rawValue
        response.handle = UInt32(bitPattern: block.unit)
        response.setView(pool.bytes(block).bytes.slice(0, scratchCount))
    }

    private mutating func respondLarge(_ response: Message) {
        let rest = scratchCount
        scratchCount = 0
        if rest > 0 {
            context.connection = -1
            spillRemote(rest)
        }
        if remoteFailed {
            if remoteOverflow >= 0 { releaseLarge(remoteOverflow) }
            response.payload.copy(Bytes("-OOM no memory for the reply\r\n"))
            response.payloadCount = 30
        } else {
            response.slot[0] = Message.Kind.replyLarge.rawValue
            response.handle = UInt32(bitPattern: remoteOverflow)
            response.setView(largeBuffers[remoteOverflow].bytes)
        }
        remoteOverflow = -1
    }

    mutating func publishResponse(to other: Int) {
        responsesOut[other].publish()
        wakeWanted[other] = true
    }

    mutating func serveRelease(_ message: Message) {
        switch PendingRelease.Kind(rawValue: message.command) {
        case .entry: l1.unpin(EntryID(message.handle))
        case .block: pool.free(BufferPool.Block(unit: Int32(bitPattern: message.handle)))
        case .large: releaseLarge(Int32(bitPattern: message.handle))
        case .reservation: l1.abandon(EntryID(message.handle))
        case .lock: serveUnlock(message)
        case nil: ensureFailed("release of nothing", #fileID, #line)
        }
    }

    /// The next piece of a value that another shard sends or fills.
    private mutating func servePiece(_ request: Message, from other: Int) -> Bool {
        var kind = Message.Kind.piece
        if request.kind == .reservedPiece {
            switch l1.grow(EntryID(request.handle), to: request.offset) {
            case .entry: break
            case .busy:
                if case .busy = boundedInLane(.busy) { return false }
                kind = .refused
            case .blocked:
                wantMemory()
                kind = .busy
            case .refused: kind = .refused
            }
        }
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a piece", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(kind)
        response.call = request.call
        response.generation = request.generation
        response.handle = request.handle
        response.offset = request.offset
        response.length = request.length
        if kind == .piece {
            response.setView(l1.segment(of: EntryID(request.handle), at: request.offset).bytes)
        }
        publishResponse(to: other)
        return true
    }

    // MARK: Answers

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
        case .replyBlock:
            fillHole(
                place, call.hole,
                OutputSegment(
                    bytes: message.view.bytes, handle: message.handle, owner: .remoteBlock,
                    shard: UInt8(other)))
        case .replyLarge:
            // The view ends where the reply ends; the buffer goes home when it was sent.
            fillHole(
                place, call.hole,
                OutputSegment(
                    bytes: message.view.bytes, handle: message.handle, owner: .remoteLarge,
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
    private mutating func insertHole(_ place: Int32, after index: Int32) -> Int32 {
        let hole = segments.take(OutputSegment(handle: segments[index].handle, owner: .hole))
        segments.link(hole, to: segments[index].next)
        segments.link(index, to: hole)
        if connections[Int(place)].outputTail == index { connections[Int(place)].outputTail = hole }
        connections[Int(place)].holes += 1
        return hole
    }

    private mutating func fillPiece(
        _ place: Int32, _ hole: Int32, _ message: Message, from other: Int
    ) {
        let piece = message.view
        let left = message.length
        let count = min(piece.count, left)
        let isLast = count == left
        guard segments.freeCount > 2 else {
            releaseRemote(message.handle, kind: .entry, shard: other)
            abort(place, .outputLimit)
            fillHole(place, hole, OutputSegment())
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
        askForPiece(place, next, message, done: count, from: other)
    }

    private mutating func askForPiece(
        _ place: Int32, _ hole: Int32, _ message: Message, done: Int, from other: Int
    ) {
        guard calls.freeCount > 0, let slot = requestsOut[other].beginWrite() else {
            releaseRemote(message.handle, kind: .entry, shard: other)
            abort(place, .outputLimit)
            fillHole(place, hole, OutputSegment())
            return
        }
        let request = Message(slot)
        request.clear(.leasedPiece)
        request.handle = message.handle
        request.offset = message.offset + done
        request.length = message.length - done
        var call = RemoteCall()
        call.shard = UInt8(other)
        call.connection = place
        call.generation = connections[Int(place)].generation
        call.hole = hole
        submit(request, call)
    }

    /// Fills a hole with what was written outside a connection's batch.
    private mutating func fillFromScratch(_ place: Int32, _ hole: Int32) {
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

    // MARK: Gathers

    private mutating func addToGather(_ call: RemoteCall, _ message: Message) {
        if message.kind == .replyLarge, gathers[call.gather].large >= 0 {
            let gather = gathers[call.gather]
            let added = appendLarge(gather.large, message.view.bytes)
            releaseUnread(message, from: Int(call.shard))
            gathers.update(call.gather) {
                $0.sum += message.length
                $0.failed = $0.failed || !added
                $0.remaining -= 1
            }
            finishGather(call.gather)
            return
        }
        let reply = message.payload.bytes.slice(0, message.payloadCount)
        releaseUnread(message, from: Int(call.shard))
        var value = 0
        var failed = false
        if reply.count > 3, reply[0] == UInt8(ascii: ":") {
            value = Int(Decimal.parse(reply.slice(1, reply.count - 3)) ?? 0)
        } else if reply.count > 0, reply[0] == UInt8(ascii: "-") {
            failed = true
        }
        gathers.update(call.gather) { gather in
            gather.sum += value
            gather.failed = gather.failed || failed
            gather.remaining -= 1
        }
        finishGather(call.gather)
    }

    /// A connection ends in the middle of a command whose parts are counted: the last part frees
    /// it.
    mutating func dropGather(_ place: Int32) {
        let index = connections[Int(place)].gather
        guard index >= 0 else { return }
        connections[Int(place)].gather = -1
        if gathers[index].remaining == 0 {
            if gathers[index].large >= 0 { releaseLarge(gathers[index].large) }
            gathers.give(index)
        } else {
            gathers.update(index) { $0.complete = true }
        }
    }

    /// Answers once all parts are in.
    mutating func finishGather(_ index: Int32) {
        let gather = gathers[index]
        guard gather.remaining == 0 else { return }
        let lives = connections[Int(gather.connection)].generation == gather.generation
        guard gather.complete else {
            // MSETNX over shards waits for one step's answers before the next.
            if lives, connections[Int(gather.connection)].flags.contains(.waiting) {
                connections[Int(gather.connection)].flags.remove(.waiting)
                enqueueRun(gather.connection)
            }
            return
        }
        guard lives else {
            if gather.large >= 0 { releaseLarge(gather.large) }
            gathers.give(index)
            return
        }
        let place = gather.connection
        scratchCount = 0
        remoteOverflow = -1
        context = RequestContext()
        context.version = connections[Int(place)].version
        answerControl(place, index)
        fillFromScratch(place, gather.hole)
        if connections[Int(place)].flags.contains(.paused) { enqueueRun(place) }
    }
}

extension ArgumentTable {
    /// Fills the table from the encoding of a message: for each argument its length and its bytes.
    mutating func load(encoded: Bytes, count wanted: Int) {
        ensure(wanted <= capacity, "arguments of a message")
        var position = 0
        isInScratch = false
        first = 0
        for index in 0..<wanted {
            let length = encoded.load(position, as: UInt32.self)
            slots[index] = Slot(offset: UInt32(position + 4), length: length)
            position += 4 + Int(length)
        }
        count = wanted
    }
}
