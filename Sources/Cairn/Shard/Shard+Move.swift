/// A value moves to another key while the locks of both are held: fetch, reserve, copy, commit.
extension Shard where Engine: ~Copyable {
    /// One step after the other, until one has to wait.
    mutating func move(
        _ place: Int32, _ index: Int32, _ input: Bytes, _ id: CommandID
    ) -> Step {
        while true {
            let transfer = transactions[index].transfer
            if transfer.pending > 0 {
                waitForAnswer(place)
                return .wait
            }
            switch transfer.phase {
            case .idle:
                if !fetch(place, index, input) { return waitNextTurn(place) }
            case .fetching:
                if !transfer.attributes.exists {
                    answerAbsent(id)
                    return .done
                }
                if arguments.argument(1, in: input) == arguments.argument(2, in: input) {
                    answerMoved(id, id == .rename)
                    return .done
                }
                if !reserve(place, index, input, id) { return waitNextTurn(place) }
            case .reserving:
                if transfer.targetExists {
                    answerMoved(id, false)
                    return .done
                }
                if transfer.refused {
                    emitError(.outOfMemory)
                    return .done
                }
                transactions.update(index) { $0.transfer.phase = .copying }
            case .copying:
                if transfer.copied == transfer.attributes.length {
                    if !commit(place, index, input, id) { return waitNextTurn(place) }
                } else if !copySlice(place, index) {
                    return waitNextTurn(place)
                }
            default:
                answerMoved(id, true)
                return .done
            }
        }
    }

    /// Pins the source. False: no room to ask, or the entry has too many pins.
    private mutating func fetch(_ place: Int32, _ index: Int32, _ input: Bytes) -> Bool {
        let key = arguments.argument(1, in: input)
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner != self.index {
            return ask(place, index, .fetch, owner, key: key) { message in
                message.clear(.fetch)
                message.hash = hash
            }
        }
        var transfer = transactions[index].transfer
        if let entry = l1.find(key, hash: hash, nowMs: nowMs) {
            guard l1.pin(entry) else { return false }
            transfer.source = entry
            transfer.sourceShard = UInt8(owner)
            transfer.attributes = attributes(of: entry)
            transfer.sourcePiece = l1.segment(of: entry, at: 0).bytes
        }
        transfer.phase = .fetching
        transactions.update(index) { $0.transfer = transfer }
        return true
    }

    private func attributes(of entry: EntryID) -> ValueAttributes {
        var attributes = ValueAttributes()
        attributes.exists = true
        attributes.length = l1.valueLength(of: entry)
        attributes.expiry = l1.expiry(of: entry)
        attributes.type = l1.type(of: entry)
        attributes.priority = l1.priority(of: entry)
        return attributes
    }

    private mutating func reserve(
        _ place: Int32, _ index: Int32, _ input: Bytes, _ id: CommandID
    ) -> Bool {
        let key = arguments.argument(2, in: input)
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        let onlyIfAbsent = !replaces(id, input)
        let length = transactions[index].transfer.attributes.length
        if owner != self.index {
            return ask(place, index, .reserve, owner, key: key) { message in
                message.clear(.reserve)
                message.hash = hash
                message.length = length
                message.flags = onlyIfAbsent ? MessageFlag.onlyIfAbsent : 0
            }
        }
        var transfer = transactions[index].transfer
        transfer.targetShard = UInt8(owner)
        if onlyIfAbsent, l1.find(key, hash: hash, nowMs: nowMs) != nil {
            transfer.targetExists = true
        } else {
            switch reserveMemory(key, hash: hash, valueLength: length) {
            case .busy, .blocked: return false
            case .refused: transfer.refused = true
            case .entry(let entry):
                transfer.target = entry
                transfer.targetPiece = l1.segment(of: entry, at: 0)
            }
        }
        transfer.phase = .reserving
        transactions.update(index) { $0.transfer = transfer }
        return true
    }

