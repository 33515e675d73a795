@testable import Cairn

/// What must be true of shards when a run is over.
enum ShardChecks {
    static let trackedKeys = "tracked keys"
    static let charges = "bytes charged"

    /// Everything that was lent, pinned, reserved or taken was given back.
    static func balance(of run: ShardRun) -> [String] {
        var found: [String] = []
        for box in run.boxes {
            let shard = box.shard.index
            for (what, left) in box.shard.remainders where left != 0 {
                // A shard that has ended leaves its memory to the end of the process.
                if run.hasStopped, what == Self.trackedKeys || what == Self.charges { continue }
                found.append("shard \(shard): \(left) \(what) not given back")
            }
            found += box.shard.stragglers
            box.shard.pool.validate()
            box.shard.l1.validate()
        }
        let counted = run.group.words.load(ShardGroup.Word.connections.rawValue)
        if counted != 0 { found.append("\(counted) connections are still counted") }
        return found
    }

    /// What was written and acknowledged is there; nothing that was removed is.
    static func contents(of run: ShardRun) -> [String] {
        var found: [String] = []
        for (name, content) in run.keys.settled {
            let stored = stored(name, run)
            if stored != content {
                found.append("\(text(name)) holds \(text(stored)) instead of \(text(content))")
            }
        }
        if run.plan.decay == .eviction { return found }
        for counter in [run.keys.incremented, run.keys.watched] {
            let value = number(stored(counter.name, run))
            if !counter.allows(value, from: counter.done) {
                found.append("the counter is \(value), of \(counter)")
            }
        }
        let group = run.keys.group.map { stored($0, run) }
        if !group.allSatisfy({ $0 == group[0] }) { found.append("the group differs in itself") }
        return found
    }

    /// What tracking clients have kept is what is stored: each change was told.
    static func beliefs(of run: ShardRun) -> [String] {
        var found: [String] = []
        let volatile = Set(run.keys.histories.filter(\.isVolatile).map(\.name))
        for client in run.clients {
            for (name, content) in client.beliefs {
                // An entry that has expired is told when the sweep finds it.
                if run.plan.decay == .expiry, volatile.contains(name) { continue }
                let stored = stored(name, run)
                if stored != content {
                    found.append(
                        "client \(client.number) keeps \(text(content)) for \(text(name)), which "
                            + "holds \(text(stored)), and was not told")
                }
            }
        }
        return found
    }

    /// Why connections were closed, for whoever reads of a failure.
    static func closings(of run: ShardRun) -> [String] {
        let reasons: [Counter] = [
            .closedTimeout, .closedOutputLimit, .closedProtocolError, .closedKilled,
            .closedSocketError, .closedShutdown, .closedStalled, .closedInputLimit,
            .mailboxFull,
        ]
        return run.group.stats.enumerated().map { shard, stats in
            "shard \(shard): "
                + reasons.map { "\($0) \(stats.value($0))" }.joined(separator: ", ")
        }
    }

    static func stored(_ name: [UInt8], _ run: ShardRun) -> [UInt8]? {
        let key = FixedArrayBox(count: name.count)
        for offset in name.indices { key.memory[offset] = name[offset] }
        let bytes = key.memory.bytes.bytes
        let hash = run.group.hasher.hash(bytes)
        let owner = run.group.owner(of: bytes, hash: hash)
        return run.boxes[owner].shard.l1.content(of: bytes, hash: hash)
    }

    private static func number(_ content: [UInt8]?) -> Int {
        guard let content else { return 0 }
        return Int(String(decoding: content, as: UTF8.self)) ?? -1
    }

    private static func text(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "nothing" }
        if bytes.count < 12, bytes.allSatisfy({ $0 > 32 && $0 < 127 }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        return "\(bytes.count) bytes \(bytes.prefix(12))"
    }
}

extension Shard where Engine: ~Copyable {
    /// What is in use: all of it zero when nobody is connected and nothing is under way.
    var remainders: [(String, Int)] {
        var messages = 0
        if group.shards > 1 {
            for other in 0..<group.shards where other != index {
                messages += requestsIn[other].hasMessages ? 1 : 0
                messages += responsesIn[other].hasMessages ? 1 : 0
            }
        }
        return [
            ("connections", connectionCount),
            ("places of connections", connections.count - freeConnectionCount),
            ("bytes of buffers", pool.bytesUsed),
            ("output segments", segments.count - segments.freeCount),
            ("growing buffers", largeBuffers.usedCount),
            ("streams", streams.usedCount),
            ("calls", calls.usedCount),
            ("gathers", gathers.usedCount),
            ("transactions", transactions.usedCount),
            ("releases", releases.count),
            ("messages", messages),
            (
                "connections in queues",
                runQueue.count + lockQueue.count + laneQueue.count + roomQueue.count
                    + pauseQueue.count + dirtyQueue.count
            ),
            ("locks", (lock.owner != 0 ? 1 : 0) + (lock.coordinating != 0 ? 1 : 0)),
            ("pinned entries", l1.pinnedCount + l1.detachedCount),
            ("reservations", l1.reservedCount),
            (ShardChecks.charges, l1.outsideBytes - spareBuffers.count * GrowBuffer.capacityMin),
            ("followers", followers.clients.usedCount),
            ("shared payloads", followers.payloads.usedCount),
            (ShardChecks.trackedKeys, followers.tracking.count + followers.tracking.goneCount),
            ("notices", followers.notices.isEmpty ? 0 : 1),
        ]
    }
}

extension Shard where Engine: ~Copyable {
    var inUse: String {
        remainders.filter { $0.1 != 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    }

    /// The messages at the heads of the lanes that lead here.
    var heads: [String] {
        mutating get {
            var found: [String] = []
            for other in 0..<group.shards where other != index {
                if let slot = requestsIn[other].peek() {
                    let it = Message(slot)
                    let detail =
                        it.kind == .release
                        ? "\(it.command)" : CommandID(rawValue: it.command).map { "\($0)" } ?? "?"
                    found.append(
                        "from \(other): \(it.kind) \(detail), transaction \(it.transaction)")
                }
            }
            return found
        }
    }

    /// Connections that are still there, and what holds them.
    var stragglers: [String] {
        var found: [String] = []
        for place in 0..<connections.count where connections[place].flags.contains(.open) {
            let it = connections[place]
            let bits = (0..<32).filter { it.flags.rawValue >> UInt32($0) & 1 == 1 }
            found.append(
                "shard \(index), place \(place), client \(it.id): flags \(bits), "
                    + "\(it.operations) operations, \(it.residueCount) bytes kept, "
                    + "missing \(it.missing), stream \(it.stream), \(it.holes) holes, "
                    + "transaction \(it.transaction), output \(it.outputHead), last "
                    + "\(it.lastCommand), gather \(it.gather), progress \(it.progress)")
        }
        return found
    }
}

extension L1 {
    /// A copy of what `key` holds, whether its time has come or not.
    mutating func content(of key: Bytes, hash: UInt64) -> [UInt8]? {
        guard let entry = find(key, hash: hash, nowMs: 0) else { return nil }
        var result: [UInt8] = []
        while result.count < valueLength(of: entry) {
            result += segment(of: entry, at: result.count).bytes.array
        }
        return Array(result.prefix(valueLength(of: entry)))
    }
}
