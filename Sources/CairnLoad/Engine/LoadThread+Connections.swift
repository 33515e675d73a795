import Cairn
import Foundation

/// The life of a connection: connect, greet, lose, connect again.
extension LoadThread {
    static func errnoText(_ code: Int32) -> String { String(errnoText: code) }

    mutating func connectAll() throws(LoadError) {
        for id in 0..<connections.count {
            let rc = connect(id)
            if rc < 0 {
                throw .connect(
                    "cannot connect to \(options.target.text): \(String(errnoText: -rc))")
            }
        }
    }

    /// Opens the socket of a dead connection; 0, or a negative errno.
    private mutating func connect(_ id: Int) -> Int32 {
        let descriptor: Int32
        switch options.target {
        case .tcp(let address): descriptor = Sockets.connect(address)
        case .unix(let path): descriptor = Sockets.connect(unixPath: path)
        }
        if descriptor < 0 { return descriptor }
        guard let socket = engine.adopt(descriptor) else {
            Sockets.close(descriptor)
            return -EMFILE
        }
        let wasListed = connections[id].isListed
        let generation = connections[id].generation &+ 1
        connections[id] = LoadConnection(options.protocolKind)
        connections[id].isListed = wasListed
        connections[id].generation = generation
        connections[id].state = .ready
        connections[id].socket = socket.index
        connections[id].lastProgress = engine.now
        alive += 1
        armReceive(id)
        greet(id)
        return 0
    }

    mutating func armReceive(_ id: Int) {
        connections[id].isReceiving = true
        engine.receiveMultishot(
            SocketSlot(index: connections[id].socket),
            token: Token(.receive, slot: id, generation: connections[id].generation))
    }

    /// Sends the greeting; the connection takes requests once it was answered.
    private mutating func greet(_ id: Int) {
        let (bytes, replies) = CommandWriter.greeting(options)
        if replies == 0 {
            list(id)
            return
        }
        let area = areas.bytes.slice(queueIndex(id, 0) * areaBytes, areaBytes)
        for (index, byte) in bytes.enumerated() { area[index] = byte }
        var queue = SendQueue()
        queue.areaBytes = bytes.count
        extend(id, 0, &queue, by: bytes.count)
        connections[id].queues.0 = queue
        connections[id].greetingsLeft = UInt8(replies)
        for _ in 0..<replies {
            var flight = InFlight()
            flight.kind = .greeting
            enter(id, flight, engine.now)
        }
    }

    mutating func greeted(_ id: Int, _ outcome: ReplyOutcome, _ text: ByteView) throws(LoadError) {
        if outcome == .error {
            throw .refused("\(options.target.text) refused the greeting: \(text.text)")
        }
        connections[id].greetingsLeft -= 1
        if connections[id].greetingsLeft == 0 { list(id) }
    }

    /// Runs the loop until every greeting was answered.
    mutating func greetAll() throws(LoadError) {
        flush()
        let deadline = Clock.monotonic() + options.timeoutNanoseconds
        while outstanding > 0 {
            engine.turn(waitNanoseconds: Self.tickNanoseconds)
            while let completion = engine.nextCompletion() {
                try handle(completion, engine.now)
            }
            flush()
            if engine.now > deadline {
                throw .connect("\(options.target.text) does not answer the greeting")
            }
            if alive < connections.count {
                throw .connect("\(options.target.text) closes connections: \(errors.all)")
            }
        }
    }

    /// The connection is of no more use: its requests count as errors, its socket is given up once
    /// its operations completed.
    mutating func lose(_ id: Int, _ text: String) {
        guard connections[id].state == .ready else { return }
        let lost = Int(connections[id].inFlight)
        var measured = 0
        for offset in 0..<lost {
            let place = (Int(connections[id].head) + offset) % capacity
            if flights[id * capacity + place].start >= measureStart { measured += 1 }
        }
        record.counts.errors += UInt64(measured)
        if measured > 0 { ending.lastCompletion = engine.now }
        outstanding -= lost
        connections[id].inFlight = 0
        connections[id].state = .closing
        ending.connectionsLost += 1
        alive -= 1
        countError(text, times: max(measured, 1))
        engine.shutdown(SocketSlot(index: connections[id].socket))
        retire(id)
    }

    private mutating func countError(_ text: String, times: Int) {
        let bytes = Array(text.utf8)
        var copy = Table<UInt8>(repeating: 0, count: max(bytes.count, 1))
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        errors.count(copy.bytes.view.slice(0, bytes.count), times: times)
    }

    /// Closes a lost connection's socket when nothing of it is under way.
    mutating func retire(_ id: Int) {
        guard connections[id].state == .closing, !connections[id].isReceiving,
            !connections[id].isSending
        else { return }
        engine.close(SocketSlot(index: connections[id].socket))
        connections[id].socket = -1
        connections[id].state = .dead
    }

    /// Times out silent connections and opens lost ones again.
    mutating func checkConnections(_ now: UInt64) throws(LoadError) {
        for id in 0..<connections.count {
            switch connections[id].state {
            case .ready:
                let silent =
                    now > connections[id].lastProgress
                    ? now - connections[id].lastProgress : 0
                if connections[id].inFlight > 0 && silent > options.timeoutNanoseconds {
                    lose(id, "no reply within the timeout")
                }
            case .dead where isIssuing:
                let rc = connect(id)
                if rc < 0 && alive == 0 {
                    throw .connect(
                        "lost every connection to \(options.target.text), and cannot connect "
                            + "again: \(String(errnoText: -rc))")
                }
            default: break
            }
        }
    }
}