    /// Copies what both pieces have, or asks for the next ones. False: goes on in the next turn.
    private mutating func copySlice(_ place: Int32, _ index: Int32) -> Bool {
        var transfer = transactions[index].transfer
        let count = min(
            transfer.sourcePiece.count, transfer.targetPiece.count, Transfer.sliceBytes,
            transfer.attributes.length - transfer.copied)
        if count > 0 {
            transfer.targetPiece.copy(transfer.sourcePiece.slice(0, count))
            transfer.sourcePiece = transfer.sourcePiece.dropping(count)
            transfer.targetPiece = transfer.targetPiece.dropping(count)
            transfer.copied += count
        }
        transactions.update(index) { $0.transfer = transfer }
        let offset = transfer.copied
        if offset == transfer.attributes.length { return true }
        if transfer.sourcePiece.isEmpty {
            if Int(transfer.sourceShard) == self.index {
                transfer.sourcePiece = l1.segment(of: transfer.source, at: offset).bytes
                transactions.update(index) { $0.transfer = transfer }
            } else if !askPiece(place, index, .sourcePiece, transfer.source, offset) {
                return false
            }
        }
        if transfer.targetPiece.count == 0 {
            if Int(transfer.targetShard) == self.index {
                let piece = l1.segment(of: transfer.target, at: offset)
                transactions.update(index) { $0.transfer.targetPiece = piece }
            } else if !askPiece(place, index, .targetPiece, transfer.target, offset) {
                return false
            }
        }
        // Another turn for the next slice, unless answers are awaited anyway.
        return transactions[index].transfer.pending > 0
    }

    private mutating func askPiece(
        _ place: Int32, _ index: Int32, _ question: Transfer.Question, _ entry: EntryID,
        _ offset: Int
    ) -> Bool {
        let isSource = question == .sourcePiece
        let transfer = transactions[index].transfer
        let shard = Int(isSource ? transfer.sourceShard : transfer.targetShard)
        return ask(place, index, question, shard, key: .empty) { message in
            message.clear(isSource ? .leasedPiece : .reservedPiece)
            message.handle = entry.raw
            message.offset = offset
        }
    }

    /// The last step, all of it or nothing: publishes the target, deletes the source.
    private mutating func commit(
        _ place: Int32, _ index: Int32, _ input: Bytes, _ id: CommandID
    ) -> Bool {
        let transfer = transactions[index].transfer
        let from = arguments.argument(1, in: input)
        let source = Int(transfer.sourceShard)
        let target = Int(transfer.targetShard)
        guard calls.freeCount >= 2, hasLaneRoom(source), hasLaneRoom(target),
            pool.bytesTotal - pool.bytesUsed > 4 * BufferPool.blockBytesMax
        else { return false }
        var options = CommitOptions()
        options.write.expiry = .at(transfer.attributes.expiry)
        options.type = transfer.attributes.type
        options.priority = transfer.attributes.priority
        transactions.update(index) {
            $0.transfer.target = .none
            $0.transfer.phase = .committing
        }
        if target == self.index {
            let key = arguments.argument(2, in: input)
            l1.setClass(transfer.target, type: options.type, priority: options.priority)
            publish(
                transfer.target, key, group.hasher.hash(key), expiry: transfer.attributes.expiry)
        } else {
            let hash = group.hasher.hash(arguments.argument(2, in: input))
            let asked = ask(place, index, .commit, target, key: .empty) { message in
                message.clear(.commitReserved)
                message.command = CommandID.set.rawValue
                message.handle = transfer.target.raw
                message.hash = hash
                options.encode(into: message.payload)
            }
            ensure(asked, "no room for a commit that had room")
        }
        if id == .copy { return true }
        let hash = group.hasher.hash(from)
        if source == self.index {
            _ = removeKey(from, hash: hash)
        } else {
            // As the argument of a DEL: its length, and its bytes.
            let asked = ask(place, index, .delete, source, key: from, asArgument: true) { message in
                message.clear(.command)
                message.command = CommandID.del.rawValue
                message.argumentCount = 2
                message.hash = hash
            }
            ensure(asked, "no room for a deletion that had room")
        }
        return true
    }

    private mutating func hasLaneRoom(_ shard: Int) -> Bool {
        // Commit and deletion may go to the same shard.
        shard == index || requestsOut[shard].hasRoom(2)
    }

