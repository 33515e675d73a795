/// The kernel of a simulated world: how operations get further and complete.
extension SimulatedWorld {
    private enum Flag {
        static let buffer: UInt32 = 1
        static let more: UInt32 = 2
        static let nonempty: UInt32 = 4
        static let notification: UInt32 = 8
    }

    // MARK: Submission

    /// Hands the shard's prepared operations to the kernel, in order.
    func submit(_ port: SimulatedPort) {
        port.publishRecycled()
        let prepared = port.prepared
        port.prepared.removeAll(keepingCapacity: true)
        for submission in prepared {
            switch submission {
            case .start(let operation): start(operation)
            case .cancel(let target):
                schedule(.cancel(shard: port.shard, target: target), after: delay())
            case .shutdown(let connection):
                shutDown(connection)
            case .close(let connection, let slot):
                closedByShard(connection)
                port.slots[Int(slot.index)] = nil
                port.freeSlots.append(Int(slot.index))
            case .wake(let shard): schedule(.wake(shard: shard), after: delay())
            case .disk(let operation): start(operation)
            }
        }
    }

    private func start(_ operation: SimulatedOperation) {
        switch operation.kind {
        case .accept: ports[operation.shard].accepts.append(operation)
        case .receiveMultishot, .receiveOnce, .receiveDirect:
            operation.connection?.receive = operation
        case .send, .sendZeroCopy: operation.connection?.sends.append(operation)
        }
        if random.happens(faults.immediate) { progress(operation) } else { kick(operation) }
    }

    /// Has the operation try to get further, some time from now.
    func kick(_ operation: SimulatedOperation) {
        guard !operation.isFinished, !operation.isScheduled else { return }
        operation.isScheduled = true
        schedule(.progress(operation), after: delay())
    }

    private func shutDown(_ connection: SimulatedConnection) {
        note(20, UInt64(connection.number))
        connection.shardShutDown = true
        connection.toClient.isFinished = true
        scheduleDeliveryToClient(connection)
        if random.below(2) == 0 { connection.toShard.clear() }
        if let receive = connection.receive { kick(receive) }
        if let send = connection.sends.first { kick(send) }
    }

    /// Ends the operation with this token if it is still under way.
    func cancel(_ target: Token, of shard: Int) {
        note(21, target.raw)
        var found: SimulatedOperation? = ports[shard].accepts.first { $0.token == target }
        for case let connection? in ports[shard].slots where found == nil {
            if let receive = connection.receive, receive.token == target { found = receive }
            found = found ?? connection.sends.first { $0.token == target && !$0.awaitsNotification }
        }
        if let operation = found {
            let partial = operation.done > 0 ? Int32(operation.done) : -Errno.canceled
            finish(operation, partial, flags: 0)
        }
        let ignored = Token(.ignored, slot: 0, generation: 0)
        let notFound: Int32 = -2
        post(
            nil, Completion(token: ignored, result: found == nil ? notFound : 0, flags: 0),
            on: shard)
    }

    // MARK: Progress

    func progress(_ operation: SimulatedOperation) {
        operation.isScheduled = false
        if operation.isFinished { return }
        switch operation.kind {
        case .accept: progressAccept(operation)
        case .receiveMultishot: progressReceive(operation, lengthMax: .max, once: false)
        case .receiveOnce(let lengthMax):
            progressReceive(operation, lengthMax: lengthMax, once: true)
        case .receiveDirect(let destination): progressDirect(operation, destination)
        case .send: progressSend(operation)
        case .sendZeroCopy: progressZeroCopy(operation)
        }
    }

    private func progressAccept(_ operation: SimulatedOperation) {
        let port = ports[operation.shard]
        guard let connection = port.backlog.first else { return }
        if random.happens(faults.acceptFails) {
            let tooManyFiles: Int32 = 24
            let aborted: Int32 = 103
            if random.below(2) == 0 { return finish(operation, -tooManyFiles, flags: 0) }
            port.backlog.removeFirst()
            breakConnection(connection)
            return finish(operation, -aborted, flags: 0)
        }
        port.backlog.removeFirst()
        own(connection)
        if random.happens(faults.multishotEnds) {
            return finish(operation, connection.descriptor, flags: 0)
        }
        post(operation, connection.descriptor, flags: Flag.more)
        if !port.backlog.isEmpty { kick(operation) }
    }

    private func progressReceive(_ operation: SimulatedOperation, lengthMax: Int, once: Bool) {
        guard let connection = operation.connection else { return }
        let waiting = connection.toShard.arrived
        if waiting == 0 { return receiveWithoutBytes(operation, connection, done: 0) }
        let port = ports[operation.shard]
        let freedEarly = canary == .bufferFreedEarly && random.below(10) == 0
        guard !random.happens(faults.noBuffer),
            let id = port.takeBuffer(butKeepFree: freedEarly)
        else { return finish(operation, -Errno.noBufferSpace, flags: 0) }
        var count = min(waiting, lengthMax, faults.receiveBufferBytes)
        if count > 1, random.happens(faults.shortReceive) { count = 1 + random.below(count) }
        connection.toShard.read(into: port.buffer(id, count: count))
        roomForClient(connection)
        var flags = Flag.buffer | UInt32(id) << 16
        if connection.toShard.arrived > 0 { flags |= Flag.nonempty }
        if once || random.happens(faults.multishotEnds) {
            return finish(operation, Int32(count), flags: flags)
        }
        post(operation, Int32(count), flags: flags | Flag.more)
        if connection.toShard.arrived > 0 || connection.toShard.isAtEnd || connection.isReset
            || connection.shardShutDown
        {
            kick(operation)
        }
    }

