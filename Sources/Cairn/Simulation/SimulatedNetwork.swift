/// The network of a simulated world: what clients do, and what happens to bytes on their way.
extension SimulatedWorld {
    /// What a client sees of a connection.
    package enum ClientView {
        /// Bytes may still come.
        case open
        /// The shard's side ended, and every byte was read.
        case ended
        /// The connection broke; every byte that had arrived was read.
        case reset
    }

    // MARK: Clients

    /// Connects `client` to a shard's listener.
    package func connect(client: Int, shard: Int) -> SimulatedConnection {
        let connection = makeConnection(client: client, shard: shard)
        schedule(.arrive(connection), after: delay())
        return connection
    }

    /// Writes as many of `bytes` as there is room for; the number written. Room that appears later
    /// makes the client run.
    package func write(_ connection: SimulatedConnection, _ bytes: Bytes) -> Int {
        guard !connection.isReset, !connection.toShard.isFinished else { return 0 }
        let count = min(bytes.count, connection.toShard.space)
        connection.toShard.write(bytes.slice(0, count))
        note(10, UInt64(connection.number), UInt64(count))
        if count > 0 { scheduleDeliveryToShard(connection) }
        return count
    }

    /// Takes all bytes that have arrived.
    package func read(_ connection: SimulatedConnection) -> [UInt8] {
        let bytes = connection.toClient.readAll()
        note(11, UInt64(connection.number), UInt64(bytes.count))
        if !bytes.isEmpty, let send = connection.sends.first { kick(send) }
        return bytes
    }

    package func view(_ connection: SimulatedConnection) -> ClientView {
        if connection.toClient.arrived > 0 { return .open }
        if connection.isReset { return .reset }
        return connection.toClient.isAtEnd ? .ended : .open
    }

    /// Ends the client's direction: the shard sees the end of the stream after the last byte.
    package func finish(_ connection: SimulatedConnection) {
        guard !connection.toShard.isFinished else { return }
        connection.toShard.isFinished = true
        scheduleDeliveryToShard(connection)
    }

    /// Closes the client's socket; bytes it has not read reset the connection, as TCP does.
    package func close(_ connection: SimulatedConnection) {
        guard !connection.clientClosed else { return }
        connection.clientClosed = true
        finish(connection)
        if connection.toClient.count > 0 { breakConnection(connection) }
    }

    // MARK: Bytes on their way

    func arrive(_ connection: SimulatedConnection) {
        note(12, UInt64(connection.number))
        let port = ports[connection.shard]
        port.backlog.append(connection)
        if let accept = port.accepts.first { kick(accept) }
    }

    func scheduleDeliveryToShard(_ connection: SimulatedConnection) {
        guard !connection.toShard.isDelivering else { return }
        connection.toShard.isDelivering = true
        schedule(.deliverToShard(connection), after: delay())
    }

    func scheduleDeliveryToClient(_ connection: SimulatedConnection) {
        guard !connection.toClient.isDelivering else { return }
        connection.toClient.isDelivering = true
        schedule(.deliverToClient(connection), after: delay())
    }

    /// Some or all of `inFlight` bytes.
    private func portion(of inFlight: Int) -> Int {
        if inFlight > 1, random.happens(faults.shortReceive) { return 1 + random.below(inFlight) }
        return inFlight
    }

    func deliverToShard(_ connection: SimulatedConnection) {
        connection.toShard.isDelivering = false
        if connection.isReset { return }
        if random.happens(faults.connectionLoss) { return breakConnection(connection) }
        let count = portion(of: connection.toShard.inFlight)
        connection.toShard.deliver(count)
        note(13, UInt64(connection.number), UInt64(count))
        if connection.shardClosed || connection.shardShutDown {
            // Bytes for a socket that nobody reads are answered with a reset.
            if count > 0 { breakConnection(connection) }
            return
        }
        if connection.toShard.inFlight > 0 { scheduleDeliveryToShard(connection) }
        if let receive = connection.receive { kick(receive) }
    }

    func deliverToClient(_ connection: SimulatedConnection) {
        connection.toClient.isDelivering = false
        if connection.isReset { return }
        if connection.clientClosed {
            if connection.toClient.count > 0 { breakConnection(connection) }
            return
        }
        if random.happens(faults.connectionLoss) { return breakConnection(connection) }
        let count = portion(of: connection.toClient.inFlight)
        connection.toClient.deliver(count)
        note(14, UInt64(connection.number), UInt64(count))
        if canary == .wrongByte, count > 0, random.below(50) == 0 {
            connection.toClient.corrupt(random.below(connection.toClient.arrived))
        }
        if connection.toClient.inFlight > 0 { scheduleDeliveryToClient(connection) }
        scheduleClient(connection.client, after: delay())
    }

    /// The shard gave its socket up: bytes it did not read reset the connection, as TCP does.
    func closedByShard(_ connection: SimulatedConnection) {
        note(16, UInt64(connection.number))
        connection.shardClosed = true
        connection.slot = nil
        connection.toClient.isFinished = true
        scheduleDeliveryToClient(connection)
        if connection.toShard.arrived > 0 { breakConnection(connection) }
        for completion in connection.lastCompletions where random.happens(faults.staleCompletion) {
            schedule(.repeatCompletion(shard: connection.shard, completion), after: 20 * delay())
        }
        connection.lastCompletions = []
    }

    /// Resets the connection: what is in flight is lost, what has arrived may still be read.
    func breakConnection(_ connection: SimulatedConnection) {
        guard !connection.isReset else { return }
        note(15, UInt64(connection.number))
        connection.isReset = true
        connection.toShard.dropInFlight()
        connection.toClient.dropInFlight()
        if connection.clientClosed { connection.toClient.clear() }
        if random.below(2) == 0 { connection.toShard.clear() }
        if let receive = connection.receive { kick(receive) }
        if let send = connection.sends.first { kick(send) }
        scheduleClient(connection.client, after: delay())
    }
}
