import Testing

@testable import Cairn

/// Chunks, pages and the budget below them.
@Suite struct SlabTests {
    private func makeSlab(pages: Int) -> Slab {
        do {
            return try Slab(bytes: pages * Arena.pageBytes, node: nil)
        } catch {
            fatalError("\(error)")
        }
    }

    @Test func `chunks of a class don't overlap, and a full class refuses, then recovers`() {
        var slab = makeSlab(pages: 4)
        var budget = MemoryBudget(limit: 16 << 20)
        for index in [0, slab.classes.smallCount - 1, slab.classes.count - 1] {
            let added = slab.addPage(index, &budget)
            #expect(added)
            let size = slab.classes.chunkBytes(index)
            var chunks: [ChunkHandle] = []
            while let chunk = slab.allocate(index, owner: UInt32(chunks.count)) {
                slab.bytes(chunk).fill(UInt8(truncatingIfNeeded: chunks.count))
                chunks.append(chunk)
            }
            #expect(chunks.count == slab.classes.slotsPerPage(index))
            for (number, chunk) in chunks.enumerated() {
                let bytes = slab.bytes(chunk)
                #expect(bytes.count == size)
                #expect(bytes[0] == UInt8(truncatingIfNeeded: number))
                #expect(bytes[size - 1] == UInt8(truncatingIfNeeded: number))
                #expect(slab.owner(chunk) == UInt32(number))
            }
            slab.validate()
            slab.free(chunks[chunks.count / 2])
            let again = slab.allocate(index, owner: 7)
            #expect(again == chunks[chunks.count / 2])
            for chunk in chunks { slab.free(chunk) }
            #expect(slab.arena.usedCount == 0)
            slab.validate()
        }
    }

    @Test func `chunks come from the fullest page, so that sparse pages run empty`() {
        var slab = makeSlab(pages: 4)
        var budget = MemoryBudget(limit: 16 << 20)
        let index = slab.classes.index(for: 65_536)
        var chunks: [ChunkHandle] = []
        for _ in 0..<3 {
            _ = slab.addPage(index, &budget)
            while let chunk = slab.allocate(index, owner: 1) { chunks.append(chunk) }
        }
        let pages = Array(Set(chunks.map(\.page)))
        // One page keeps 2 chunks, another all but 4.
        for page in pages.prefix(2) {
            let mine = chunks.filter { $0.page == page }
            for chunk in mine.prefix(page == pages[0] ? mine.count - 2 : 4) { slab.free(chunk) }
        }
        for _ in 0..<4 {
            let chunk = slab.allocate(index, owner: 2)
            #expect(chunk?.page == pages[1])
        }
        let emptiest = slab.emptiestPage(index, turn: 0)
        #expect(emptiest == pages[0])
        slab.validate()
    }

    @Test func `a draining page gives no chunks, and goes back with its last one`() {
        var slab = makeSlab(pages: 2)
        var budget = MemoryBudget(limit: 16 << 20)
        let index = slab.classes.index(for: 1000)
        _ = slab.addPage(index, &budget)
        guard let first = slab.allocate(index, owner: 1),
            let second = slab.allocate(index, owner: 2)
        else {
            Issue.record("no chunk")
            return
        }
        slab.beginDrain(first.page)
        let refused = slab.allocate(index, owner: 3)
        #expect(refused == nil)
        slab.free(first)
        #expect(slab.arena.usedCount == 1)
        let live = slab.nextLive(second.page, from: 0)
        #expect(live == second)
        slab.endDrain(second.page, retry: 10)
        let early = slab.emptiestPage(index, turn: 9)
        let due = slab.emptiestPage(index, turn: 10)
        #expect(early == nil)
        #expect(due == second.page)
        slab.beginDrain(second.page)
        slab.free(second)
        #expect(slab.arena.usedCount == 0 && slab.arena.freeCount == 1)
        slab.validate()
    }

    @Test func `the budget refuses a page, and a trimmed page makes room again`() {
        var slab = makeSlab(pages: 4)
        var budget = MemoryBudget(limit: 2 * Arena.pageBytes)
        let results = [
            slab.addPage(0, &budget), slab.addPage(0, &budget), slab.addPage(0, &budget),
        ]
        #expect(results == [true, true, false])
        #expect(budget.left == 0)
        guard let chunk = slab.allocate(0, owner: 1) else {
            Issue.record("no chunk")
            return
        }
        slab.free(chunk)
        #expect(slab.arena.freeCount == 1)
        let trimmed = slab.arena.trim(&budget)
        let twice = slab.arena.trim(&budget)
        #expect(trimmed && !twice)
        #expect(budget.left == Arena.pageBytes)
        let charged = budget.tryCharge(Arena.pageBytes)
        #expect(charged)
        let refused = slab.addPage(0, &budget)
        #expect(!refused)
    }
}
