import Glibc
import Testing

@testable import Cairn

/// The budget, and what becomes of it when the sizes of values change.
@Suite(.serialized) struct L1MemoryTests {
    /// Fills with `count` values of `length`, calling `maintain` as a loop would.
    private func fill(_ cache: inout TestCache, _ length: Int, _ count: Int, prefix: String) {
        for number in 0..<count {
            if let id = cache.reservePatiently(testKey(number, prefix: prefix), length: length) {
                cache.l1.commit(id, nowMs: cache.nowMs)
            }
            if number % 32 == 0 {
                cache.nowMs += 1
                cache.l1.maintain(nowMs: cache.nowMs)
            }
        }
    }

    private func count(_ cache: borrowing TestCache, prefix: UInt8) -> Int {
        var found = 0
        var cursor: UInt64 = 0
        repeat {
            cursor = cache.l1.scan(cursor, leavesMax: 1000, nowMs: cache.nowMs) { l1, id in
                if l1.key(of: id)[0] == prefix { found += 1 }
            }
        } while cursor != 0
        return found
    }

    /// The sizes of values change completely, and back. Each mix must reach nine tenths of the
    /// entries that a fresh cache of the same size holds of it.
    @Test(arguments: [[100, 65_536, 100], [20_000, 5000, 20_000], [3000, 300_000, 3000]])
    func `a new mix of sizes reaches what a fresh cache holds, and so does the old one after it`(
        lengths: [Int]
    ) {
        let mebibytes = 24
        let total = { (length: Int) in 2 * (mebibytes << 20) / (length + 150) }
        var cache = TestCache(mebibytes: mebibytes)
        fill(&cache, lengths[0], total(lengths[0]), prefix: "a:")
        for (length, prefix) in [(lengths[1], "b:"), (lengths[2], "c:")] {
            var fresh = TestCache(mebibytes: mebibytes)
            fill(&fresh, length, total(length), prefix: prefix)
            fill(&cache, length, total(length), prefix: prefix)
            let reached = count(cache, prefix: Array(prefix.utf8)[0])
            let possible = fresh.l1.count
            #expect(reached * 10 >= possible * 9, "\(length): \(reached) of \(possible)")
            cache.l1.validate()
        }
    }