    /// Ends a receive that will get no more bytes, with what it has; otherwise it goes on waiting.
    private func receiveWithoutBytes(
        _ operation: SimulatedOperation, _ connection: SimulatedConnection, done: Int
    ) {
        if connection.isReset {
            finish(operation, done > 0 ? Int32(done) : -Errno.connectionReset, flags: 0)
        } else if connection.shardShutDown || connection.toShard.isAtEnd {
            finish(operation, Int32(done), flags: 0)
        }
    }

    private func progressDirect(_ operation: SimulatedOperation, _ destination: MutableBytes) {
        guard let connection = operation.connection else { return }
        var count = min(connection.toShard.arrived, destination.count - operation.done)
        if count > 1, random.happens(faults.shortReceive) { count = 1 + random.below(count) }
        if count > 0 {
            connection.toShard.read(into: destination.slice(operation.done, count))
            operation.done += count
            note(22, UInt64(connection.number), UInt64(count))
            roomForClient(connection)
        }
        if operation.done == destination.count {
            finish(operation, Int32(operation.done), flags: 0)
        } else if connection.toShard.arrived > 0 {
            kick(operation)
        } else {
            receiveWithoutBytes(operation, connection, done: operation.done)
        }
    }

    private func roomForClient(_ connection: SimulatedConnection) {
        if !connection.clientClosed { scheduleClient(connection.client, after: delay()) }
    }

    // MARK: Sends

    /// How a send on this connection fails, if it does.
    private func failure(of connection: SimulatedConnection) -> Int32? {
        if connection.isReset { return -Errno.connectionReset }
        return connection.shardShutDown ? -Errno.brokenPipe : nil
    }

    private func progressSend(_ operation: SimulatedOperation) {
        guard let connection = operation.connection, connection.sends.first === operation else {
            return
        }
        if let error = failure(of: connection) {
            return finish(operation, operation.done > 0 ? Int32(operation.done) : error, flags: 0)
        }
        move(operation, connection)
        if operation.done == operation.total {
            checkMemory(operation)
            if canary == .lostCompletion, random.below(50) == 0 {
                operation.isFinished = true
                connection.sends.removeFirst()
                return
            }
            finish(operation, Int32(operation.total), flags: 0)
        } else if connection.toClient.space > 0 || connection.isReset {
            kick(operation)
        }
    }

    /// A zero-copy send completes first and gives its memory up later: the bytes are read as late
    /// as that, so that memory reused in between reaches the client.
    private func progressZeroCopy(_ operation: SimulatedOperation) {
        guard let connection = operation.connection, connection.sends.first === operation else {
            return
        }
        let copied = random.happens(faults.zeroCopyCopies) ? Int32(bitPattern: 1 << 31) : 0
        if let error = failure(of: connection) {
            if operation.awaitsNotification {
                return finish(operation, copied, flags: Flag.notification)
            }
            if !random.happens(faults.notifiedFailure) { return finish(operation, error, flags: 0) }
            post(operation, error, flags: Flag.more)
            operation.awaitsNotification = true
            return kick(operation)
        }
        if !operation.awaitsNotification {
            post(operation, Int32(operation.total), flags: Flag.more)
            operation.awaitsNotification = true
            return kick(operation)
        }
        move(operation, connection)
        if operation.done == operation.total {
            checkMemory(operation)
            finish(operation, copied, flags: Flag.notification)
        } else if connection.toClient.space > 0 || connection.isReset {
            kick(operation)
        }
    }

    /// Moves bytes of the head send into the socket, as room and the plan allow.
    private func move(_ operation: SimulatedOperation, _ connection: SimulatedConnection) {
        var count = min(operation.total - operation.done, connection.toClient.space)
        if count > 1, random.happens(faults.slowSend) { count = 1 + random.below(count) }
        let fails = random.happens(faults.sendFails)
        if fails, count > 0 { count = random.below(count + 1) }
        operation.forEachPiece(count: count) { connection.toClient.write($0) }
        operation.done += count
        note(23, UInt64(connection.number), UInt64(count))
        if count > 0 { scheduleDeliveryToClient(connection) }
        if fails, operation.done < operation.total { breakConnection(connection) }
    }

    private func checkMemory(_ operation: SimulatedOperation) {
        if operation.memoryIsUnchanged { return }
        violation(
            "shard \(operation.shard) changed memory of a send under way (slot "
                + "\(operation.token.slot), generation \(operation.token.generation))")
    }

    // MARK: Completion

    /// Posts the last completion of an operation.
    func finish(_ operation: SimulatedOperation, _ result: Int32, flags: UInt32) {
        operation.isFinished = true
        if let connection = operation.connection {
            if connection.receive === operation { connection.receive = nil }
            if operation.isSend {
                connection.sends.removeAll { $0 === operation }
                if let next = connection.sends.first { kick(next) }
            }
        } else {
            ports[operation.shard].accepts.removeAll { $0 === operation }
        }
        post(operation, result, flags: flags)
    }

    private func post(_ operation: SimulatedOperation, _ result: Int32, flags: UInt32) {
        let completion = Completion(token: operation.token, result: result, flags: flags)
        post(operation, completion, on: operation.shard)
    }

    func post(_ operation: SimulatedOperation?, _ completion: Completion, on shard: Int) {
        note(24, completion.token.raw, UInt64(UInt32(bitPattern: completion.result)))
        let port = ports[shard]
        port.posted.append(
            SimulatedPort.Posted(
                completion: completion, operation: operation, isFirst: !completion.isNotification,
                isLast: operation?.isFinished ?? false))
        requestRun(shard, at: now + delay())
    }
}
