/// WATCH: remembers the versions of keys, here and on other shards, for EXEC to compare.
extension Shard where Engine: ~Copyable {
    mutating func watch(_ place: Int32, _ input: Bytes) -> Step {
        if connections[Int(place)].flags.contains(.inTransaction) {
            emitError(.watchInsideMulti)
            return .done
        }
        guard let index = openTransaction(place) else {
            emitError(.outOfMemory)
            return .done
        }
        var next = max(1, Int(connections[Int(place)].progress))
        while next < arguments.count {
            let key = arguments.argument(next, in: input)
            if !watchOne(place, index, key) {
                connections[Int(place)].progress = Int32(next)
                return waitNextTurn(place)
            }
            next += 1
        }
        if transactions[index].pending > 0 {
            // All are asked for: the answers let the connection go on to the OK.
            connections[Int(place)].progress = Int32(next)
            waitForAnswer(place)
            return .wait
        }
        connections[Int(place)].progress = 0
        emitOK()
        return .done
    }

    private mutating func watchOne(_ place: Int32, _ index: Int32, _ key: Bytes) -> Bool {
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner == self.index, isLockedOut { return false }
        if transactions[index].watched < 0 {
            guard let taken = takeLarge(4096) else { return false }
            transactions.update(index) { $0.watched = taken }
        }
        let watched = transactions[index].watched
        guard growLarge(watched, by: 24 + key.count) else { return false }
        var buffer = largeBuffers[watched]
        let at = buffer.count
        let room = buffer.room
        room.store(hash, at: 0)
        room.store(owner == self.index ? versionOf(key, hash) : 0, at: 8)
        room.store(UInt32(owner), at: 16)
        room.store(UInt32(key.count), at: 20)
        room.copy(key, at: 24)
        if owner != self.index, !askVersion(place, key, hash, owner, at: at) { return false }
        buffer.advance(24 + key.count)
        largeBuffers[watched] = buffer
        transactions.update(index) { $0.watchedCount += 1 }
        admin.watchedKeys += 1
        return true
    }

    /// The version of a key. An absent one's changes when a key of its part of the key space is
    /// made (1 in 4,096 of all): so EXEC fails when a key came and went in between.
    mutating func versionOf(_ key: Bytes, _ hash: UInt64) -> UInt64 {
        if let entry = l1.find(key, hash: hash, nowMs: nowMs) { return l1.version(of: entry) }
        remembersPublished = true
        // Never the version of an entry.
        return publishedVersions[Int(truncatingIfNeeded: hash & 4095)] | 1 << 63
    }

    /// Asks another shard for a key's version; `at`: where it stands in the list of watched keys.
    private mutating func askVersion(
        _ place: Int32, _ key: Bytes, _ hash: UInt64, _ owner: Int, at: Int
    ) -> Bool {
        guard calls.freeCount > 0, let slot = requestsOut[owner].beginWrite() else { return false }
        var call = RemoteCall()
        call.purpose = .watch
        call.shard = UInt8(owner)
        call.connection = place
        call.generation = connections[Int(place)].generation
        call.hole = Int32(at)
        let message = Message(slot)
        message.clear(.command)
        message.command = CommandID.watch.rawValue
        message.argumentCount = 2
        message.hash = hash
        message.transaction = lock.coordinating
        let bytes = key.count + 8
        var target = message.payload
        if bytes > Message.payloadMax {
            guard let block = pool.allocate(bytes) else { return false }
            call.block = block
            target = pool.bytes(block).slice(0, bytes)
            message.setView(target.bytes)
        } else {
            message.payloadCount = bytes
        }
        target.store(UInt32(0), at: 0)
        target.store(UInt32(key.count), at: 4)
        target.copy(key, at: 8)
        submit(message, call)
        transactions.update(connections[Int(place)].transaction) { $0.pending += 1 }
        return true
    }

    mutating func watchAnswered(_ call: RemoteCall, _ message: Message) {
        guard let place = caller(of: call), connections[Int(place)].transaction >= 0 else { return }
        let index = connections[Int(place)].transaction
        let version = message.payload.bytes.load(0, as: UInt64.self)
        var transaction = transactions[index]
        transaction.pending -= 1
        if transaction.watched >= 0 {
            let entry = largeBuffers[transaction.watched].mutableBytes
            if transaction.phase == .checking {
                let known = entry.bytes.load(Int(call.hole) + 8, as: UInt64.self)
                if known != version { transaction.conflict = true }
            } else {
                entry.store(version, at: Int(call.hole) + 8)
            }
        }
        transactions[index] = transaction
        if transaction.pending == 0 {
            connections[Int(place)].flags.remove(.waiting)
            enqueueRun(place)
        }
    }

    mutating func unwatch(_ place: Int32) {
        let index = connections[Int(place)].transaction
        if index >= 0, transactions[index].watched >= 0 {
            releaseLarge(transactions[index].watched)
            admin.watchedKeys -= transactions[index].watchedCount
            transactions.update(index) {
                $0.watched = -1
                $0.watchedCount = 0
            }
            if !connections[Int(place)].flags.contains(.inTransaction) { leaveTransaction(place) }
        }
        emitOK()
    }

    /// Compares the watched keys of this shard, asks for those of others. False: no room to ask.
    mutating func compareWatched(_ place: Int32, _ index: Int32) -> Bool {
        let watched = transactions[index].watched
        guard watched >= 0 else { return true }
        let list = largeBuffers[watched].bytes
        var offset = transactions[index].next
        while offset < list.count {
            let hash = list.load(offset, as: UInt64.self)
            let owner = Int(list.load(offset + 16, as: UInt32.self))
            let length = Int(list.load(offset + 20, as: UInt32.self))
            let key = list.slice(offset + 24, length)
            if owner == self.index {
                if versionOf(key, hash) != list.load(offset + 8, as: UInt64.self) {
                    transactions.update(index) { $0.conflict = true }
                }
            } else if !askVersion(place, key, hash, owner, at: offset) {
                transactions.update(index) { $0.next = offset }
                return false
            }
            offset += 24 + length
        }
        transactions.update(index) { $0.next = 0 }
        return true
    }
}
