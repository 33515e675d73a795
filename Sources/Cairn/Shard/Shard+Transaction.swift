/// MULTI, EXEC, DISCARD, WATCH, UNWATCH: atomic and isolated, also over several shards.
///
/// EXEC whose keys all live here runs in one go inside a loop turn: nothing can come between. Else
/// this shard takes the lock of each shard that takes part, in ascending order (so that no two
/// transactions wait for each other), runs the commands, and lets go. A locked shard serves its
/// other clients' keys when the transaction is over; it goes on receiving and sending meanwhile. A
/// shard coordinates one such transaction at a time.
///
/// WATCH remembers the versions of keys; EXEC fails when one has changed. Versions only grow, so a
/// key that was changed back is still seen as changed.
extension Shard where Engine: ~Copyable {
    // MARK: Commands

    mutating func multi(_ place: Int32) {
        if connections[Int(place)].flags.contains(.inTransaction) {
            emitError(.nestedMulti)
            return
        }
        guard openTransaction(place) != nil else {
            emitError(.outOfMemory)
            return
        }
        connections[Int(place)].flags.insert(.inTransaction)
        connections[Int(place)].flags.remove(.transactionFailed)
        emitOK()
    }

    mutating func openTransaction(_ place: Int32) -> Int32? {
        if connections[Int(place)].transaction >= 0 { return connections[Int(place)].transaction }
        guard let taken = transactions.take(Transaction()) else { return nil }
        connections[Int(place)].transaction = taken
        return taken
    }

    /// Keeps a command for EXEC.
    mutating func queueInTransaction(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits
    ) -> Step {
        guard spec.accepts(argumentCount: arguments.count) else {
            emitError(.wrongArity(id))
            failTransaction(place)
            return .done
        }
        if let fault = subcommandFault(id, input) {
            emitError(fault)
            failTransaction(place)
            return .done
        }
        if spec.flags.contains(.noMulti) {
            emitError(.notInTransaction)
            failTransaction(place)
            return .done
        }
        let index = connections[Int(place)].transaction
        var bytes = 9
        for position in 0..<arguments.count {
            bytes += 4 + arguments.argument(position, in: input).count
        }
        guard let queue = queueBuffer(index, adding: bytes) else {
            emitError(.outOfMemory)
            failTransaction(place)
            return .done
        }
        var buffer = largeBuffers[queue]
        let room = buffer.room
        room[0] = id.rawValue
        room.store(UInt32(arguments.count), at: 1)
        room.store(UInt32(bytes - 9), at: 5)
        var offset = 9
        for position in 0..<arguments.count {
            let argument = arguments.argument(position, in: input)
            room.store(UInt32(argument.count), at: offset)
            room.copy(argument, at: offset + 4)
            offset += 4 + argument.count
        }
        buffer.advance(bytes)
        largeBuffers[queue] = buffer
        transactions.update(index) { $0.count += 1 }
        emit(Reply.queued)
        return .done
    }

    private mutating func queueBuffer(_ index: Int32, adding bytes: Int) -> Int32? {
        if transactions[index].queue < 0 {
            guard let taken = takeLarge(max(bytes, 4096)) else { return nil }
            transactions.update(index) { $0.queue = taken }
        }
        let queue = transactions[index].queue
        return growLarge(queue, by: bytes) ? queue : nil
    }

    /// Makes room for `bytes` more in a growing buffer, charged to the budget.
    mutating func growLarge(_ large: Int32, by bytes: Int) -> Bool {
        var buffer = largeBuffers[large]
        let wanted = buffer.count + bytes
        if wanted > Self.commandBytesMax { return false }
        guard grow(&buffer, to: wanted) else { return false }
        largeBuffers[large] = buffer
        return true
    }

    /// A command inside MULTI was refused: EXEC will abort.
    mutating func failTransaction(_ place: Int32) {
        if connections[Int(place)].flags.contains(.inTransaction) {
            connections[Int(place)].flags.insert(.transactionFailed)
        }
    }

    mutating func discard(_ place: Int32) {
        guard connections[Int(place)].flags.contains(.inTransaction) else {
            emitError(.discardWithoutMulti)
            return
        }
        leaveTransaction(place)
        emitOK()
    }

    // MARK: EXEC

    mutating func exec(_ place: Int32) -> Step {
        let index = connections[Int(place)].transaction
        guard connections[Int(place)].flags.contains(.inTransaction), index >= 0 else {
            emitError(.execWithoutMulti)
            return .done
        }
        if connections[Int(place)].flags.contains(.transactionFailed) {
            stats.add(.transactionsAborted)
            leaveTransaction(place)
            emitError(.execAborted)
            return .done
        }
        switch transactions[index].phase {
        case .open: return beginExec(place, index)
        case .locking: return takeLocks(place, index)
        case .checking: return checkWatched(place, index)
        case .running: return runTransaction(place, index)
        }
    }

