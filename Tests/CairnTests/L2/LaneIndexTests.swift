import Testing

@testable import Cairn

@Suite struct LaneIndexTests {
    /// The bits of a hash that the index tells apart: all but the lane's.
    private func identity(_ hash: UInt64) -> UInt64 { hash & 0xF_FFFF_FFFF }

    private func index(_ budget: inout MemoryBudget, valuesMax: Int = 1 << 20) throws -> LaneIndex {
        guard let index = try LaneIndex(valuesMax: valuesMax, node: nil, &budget) else {
            throw AddressRange.Failure(bytes: 0, code: 0)
        }
        return index
    }

    @Test func `a value is found where it was put, and forgotten by its address`() throws {
        var budget = MemoryBudget(limit: 1 << 20)
        var index = try index(&budget)
        let place = DevicePlace(address: 77, valueLength: 512 << 20, heat: 1)
        #expect(index.insert(hash: 0xABCD_EF01_2345_6789, place, &budget) == .added)
        check(index.find(hash: 0xABCD_EF01_2345_6789) == place)
        check(index.find(hash: 0xABCD_EF01_2345_678A) == nil)
        check(!index.remove(hash: 0xABCD_EF01_2345_6789, at: 78))
        check(index.remove(hash: 0xABCD_EF01_2345_6789, at: 77))
        check(index.find(hash: 0xABCD_EF01_2345_6789) == nil)
    }

    @Test func `uses are counted up to three`() throws {
        var budget = MemoryBudget(limit: 1 << 20)
        var index = try index(&budget)
        _ = index.insert(hash: 5, DevicePlace(address: 1, valueLength: 9), &budget)
        for uses in [1, 2, 3, 3] {
            index.heat(hash: 5)
            check(index.find(hash: 5)?.heat == UInt8(uses))
        }
        check(index.find(hash: 5)?.valueLength == 9)
    }

    @Test(arguments: 1...12)
    func `the index does what a dictionary does, while it grows`(seed: UInt64) throws {
        var random = Random(seed: seed)
        var budget = MemoryBudget(limit: 16 << 20)
        var index = try index(&budget)
        var model: [UInt64: (hash: UInt64, place: DevicePlace)] = [:]
        let spread = [20_000, 1 << 40][random.below(2)]
        for step in 0..<40_000 {
            // Few low bits now and then, so that chains grow long.
            var hash = random.next() % UInt64(spread)
            if random.below(10) == 0 { hash = hash << 12 | 7 }
            let known = model[identity(hash)]
            switch random.below(4) {
            case 0...1:
                let place = DevicePlace(
                    address: UInt32(truncatingIfNeeded: random.next()),
                    valueLength: UInt32(random.below(1 << 30)), heat: UInt8(random.below(4)))
                let outcome = index.insert(hash: hash, place, &budget)
                #expect(outcome == (known.map { .replaced($0.place) } ?? .added))
                model[identity(hash)] = (hash, place)
            case 2:
                let address = known?.place.address ?? 3
                check(index.remove(hash: hash, at: address) == (known != nil))
                model[identity(hash)] = nil
            default:
                check(index.find(hash: hash) == known?.place)
            }
            if step % 5_000 == 0 { index.validate() }
        }
        index.validate()
        check(index.count == model.count)
        for (hash, place) in model.values { check(index.find(hash: hash) == place) }
    }

    @Test func `a value takes less than 21 bytes once the tables are large`() throws {
        var random = Random(seed: 3)
        var budget = MemoryBudget(limit: 64 << 20)
        var index = try index(&budget)
        var most = 0.0
        for number in 1...600_000 {
            _ = index.insert(
                hash: random.next(), DevicePlace(address: UInt32(number), valueLength: 1), &budget)
            if number % 10_000 == 0, number >= 200_000 {
                most = max(most, Double(index.committedBytes) / Double(index.count))
            }
        }
        index.validate()
        #expect(most < 21, "\(most) bytes a value")
    }

    @Test func `a full budget refuses, and what was there stays`() throws {
        var random = Random(seed: 9)
        var budget = MemoryBudget(limit: 64 << 10)
        var index = try index(&budget)
        var stored: [UInt64] = []
        while true {
            let hash = random.next()
            if index.insert(hash: hash, DevicePlace(address: 1, valueLength: 1), &budget) == .full {
                check(index.find(hash: hash) == nil)
                break
            }
            stored.append(hash)
        }
        index.validate()
        #expect(stored.count > 3_000)
        for hash in stored { check(index.find(hash: hash) != nil) }
    }
}
