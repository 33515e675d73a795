/// OBJECT and MEMORY: what is known of an entry, on the shard that owns it, and of the memory.
extension Shard where Engine: ~Copyable {
    mutating func inspectCommand(_ place: Int32, _ input: Bytes, _ sub: SubcommandID) -> Step {
        switch sub {
        case .memoryStats: emitReply(MemoryReport(group).stats(context.version))
        case .memoryDoctor: emitText(MemoryReport(group).diagnosis)
        case .memoryMallocStats: emitText(MemoryReport(group).slabs)
        // Pages that no class needs are given back by the level itself, all the time.
        case .memoryPurge: emitOK()
        default: return inspectOwner(place, input)
        }
        return .done
    }

    private mutating func emitText(_ text: String) {
        Array(text.utf8).withBytes { emitVerbatim($0) }
    }

    /// The key is argument 2: its owner answers.
    private mutating func inspectOwner(_ place: Int32, _ input: Bytes) -> Step {
        let key = arguments.argument(2, in: input)
        let id: CommandID =
            arguments.argument(0, in: input).equalsIgnoringCase("object") ? .object : .memory
        if key.isEmpty || key.count > L1.keyBytesMax {
            emitError(.keyLength)
            return .done
        }
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner == index {
            if isLockedOut { return waitNextTurn(place) }
            return executeOnKey(id, input, hash: hash)
        }
        return forward(id, input, arguments: .all(arguments.count), hash: hash, to: owner)
            ? .done : waitNextTurn(place)
    }

    /// OBJECT ... key and MEMORY USAGE key, on the key's owner. No use of the entry in the eyes of
    /// the eviction policy.
    mutating func inspect(_ id: CommandID, _ hash: UInt64, _ input: Bytes) throws(RESPError) {
        guard let sub = CommandTable.lookup(id, arguments.argument(1, in: input)) else {
            throw .unknownSubcommand(id)
        }
        if sub == .memoryUsage { try checkSamples(input) }
        guard
            let entry = l1.find(arguments.argument(2, in: input), hash: hash, nowMs: nowMs)
        else {
            emitNull()
            return
        }
        switch sub {
        case .objectEncoding: emitBulk(Bytes(encoding(of: entry)))
        case .objectFreq:
            if l1.policy != .lfu { throw .frequencyNotTracked }
            emitInteger(l1.frequency(of: entry))
        case .objectIdletime:
            if l1.policy == .lfu { throw .idleTimeNotTracked }
            emitInteger(l1.idleSeconds(of: entry, nowMs: nowMs))
        case .objectRefcount: emitInteger(1)
        default: emitInteger(l1.memoryBytes(of: entry))
        }
    }

    /// MEMORY USAGE key [SAMPLES n]: strings have nothing to sample.
    private func checkSamples(_ input: Bytes) throws(RESPError) {
        var position = 3
        while position < arguments.count {
            guard arguments.argument(position, in: input).equalsIgnoringCase("samples"),
                position + 1 < arguments.count
            else { throw .syntax }
            if try arguments.integer(position + 1, in: input) < 0 { throw .syntax }
            position += 2
        }
    }

    /// How Redis would hold the value: clients look at it.
    private func encoding(of entry: EntryID) -> StaticString {
        let length = l1.valueLength(of: entry)
        if length > 44 { return "raw" }
        let isNumber =
            length <= Decimal.digitsMax
            && Decimal.parse(l1.inlineValue(entry).bytes.slice(0, length)) != nil
        return isNumber ? "int" : "embstr"
    }
}

/// What MEMORY says of the whole server, from the shards' gauges.
struct MemoryReport {
    private let group: ShardGroup
    private let facts: InfoFacts

    init(_ group: ShardGroup) {
        self.group = group
        facts = InfoFacts(group: group, shardsNow: 0)
    }

    func stats(_ version: RESPVersion) -> ControlReply {
        let used = facts.usedBytes
        let dataset = facts.total(Gauge.sizeBytes)
        let keys = facts.total(Gauge.entries)
        let resident = HostFacts.residentBytes()
        let numbers: [(StaticString, Int)] = [
            ("peak.allocated", max(used, group.get(.usedBytesPeak))),
            ("total.allocated", used),
            ("replication.backlog", 0),
            ("clients.normal", facts.total(Gauge.connectionBytes)),
            ("overhead.total", max(0, used - dataset)),
            ("keys.count", keys),
            ("keys.bytes-per-key", keys > 0 ? used / keys : 0),
            ("dataset.bytes", dataset),
            ("index.bytes", facts.total(Gauge.indexBytes)),
            ("slab.assigned", facts.total(Gauge.slabAssignedBytes)),
            ("slab.used", facts.total(Gauge.slabUsedBytes)),
            ("allocator.resident", resident),
        ]
        var reply = ControlReply(version)
        reply.map(numbers.count + 2)
        for (name, value) in numbers {
            reply.bulk(name)
            reply.integer(value)
        }
        reply.bulk("dataset.percentage")
        reply.double(100 * Double(dataset) / Double(max(1, used)))
        reply.bulk("fragmentation")
        reply.double(Double(resident) / Double(max(1, used)))
        return reply
    }

    var diagnosis: String {
        let assigned = facts.total(Gauge.slabAssignedBytes)
        let used = facts.total(Gauge.slabUsedBytes)
        let refused = facts.total(Counter.refusalsMemory)
        var lines: [String] = []
        if refused > 0 {
            lines.append(
                "\(refused) writes were refused because nothing could be evicted: "
                    + "raise memory_limit, or look for large pinned values.")
        }
        // Less than half of what the classes hold is in use although it is more than 64 MiB.
        if assigned > 64 << 20, used * 2 < assigned {
            lines.append(
                "Size classes hold \(InfoText.human(assigned)) and use \(InfoText.human(used)): "
                    + "values changed their sizes, the rebalancer is at work.")
        }
        if lines.isEmpty { lines.append("No memory problem was found.") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The slab classes, a line each.
    var slabs: String {
        let all = StatsSnapshot.merged(group.stats.map { $0.snapshot() })
        var text = "chunk bytes, pages, chunks used, chunks\n"
        for state in all.slabClasses where state.pages > 0 {
            text += "\(state.chunkBytes) \(state.pages) \(state.chunksUsed) \(state.chunks)\n"
        }
        return text
    }
}
