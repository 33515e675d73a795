import Cairn

/// Writing requests and sending them.
extension LoadThread {
    /// Puts a connection into the queue of those that take requests.
    mutating func list(_ id: Int) {
        if connections[id].isListed { return }
        connections[id].isListed = true
        var tail = listedHead + listedCount
        if tail >= listed.count { tail -= listed.count }
        listed[tail] = Int32(id)
        listedCount += 1
    }

    private mutating func unlist() -> Int {
        let id = Int(listed[listedHead])
        listedHead = listedHead + 1 == listed.count ? 0 : listedHead + 1
        listedCount -= 1
        connections[id].isListed = false
        return id
    }

    /// Writes the requests whose time has come. Closed loop: a full batch on every connection that
    /// has none in flight. Open loop: what the schedule says, spread over the connections.
    mutating func issue(_ now: UInt64) {
        if now >= issueEnd {
            stopIssuing(now)
            return
        }
        if isOpenLoop {
            issueScheduled(now)
        } else {
            for _ in 0..<listedCount {
                let id = unlist()
                if connections[id].state != .ready { continue }
                let room = capacityLeft(id)
                for _ in 0..<room where allowance > 0 { write(id, start: now, now) }
            }
        }
        if allowance <= 0 { isIssuing = false }
    }

    private mutating func issueScheduled(_ now: UInt64) {
        while arrivals.next <= min(now, issueEnd - 1) && listedCount > 0 && allowance > 0 {
            let id = unlist()
            if connections[id].state != .ready { continue }
            let start = arrivals.next
            if start >= measureStart { ending.scheduled += 1 }
            write(id, start: start, now)
            arrivals.advance(&random)
            if capacityLeft(id) > 0 { list(id) }
        }
    }

    @inline(__always)
    private func capacityLeft(_ id: Int) -> Int {
        options.pipeline - Int(connections[id].inFlight)
    }

    @inline(__always)
    func queueIndex(_ id: Int, _ side: UInt8) -> Int { id * 2 + Int(side) }

    /// Writes one request to a connection and enters it in the flight list.
    private mutating func write(_ id: Int, start: UInt64, _ now: UInt64) {
        if start >= measureStart { allowance -= 1 }
        let key = picker.next(&random)
        let isRead =
            readThreshold > 0
            && (readThreshold > 0xFFFF_FFFF
                || random.next() >> 32 < readThreshold)
        var flight = InFlight()
        flight.start = start
        flight.key = key
        let side = connections[id].filling
        var queue = side == 0 ? connections[id].queues.0 : connections[id].queues.1
        let area = areas.bytes.slice(queueIndex(id, side) * areaBytes, areaBytes)
        if plan.files != nil {
            writeFile(id, side, &queue, area, &flight, isRead: isRead)
        } else if isRead {
            let before = queue.areaBytes
            writer.read(key, area, &queue.areaBytes)
            extend(id, side, &queue, by: queue.areaBytes - before)
        } else {
            writeValue(id, side, &queue, area, &flight)
        }
        if side == 0 {
            connections[id].queues.0 = queue
        } else {
            connections[id].queues.1 = queue
        }
        enter(id, flight, now)
    }

    /// Enters a request in the flight list and the connection in the list of those with bytes to
    /// send.
    mutating func enter(_ id: Int, _ flight: InFlight, _ now: UInt64) {
        if connections[id].inFlight == 0 { connections[id].lastProgress = now }
        var place = Int(connections[id].head) + Int(connections[id].inFlight)
        if place >= capacity { place -= capacity }
        flights[id * capacity + place] = flight
        connections[id].inFlight += 1
        outstanding += 1
        markDirty(id)
    }

    mutating func markDirty(_ id: Int) {
        if connections[id].isDirty || connections[id].isSending { return }
        connections[id].isDirty = true
        dirty[dirtyCount] = Int32(id)
        dirtyCount += 1
    }

    /// A SET with a generated value: short ones whole in the area, of long ones the body is a
    /// segment of its own.
    private mutating func writeValue(
        _ id: Int, _ side: UInt8, _ queue: inout SendQueue, _ area: MutableByteView,
        _ flight: inout InFlight
    ) {
        flight.kind = .write
        let key = flight.key
        let version =
            model.isVersioned && options.activity == .mixed
            ? UInt32(truncatingIfNeeded: random.next()) : 0
        let length = model.sizes.length(key: key, version: version)
        flight.length = UInt32(length)
        let before = queue.areaBytes
        writer.beginWrite(key, length: length, area, &queue.areaBytes)
        var body = length
        if length >= ValueModel.headerBytes {
            let place = area.slice(queue.areaBytes, ValueModel.headerBytes)
            model.writeHeader(key: key, version: version, length: length, into: place)
            queue.areaBytes += ValueModel.headerBytes
            body -= ValueModel.headerBytes
        }
        let offset = model.poolOffset(key: key, version: version)
        if length <= Self.inlineValueMax {
            area.copy(
                model.body(poolOffset: offset, position: 0, count: body), at: queue.areaBytes)
            queue.areaBytes += body
            writer.endWrite(area, &queue.areaBytes)
            extend(id, side, &queue, by: queue.areaBytes - before)
            return
        }
        extend(id, side, &queue, by: queue.areaBytes - before)
        append(id, side, &queue, Segment(source: .pool, offset: offset, count: body))
        let tail = queue.areaBytes
        writer.endWrite(area, &queue.areaBytes)
        extend(id, side, &queue, by: queue.areaBytes - tail)
    }

