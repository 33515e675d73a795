/// What upkeep does for INFO and the stats port, ten times a second.
extension Shard where Engine: ~Copyable {
    /// Turns the RAM level's cumulative numbers, and the commands counted one by one, into the
    /// counters of the statistics.
    mutating func publishDeltas(_ memory: L1Statistics) {
        // An emptied page's entries are evicted too, under a reason of their own.
        let purged = memory.purged &- published.purged
        let evicted = memory.evicted &- published.evicted
        stats.add(.evictionsRebalance, Int(purged))
        stats.add(.evictionsMemory, Int(evicted &- min(purged, evicted)))
        stats.add(.slabChunksMoved, Int(memory.chunksMoved &- published.chunksMoved))
        stats.add(.slabPagesMoved, Int(memory.pagesEmptied &- published.pagesEmptied))
        let sweeps = stats.value(.expirationsSweep)
        let expired = memory.expired &- published.expired
        stats.add(.expirationsAccess, Int(expired &- min(expired, sweeps &- admin.sweepsSeen)))
        admin.sweepsSeen = sweeps
        published = memory
        stats.set(.slabUsedBytes, memory.chunkBytes)
        stats.set(.expiringEntries, memory.expiringEntries)
        for index in 0..<min(l1.classCount, ShardStats.slabClassesMax) {
            let state = l1.classStatistics(index)
            stats.setSlabClass(
                index,
                SlabClassState(
                    chunkBytes: state.chunkBytes, pages: state.pages,
                    chunksUsed: state.chunksUsed, chunks: state.chunksUsed + state.chunksFree))
        }
        publishEntries()
        stats.set(.watchedKeys, admin.watchedKeys)
        publishCalls()
        if index == 0 { publishRates() }
    }

    private mutating func publishEntries() {
        let entries = engine.kernelEntries
        stats.add(.kernelEntries, Int(entries.all &- admin.entriesSeen))
        stats.add(.submissionQueueFull, Int(entries.forced &- admin.forcedEntriesSeen))
        admin.entriesSeen = entries.all
        admin.forcedEntriesSeen = entries.forced
    }

    /// Commands are counted one by one; their classes are summed up here.
    private mutating func publishCalls() {
        var sums = InlineArray<8, UInt64>(repeating: 0)
        for id in CommandID.allCases {
            sums[id.statisticsClass.rawValue] &+= stats.calls(Int(id.rawValue))
        }
        for kind in CommandClass.allCases {
            let place = kind.rawValue
            stats.add(kind.counter, Int(sums[place] &- admin.classesSeen[place]))
            admin.classesSeen[place] = sums[place]
        }
    }

    /// A sample each round of upkeep, however often INFO asks in between.
    private mutating func publishRates() {
        if nowNs &- admin.rates.sampledNs < 90_000_000 { return }
        var sample = RateWindow.Sample()
        var used: UInt64 = 0
        sample.nanoseconds = nowNs
        for other in group.stats {
            sample.bytesIn &+= other.value(.bytesReceived)
            sample.bytesOut &+= other.value(.bytesSent)
            used &+= other.value(.arenaBytes)
        }
        sample.commands = group.callsTotal
        let oldest = admin.rates.add(sample)
        group.set(.usedBytesPeak, max(group.get(.usedBytesPeak), Int(used)))
        guard oldest.nanoseconds != 0, oldest.nanoseconds < nowNs else { return }
        let seconds = Double(nowNs - oldest.nanoseconds) / 1e9
        func rate(_ now: UInt64, _ before: UInt64) -> Int {
            now < before ? 0 : Int(Double(now - before) / seconds)
        }
        group.set(.commandsPerSecond, rate(sample.commands, oldest.commands))
        group.set(.inputBytesPerSecond, rate(sample.bytesIn, oldest.bytesIn))
        group.set(.outputBytesPerSecond, rate(sample.bytesOut, oldest.bytesOut))
    }

    /// CONFIG RESETSTAT on this shard.
    mutating func resetStatistics() {
        publishGauges()
        stats.reset()
        admin.sweepsSeen = 0
        admin.classesSeen = InlineArray(repeating: 0)
        admin.rates.clear()
    }

    /// The thresholds of slow log and latency monitor, as this shard compares them.
    mutating func readSlowSettings() {
        let slowlog = group.get(.slowlogMicroseconds)
        let latency = group.get(.latencyThresholdMs)
        // Clamped to 292 years: products of what CONFIG SET takes stay in 64 bits.
        let slowNs = UInt64(min(max(0, slowlog), Int.max / 1000)) * 1000
        live.latencyNs = UInt64(min(max(0, latency), Int.max / 1_000_000)) * 1_000_000
        live.slowlogOn = slowlog >= 0 || latency > 0
        live.slowNs = min(
            slowlog >= 0 ? slowNs : .max, latency > 0 ? live.latencyNs : .max)
        // No command with Redis's flag `fast` takes a millisecond of its own.
        live.timesFast = live.slowlogOn && live.slowNs < 1_000_000
    }
}

extension ShardGroup {
    /// Executed commands of all kinds on all shards.
    var callsTotal: UInt64 {
        var sum: UInt64 = 0
        for stats in stats {
            for id in CommandID.allCases { sum &+= stats.calls(Int(id.rawValue)) }
        }
        return sum
    }
}
