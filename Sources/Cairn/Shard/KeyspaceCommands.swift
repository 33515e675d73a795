/// Commands over the whole key space: SCAN, KEYS, RANDOMKEY, DBSIZE, FLUSHALL.
extension Shard where Engine: ~Copyable {
    /// What every shard does on its own for a command that all take part in.
    enum Control: UInt8 {
        case count = 1
        case flush
        case keys
        case randomKey
        case clientList
        case clientKill
        /// CONFIG SET: take the settings over now.
        case settings
        /// CONFIG RESETSTAT.
        case resetStats
        /// INFO: state the gauges as they are now.
        case gauges
        case channels
        case subscribers
        case patterns
        case publish
    }

    mutating func keyspaceCommand(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        switch id {
        case .scan: return scan(place, input)
        case .dbsize: return askAll(place, .count, .sum, input)
        case .flushdb, .flushall: return flush(place, input)
        case .keys: return askAll(place, .keys, .array, input)
        default: return randomKey(place, input)
        }
    }

    private mutating func flush(_ place: Int32, _ input: Bytes) -> Step {
        if arguments.count > 2 {
            emitError(.syntax)
            return .done
        }
        if arguments.count == 2 {
            let word = arguments.argument(1, in: input)
            if !word.equalsIgnoringCase("sync") && !word.equalsIgnoringCase("async") {
                emitError(.syntax)
                return .done
            }
        }
        return askAll(place, .flush, .ok, input)
    }

    // MARK: SCAN

    /// The cursor names the shard in its low byte and the place there in the other bits, so that
    /// 0 is the start and the end of the whole walk.
    private mutating func scan(_ place: Int32, _ input: Bytes) -> Step {
        do throws(RESPError) {
            let options = try ScanOptions.parse(arguments, in: input)
            let shard = options.cursor == 0 ? fullShard(from: 0) : Int(options.cursor & 0xFF)
            if shard >= group.shards {
                // A cursor that no walk has given out: its walk is at its end.
                emitArray(2)
                emitText("0")
                emitArray(0)
                return .done
            }
            if shard == index {
                if isLockedOut { return waitNextTurn(place) }
                scanHere(options)
                return .done
            }
            if forward(.scan, input, arguments: .all(arguments.count), hash: 0, to: shard) {
                return .done
            }
            return waitNextTurn(place)
        } catch {
            emitError(error)
            return .done
        }
    }

    /// SCAN for another shard's client.
    mutating func scanCommand(_ input: Bytes) {
        do throws(RESPError) {
            scanHere(try ScanOptions.parse(arguments, in: input))
        } catch {
            emitError(error)
        }
    }

    /// One step of SCAN on this shard: leaves of the index until COUNT keys were looked at.
    private mutating func scanHere(_ options: ScanOptions) {
        var collected = KeyCollector(
            pattern: options.pattern, wantsStrings: Self.wantsStrings(options.type))
        guard let large = takeLarge(4096) else {
            emitError(.outOfMemory)
            return
        }
        collected.examinedMax = Int(min(options.count, 10_000))
        let next = collectKeys(
            from: options.cursor >> 8, leavesMax: Self.scanLeavesMax, &collected, into: large)
        emitArray(2)
        emitBulkUnsigned(nextCursor(next))
        emitArray(collected.count)
        emitRaw(largeBuffers[large].bytes)
        releaseLarge(large)
    }

    /// Leaves one step may visit where there are few keys: 4,096 empty ones take about 40 us.
    static var scanLeavesMax: Int { 4096 }

    /// Every value is a string: another TYPE matches nothing.
    private static func wantsStrings(_ type: Bytes?) -> Bool {
        guard let type else { return true }
        return type.equalsIgnoringCase("string")
    }

    private func nextCursor(_ next: UInt64) -> UInt64 {
        if next != 0 { return next << 8 | UInt64(index) }
        let shard = fullShard(from: index + 1)
        return shard < group.shards ? UInt64(shard) : 0
    }

    /// The first shard from `start` on that holds keys; at the end of all, `start` = 0 gives 0.
    /// Each shard states its count before the replies of a turn leave, so a key that a client knows
    /// of is never passed over.
    private func fullShard(from start: Int) -> Int {
        var shard = start
        while shard < group.shards {
            let keys = shard == index ? l1.count : Int(group.stats[shard].value(.entries))
            if keys > 0 { return shard }
            shard += 1
        }
        return start == 0 ? index : shard
    }

