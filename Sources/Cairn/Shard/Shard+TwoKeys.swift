/// RENAME, RENAMENX, COPY, MSETNX: atomic, wherever the keys are.
///
/// All keys here and at most 1 MiB to move: done in one go. Else the shards of the keys are locked
/// as for EXEC (`Shard+Transaction`), in ascending order; then the source is pinned, memory
/// reserved at the target, the value copied once, straight from slab to slab in slices of 1 MiB a
/// turn, and in one last step the target is published and the source deleted. Inside EXEC the locks
/// are held already.
///
/// When the client goes away in the middle, its transaction gives back the pin, the reservation and
/// the locks; up to the last step nothing has changed, and that one is sent as a whole.
extension Shard where Engine: ~Copyable {
    mutating func executeTwoKeys(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        if let error = checkTwoKeys(id, input) {
            emitError(error)
            return .done
        }
        let index = connections[Int(place)].transaction
        if index >= 0, transactions[index].phase == .running, transactions[index].id != 0 {
            return underLocks(place, index, input, id)
        }
        if index >= 0, transactions[index].isImplicit {
            if takeLocks(place, index) == .wait { return .wait }
            return underLocks(place, index, input, id)
        }
        let shards = shardsOfKeys(input, id)
        var here = ShardSet()
        here.insert(self.index)
        if shards == here {
            if isLockedOut { return waitNextTurn(place) }
            let isAlone = index < 0 || transactions[index].phase != .running
            if !isAlone || !movesMuch(id, input) { return allHere(place, input, id) }
        }
        return beginImplicit(place, shards, input, id)
    }

    /// What is wrong with the arguments.
    private func checkTwoKeys(_ id: CommandID, _ input: Bytes) -> RESPError? {
        if id == .msetnx, arguments.count % 2 == 0 { return .wrongArity(.msetnx) }
        let last = id == .msetnx ? arguments.count - 1 : 2
        var position = 1
        while position <= last {
            let key = arguments.argument(position, in: input)
            if key.isEmpty || key.count > L1.keyBytesMax { return .keyLength }
            position += id == .msetnx ? 2 : 1
        }
        if id == .copy {
            do throws(RESPError) { _ = try CopyOptions.parse(arguments, in: input) } catch {
                return error
            }
        }
        return nil
    }

    private func shardsOfKeys(_ input: Bytes, _ id: CommandID) -> ShardSet {
        var set = ShardSet()
        let last = id == .msetnx ? arguments.count - 1 : 2
        var position = 1
        while position <= last {
            let key = arguments.argument(position, in: input)
            set.insert(group.owner(of: key, hash: group.hasher.hash(key)))
            position += id == .msetnx ? 2 : 1
        }
        return set
    }

    /// Whether a value is so long that copying it at once would hold everybody up.
    private mutating func movesMuch(_ id: CommandID, _ input: Bytes) -> Bool {
        if id == .msetnx { return false }
        let key = arguments.argument(1, in: input)
        let entry = l1.find(key, hash: group.hasher.hash(key), nowMs: nowMs)
        return entry.map { l1.valueLength(of: $0) > Transfer.sliceBytes } ?? false
    }

