/// INFO's sections about commands, and Cairn's own.
extension InfoFacts {
    /// Executed commands of one kind on all shards.
    func calls(_ id: CommandID) -> UInt64 {
        group.stats.reduce(0) { $0 &+ $1.calls(Int(id.rawValue)) }
    }

    /// Calls are counted for each command; the time is the mean of its class.
    func commandstats(_ text: inout InfoText) {
        let snapshot = StatsSnapshot.merged(group.stats.map { $0.snapshot() })
        for id in CommandID.allCases {
            let calls = calls(id)
            let number = Int(id.rawValue)
            let failed = group.stats.reduce(0) { $0 &+ $1.failed(number) }
            let rejected = group.stats.reduce(0) { $0 &+ $1.rejected(number) }
            if calls == 0, failed == 0, rejected == 0 { continue }
            let latency = snapshot.latency(id.statisticsClass)
            let mean = Double(latency.sum) / Double(max(1, latency.count)) / 1000
            let each = InfoText.decimal(mean, places: 2)
            text.line(
                "cmdstat_", CommandTable.spec(id).name,
                "calls=\(calls),usec=\(Int(mean * Double(calls))),usec_per_call=\(each),"
                    + "rejected_calls=\(rejected),failed_calls=\(failed)")
        }
    }

    func errorstats(_ text: inout InfoText) {
        for kind in ErrorKind.allCases {
            let count = group.stats.reduce(0) { $0 &+ $1.errors(kind) }
            if count > 0 { text.line("errorstat_", kind.name, "count=\(count)") }
        }
    }

    func latencystats(_ text: inout InfoText) {
        let snapshot = StatsSnapshot.merged(group.stats.map { $0.snapshot() })
        for id in CommandID.allCases where calls(id) > 0 {
            let latency = snapshot.latency(id.statisticsClass)
            func micros(_ fraction: Double) -> String {
                InfoText.decimal(Double(latency.percentile(fraction)) / 1000, places: 3)
            }
            text.line(
                "latency_percentiles_usec_", CommandTable.spec(id).name,
                "p50=\(micros(0.5)),p99=\(micros(0.99)),p99.9=\(micros(0.999))")
        }
    }

    func cairn(_ text: inout InfoText) {
        let lookups = hits &+ misses
        let longest = group.stats.reduce(0) { max($0, $1.value(Gauge.longestTurn)) }
        text.line("levels", "l1")
        text.line("shards", group.shards)
        text.line("hit_ratio", InfoText.decimal(Double(hits) / Double(max(1, lookups)), places: 4))
        text.line("hits_ram", hits)
        text.line("misses_absent", total(.missesAbsent))
        text.line("misses_expired", total(.missesExpired))
        text.line("evictions_memory", total(.evictionsMemory))
        text.line("evictions_max_size", total(.evictionsMaxSize))
        text.line("evictions_max_entries", total(.evictionsMaxEntries))
        text.line("evictions_rebalance", total(.evictionsRebalance))
        text.line("evictions_priority", total(.evictionsPriority))
        text.line("expirations_access", total(.expirationsAccess))
        text.line("expirations_sweep", total(.expirationsSweep))
        text.line("refusals_memory", total(.refusalsMemory))
        text.line("refusals_value_too_large", total(.refusalsValueTooLarge))
        text.line("refusals_key_too_large", total(.refusalsKeyTooLarge))
        text.line("refusals_max_clients", total(.refusalsMaxClients))
        text.line("refusals_authentication", total(.refusalsAuthentication))
        text.line("slab_used_bytes", total(.slabUsedBytes))
        text.line("slab_assigned_bytes", total(.slabAssignedBytes))
        text.line("index_bytes", total(.indexBytes))
        text.line("pinned_entries", total(.pinnedEntries))
        text.line("cross_shard_requests", total(.crossShardSent))
        text.line("cross_shard_waited", total(.crossShardWaited))
        text.line("transactions_executed", total(.transactionsExecuted))
        text.line("transactions_aborted", total(.transactionsAborted))
        text.line("slow_commands", total(.slowCommands))
        text.line("longest_pause_usec", longest / 1000)
        for (index, stats) in group.stats.enumerated() {
            text.line(
                "shard\(index)",
                values: "keys=\(stats.value(Gauge.entries)),"
                    + "clients=\(stats.value(Gauge.connections)),"
                    + "hits=\(stats.value(Counter.hitsRAM)),"
                    + "misses=\(stats.value(Counter.missesAbsent)),"
                    + "turns=\(stats.value(Counter.loopTurns)),"
                    + "longest_pause_usec=\(stats.value(Gauge.longestTurn) / 1000)")
        }
    }
}
