import Testing

@testable import Cairn

/// Values that arrive piece by piece hold what has come, and never more than their share.
@Suite struct L1GrowthTests {
    private let mebibyte = 1 << 20

    @Test func `an announced value holds one extent until its bytes come`() {
        var cache = TestCache(mebibytes: 64)
        guard case .entry(let id) = cache.reserveGrowing(testKey(1), length: 40 * mebibyte) else {
            Issue.record("no memory for an announcement")
            return
        }
        #expect(cache.l1.statistics().chunkBytes < 2 * mebibyte)
        let part = cache.growAndFill(id, to: 2 * mebibyte + 1, seed: 3)
        #expect(part)
        let held = cache.l1.statistics().chunkBytes
        #expect(held > 3 * mebibyte && held < 4 * mebibyte)
        let rest = cache.growAndFill(id, from: 2 * mebibyte + 1, to: 40 * mebibyte, seed: 3)
        #expect(rest)
        cache.l1.validate()
        cache.l1.commit(id, nowMs: cache.nowMs)
        let isTheSame = cache.holds(id, length: 40 * mebibyte, seed: 3)
        #expect(isTheSame)
        #expect(cache.l1.statistics().growingBytes == 0)
        cache.l1.validate()
    }

    @Test func `a value given up half way gives back what it held`() {
        var cache = TestCache(mebibytes: 64)
        for length in [0, 1, 4096, 70_000, mebibyte, 3 * mebibyte + 5, 20 * mebibyte] {
            guard case .entry(let id) = cache.reserveGrowing(testKey(1), length: length) else {
                Issue.record("no memory for \(length)")
                return
            }
            let grew = cache.growAndFill(id, to: length / 2, seed: 3)
            #expect(grew)
            cache.l1.validate()
            cache.l1.abandon(id)
            cache.l1.validate()
            #expect(cache.l1.statistics().chunkBytes == 0)
            #expect(cache.l1.statistics().growingBytes == 0)
        }
    }

    @Test func `announcements leave the cache its entries, and one value goes ahead of the share`()
    {
        var cache = TestCache(mebibytes: 64)
        for number in 0..<3000 { cache.put(testKey(number), length: 20_000, seed: 1) }
        let before = cache.l1.count
        var begun: [EntryID] = []
        var blocked = 0
        for number in 0..<100 {
            for _ in 0..<4096 {
                let made = cache.reserveGrowing(testKey(9000 + number), length: 30 * mebibyte)
                if made == .busy {
                    cache.l1.maintain(nowMs: cache.nowMs)
                    continue
                }
                if case .entry(let id) = made { begun.append(id) } else { blocked += 1 }
                break
            }
        }
        #expect(blocked > 80)
        #expect(begun.count >= 14)
        #expect(cache.l1.count * 10 > before * 6, "\(cache.l1.count) of \(before) are left")
        // The one that passed the share goes on to its end; no other does.
        guard let ahead = begun.last else { return }
        let other = cache.growAndFill(begun[0], to: 2 * mebibyte, seed: 1)
        #expect(!other)
        let whole = cache.growAndFill(ahead, to: 30 * mebibyte, seed: 2)
        #expect(whole)
        cache.l1.validate()
        cache.l1.commit(ahead, nowMs: cache.nowMs)
        // Now another may.
        let next = cache.growAndFill(begun[0], to: 30 * mebibyte, seed: 1)
        #expect(next)
        cache.l1.commit(begun[0], nowMs: cache.nowMs)
        for id in begun.dropFirst().dropLast() { cache.l1.abandon(id) }
        cache.l1.validate()
        #expect(cache.l1.statistics().growingBytes == 0)
    }

    @Test func `an expired key that is looked up is counted as such`() {
        var cache = TestCache(mebibytes: 16)
        cache.put(testKey(1), length: 10, seed: 1, expiry: cache.nowMs + 5)
        cache.nowMs += 10
        let found = cache.find(testKey(1))
        #expect(found == nil)
        let again = cache.find(testKey(1))
        #expect(again == nil)
        #expect(cache.l1.expiredFinds == 1)
    }
}