    /// Resident bytes of this process (statm(5), second field).
    private static func residentBytes() -> Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { _ = unsafe fclose(file) }
        let text = FixedArray<UInt8>(repeating: 0, count: 256)
        let count = unsafe fread(text.bytes.base, 1, 255, file)
        let fields = text.bytes.slice(0, count).bytes.text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }

    /// In a process of its own: other tests that run beside this one would count too.
    @Test func `sizes drawn to hurt never push charged or resident memory over the budget`() async {
        await #expect(processExitsWith: .success) { L1MemoryTests.fillWithHurtfulSizes() }
    }

    private static func fillWithHurtfulSizes() {
        let limit = 48 << 20
        var cache = TestCache(mebibytes: 48)
        let before = residentBytes()
        var random = Random(seed: 99)
        var growth = 0
        for number in 0..<12_000 {
            // Phases of one size, and sizes from 1 byte to 2 MiB, short ones as likely as long
            // ones.
            let scale = number / 1000 % 3 == 0 ? 21 : 1 + number / 500 % 21
            let length = 1 + random.below(1 << min(21, 1 + random.below(scale)))
            let id = cache.reservePatiently(testKey(random.below(20_000)), length: length)
            if let id {
                // Touch every page of it, as a client's bytes would.
                cache.fill(id, seed: UInt64(number))
                cache.l1.commit(id, nowMs: cache.nowMs)
            }
            ensure(cache.l1.statistics().memoryBytes <= limit, "charged more than the budget")
            if number % 16 == 0 { cache.l1.maintain(nowMs: cache.nowMs) }
            if number % 500 == 0 {
                cache.nowMs += 1
                growth = max(growth, residentBytes() - before)
            }
        }
        // 4 MiB for the heap and for pages of the program touched first here.
        ensure(growth <= limit + 4 << 20, "resident memory grew above the budget")
        ensure(growth > limit / 2, "the test filled the cache")
        cache.l1.validate()
    }

    @Test func `charges from outside take pages from the slab, and are counted`() {
        var cache = TestCache(mebibytes: 16)
        fill(&cache, 1000, 20_000, prefix: "key:")
        var charged = 0
        for _ in 0..<2000 where charged < 6 << 20 {
            if cache.l1.tryCharge(64 << 10) { charged += 64 << 10 }
            cache.l1.maintain(nowMs: cache.nowMs)
        }
        #expect(charged == 6 << 20)
        let statistics = cache.l1.statistics()
        #expect(statistics.outsideBytes == charged)
        #expect(statistics.memoryBytes <= 16 << 20)
        #expect(statistics.evicted > 0)
        cache.l1.validate()
        cache.l1.release(charged)
        fill(&cache, 1000, 20_000, prefix: "new:")
        cache.l1.validate()
    }

    @Test(arguments: [100, 5000, 20_000, 1 << 20, 3 << 20])
    func `a charge of a mebibyte is granted at once on a full level`(length: Int) {
        var cache = TestCache(mebibytes: 32)
        fill(&cache, length, 2 * (32 << 20) / (length + 150), prefix: "key:")
        var granted = 0
        for _ in 0..<8 {
            if cache.l1.tryCharge(1 << 20) { granted += 1 }
            cache.l1.maintain(nowMs: cache.nowMs)
        }
        #expect(granted == 8)
        cache.l1.release(granted << 20)
        cache.l1.validate()
    }

    @Test func `a value larger than the level is refused, and pins make refusals, not crashes`() {
        var cache = TestCache(mebibytes: 16)
        let tooLarge = cache.reserve(testKey(1), length: 15 << 20)
        #expect(tooLarge == .refused(.tooLarge))
        var pinned: [EntryID] = []
        for number in 0..<100 {
            guard let id = cache.reservePatiently(testKey(number), length: 1 << 20) else { break }
            cache.l1.commit(id, nowMs: cache.nowMs)
            let isPinned = cache.l1.pin(id)
            #expect(isPinned)
            pinned.append(id)
        }
        #expect(pinned.count >= 10)
        #expect(pinned.count < 16)
        let full = cache.reserve(testKey(1000), length: 1 << 20)
        #expect(full == .blocked)
        for id in pinned { cache.l1.unpin(id) }
        let stored = cache.put(testKey(1000), length: 1 << 20, seed: 5)
        #expect(stored)
        cache.l1.validate()
    }

    @Test(arguments: [10_000, 30_000, 70_000])
    func `the index costs at most 16 bytes an entry`(entries: Int) {
        var cache = TestCache(mebibytes: 64)
        var worst = 0.0
        for number in 0..<entries {
            cache.put(testKey(number), length: 8, seed: 1)
            if number >= 10_000, number % 100 == 0 {
                worst = max(worst, Double(cache.l1.statistics().indexBytes) / Double(number))
            }
        }
        let bytes = Double(cache.l1.statistics().indexBytes) / Double(entries)
        #expect(bytes <= 16)
        #expect(worst <= 16)
        #expect(MemoryLayout<Entry>.stride == 48)
    }

    @Test func `flushing is over at once, and the memory comes back by slices`() {
        var cache = TestCache(mebibytes: 16)
        fill(&cache, 100, 20_000, prefix: "key:")
        let kept = cache.find(testKey(19_999))
        guard let kept else {
            Issue.record("missing")
            return
        }
        let isPinned = cache.l1.pin(kept)
        #expect(isPinned)
        let cleared = cache.l1.clear()
        #expect(cleared)
        #expect(cache.l1.count == 0)
        let gone = cache.find(testKey(19_998))
        #expect(gone == nil)
        cache.put(testKey(3), length: 100, seed: 33)
        for _ in 0..<200 { cache.l1.maintain(nowMs: cache.nowMs) }
        #expect(cache.l1.count == 1)
        #expect(cache.l1.statistics().detachedEntries == 1)
        cache.l1.validate()
        cache.l1.unpin(kept)
        let found = cache.find(testKey(3))
        #expect(found != nil)
        #expect(cache.l1.statistics().chunkBytes < 1024)
        cache.l1.validate()
    }

    @Test func `max entries is kept, overwriting at the bound evicts nothing`() {
        var options = L1.Options(memoryBytes: 16 << 20)
        options.entriesMax = 100
        var cache = TestCache(options)
        for number in 0..<300 { cache.put(testKey(number), length: 50, seed: 1) }
        #expect(cache.l1.count == 100)
        let evicted = cache.l1.statistics().evicted
        #expect(evicted == 200)
        cache.put(testKey(299), length: 60, seed: 2)
        #expect(cache.l1.count == 100)
        #expect(cache.l1.statistics().evicted == evicted)
        cache.l1.setEntriesMax(10)
        cache.l1.maintain(nowMs: cache.nowMs)
        #expect(cache.l1.count == 10)
        cache.l1.validate()
    }
}