    /// Opens a transaction of this one command. The client's own, if it watches keys, is kept
    /// behind it.
    private mutating func beginImplicit(
        _ place: Int32, _ shards: ShardSet, _ input: Bytes, _ id: CommandID
    ) -> Step {
        guard mayCoordinate, transactions.freeCount > 0 else {
            return waitNextTurn(place)
        }
        var transaction = Transaction()
        transaction.isImplicit = true
        transaction.outer = connections[Int(place)].transaction
        transaction.participants = shards
        transaction.phase = .locking
        transaction.id = group.words.add(ShardGroup.Word.transactionID.rawValue, 1)
        lock.coordinating = transaction.id
        guard let index = transactions.take(transaction) else {
            ensureFailed("transaction table full", #fileID, #line)
        }
        connections[Int(place)].transaction = index
        // When it has to wait, the command is parsed again and comes here by `executeTwoKeys`.
        if takeLocks(place, index) == .wait { return .wait }
        return underLocks(place, index, input, id)
    }

    // MARK: Everything here

    /// All keys are on this shard and nobody comes between.
    private mutating func allHere(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        if id == .msetnx { return storeAllHere(place, input) }
        let from = arguments.argument(1, in: input)
        let to = arguments.argument(2, in: input)
        let fromHash = group.hasher.hash(from)
        let toHash = group.hasher.hash(to)
        guard let source = l1.find(from, hash: fromHash, nowMs: nowMs) else {
            answerAbsent(id)
            return .done
        }
        if from == to {
            answerMoved(id, id == .rename)
            return .done
        }
        if !replaces(id, input), l1.find(to, hash: toHash, nowMs: nowMs) != nil {
            answerMoved(id, false)
            return .done
        }
        guard l1.pin(source) else { return waitNextTurn(place) }
        defer { l1.unpin(source) }
        let length = l1.valueLength(of: source)
        switch reserveMemory(
            to, hash: toHash, valueLength: length, type: l1.type(of: source),
            priority: l1.priority(of: source))
        {
        case .busy, .blocked: return waitNextTurn(place)
        case .refused: emitError(.outOfMemory)
        case .entry(let entry):
            copyValue(from: source, to: entry, count: length)
            publish(entry, to, toHash, expiry: l1.expiry(of: source))
            if id != .copy { _ = removeKey(from, hash: fromHash) }
            answerMoved(id, true)
        }
        return .done
    }

    private mutating func storeAllHere(_ place: Int32, _ input: Bytes) -> Step {
        var position = 1
        while position < arguments.count {
            let key = arguments.argument(position, in: input)
            if l1.find(key, hash: group.hasher.hash(key), nowMs: nowMs) != nil {
                emitBoolean(false)
                return .done
            }
            position += 2
        }
        position = 1
        while position < arguments.count {
            let key = arguments.argument(position, in: input)
            let value = arguments.argument(position + 1, in: input)
            switch store(key, hash: group.hasher.hash(key), value: value, WriteOptions()) {
            case .stored, .conditionFailed: position += 2
            case .busy:
                // Memory is being freed. What was stored is taken back, so that nobody sees a part.
                takeBack(input, before: position)
                return waitNextTurn(place)
            case .refused:
                takeBack(input, before: position)
                emitError(.outOfMemory)
                return .done
            }
        }
        emitBoolean(true)
        return .done
    }

    private mutating func takeBack(_ input: Bytes, before end: Int) {
        var position = 1
        while position < end {
            let key = arguments.argument(position, in: input)
            _ = removeKey(key, hash: group.hasher.hash(key))
            position += 2
        }
    }

    func replaces(_ id: CommandID, _ input: Bytes) -> Bool {
        if id == .copy {
            return (try? CopyOptions.parse(arguments, in: input))?.replaces ?? false
        }
        return id == .rename
    }

    mutating func answerAbsent(_ id: CommandID) {
        if id == .copy { emitBoolean(false) } else { emitError(.noSuchKey) }
    }

    mutating func answerMoved(_ id: CommandID, _ moved: Bool) {
        if id == .rename { emitOK() } else { emitBoolean(moved) }
    }

    // MARK: Under locks

    private mutating func underLocks(
        _ place: Int32, _ index: Int32, _ input: Bytes, _ id: CommandID
    ) -> Step {
        context.transaction = transactions[index].id
        let step =
            id == .msetnx
            ? storeUnderLocks(place, index, input) : move(place, index, input, id)
        if step == .wait { return .wait }
        endTransfer(index)
        if transactions[index].isImplicit { leaveTransaction(place) }
        return .done
    }

    // MARK: MSETNX under locks

    /// Looks at every key, then stores all: each step key by key, here or at the key's owner.
    private mutating func storeUnderLocks(
        _ place: Int32, _ index: Int32, _ input: Bytes
    ) -> Step {
        while true {
            let phase = transactions[index].transfer.phase
            if connections[Int(place)].gather < 0 {
                guard
                    let taken = gathers.take(
                        Gather(
                            kind: .sum, connection: place,
                            generation: connections[Int(place)].generation))
                else { return waitNextTurn(place) }
                connections[Int(place)].gather = taken
                connections[Int(place)].progress = 1
                if phase == .idle { transactions.update(index) { $0.transfer.phase = .probing } }
            }
            let isProbe = transactions[index].transfer.phase == .probing
            let gather = connections[Int(place)].gather
            while Int(connections[Int(place)].progress) < arguments.count {
                let position = Int(connections[Int(place)].progress)
                if !storeStep(input, at: position, isProbe: isProbe, gather) {
                    return waitNextTurn(place)
                }
                connections[Int(place)].progress += 2
            }
            if gathers[gather].remaining > 0 {
                waitForAnswer(place)
                return .wait
            }
            let (sum, failed) = (gathers[gather].sum, gathers[gather].failed)
            gathers.give(gather)
            connections[Int(place)].gather = -1
            connections[Int(place)].progress = 0
            if isProbe, sum == 0, !failed {
                transactions.update(index) { $0.transfer.phase = .storing }
                continue
            }
            if failed { emitError(.outOfMemory) } else { emitBoolean(!isProbe) }
            return .done
        }
    }

    private mutating func storeStep(
        _ input: Bytes, at position: Int, isProbe: Bool, _ gather: Int32
    ) -> Bool {
        let key = arguments.argument(position, in: input)
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner != self.index {
            return forward(
                isProbe ? .exists : .set, input,
                arguments: .part(from: position, run: isProbe ? 1 : 2), hash: hash, to: owner,
                gather: gather)
        }
        if isProbe {
            if l1.find(key, hash: hash, nowMs: nowMs) != nil {
                gathers.update(gather) { $0.sum += 1 }
            }
            return true
        }
        switch store(
            key, hash: hash, value: arguments.argument(position + 1, in: input), WriteOptions())
        {
        case .stored, .conditionFailed: return true
        case .busy: return false
        case .refused:
            gathers.update(gather) { $0.failed = true }
            return true
        }
    }
}