    /// Encodes the keys of some leaves of the index as bulk strings; the cursor to go on from.
    private mutating func collectKeys(
        from cursor: UInt64, leavesMax: Int, _ collected: inout KeyCollector, into large: Int32
    ) -> UInt64 {
        var cursor = cursor
        for _ in 0..<leavesMax {
            var found = FoundKeys()
            let next = l1.scan(cursor, leavesMax: 1, nowMs: nowMs) { l1, entry in
                found.append(entry)
            }
            collected.examined += found.count
            for position in 0..<found.count {
                let key = l1.key(of: found[position])
                if !collected.accepts(key) { continue }
                if !appendBulk(large, key) { return cursor }
                collected.count += 1
            }
            cursor = next
            if cursor == 0 || collected.examined >= collected.examinedMax { break }
        }
        return cursor
    }

    /// Appends a bulk string to a growing buffer.
    mutating func appendBulk(_ large: Int32, _ bytes: Bytes) -> Bool {
        // The header is made behind the replies that wait in the scratch.
        if scratchCount > Self.scratchBytes - 32 { spill() }
        let header = scratch.bytes.slice(Self.scratchBytes - 32, 32)
        guard let end = ReplyWriter.bulkHeader(length: bytes.count, into: header, at: 0),
            appendLarge(large, header.bytes.slice(0, end)), appendLarge(large, bytes)
        else { return false }
        return appendLarge(large, Bytes("\r\n"))
    }

    mutating func emitBulkUnsigned(_ value: UInt64) {
        emitBulkInteger(Int64(bitPattern: value))
    }

    private mutating func randomKey(_ place: Int32, _ input: Bytes) -> Step {
        // Shards hold about the same number of keys: one is drawn, empty ones pass on.
        let start = random.below(group.shards)
        for step in 0..<group.shards {
            let shard = (start + step) % group.shards
            let isLast = step == group.shards - 1
            if shard == index {
                if isLockedOut { return waitNextTurn(place) }
                if l1.count == 0, !isLast { continue }
                randomKeyHere()
                return .done
            }
            if group.stats[shard].value(.entries) == 0, !isLast { continue }
            return forward(.randomkey, input, arguments: .all(1), hash: 0, to: shard)
                ? .done : waitNextTurn(place)
        }
        return .done
    }

    mutating func randomKeyHere() {
        if let entry = l1.randomEntry(&random, nowMs: nowMs) {
            emitBulk(l1.key(of: entry))
        } else {
            emitNull()
        }
    }

    // MARK: All shards together

    /// Lets every shard do its part of a command and answers when all have.
    mutating func askAll(
        _ place: Int32, _ control: Control, _ kind: Gather.Kind, _ input: Bytes
    ) -> Step {
        if isLockedOut || gathers.freeCount == 0 || calls.freeCount < group.shards {
            return waitNextTurn(place)
        }
        for other in 0..<group.shards where other != index {
            if !canAsk(other) { return waitNextTurn(place) }
        }
        if lock.coordinating != 0, lock.coordinating != context.transaction {
            return waitNextTurn(place)
        }
        var gather = Gather(kind: kind, connection: place)
        gather.generation = connections[Int(place)].generation
        if kind.isList {
            guard let large = takeLarge(4096) else {
                emitError(.outOfMemory)
                return .done
            }
            gather.large = large
        }
        guard let taken = gathers.take(gather) else { return waitNextTurn(place) }
        if !takePart(control, input, taken) {
            if gather.large >= 0 { releaseLarge(gather.large) }
            gathers.give(taken)
            return waitNextTurn(place)
        }
        for other in 0..<group.shards where other != index {
            if !forward(
                .ping, input, arguments: .all(arguments.count), hash: 0, to: other,
                gather: taken, control: control.rawValue)
            {
                // Room in the lane was checked: only memory can be short.
                gathers.update(taken) { $0.failed = true }
            }
        }
        if gathers[taken].remaining > 0 {
            let hole = addHole(place)
            gathers.update(taken) {
                $0.hole = hole
                $0.complete = true
            }
        } else {
            answerControl(place, taken)
        }
        return .done
    }

