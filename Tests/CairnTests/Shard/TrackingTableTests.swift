import Testing

@testable import Cairn

@Suite struct TrackingTableTests {
    /// Adds as the shard does: grows when asked to.
    private static func add(
        _ table: inout TrackingTable, _ hash: UInt64, id: UInt64, home: Int = 0,
        nodesMax: Int = 1 << 20
    ) -> TrackingTable.Outcome {
        let outcome = table.add(hash, id: id, home: home, nodesMax: nodesMax)
        guard outcome == .noMemory else { return outcome }
        table.grow()
        return table.add(hash, id: id, home: home, nodesMax: nodesMax)
    }

    private static func readers(_ table: inout TrackingTable, of hash: UInt64) -> Set<UInt64> {
        var all = Set<UInt64>()
        while let client = table.take(hash) { check(all.insert(client.id).inserted) }
        return all
    }

    @Test func `each reader of a key is told once`() throws {
        var table = try TrackingTable(node: nil)
        check(Self.add(&table, 5, id: 1) == .added)
        check(Self.add(&table, 5, id: 1) == .present)
        check(Self.add(&table, 5, id: 2, home: 3) == .added)
        check(Self.add(&table, 6, id: 1) == .added)
        check(Self.readers(&table, of: 5) == [1, 2])
        check(Self.readers(&table, of: 5) == [])
        check(Self.readers(&table, of: 6) == [1])
        check(table.count == 0)
    }

    @Test func `a full table refuses, then recovers after an invalidation`() throws {
        var table = try TrackingTable(node: nil)
        for hash in 0..<100 {
            check(Self.add(&table, UInt64(hash), id: 1, nodesMax: 100) == .added)
        }
        check(Self.add(&table, 1000, id: 1, nodesMax: 100) == .full)
        check(Self.readers(&table, of: 7) == [1])
        check(Self.add(&table, 1000, id: 1, nodesMax: 100) == .added)
    }

    @Test func `a client that has ended leaves nothing behind`() throws {
        var table = try TrackingTable(node: nil)
        for hash in 0..<5000 {
            _ = Self.add(&table, UInt64(hash), id: 1)
            if hash % 2 == 0 { _ = Self.add(&table, UInt64(hash), id: 2) }
        }
        table.leave(1)
        check(Self.readers(&table, of: 4) == [2])
        check(Self.readers(&table, of: 5) == [])
        var slices = 0
        while table.goneCount > 0 {
            table.sweepGone(256)
            slices += 1
            check(slices < 200)
        }
        check(table.count == 2499)
        table.leave(2)
        while table.goneCount > 0 { table.sweepGone(4096) }
        check(table.count == 0)
        check(table.shrink() > 0)
        check(table.shrink() == 0)
        // And it can be used again.
        check(Self.add(&table, 9, id: 3) == .added)
        check(Self.readers(&table, of: 9) == [3])
    }

    @Test func `a client forgotten by a flush is known again with its next read`() throws {
        var table = try TrackingTable(node: nil)
        _ = Self.add(&table, 1, id: 1, home: 2)
        table.leaveAll(home: -1)
        check(table.homes().isEmpty)
        check(Self.add(&table, 1, id: 1, home: 2) == .added)
        check(table.homes().contains(2))
        check(Self.readers(&table, of: 1) == [1])
    }

    @Test func `a reset forgets the clients of one shard alone`() throws {
        var table = try TrackingTable(node: nil)
        _ = Self.add(&table, 1, id: 1, home: 0)
        _ = Self.add(&table, 1, id: 2, home: 1)
        table.leaveAll(home: 1)
        check(Self.readers(&table, of: 1) == [1])
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `random reads, changes and ends agree with a model`(seed: UInt64) throws {
        print("replay with seed \(seed)")
        var random = Random(seed: seed)
        var table = try TrackingTable(node: nil)
        var model = [UInt64: Set<UInt64>]()
        var next: UInt64 = 1
        var living = [UInt64]()
        for step in 0..<60_000 {
            if living.isEmpty || random.below(500) == 0, living.count < 20 {
                living.append(next)
                next += 1
            }
            // Hashes that collide in their low bits, as long chains do.
            let hash = UInt64(random.below(3000)) << UInt64(random.below(2) * 20)
            switch random.below(100) {
            case 0..<70:
                let id = living[random.below(living.count)]
                let isNew = model[hash, default: []].insert(id).inserted
                check(Self.add(&table, hash, id: id) == (isNew ? .added : .present))
            case 70..<99:
                check(Self.readers(&table, of: hash) == model.removeValue(forKey: hash) ?? [])
            default:
                guard step % 10 == 0 else { continue }
                let id = living.remove(at: random.below(living.count))
                table.leave(id)
                for key in model.keys { model[key]?.remove(id) }
            }
            if step % 8 == 0 { table.sweepGone(16) }
        }
        for (hash, ids) in model { check(Self.readers(&table, of: hash) == ids) }
        while table.goneCount > 0 { table.sweepGone(4096) }
        check(table.count == 0)
    }
}