    /// Whether a transaction over several shards may begin. One at a time; and not before what the
    /// last one has let go of has left: a lock behind which its own release waits is never given.
    var mayCoordinate: Bool { lock.coordinating == 0 && releases.count == 0 }

    private mutating func beginExec(_ place: Int32, _ index: Int32) -> Step {
        var transaction = transactions[index]
        transaction.participants = participants(of: transaction)
        var here = ShardSet()
        here.insert(self.index)
        if transaction.participants.isEmpty || transaction.participants == here {
            if isLockedOut { return waitNextTurn(place) }
            transaction.phase = .checking
            transactions[index] = transaction
            return checkWatched(place, index)
        }
        if !mayCoordinate { return waitNextTurn(place) }
        transaction.id = group.words.add(ShardGroup.Word.transactionID.rawValue, 1)
        transaction.phase = .locking
        lock.coordinating = transaction.id
        transactions[index] = transaction
        return takeLocks(place, index)
    }

    /// The shards whose keys the transaction touches.
    private mutating func participants(of transaction: Transaction) -> ShardSet {
        var set = ShardSet()
        if transaction.watched >= 0 {
            let list = largeBuffers[transaction.watched].bytes
            var offset = 0
            while offset < list.count {
                set.insert(Int(list.load(offset + 16, as: UInt32.self)))
                offset += 24 + Int(list.load(offset + 20, as: UInt32.self))
            }
        }
        guard transaction.queue >= 0 else { return set }
        let queue = largeBuffers[transaction.queue].bytes
        var offset = 0
        while offset < queue.count {
            let command = QueuedCommand(queue, at: offset)
            arguments.load(encoded: command.encoded, count: command.argumentCount)
            let keys = CommandTable.spec(command.id).keys
            if keys.first > 0 {
                let last = keys.last < 0 ? arguments.count + Int(keys.last) : Int(keys.last)
                var position = Int(keys.first)
                while position <= last {
                    let key = arguments.argument(position, in: command.encoded)
                    set.insert(group.owner(of: key, hash: group.hasher.hash(key)))
                    position += max(1, Int(keys.step))
                }
            }
            offset = command.end
        }
        return set
    }

    /// Takes the next lock; the connection waits for those of other shards.
    mutating func takeLocks(_ place: Int32, _ index: Int32) -> Step {
        var transaction = transactions[index]
        while let shard = transaction.participants.first(notIn: transaction.held) {
            if shard == self.index {
                if lock.owner != 0 { return waitNextTurn(place) }
                lock.owner = transaction.id
                lock.coordinator = Int32(self.index)
                transaction.held.insert(shard)
                transactions[index] = transaction
                continue
            }
            guard calls.freeCount > 0, let slot = requestsOut[shard].beginWrite() else {
                // For room in the lane, not for a lock: `waitNextTurn` would wait for ourselves.
                enqueueRun(place)
                return .wait
            }
            let message = Message(slot)
            message.clear(.lock)
            message.transaction = transaction.id
            var call = RemoteCall()
            call.purpose = .lock
            call.shard = UInt8(shard)
            call.connection = place
            call.generation = connections[Int(place)].generation
            submit(message, call)
            waitForAnswer(place)
            return .wait
        }
        transaction.phase = transaction.isImplicit ? .running : .checking
        transactions[index] = transaction
        return transaction.isImplicit ? .done : checkWatched(place, index)
    }

    mutating func serveLock(_ message: Message, from other: Int) -> Bool {
        if lock.owner != 0 { return false }
        guard let slot = responsesOut[other].beginWrite() else { return false }
        lock.owner = message.transaction
        lock.coordinator = Int32(other)
        let response = Message(slot)
        response.clear(.locked)
        response.call = message.call
        response.generation = message.generation
        publishResponse(to: other)
        return true
    }

    mutating func serveUnlock(_ message: Message) {
        ensure(
            UInt32(truncatingIfNeeded: lock.owner) == message.handle, "unlock by somebody else")
        lock.owner = 0
        lock.coordinator = -1
        lockChanged()
    }

    mutating func lockAnswered(_ call: RemoteCall, from other: Int) {
        guard let place = caller(of: call), connections[Int(place)].transaction >= 0 else {
            // The client went away while the lock was on its way.
            unlock(other, transaction: lock.coordinating)
            lock.coordinating = 0
            lockChanged()
            return
        }
        transactions.update(connections[Int(place)].transaction) { $0.held.insert(other) }
        connections[Int(place)].flags.remove(.waiting)
        enqueueRun(place)
    }

