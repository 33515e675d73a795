import Testing

@testable import Cairn

/// The rebalancer's decisions on shapes made by hand.
@Suite struct RebalancerTests {
    private func shape(_ items: [ClassShape]) -> SlabShape {
        var shape = SlabShape()
        for item in items { shape.add(item) }
        return shape
    }

    private func item(
        _ index: UInt8, chunk: UInt32, slots: UInt32, free: UInt32, live: UInt32,
        idle: Bool = false
    ) -> ClassShape {
        ClassShape(
            sizeClass: index, chunkBytes: chunk, slotsPerPage: slots, freeSlots: free,
            emptiestLive: live, isIdle: idle)
    }

    @Test func `a page that fits into its class's gaps is emptied, the cheapest first`() {
        let shape = shape([
            item(0, chunk: 64, slots: 30_840, free: 31_000, live: 10_000),
            item(1, chunk: 4096, slots: 512, free: 600, live: 100),
            item(2, chunk: 8192, slots: 256, free: 255, live: 1),
        ])
        #expect(Rebalancer.decide(shape, canEvict: true) == .empty(sizeClass: 1))
    }

    @Test func `the page a busy class fills is left alone, however empty`() {
        let busy = shape([item(0, chunk: 4096, slots: 512, free: 511, live: 1)])
        #expect(Rebalancer.decide(busy, canEvict: true) == .evict)
        let idle = shape([item(0, chunk: 4096, slots: 512, free: 511, live: 1, idle: true)])
        #expect(Rebalancer.decide(idle, canEvict: true) == .empty(sizeClass: 0))
    }

    @Test func `an idle page that still holds much is not given up`() {
        let shape = shape([item(0, chunk: 4096, slots: 512, free: 400, live: 112, idle: true)])
        #expect(Rebalancer.decide(shape, canEvict: true) == .evict)
        #expect(Rebalancer.decide(shape, canEvict: false) == .rest)
    }
}
