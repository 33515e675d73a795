import Testing

@testable import Cairn

/// The policies against plain reference models, over a table that is not L1's.
@Suite struct EvictionTests {
    private func make(_ policy: PolicyLink, highMax: Int = 1 << 40) -> Eviction {
        Eviction(policy: policy, highBytesMax: highMax, metadataBytesMax: 100, seed: 3)
    }

    @Test(arguments: [1, 2, 3])
    func `LRU evicts by the second of the last use, exactly`(seed: UInt64) {
        var table = PolicyTestTable(count: 200)
        var eviction = make(.lru)
        var random = Random(seed: seed)
        var lastUse: [UInt32: UInt64] = [:]
        var nowMs: UInt64 = 1_000_000_000
        for _ in 0..<20_000 {
            nowMs += UInt64(random.below(seed == 1 ? 40 : 3000))
            let id = UInt32(random.below(200))
            if lastUse[id] == nil {
                table.records[Int(id)].frequency = 0
                eviction.insert(id, bytes: 10, nowMs: nowMs, &table)
                lastUse[id] = nowMs / 1000
            } else if random.below(10) == 0 {
                let victim = eviction.nextVictim(&table)
                guard let victim, let used = lastUse[victim] else {
                    Issue.record("no victim")
                    return
                }
                #expect(used == lastUse.values.min())
                eviction.remove(victim, bytes: 10, &table)
                lastUse[victim] = nil
            } else {
                eviction.touch(id, nowMs: nowMs, &table)
                lastUse[id] = nowMs / 1000
            }
        }
        let linked = eviction.validate(table)
        #expect(linked == lastUse.count)
    }

    @Test func `LRU at one use a second is exact to the use`() {
        var table = PolicyTestTable(count: 50)
        var eviction = make(.lru)
        var random = Random(seed: 8)
        var order: [UInt32] = []
        var nowMs: UInt64 = 5_000_000
        for _ in 0..<5000 {
            nowMs += 1000
            let id = UInt32(random.below(50))
            if let place = order.firstIndex(of: id) {
                order.remove(at: place)
                eviction.touch(id, nowMs: nowMs, &table)
            } else {
                eviction.insert(id, bytes: 1, nowMs: nowMs, &table)
            }
            order.append(id)
            let victim = eviction.nextVictim(&table)
            #expect(victim == order[0])
        }
    }

    @Test func `LFU evicts among the least used, and a million uses saturate below the top`() {
        var table = PolicyTestTable(count: 100)
        var eviction = make(.lfu)
        var random = Random(seed: 8)
        for id in 0..<100 {
            eviction.insert(UInt32(id), bytes: 1, nowMs: 60_000_000, &table)
        }
        for _ in 0..<200_000 {
            // Entry 99 is used most, entry 0 never.
            let id = max(random.below(100), random.below(100))
            if id > 0 { eviction.touch(UInt32(id), nowMs: 60_000_000, &table) }
        }
        var lowest = UInt8.max
        for id in 0..<100 { lowest = min(lowest, table.records[id].frequency) }
        let victim = eviction.nextVictim(&table)
        #expect(victim == 0)
        #expect(lowest == 5)
        // 1 / ((c - 5) * 10 + 1): about sqrt(2 * 4,000 / 10) above 5 after 4,000 uses.
        #expect(table.records[99].frequency > 20 && table.records[99].frequency < 50)
        _ = eviction.validate(table)
    }

    @Test func `LFU forgets: what was hot an hour ago goes before what is used now`() {
        var table = PolicyTestTable(count: 1000)
        var eviction = make(.lfu)
        var nowMs: UInt64 = 60_000_000
        for id in 0..<10 {
            eviction.insert(UInt32(id), bytes: 1, nowMs: nowMs, &table)
            for _ in 0..<2000 { eviction.touch(UInt32(id), nowMs: nowMs, &table) }
        }
        #expect(table.records[3].frequency > 15)
        nowMs += 3_600_000
        for id in 10..<200 {
            eviction.insert(UInt32(id), bytes: 1, nowMs: nowMs, &table)
        }
        var gone: Set<UInt32> = []
        for _ in 0..<10 {
            guard let victim = eviction.nextVictim(&table) else { break }
            gone.insert(victim)
            eviction.remove(victim, bytes: 1, &table)
        }
        #expect(gone == Set(0..<10))
        _ = eviction.validate(table)
    }