    private mutating func unlock(_ shard: Int, transaction: UInt64) {
        if shard == index {
            lock.owner = 0
            lock.coordinator = -1
            return
        }
        releaseRemote(UInt32(truncatingIfNeeded: transaction), kind: .lock, shard: shard)
    }

    // MARK: Running

    private mutating func checkWatched(_ place: Int32, _ index: Int32) -> Step {
        context.transaction = transactions[index].id
        if !transactions[index].started {
            if !compareWatched(place, index) { return waitNextTurn(place) }
            transactions.update(index) { $0.started = true }
            if transactions[index].pending > 0 {
                waitForAnswer(place)
                return .wait
            }
        }
        if transactions[index].conflict {
            stats.add(.transactionsAborted)
            leaveTransaction(place)
            emitNullArray()
            return .done
        }
        transactions.update(index) { $0.phase = .running }
        emitArray(Int(transactions[index].count))
        return runTransaction(place, index)
    }

    /// Runs the queued commands, going on where it stopped when one had to wait.
    private mutating func runTransaction(_ place: Int32, _ index: Int32) -> Step {
        context.transaction = transactions[index].id
        let queue = transactions[index].queue
        let commands = queue >= 0 ? largeBuffers[queue].bytes : .empty
        var offset = transactions[index].next
        connections[Int(place)].flags.remove(.inTransaction)
        while offset < commands.count {
            let command = QueuedCommand(commands, at: offset)
            arguments.load(encoded: command.encoded, count: command.argumentCount)
            context.input = command.encoded
            let spec = specs[Int(command.id.rawValue)]
            if execute(place, command.encoded, command.id, spec) == .wait {
                transactions.update(index) { $0.next = offset }
                connections[Int(place)].flags.insert(.inTransaction)
                if transactions[index].id == 0 { holdShard(index) }
                return .wait
            }
            offset = command.end
        }
        stats.add(.transactionsExecuted)
        leaveTransaction(place)
        return .done
    }

    /// A transaction on this shard alone has to wait in its middle, for memory: it takes the lock
    /// after all, so that nobody comes between.
    private mutating func holdShard(_ index: Int32) {
        let id = group.words.add(ShardGroup.Word.transactionID.rawValue, 1)
        lock.owner = id
        lock.coordinator = Int32(self.index)
        transactions.update(index) {
            $0.id = id
            $0.held.insert(self.index)
        }
    }

    /// Whether a connection is in the middle of an EXEC that has had effects.
    @inline(__always)
    func isExecuting(_ place: Int32) -> Bool {
        let index = connections[Int(place)].transaction
        return index >= 0 && transactions[index].phase == .running
            && !transactions[index].isImplicit
    }

    /// Goes on with the EXEC of a connection that is dead; nobody will read the replies.
    mutating func executeUnheard(_ place: Int32) {
        if connections[Int(place)].flags.contains(.waiting) { return }
        freeReady(place)
        beginReplies(place)
        _ = runTransaction(place, connections[Int(place)].transaction)
        endReplies(place)
    }

    /// Forgets a connection's transaction and lets go of its locks.
    mutating func leaveTransaction(_ place: Int32) {
        connections[Int(place)].flags.remove([.inTransaction, .transactionFailed])
        let index = connections[Int(place)].transaction
        guard index >= 0 else { return }
        endTransfer(index)
        let transaction = transactions[index]
        if transaction.queue >= 0 { releaseLarge(transaction.queue) }
        if transaction.watched >= 0 { releaseLarge(transaction.watched) }
        admin.watchedKeys -= transaction.watchedCount
        for shard in 0..<group.shards where transaction.held.contains(shard) {
            unlock(shard, transaction: transaction.id)
        }
        let awaitsLock =
            transaction.phase == .locking
            && connections[Int(place)].flags.contains(.waiting)
        if lock.coordinating == transaction.id, transaction.id != 0, !awaitsLock {
            lock.coordinating = 0
        }
        lockChanged()
        transactions.give(index)
        connections[Int(place)].transaction = transaction.outer
        context.transaction = 0
    }
}

/// One command of a transaction's queue.
struct QueuedCommand {
    let id: CommandID
    let argumentCount: Int
    let encoded: Bytes
    /// Where the next one starts.
    let end: Int

    init(_ queue: Bytes, at offset: Int) {
        guard let id = CommandID(rawValue: queue[offset]) else {
            ensureFailed("queued command", #fileID, #line)
        }
        self.id = id
        argumentCount = Int(queue.load(offset + 1, as: UInt32.self))
        let bytes = Int(queue.load(offset + 5, as: UInt32.self))
        encoded = queue.slice(offset + 9, bytes)
        end = offset + 9 + bytes
    }
}