    private mutating func append(
        _ id: Int, _ side: UInt8, _ queue: inout SendQueue, _ segment: Segment
    ) {
        ensure(queue.segments < segmentsPerQueue, "send segments")
        segments[queueIndex(id, side) * segmentsPerQueue + queue.segments] = segment
        queue.segments += 1
    }

    /// Adds the last `count` bytes of the area to the queue, to its last segment where they follow.
    mutating func extend(
        _ id: Int, _ side: UInt8, _ queue: inout SendQueue, by count: Int
    ) {
        let base = queueIndex(id, side) * segmentsPerQueue
        if queue.segments > 0 {
            let last = base + queue.segments - 1
            if segments[last].source == .area {
                segments[last].count += count
                return
            }
        }
        append(
            id, side, &queue,
            Segment(source: .area, offset: queue.areaBytes - count, count: count))
    }

    /// A GET or SET of a stored file, whose key is its path.
    private mutating func writeFile(
        _ id: Int, _ side: UInt8, _ queue: inout SendQueue, _ area: MutableByteView,
        _ flight: inout InFlight, isRead: Bool
    ) {
        guard let files = plan.files else { return }
        let path = files.path(Int(flight.key))
        let before = queue.areaBytes
        if isRead {
            writer.beginRead(area, &queue.areaBytes, keyLength: path.count)
            area.copy(path, at: queue.areaBytes)
            queue.areaBytes += path.count
            writer.endRead(area, &queue.areaBytes)
            extend(id, side, &queue, by: queue.areaBytes - before)
            return
        }
        let content = files.content(Int(flight.key))
        flight.kind = .write
        flight.length = UInt32(content.count)
        writer.beginWrite(area, &queue.areaBytes, keyLength: path.count)
        area.copy(path, at: queue.areaBytes)
        queue.areaBytes += path.count
        writer.valueLength(content.count, area, &queue.areaBytes)
        extend(id, side, &queue, by: queue.areaBytes - before)
        append(
            id, side, &queue,
            Segment(source: .file, offset: files.place(Int(flight.key)), count: content.count))
        let tail = queue.areaBytes
        writer.endWrite(area, &queue.areaBytes)
        extend(id, side, &queue, by: queue.areaBytes - tail)
    }

    // MARK: Sending

    /// Prepares one send for every connection that has something to send.
    mutating func flush() {
        for index in 0..<dirtyCount {
            let id = Int(dirty[index])
            connections[id].isDirty = false
            if connections[id].state == .ready && !connections[id].isSending { startSend(id) }
        }
        dirtyCount = 0
    }

    /// Sends the queue that was being filled; the other one is filled from now on.
    private mutating func startSend(_ id: Int) {
        let side = connections[id].filling
        let queue = side == 0 ? connections[id].queues.0 : connections[id].queues.1
        if queue.segments == 0 { return }
        connections[id].filling = 1 - side
        submit(id, side, queue)
    }

    /// Hands the next part of a queue to the kernel: all of it, unless it has very many pieces.
    mutating func submit(_ id: Int, _ side: UInt8, _ queue: SendQueue) {
        var queue = queue
        let base = queueIndex(id, side) * segmentsPerQueue
        let token = Token(.send, slot: id, generation: connections[id].generation)
        let socket = SocketSlot(index: connections[id].socket)
        let only = segments[base]
        connections[id].isSending = true
        if queue.segments == 1 && queue.first == 0 && only.source == .area {
            queue.first = 1
            connections[id].sendingBytes = only.count
            engine.send(
                socket,
                areas.bytes.slice(queueIndex(id, side) * areaBytes + only.offset, only.count)
                    .view.bytes, token: token)
        } else {
            connections[id].sendingBytes = appendPieces(id, side, &queue)
            engine.sendVector(socket, zeroCopy: false, token: token)
        }
        if side == 0 {
            connections[id].queues.0 = queue
        } else {
            connections[id].queues.1 = queue
        }
    }

    /// Appends as many pieces as one vectored send takes; the bytes appended.
    private mutating func appendPieces(_ id: Int, _ side: UInt8, _ queue: inout SendQueue) -> Int {
        let base = queueIndex(id, side) * segmentsPerQueue
        var bytes = 0
        while queue.first < queue.segments {
            let segment = segments[base + queue.first]
            let left = segment.count - segment.sent
            let piece: ByteView
            switch segment.source {
            case .area:
                piece =
                    areas.bytes.slice(
                        queueIndex(id, side) * areaBytes + segment.offset + segment.sent, left
                    ).view
            case .pool:
                piece = model.body(
                    poolOffset: segment.offset, position: segment.sent,
                    count: min(left, ValuePool.period))
            case .file:
                piece = plan.files?.bytes(segment.offset + segment.sent, left) ?? .empty
            }
            if piece.count > 0 && !engine.appendToVector(piece.bytes) { return bytes }
            bytes += piece.count
            segments[base + queue.first].sent += piece.count
            if piece.count == left { queue.first += 1 }
        }
        return bytes
    }
}