    @Test(arguments: [1, 2])
    func `TTL evicts the nearest expiry, to an eighth of the time it had, and the rest by use`(
        seed: UInt64
    ) {
        var table = PolicyTestTable(count: 500)
        var eviction = make(.ttl)
        var random = Random(seed: seed)
        var nowMs: UInt64 = 1_700_000_000_000
        var slack: [UInt32: UInt64] = [:]
        for step in 0..<10_000 {
            nowMs += UInt64(random.below(400))
            // The sweep: overdue entries leave.
            for id in slack.keys {
                let expiry = table.records[Int(id)].expiry
                if expiry != 0, expiry <= nowMs {
                    eviction.remove(id, bytes: 1, &table)
                    slack[id] = nil
                }
            }
            let id = UInt32(random.below(500))
            if slack[id] == nil {
                let left = UInt64(1) << UInt64(random.below(36))
                let never = random.below(5) == 0
                table.records[Int(id)].expiry = never ? 0 : nowMs + left + random.next() % left
                slack[id] = never ? 0 : 128 + (table.records[Int(id)].expiry - nowMs) / 7
                eviction.insert(id, bytes: 1, nowMs: nowMs, &table)
            } else if random.below(2) == 0 {
                eviction.touch(id, nowMs: nowMs, &table)
            } else if random.below(2) == 0 {
                eviction.remove(id, bytes: 1, &table)
                slack[id] = nil
            } else if let victim = eviction.nextVictim(&table) {
                let expiry = table.records[Int(victim)].expiry
                let others = slack.keys.filter { table.records[Int($0)].expiry != 0 }
                if expiry == 0 {
                    #expect(others.isEmpty, "step \(step)")
                } else {
                    for other in others {
                        let bound = table.records[Int(other)].expiry + (slack[victim] ?? 0)
                        #expect(expiry <= bound, "step \(step)")
                    }
                }
                eviction.remove(victim, bytes: 1, &table)
                slack[victim] = nil
            }
            if step % 2000 == 0 { _ = eviction.validate(table) }
        }
    }

    @Test(arguments: [PolicyLink.lru, .lfu, .ttl])
    func `low goes first, then normal; high and metadata only above their shares`(
        policy: PolicyLink
    ) {
        var table = PolicyTestTable(count: 40)
        // Shares: metadata 100 bytes, high 200; each entry has 30.
        var eviction = Eviction(policy: policy, highBytesMax: 200, metadataBytesMax: 100, seed: 1)
        let bands: [EvictionBand] = [.metadata, .high, .normal, .low]
        for id in 0..<40 {
            table.records[id].band = bands[id % 4]
            table.records[id].expiry = UInt64(2_000_000 + id * 1000)
            eviction.insert(UInt32(id), bytes: 30, nowMs: 1_000_000, &table)
        }
        var order: [EvictionBand] = []
        while let victim = eviction.nextVictim(&table) {
            order.append(table.records[Int(victim)].band)
            eviction.remove(victim, bytes: 30, &table)
        }
        let expected: [EvictionBand] =
            Array(repeating: .metadata, count: 7) + Array(repeating: .high, count: 4)
            + Array(repeating: .low, count: 10) + Array(repeating: .normal, count: 10)
            + Array(repeating: .high, count: 6) + Array(repeating: .metadata, count: 3)
        #expect(order == expected)
    }

    @Test(arguments: [PolicyLink.lru, .lfu, .ttl])
    func `pinned entries are passed over, and all of them pinned is no endless search`(
        policy: PolicyLink
    ) {
        var table = PolicyTestTable(count: 300)
        var eviction = make(policy)
        for id in 0..<300 {
            table.records[id].expiry = policy == .ttl ? UInt64(2_000_000 + id * 300) : 0
            table.records[id].pinned = id != 20
            eviction.insert(UInt32(id), bytes: 1, nowMs: 1_000_000, &table)
        }
        let first = eviction.nextVictim(&table)
        #expect(first == 20)
        table.records[20].pinned = true
        let none = eviction.nextVictim(&table)
        #expect(none == nil)
        for id in 0..<300 { table.records[id].pinned = false }
        var left = 0
        while let victim = eviction.nextVictim(&table) {
            eviction.remove(victim, bytes: 1, &table)
            left += 1
        }
        #expect(left == 300)
    }

    @Test
    func `a change of policy moves entries over in slices, and evicts the foreign ones first`() {
        var table = PolicyTestTable(count: 100)
        var eviction = make(.lru)
        for id in 0..<100 {
            eviction.insert(UInt32(id), bytes: 1, nowMs: 1_000_000, &table)
        }
        eviction.setCurrent(.lfu)
        #expect(eviction.foreignCount == 100)
        for id in 0..<60 { eviction.migrate(UInt32(id), nowMs: 1_000_000, &table) }
        #expect(eviction.foreignCount == 40)
        _ = eviction.validate(table)
        let victim = eviction.nextVictim(&table)
        #expect(victim == 60)
        eviction.setCurrent(.ttl)
        for id in 0..<100 { eviction.migrate(UInt32(id), nowMs: 1_000_000, &table) }
        #expect(eviction.foreignCount == 0)
        let linked = eviction.validate(table)
        #expect(linked == 100)
    }
}
