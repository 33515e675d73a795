import Testing

@testable import Cairn

@Suite struct ShardStatsTests {
    @Test func `what is counted is what a snapshot shows`() {
        let stats = ShardStats.allocate()
        defer { stats.deallocate() }
        // Every counter and gauge gets a number of its own: two that share a word would show.
        for counter in Counter.allCases { stats.add(counter, counter.rawValue + 1_000) }
        for gauge in Gauge.allCases { stats.set(gauge, gauge.rawValue + 5_000) }
        let snapshot = stats.snapshot()
        for counter in Counter.allCases {
            #expect(snapshot[counter] == UInt64(counter.rawValue + 1_000))
        }
        for gauge in Gauge.allCases { #expect(snapshot[gauge] == UInt64(gauge.rawValue + 5_000)) }
        #expect(snapshot.turns.count == 0)
        #expect(snapshot.latencies.allSatisfy { $0 == LatencySnapshot() })
        #expect(snapshot.slabClasses.isEmpty)
    }

    @Test func `each class and tier has a histogram of its own`() {
        let stats = ShardStats.allocate()
        defer { stats.deallocate() }
        var expected = StatsSnapshot()
        for commandClass in CommandClass.allCases {
            for tier in Tier.allCases {
                let slot = commandClass.rawValue * Tier.allCases.count + tier.rawValue
                stats.record(
                    commandClass, tier, nanoseconds: UInt64(1_000 + slot), count: slot + 1)
                expected[commandClass, tier].record(UInt64(1_000 + slot), count: UInt64(slot + 1))
                expected[commandClass.counter] += UInt64(slot + 1)
            }
        }
        #expect(stats.snapshot() == expected)
        #expect(expected.commands == UInt64((1...40).reduce(0, +)))
    }

    @Test func `the first counters are the command classes in their order`() {
        for commandClass in CommandClass.allCases {
            #expect(commandClass.counter.rawValue == commandClass.rawValue)
        }
    }

    @Test func `a turn is counted, timed and its longest remembered`() {
        let stats = ShardStats.allocate()
        defer { stats.deallocate() }
        stats.recordTurn(nanoseconds: 5_000)
        stats.recordTurn(nanoseconds: 90_000)
        stats.recordTurn(nanoseconds: 7_000)
        let snapshot = stats.snapshot()
        #expect(snapshot[.loopTurns] == 3)
        #expect(snapshot[.longestTurn] == 90_000)
        #expect(snapshot.turns.count == 3)
        #expect(snapshot.turns.sum == 102_000)
        #expect(snapshot.turns.maximum == 90_000)
    }

    @Test func `a reset clears what was counted and keeps what is stated`() {
        let stats = ShardStats.allocate()
        defer { stats.deallocate() }
        for counter in Counter.allCases { stats.add(counter) }
        stats.set(.entries, 12)
        stats.setSlabClass(
            3, SlabClassState(chunkBytes: 256, pages: 2, chunksUsed: 5, chunks: 8_192))
        stats.record(.get, .ram, nanoseconds: 500)
        stats.recordTurn(nanoseconds: 500)
        stats.reset()
        var expected = StatsSnapshot()
        expected[.entries] = 12
        expected.slabClasses = [
            SlabClassState(chunkBytes: 256, pages: 2, chunksUsed: 5, chunks: 8_192)
        ]
        #expect(stats.snapshot() == expected)
    }

    @Test func `shards merge by sum, the longest turn by maximum, slab classes by size`() {
        let shards = [ShardStats.allocate(), ShardStats.allocate()]
        defer { for shard in shards { shard.deallocate() } }
        shards[0].add(.hitsRAM, 30)
        shards[1].add(.hitsRAM, 60)
        shards[1].add(.missesExpired, 10)
        shards[0].set(.entries, 4)
        shards[1].set(.entries, 5)
        shards[0].recordTurn(nanoseconds: 1_000)
        shards[1].recordTurn(nanoseconds: 3_000)
        shards[0].setSlabClass(
            0, SlabClassState(chunkBytes: 64, pages: 1, chunksUsed: 2, chunks: 9))
        shards[1].setSlabClass(
            0, SlabClassState(chunkBytes: 64, pages: 2, chunksUsed: 3, chunks: 9))
        shards[1].setSlabClass(
            1, SlabClassState(chunkBytes: 96, pages: 1, chunksUsed: 1, chunks: 4))
        let all = StatsSnapshot.merged(shards.map { $0.snapshot() })
        #expect(all.hits == 90)
        #expect(all.hitRatio == 0.9)
        #expect(all[.entries] == 9)
        #expect(all[.longestTurn] == 3_000)
        #expect(
            all.slabClasses == [
                SlabClassState(chunkBytes: 64, pages: 3, chunksUsed: 5, chunks: 18),
                SlabClassState(chunkBytes: 96, pages: 1, chunksUsed: 1, chunks: 4),
            ])
    }

    @Test func `series have unique names and labels, and families agree on text and unit`() {
        var families: [String: MetricInfo] = [:]
        var series: Set<String> = []
        for info in Counter.allCases.map(\.info) + Gauge.allCases.map(\.info) {
            let isNew = series.insert("\(info.name)|\(info.label?.value ?? "")").inserted
            #expect(isNew, "\(info.name)")
            if let first = families[info.name] {
                #expect(first.help == info.help)
                #expect(first.unit == info.unit)
                #expect(first.label?.name == info.label?.name)
            }
            families[info.name] = info
        }
        for counter in Counter.allCases { #expect(counter.info.name.hasSuffix("_total")) }
        for gauge in Gauge.allCases { #expect(!gauge.info.name.hasSuffix("_total")) }
    }
}