    /// This shard's part, added to a gather of its own. False: it has to wait.
    private mutating func takePart(_ control: Control, _ input: Bytes, _ index: Int32) -> Bool {
        let gather = gathers[index]
        if gather.large >= 0 {
            let count = writePart(control, input, into: gather.large)
            gathers.update(index) { $0.sum += count }
            return true
        }
        guard let value = countPart(control, input) else { return false }
        gathers.update(index) { $0.sum += value }
        return true
    }

    /// The part of a command whose answers add up; `nil`: it has to wait.
    private mutating func countPart(_ control: Control, _ input: Bytes) -> Int? {
        switch control {
        case .count: return l1.count
        case .flush:
            if !l1.clear() { return nil }
            noteFlush()
            return 0
        default: return controlCount(control, input)
        }
    }

    /// The part of a command whose answers are lists or texts; how many elements were written.
    private mutating func writePart(
        _ control: Control, _ input: Bytes, into large: Int32
    ) -> Int {
        if control == .keys {
            let pattern = arguments.argument(1, in: input)
            var collected = KeyCollector(pattern: pattern, wantsStrings: true)
            _ = collectKeys(from: 0, leavesMax: Int.max, &collected, into: large)
            return collected.count
        }
        return controlList(control, input, into: large)
    }

    /// Another shard's client asked everybody.
    mutating func serveControl(_ message: Message, from other: Int) -> Bool {
        guard let control = Control(rawValue: message.command) else {
            ensureFailed("unknown control", #fileID, #line)
        }
        let input = message.encodedArguments
        arguments.load(encoded: input, count: message.argumentCount)
        enterRemote(message)
        context.input = input
        if message.offset == 1 {
            guard let large = takeLarge(4096) else {
                emitError(.outOfMemory)
                respond(message, to: other)
                return true
            }
            let count = writePart(control, input, into: large)
            respondPart(message, large, count, to: other)
            return true
        }
        guard let value = countPart(control, input) else { return false }
        emitInteger(value)
        respond(message, to: other)
        return true
    }

    private mutating func respondPart(
        _ request: Message, _ large: Int32, _ count: Int, to other: Int
    ) {
        guard let slot = responsesOut[other].beginWrite() else {
            ensureFailed("no room for a response that was promised", #fileID, #line)
        }
        let response = Message(slot)
        response.clear(.replyLarge)
        response.call = request.call
        response.generation = request.generation
        response.handle = UInt32(bitPattern: large)
        response.length = count
        response.setView(largeBuffers[large].bytes)
        publishResponse(to: other)
    }

    /// Writes the answer of a gather over all shards.
    mutating func answerControl(_ place: Int32, _ index: Int32) {
        let gather = gathers[index]
        gathers.give(index)
        if gather.failed {
            if gather.large >= 0 { releaseLarge(gather.large) }
            emitError(.outOfMemory)
            return
        }
        switch gather.kind {
        case .sum: emitInteger(gather.sum)
        case .ok: emitOK()
        case .array:
            emitArray(gather.sum)
            emitRaw(largeBuffers[gather.large].bytes)
            releaseLarge(gather.large)
        case .text:
            emitVerbatim(largeBuffers[gather.large].bytes)
            releaseLarge(gather.large)
        case .killed:
            if gather.sum > 0 { emitOK() } else { emitError(.noSuchClient) }
        case .info: emitInfo(InfoSections(rawValue: gather.sum))
        case .distinct:
            answerDistinct(gather)
            releaseLarge(gather.large)
        case .counts:
            answerCounts(gather)
            releaseLarge(gather.large)
        }
    }
}

/// Keys that a walk over the index is to return.
struct KeyCollector {
    let pattern: Bytes?
    let wantsStrings: Bool
    var count = 0
    /// Keys looked at, and after how many a step ends (SCAN's COUNT).
    var examined = 0
    var examinedMax = Int.max

    init(pattern: Bytes?, wantsStrings: Bool) {
        self.pattern = pattern
        self.wantsStrings = wantsStrings
    }

    func accepts(_ key: Bytes) -> Bool {
        guard wantsStrings else { return false }
        return pattern.map { Glob.matches($0, key) } ?? true
    }
}
