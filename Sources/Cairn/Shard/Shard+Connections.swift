/// Connections come and go.
extension Shard where Engine: ~Copyable {
    /// Shard 0 accepts for all and hands connections out in turn: with few connections SO_REUSEPORT
    /// would leave shards idle by chance of the hash.
    package mutating func listen(on descriptors: [Int32]) { listeners = descriptors }

    mutating func startAccepting() {
        nowNs = engine.now
        nowMs = engine.wallMilliseconds
        for (slot, listener) in listeners.enumerated() {
            engine.acceptMultishot(listener, token: Token(.accept, slot: slot, generation: 0))
        }
    }

    mutating func acceptCompleted(_ completion: Completion) {
        let slot = completion.token.slot
        if completion.result >= 0 {
            place(completion.result, isUnix: slot >= group.settings.listen.count)
        }
        if !completion.hasMore, !isStopping {
            engine.acceptMultishot(
                listeners[slot], token: Token(.accept, slot: slot, generation: 0))
        }
    }

    /// Gives a new connection to the next shard in turn.
    private mutating func place(_ descriptor: Int32, isUnix: Bool) {
        if isStopping {
            engine.discard(descriptor, farewell: "")
            return
        }
        // Counted here, in the order of arrival, so that it is the last one that is refused.
        let open = group.words.add(ShardGroup.Word.connections.rawValue, 1)
        if open >= UInt64(group.get(.connectionsMax)) {
            refuse(descriptor)
            return
        }
        let target = nextAcceptShard
        nextAcceptShard = (target + 1) % group.shards
        if target == index {
            adopt(descriptor, isUnix: isUnix)
        } else if !sendAdopt(descriptor, isUnix: isUnix, to: target) {
            adopt(descriptor, isUnix: isUnix)
        }
    }

    /// Makes a connected socket, counted as open, a client of this shard.
    mutating func adopt(_ descriptor: Int32, isUnix: Bool) {
        guard freeConnectionCount > 0, let socket = engine.adopt(descriptor) else {
            refuse(descriptor)
            return
        }
        freeConnectionCount -= 1
        let place = freeConnections[freeConnectionCount]
        var connection = Connection()
        connection.generation = connections[Int(place)].generation
        connection.socket = socket
        connection.flags = group.texts.needsPassword ? [.open] : [.open, .authenticated]
        if isUnix { connection.flags.insert(.unixSocket) }
        // Ids grow, and tell the shard: `homeShard(of:)`.
        connection.id =
            group.words.add(ShardGroup.Word.clientID.rawValue, 1) * UInt64(group.shards)
            + UInt64(index)
        connection.createdMs = nowMs
        connection.lastActiveMs = nowMs
        connections[Int(place)] = connection
        infos[Int(place)] = ConnectionInfo()
        storePeerName(place, descriptor)
        connectionCount += 1
        stats.add(.connectionsAccepted)
        armReceive(place)
    }

    private mutating func refuse(_ descriptor: Int32) {
        group.words.add(ShardGroup.Word.connections.rawValue, -1)
        stats.add(.refusalsMaxClients)
        engine.discard(descriptor, farewell: "-ERR max number of clients reached\r\n")
    }

    private mutating func storePeerName(_ place: Int32, _ descriptor: Int32) {
        guard let block = pool.allocate(BufferPool.unitBytes) else { return }
        infos[Int(place)].block = block
        let text = pool.bytes(block).slice(
            ConnectionInfo.nameBytesMax, ConnectionInfo.peerBytesMax)
        infos[Int(place)].peerLength = UInt8(Sockets.peerName(descriptor, into: text))
        let local = pool.bytes(block).slice(ConnectionInfo.localAt, ConnectionInfo.localBytesMax)
        infos[Int(place)].localLength = UInt8(Sockets.localName(descriptor, into: local))
    }

    @inline(__always)
    func token(_ tag: OperationTag, _ place: Int32) -> Token {
        Token(tag, slot: Int(place), generation: connections[Int(place)].generation)
    }

    // MARK: Ending

    /// No further command is read; the connection ends when its replies have left.
    mutating func closeWhenAnswered(_ place: Int32, _ reason: CloseReason) {
        if connections[Int(place)].flags.contains(.closing) { return }
        connections[Int(place)].flags.insert(.closing)
        stats.add(reason.counter)
        markDirty(place)
    }

    /// Ends a connection now: what is queued is lost.
    mutating func abort(_ place: Int32, _ reason: CloseReason) {
        if connections[Int(place)].flags.contains(.dead) { return }
        if !connections[Int(place)].flags.contains(.closing) { stats.add(reason.counter) }
        connections[Int(place)].flags.formUnion([.closing, .dead])
        scarcity.pausedMustRun = true
        // Who neither reads nor finishes would leave its bytes in the kernel, for minutes.
        if reason.resets { engine.resetOnClose(connections[Int(place)].socket) }
        if connections[Int(place)].operations > 0 {
            engine.shutdown(connections[Int(place)].socket)
        }
        // Freed when the run queue reaches it: whoever calls may still look at its fields.
        enqueueRun(place)
    }

    /// Frees a dead connection once the kernel is done with it.
    mutating func freeIfIdle(_ place: Int32) {
        let connection = connections[Int(place)]
        guard connection.flags.contains(.dead), connection.operations == 0 else { return }
        if connection.flags.contains(.dirty) || connection.flags.contains(.queued) {
            return  // sendOutput or runWaiting frees it when it leaves their queue
        }
        if _slowPath(isExecuting(place)) {
            // All or nothing holds for who went away too: EXEC is carried to its end first.
            if !connection.flags.contains(.waiting) { enqueueRun(place) }
            return
        }
        // A command that takes locks of its own may stand before the client's transaction.
        while connections[Int(place)].transaction >= 0 { leaveTransaction(place) }
        dropGather(place)
        dropStream(place)
        leaveFollowers(place)
        dropInput(place)
        freeOutput(place)
        if infos[Int(place)].block != .none { pool.free(infos[Int(place)].block) }
        infos[Int(place)] = ConnectionInfo()
        engine.close(connection.socket)
        connections[Int(place)] = Connection()
        connections[Int(place)].generation = connection.generation &+ 1
        freeConnections[freeConnectionCount] = place
        freeConnectionCount += 1
        connectionCount -= 1
        group.words.add(ShardGroup.Word.connections.rawValue, -1)
    }

    /// Closes clients that were silent for `timeout`: a slice of the table each round.
    mutating func closeIdle() {
        guard live.idleTimeoutMs > 0, connectionCount > 0 else { return }
        for _ in 0..<min(1024, connections.count) {
            idleCursor = idleCursor + 1 < connections.count ? idleCursor + 1 : 0
            let connection = connections[idleCursor]
            guard connection.flags.contains(.open), !connection.flags.contains(.subscribed),
                nowMs &- connection.lastActiveMs > UInt64(live.idleTimeoutMs)
            else { continue }
            abort(Int32(idleCursor), .timeout)
        }
    }
}