    /// Sends a question; `fill` writes the message's head. False: no room.
    private mutating func ask(
        _ place: Int32, _ index: Int32, _ question: Transfer.Question, _ shard: Int, key: Bytes,
        asArgument: Bool = false, fill: (Message) -> Void
    ) -> Bool {
        guard calls.freeCount > 0, let slot = requestsOut[shard].beginWrite() else { return false }
        var call = RemoteCall()
        call.purpose = .transfer
        call.shard = UInt8(shard)
        call.connection = place
        call.generation = connections[Int(place)].generation
        call.hole = question.rawValue
        let head = asArgument ? 8 : 0
        let bytes = key.isEmpty ? 0 : head + key.count
        let message = Message(slot)
        fill(message)
        message.home = UInt8(self.index)
        message.clientID = context.clientID
        message.transaction =
            question == .reserve
            ? message.transaction : transactions[index].id
        message.flags |= context.noLoop ? MessageFlag.noLoop : 0
        if bytes > 0 {
            var target = message.payload
            if bytes > Message.payloadMax {
                guard let block = pool.allocate(bytes) else { return false }
                call.block = block
                target = pool.bytes(block).slice(0, bytes)
                message.setView(target.bytes)
            } else {
                message.payloadCount = bytes
            }
            if asArgument {
                target.store(UInt32(0), at: 0)
                target.store(UInt32(key.count), at: 4)
            }
            target.copy(key, at: head)
        }
        submit(message, call)
        transactions.update(index) { $0.transfer.pending += 1 }
        return true
    }

    // MARK: Other shards

    /// Pins a value for another shard's transaction and tells what it is.
    mutating func serveFetch(_ message: Message, from other: Int) -> Bool {
        let found = l1.find(message.encodedArguments, hash: message.hash, nowMs: nowMs)
        if let found, !l1.pin(found) { return false }
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a response that was promised", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(found == nil ? .refused : .piece)
        response.call = message.call
        response.generation = message.generation
        if let found {
            response.handle = found.raw
            response.length = l1.valueLength(of: found)
            attributes(of: found).encode(into: response.payload)
            response.setView(l1.segment(of: found, at: 0).bytes)
        }
        publishResponse(to: other)
        return true
    }

    mutating func transferAnswered(_ call: RemoteCall, _ message: Message, from other: Int) {
        let question = Transfer.Question(rawValue: call.hole)
        guard let place = caller(of: call), connections[Int(place)].transaction >= 0 else {
            // Pins and reservations known before were given back with the transaction.
            if question == .fetch, message.kind == .piece {
                releaseRemote(message.handle, kind: .entry, shard: other)
            } else if question == .reserve, message.kind == .reserved {
                releaseRemote(message.handle, kind: .reservation, shard: other)
            }
            return
        }
        let index = connections[Int(place)].transaction
        var transfer = transactions[index].transfer
        transfer.pending -= 1
        switch question {
        case .fetch:
            transfer.phase = .fetching
            if message.kind == .piece {
                transfer.source = EntryID(message.handle)
                transfer.sourceShard = UInt8(other)
                transfer.attributes = ValueAttributes(
                    length: message.length, decoding: message.payload.bytes)
                transfer.sourcePiece = message.view.bytes
            }
        case .reserve:
            transfer.phase = .reserving
            transfer.targetShard = UInt8(other)
            if message.kind == .reserved {
                transfer.target = EntryID(message.handle)
                transfer.targetPiece = message.view
            } else if message.flags & MessageFlag.onlyIfAbsent != 0 {
                transfer.targetExists = true
            } else {
                transfer.refused = true
            }
        case .sourcePiece: transfer.sourcePiece = message.view.bytes
        case .targetPiece: transfer.targetPiece = message.view
        case .commit, .delete, nil: releaseUnread(message, from: other)
        }
        transactions.update(index) { $0.transfer = transfer }
        if transfer.pending == 0 {
            connections[Int(place)].flags.remove(.waiting)
            enqueueRun(place)
        }
    }

    /// Gives back what a transfer holds.
    mutating func endTransfer(_ index: Int32) {
        let transfer = transactions[index].transfer
        transactions.update(index) { $0.transfer = Transfer() }
        if transfer.source != .none {
            if Int(transfer.sourceShard) == self.index {
                l1.unpin(transfer.source)
            } else {
                releaseRemote(transfer.source.raw, kind: .entry, shard: Int(transfer.sourceShard))
            }
        }
        if transfer.target != .none {
            if Int(transfer.targetShard) == self.index {
                l1.abandon(transfer.target)
            } else {
                releaseRemote(
                    transfer.target.raw, kind: .reservation, shard: Int(transfer.targetShard))
            }
        }
    }
}
