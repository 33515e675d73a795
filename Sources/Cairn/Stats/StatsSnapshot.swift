/// One slab class at one moment.
package struct SlabClassState: Sendable, Equatable {
    /// Bytes of a chunk; 0: no such class.
    package var chunkBytes: Int
    /// Slab pages the class owns.
    package var pages: Int
    package var chunksUsed: Int
    package var chunks: Int

    package init(chunkBytes: Int, pages: Int, chunksUsed: Int, chunks: Int) {
        self.chunkBytes = chunkBytes
        self.pages = pages
        self.chunksUsed = chunksUsed
        self.chunks = chunks
    }
}

/// The statistics of one shard, or of several merged, as plain values.
package struct StatsSnapshot: Sendable, Equatable {
    /// By `Counter.rawValue`.
    package var counters = [UInt64](repeating: 0, count: Counter.allCases.count)
    /// By `Gauge.rawValue`.
    package var gauges = [UInt64](repeating: 0, count: Gauge.allCases.count)
    /// By class and tier, see `latency(_:_:)`.
    package var latencies = [LatencySnapshot](
        repeating: LatencySnapshot(), count: CommandClass.allCases.count * Tier.allCases.count)
    /// Work of a loop turn.
    package var turns = LatencySnapshot()
    /// Ascending chunk bytes.
    package var slabClasses: [SlabClassState] = []

    package init() {}

    package subscript(counter: Counter) -> UInt64 {
        get { counters[counter.rawValue] }
        set { counters[counter.rawValue] = newValue }
    }

    package subscript(gauge: Gauge) -> UInt64 {
        get { gauges[gauge.rawValue] }
        set { gauges[gauge.rawValue] = newValue }
    }

    /// Latencies of one class answered by one tier.
    package subscript(commandClass: CommandClass, tier: Tier) -> LatencySnapshot {
        get { latencies[commandClass.rawValue * Tier.allCases.count + tier.rawValue] }
        set { latencies[commandClass.rawValue * Tier.allCases.count + tier.rawValue] = newValue }
    }

    /// Latencies of one class, whoever answered.
    package func latency(_ commandClass: CommandClass) -> LatencySnapshot {
        var all = LatencySnapshot()
        for tier in Tier.allCases { all.merge(self[commandClass, tier]) }
        return all
    }

    /// Adds another shard's statistics.
    package mutating func merge(_ other: StatsSnapshot) {
        for index in counters.indices { counters[index] &+= other.counters[index] }
        for gauge in Gauge.allCases {
            switch gauge.info.merge {
            case .sum: self[gauge] &+= other[gauge]
            case .maximum: self[gauge] = max(self[gauge], other[gauge])
            }
        }
        for index in latencies.indices { latencies[index].merge(other.latencies[index]) }
        turns.merge(other.turns)
        mergeSlabClasses(other.slabClasses)
    }

    /// All shards as one.
    package static func merged(_ parts: [StatsSnapshot]) -> StatsSnapshot {
        var all = StatsSnapshot()
        for part in parts { all.merge(part) }
        return all
    }

    private mutating func mergeSlabClasses(_ others: [SlabClassState]) {
        for other in others {
            if let index = slabClasses.firstIndex(where: { $0.chunkBytes == other.chunkBytes }) {
                slabClasses[index].pages += other.pages
                slabClasses[index].chunksUsed += other.chunksUsed
                slabClasses[index].chunks += other.chunks
            } else {
                slabClasses.append(other)
            }
        }
        slabClasses.sort { $0.chunkBytes < $1.chunkBytes }
    }

    // MARK: The seed's sums

    /// Lookups that found a value, in any tier.
    package var hits: UInt64 { self[.hitsRAM] }

    /// Lookups that found none.
    package var misses: UInt64 { self[.missesAbsent] &+ self[.missesExpired] }

    /// Entries evicted for any reason.
    package var evictions: UInt64 {
        self[.evictionsMemory] &+ self[.evictionsMaxSize] &+ self[.evictionsMaxEntries]
            &+ self[.evictionsRebalance] &+ self[.evictionsPriority]
    }

    /// Entries expired, however they were found.
    package var expirations: UInt64 { self[.expirationsAccess] &+ self[.expirationsSweep] }

    /// Commands of every class.
    package var commands: UInt64 {
        CommandClass.allCases.reduce(0) { $0 &+ self[$1.counter] }
    }

    /// Hits among lookups, 0 without any (seed: `hit_ratio`).
    package var hitRatio: Double {
        let lookups = hits &+ misses
        return lookups == 0 ? 0 : Double(hits) / Double(lookups)
    }
}
