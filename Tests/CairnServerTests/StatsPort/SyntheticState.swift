import Cairn

@testable import CairnServer

/// Statistics as a busy server of two shards has them, the same for one seed.
func syntheticState(seed: UInt64 = 1, notReady: [String] = []) -> ServerState {
    var random = Random(seed: seed)
    let shards = (0..<2).map { _ in
        let stats = ShardStats.allocate()
        defer { stats.deallocate() }
        for counter in Counter.allCases
        where !CommandClass.allCases.map(\.counter).contains(counter) {
            stats.add(counter, random.below(100_000))
        }
        for gauge in Gauge.allCases { stats.set(gauge, random.below(1 << 30)) }
        for _ in 0..<2_000 {
            let commandClass = CommandClass.allCases[random.below(8)]
            let tier = random.below(10) == 0 ? Tier.none : .ram
            let time = 100 + (random.next() >> UInt64(30 + random.below(27)))
            stats.record(commandClass, tier, nanoseconds: time)
            stats.recordTurn(nanoseconds: time)
        }
        stats.setSlabClass(
            0, SlabClassState(chunkBytes: 64, pages: 3, chunksUsed: 100, chunks: 49_152))
        stats.setSlabClass(
            4, SlabClassState(chunkBytes: 4_096, pages: 1, chunksUsed: 2, chunks: 256))
        return stats.snapshot()
    }
    return ServerState(
        version: "1.2.3", startTime: 1_700_000_000, uptimeSeconds: 12.5, shards: shards,
        notReady: notReady, memoryLimit: 1 << 30, maxConnections: 10_000,
        process: ProcessUsage(residentBytes: 123_456_789, cpuSeconds: 1.25, openFiles: 42))
}
