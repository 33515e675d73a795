import Testing

@testable import Cairn

/// SCAN's promise, and the other ways of walking over entries.
@Suite struct L1ScanTests {
    @Test(arguments: [true, false])
    func `what is there during a whole scan is seen, while the index grows or shrinks`(
        grows: Bool
    ) {
        var cache = TestCache(mebibytes: 32)
        let steady = 3000
        let others = 12_000
        for number in 0..<steady { cache.put(testKey(number), length: 4, seed: 1) }
        if !grows {
            for number in steady..<steady + others {
                cache.put(testKey(number), length: 4, seed: 1)
            }
        }
        var seen = [Int](repeating: 0, count: steady)
        var cursor: UInt64 = 0
        var next = steady
        var steps = 0
        repeat {
            cursor = cache.l1.scan(cursor, leavesMax: 5, nowMs: cache.nowMs) { l1, id in
                let number = Int(l1.key(of: id).load(4, as: UInt64.self))
                if number < steady { seen[number] += 1 }
            }
            steps += 1
            for _ in 0..<20 where next < steady + others {
                if grows {
                    cache.put(testKey(next), length: 4, seed: 1)
                } else if let id = cache.find(testKey(next)) {
                    cache.l1.remove(id, .deleted)
                }
                next += 1
            }
            cache.l1.maintain(nowMs: cache.nowMs)
            #expect(cursor <= 1 << 32)
        } while cursor != 0
        #expect(seen.allSatisfy { $0 >= 1 })
        #expect(steps > 50)
        #expect(next > steady + 1000)
        cache.l1.validate()
    }

    @Test func `random entries come from everywhere`() {
        var cache = TestCache(mebibytes: 16)
        for number in 0..<50 { cache.put(testKey(number), length: 4, seed: 1) }
        var random = Random(seed: 4)
        var seen = [Int](repeating: 0, count: 50)
        for _ in 0..<2000 {
            guard let id = cache.l1.randomEntry(&random, nowMs: cache.nowMs) else { continue }
            seen[Int(cache.l1.key(of: id).load(4, as: UInt64.self))] += 1
        }
        #expect(seen.allSatisfy { $0 > 10 })
        for number in 0..<50 {
            if let id = cache.find(testKey(number)) { cache.l1.remove(id, .deleted) }
        }
        let none = cache.l1.randomEntry(&random, nowMs: cache.nowMs)
        #expect(none == nil)
    }

    @Test func `the sweep removes what has expired, and the log tells of it`() {
        var cache = TestCache(mebibytes: 16)
        cache.l1.recordRemovals(.tracked)
        for number in 0..<1000 {
            let expiry = number % 2 == 0 ? cache.nowMs + 100 : 0
            cache.put(testKey(number), length: 10, seed: 1, expiry: expiry)
            if number % 4 == 0, let id = cache.find(testKey(number)) {
                cache.l1.setTracked(id, true)
            }
        }
        cache.nowMs += 101
        var removed = 0
        for _ in 0..<10 {
            removed += cache.l1.sweepExpired(nowMs: cache.nowMs, entriesMax: 100)
        }
        #expect(removed == 500)
        #expect(cache.l1.count == 500)
        var logged = 0
        while let removal = cache.l1.nextRemoval() {
            #expect(removal.reason == .expired && removal.tracked)
            logged += 1
        }
        #expect(logged == 250)
    }

    @Test func `a full log stops evictions until it is drained, and nothing is lost`() {
        var cache = TestCache(mebibytes: 16)
        cache.l1.recordRemovals(.all)
        let long = String(repeating: "x", count: 4000)
        var stored = 0
        var refused = 0
        for number in 0..<6000 {
            switch cache.reserve(testKey(number, prefix: long), length: 10) {
            case .entry(let id):
                cache.l1.commit(id, nowMs: cache.nowMs)
                stored += 1
            case .busy, .blocked, .refused: refused += 1
            }
        }
        #expect(refused > 0)
        var logged = 0
        while cache.l1.nextRemoval() != nil { logged += 1 }
        #expect(stored - logged == cache.l1.count)
        let again = cache.put(testKey(7000, prefix: long), length: 10, seed: 1)
        #expect(again)
    }

    @Test func `the only live entry among the remains of a flush is drawn`() throws {
        var cache = TestCache(mebibytes: 64)
        for number in 0..<20_000 { cache.put(testKey(number), length: 8, seed: 1) }
        check(cache.l1.clear())
        cache.put(testKey(7), length: 1, seed: 1)
        var random = Random(seed: 4)
        let drawn = try need(cache.l1.randomEntry(&random, nowMs: cache.nowMs))
        check(cache.l1.key(of: drawn).array == testKey(7))
    }
}
