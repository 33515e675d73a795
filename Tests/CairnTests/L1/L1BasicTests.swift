import Testing

@testable import Cairn

/// The first things a shard does with a level.
@Suite struct L1BasicTests {
    @Test func `a value is found as it was written, at every length around the layout's borders`() {
        var cache = TestCache(mebibytes: 64)
        let lengths =
            [0, 1, 63, 100, 4095, 4096, 4097, 4700, 8191, 8192, 8193, 12_000, 32_768, 100_000]
            + [1 << 20, 1 << 20 + 1, 3 << 20 - 5, 5 << 20]
        for (number, length) in lengths.enumerated() {
            let check1 = cache.put(testKey(number), length: length, seed: UInt64(number))
            #expect(check1)
        }
        for (number, length) in lengths.enumerated() {
            guard let id = cache.find(testKey(number)) else {
                Issue.record("length \(length) is missing")
                continue
            }
            let check2 = cache.holds(id, length: length, seed: UInt64(number))
            #expect(check2)
            let check3 = cache.l1.key(of: id).array == testKey(number)
            #expect(check3)
            let check4 = cache.l1.version(of: id) == UInt64(number)
            #expect(check4)
        }
        cache.l1.validate()
        for number in lengths.indices {
            if let id = cache.find(testKey(number)) { cache.l1.remove(id, .deleted) }
        }
        let check5 = cache.l1.count == 0
        #expect(check5)
        let check6 = cache.l1.statistics().chunkBytes == 0
        #expect(check6)
        cache.l1.validate()
    }

    @Test func `an overwrite replaces the value, and a pinned old one lives to its last unpin`() {
        var cache = TestCache(mebibytes: 16)
        cache.put(testKey(1), length: 5000, seed: 1)
        guard let old = cache.find(testKey(1)) else {
            Issue.record("missing")
            return
        }
        let check7 = cache.l1.pin(old)
        #expect(check7)
        let check8 = cache.l1.pin(old)
        #expect(check8)
        cache.put(testKey(1), length: 300, seed: 2)
        let check9 = cache.l1.state(of: old) == .detached
        #expect(check9)
        let check10 = cache.holds(old, length: 5000, seed: 1)
        #expect(check10)
        cache.l1.unpin(old)
        let check11 = cache.holds(old, length: 5000, seed: 1)
        #expect(check11)
        cache.l1.validate()
        cache.l1.unpin(old)
        let check12 = cache.l1.state(of: old) == .free
        #expect(check12)
        let check13 = cache.l1.count == 1
        #expect(check13)
        cache.l1.validate()
    }

    @Test func `a cache that is full evicts the least recently used, and holds its budget`() {
        var cache = TestCache(mebibytes: 16)
        for number in 0..<100_000 {
            cache.nowMs += 1
            let check14 = cache.put(testKey(number), length: 200, seed: UInt64(number))
            #expect(check14)
            if number % 64 == 0 { cache.l1.maintain(nowMs: cache.nowMs) }
        }
        let statistics = cache.l1.statistics()
        #expect(statistics.evicted > 0)
        #expect(statistics.memoryBytes <= 16 << 20)
        var newest = 0
        while cache.find(testKey(99_999 - newest)) != nil { newest += 1 }
        let check15 = newest == cache.l1.count
        #expect(check15)
        cache.l1.validate()
    }
}
