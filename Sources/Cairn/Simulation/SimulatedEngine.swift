/// A shard's I/O engine in a simulated world: the seam's other side, without a kernel.
///
/// Everything a kernel may do to a shard happens here on purpose, by chance and reproducibly; see
/// `FaultPlan`. `turn` submits and returns at once; its wait is the time until the world names the
/// shard again. So whoever drives a shard calls its `serve` then, and its `enter` after that.
package struct SimulatedEngine: IOEngine, ~Copyable {
    private let world: SimulatedWorld
    private let port: SimulatedPort
    private var turns: UInt64 = 0
    package var kernelEntries: (all: UInt64, forced: UInt64) { (turns, 0) }
    package var now: UInt64 { port.now }
    package var wallMilliseconds: UInt64 { port.wallMilliseconds }

    package init(_ world: SimulatedWorld, shard: Int) {
        self.world = world
        port = world.ports[shard]
        port.now = world.now
        port.wallMilliseconds = world.wallMilliseconds
    }

    package func preciseNow() -> UInt64 { world.now }

    // MARK: Sockets

    package mutating func acceptMultishot(_ listener: Int32, token: Token) {
        prepare(SimulatedOperation(.accept, token: token, shard: port.shard, connection: nil))
    }

    package mutating func adopt(_ descriptor: Int32) -> SocketSlot? {
        guard let slot = port.freeSlots.last else { return nil }
        guard let connection = world.disown(descriptor) else { return nil }
        port.freeSlots.removeLast()
        connection.shard = port.shard
        connection.slot = SocketSlot(index: Int32(slot))
        port.slots[slot] = connection
        return connection.slot
    }

    package mutating func discard(_ descriptor: Int32, farewell: StaticString) {
        guard let connection = world.disown(descriptor) else { return }
        let text = Bytes(farewell)
        let count = min(text.count, connection.toClient.space)
        connection.toClient.write(text.slice(0, count))
        world.closedByShard(connection)
    }

    /// The connection in a slot, or a violation.
    private func connection(_ socket: SocketSlot, _ what: StaticString) -> SimulatedConnection? {
        let slot = Int(socket.index)
        if slot >= 0, slot < port.slots.count, let connection = port.slots[slot],
            !connection.isClosing
        {
            return connection
        }
        world.violation("\(what) on slot \(slot), which is empty or closed")
        return nil
    }

    private mutating func prepare(_ operation: SimulatedOperation) {
        operation.connection?.underWay += 1
        port.prepared.append(.start(operation))
        if world.random.happens(world.faults.earlySubmission) { world.submit(port) }
    }

    // MARK: Receives

    package mutating func receiveMultishot(_ socket: SocketSlot, token: Token) {
        receive(.receiveMultishot, socket, token)
    }

    package mutating func receiveOnce(_ socket: SocketSlot, lengthMax: Int, token: Token) {
        receive(.receiveOnce(lengthMax: lengthMax), socket, token)
    }

    package mutating func receive(
        _ socket: SocketSlot, into destination: MutableBytes, token: Token
    ) {
        // Whoever reads before the completion sees this.
        destination.fill(0xDB)
        receive(.receiveDirect(destination), socket, token)
    }

    private mutating func receive(
        _ kind: SimulatedOperation.Kind, _ socket: SocketSlot, _ token: Token
    ) {
        guard let connection = connection(socket, "receive") else { return }
        if connection.receivesUnderWay > 0 {
            world.violation("two receives under way on slot \(socket.index)")
        }
        connection.receivesUnderWay += 1
        prepare(
            SimulatedOperation(kind, token: token, shard: port.shard, connection: connection))
    }

    // MARK: Sends

    package mutating func send(_ socket: SocketSlot, _ bytes: Bytes, token: Token) {
        send(.send(pieces: [bytes]), socket, token)
    }

    package mutating func appendToVector(_ bytes: Bytes) -> Bool {
        if port.pieces.count == world.faults.piecesPerSendMax { return false }
        port.pieces.append(bytes)
        return true
    }

    package mutating func sendVector(_ socket: SocketSlot, zeroCopy: Bool, token: Token) {
        let pieces = port.pieces
        port.pieces.removeAll(keepingCapacity: true)
        let late = zeroCopy && world.faults.zeroCopyAvailable
        send(late ? .sendZeroCopy(pieces: pieces) : .send(pieces: pieces), socket, token)
    }

    private mutating func send(
        _ kind: SimulatedOperation.Kind, _ socket: SocketSlot, _ token: Token
    ) {
        guard let connection = connection(socket, "send") else { return }
        if connection.sendsUnderWay > 0 {
            world.violation("two sends under way on slot \(socket.index): their order is open")
        }
        connection.sendsUnderWay += 1
        let operation = SimulatedOperation(
            kind, token: token, shard: port.shard, connection: connection)
        if operation.total == 0 { world.violation("an empty send on slot \(socket.index)") }
        prepare(operation)
    }

    // MARK: Ends

    package mutating func cancel(_ target: Token) { port.prepared.append(.cancel(target)) }

    package mutating func shutdown(_ socket: SocketSlot) {
        guard let connection = connection(socket, "shutdown") else { return }
        port.prepared.append(.shutdown(connection))
    }

    /// The simulated network has no buffers that outlive a connection.
    package mutating func resetOnClose(_ socket: SocketSlot) {}

    package mutating func close(_ socket: SocketSlot) {
        guard let connection = connection(socket, "close") else { return }
        if connection.underWay > 0 {
            world.violation("slot \(socket.index) closed with operations under way")
        }
        connection.isClosing = true
        port.prepared.append(.close(connection, socket))
    }

    /// The simulated network counts nothing a shard could ask for.
    package func progress(of socket: SocketSlot) -> SocketProgress? { nil }

    package mutating func wake(shard: Int) {
        port.prepared.append(.wake(shard: shard))
    }

    // MARK: Buffers

    package func received(_ completion: Completion) -> Bytes {
        guard let id = completion.buffer, completion.result > 0 else { return .empty }
        return port.buffer(id.raw, count: Int(completion.result)).bytes
    }

    package mutating func recycle(_ buffer: BufferID) {
        if !port.recycle(buffer.raw) {
            world.violation("buffer \(buffer.raw) recycled, which the shard does not hold")
        }
    }

    // MARK: Turn

    package mutating func turn(waitNanoseconds: UInt64?) {
        turns &+= 1
        if !port.pieces.isEmpty {
            world.violation("pieces of a vector without their send at a turn")
            port.pieces.removeAll(keepingCapacity: true)
        }
        world.submit(port)
        if !port.visible.isEmpty || !port.posted.isEmpty {
            world.requestRun(port.shard, at: world.now + 1 + UInt64(world.random.below(5_000)))
        } else if let wait = waitNanoseconds {
            let late = UInt64(world.random.below(max(world.faults.delayMax, 1)))
            world.requestRun(port.shard, at: world.now &+ max(wait, 1_000) &+ late)
        }
    }

    package var hasCompletions: Bool { !port.visible.isEmpty }

    package mutating func nextCompletion() -> Completion? {
        guard let posted = port.visible.popFirst() else { return nil }
        if let operation = posted.operation, let connection = operation.connection {
            if operation.isSend, posted.isFirst { connection.sendsUnderWay -= 1 }
            if posted.isLast {
                connection.underWay -= 1
                if posted.completion.buffer == nil {
                    connection.lastCompletions.append(posted.completion)
                }
                if !operation.isSend { connection.receivesUnderWay -= 1 }
            }
        }
        return posted.completion
    }
}
