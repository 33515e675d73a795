/// The numbers of INFO, summed over the shards' statistics, which any thread may read.
///
/// Names are Redis's where it has the thing; what Cairn has not (replicas, snapshots, modules) is
/// stated as absent where tools look for it.
struct InfoFacts {
    let group: ShardGroup
    /// Unix milliseconds.
    let nowMs: UInt64

    init(group: ShardGroup, shardsNow nowMs: UInt64) {
        self.group = group
        self.nowMs = nowMs
    }

    func total(_ counter: Counter) -> UInt64 {
        group.stats.reduce(0) { $0 &+ $1.value(counter) }
    }

    func total(_ gauge: Gauge) -> Int {
        group.stats.reduce(0) { $0 &+ Int(truncatingIfNeeded: $1.value(gauge)) }
    }

    var hits: UInt64 { total(.hitsRAM) }
    var misses: UInt64 { total(.missesAbsent) &+ total(.missesExpired) }
    var evictions: UInt64 {
        total(.evictionsMemory) &+ total(.evictionsMaxSize) &+ total(.evictionsMaxEntries)
            &+ total(.evictionsRebalance) &+ total(.evictionsPriority)
    }
    /// Bytes charged to the RAM level: slabs, tables, growing buffers.
    var usedBytes: Int { total(.arenaBytes) }

    func write(_ section: InfoSection, into text: inout InfoText) {
        switch section {
        case .server: server(&text)
        case .clients: clients(&text)
        case .memory: memory(&text)
        case .persistence: persistence(&text)
        case .stats: stats(&text)
        case .replication: replication(&text)
        case .cpu: cpu(&text)
        case .modules: break
        case .commandstats: commandstats(&text)
        case .errorstats: errorstats(&text)
        case .latencystats: latencystats(&text)
        case .cluster: text.line("cluster_enabled", 0)
        case .keyspace: keyspace(&text)
        case .cairn: cairn(&text)
        }
    }

    private func server(_ text: inout InfoText) {
        let uptime = Int(nowMs &- min(nowMs, group.startedMs)) / 1000
        text.line("redis_version", Bytes("7.4.0").text)
        text.line("cairn_version", Bytes(CairnVersion.text).text)
        text.line("redis_mode", "standalone")
        text.line("os", HostFacts.system())
        text.line("arch_bits", Int.bitWidth)
        text.line("multiplexing_api", "io_uring")
        text.line("process_id", HostFacts.processID)
        text.line("run_id", group.texts.runID)
        text.line("tcp_port", group.get(.port))
        text.line("server_time_usec", nowMs &* 1000)
        text.line("uptime_in_seconds", uptime)
        text.line("uptime_in_days", uptime / 86_400)
        text.line("hz", 10)
        text.line("executable", "cairn")
        text.line("config_file", "")
        text.line("io_threads_active", group.shards > 1 ? 1 : 0)
    }

    private func clients(_ text: inout InfoText) {
        text.line("connected_clients", group.get(.connections))
        text.line("cluster_connections", 0)
        text.line("maxclients", group.get(.connectionsMax))
        text.line("blocked_clients", 0)
        text.line("pubsub_subscriptions", total(.subscriptions))
    }

    private func memory(_ text: inout InfoText) {
        let used = usedBytes
        let resident = HostFacts.residentBytes()
        let peak = max(used, group.get(.usedBytesPeak))
        text.bytes("used_memory", "used_memory_human", used)
        text.bytes("used_memory_rss", "used_memory_rss_human", resident)
        text.bytes("used_memory_peak", "used_memory_peak_human", peak)
        text.line(
            "used_memory_peak_perc",
            InfoText.decimal(100 * Double(used) / Double(max(1, peak)), places: 2) + "%")
        text.line("used_memory_dataset", total(.sizeBytes))
        text.line("used_memory_overhead", max(0, used - total(.sizeBytes)))
        text.bytes(
            "total_system_memory", "total_system_memory_human", HostFacts.memoryBytes())
        text.bytes("maxmemory", "maxmemory_human", group.settings.memoryLimit)
        text.line("maxmemory_policy", ConfigParameter.maxmemoryPolicy.value(group))
        text.line(
            "mem_fragmentation_ratio",
            InfoText.decimal(Double(resident) / Double(max(1, used)), places: 2))
        text.line("mem_fragmentation_bytes", resident - used)
        text.line("mem_clients_normal", total(.connectionBytes))
        text.line("mem_allocator", "slab")
        text.line("lazyfree_pending_objects", total(.pinnedEntries))
    }

    /// A cache without a file: nothing is saved, and nothing is being loaded.
    private func persistence(_ text: inout InfoText) {
        text.line("loading", 0)
        text.line("async_loading", 0)
        text.line("rdb_changes_since_last_save", 0)
        text.line("rdb_bgsave_in_progress", 0)
        text.line("rdb_last_save_time", group.startedMs / 1000)
        text.line("rdb_last_bgsave_status", "ok")
        text.line("aof_enabled", 0)
        text.line("aof_rewrite_in_progress", 0)
        text.line("aof_last_write_status", "ok")
    }

    private func stats(_ text: inout InfoText) {
        text.line("total_connections_received", total(.connectionsAccepted))
        text.line("total_commands_processed", group.callsTotal)
        text.line("instantaneous_ops_per_sec", group.get(.commandsPerSecond))
        text.line("total_net_input_bytes", total(.bytesReceived))
        text.line("total_net_output_bytes", total(.bytesSent))
        func kibibytes(_ word: ShardGroup.Word) -> String {
            InfoText.decimal(Double(group.get(word)) / 1024, places: 2)
        }
        text.line("instantaneous_input_kbps", kibibytes(.inputBytesPerSecond))
        text.line("instantaneous_output_kbps", kibibytes(.outputBytesPerSecond))
        text.line("rejected_connections", total(.refusalsMaxClients))
        text.line("sync_full", 0)
        text.line("expired_keys", total(.expirationsAccess) &+ total(.expirationsSweep))
        text.line("evicted_keys", evictions)
        text.line("keyspace_hits", hits)
        text.line("keyspace_misses", misses)
        text.line("pubsub_channels", total(.subscriptions))
        text.line("latest_fork_usec", 0)
        text.line("total_forks", 0)
        text.line("tracking_total_keys", total(.trackedKeys))
        text.line("unexpected_error_replies", 0)
        text.line("total_error_replies", total(.commandsFailed))
        text.line("client_query_buffer_limit_disconnections", total(.closedProtocolError))
        text.line("client_output_buffer_limit_disconnections", total(.closedOutputLimit))
    }

    private func replication(_ text: inout InfoText) {
        text.line("role", "master")
        text.line("connected_slaves", 0)
        text.line("master_failover_state", "no-failover")
        text.line("master_replid", group.texts.runID)
        text.line("master_repl_offset", 0)
        text.line("repl_backlog_active", 0)
    }

    private func cpu(_ text: inout InfoText) {
        let spent = HostFacts.processorSeconds()
        text.line("used_cpu_sys", InfoText.decimal(spent.system, places: 6))
        text.line("used_cpu_user", InfoText.decimal(spent.user, places: 6))
        text.line("used_cpu_sys_children", "0.000000")
        text.line("used_cpu_user_children", "0.000000")
    }

    private func keyspace(_ text: inout InfoText) {
        let keys = total(.entries)
        if keys == 0 { return }
        text.line("db0", "keys=\(keys),expires=\(total(.expiringEntries)),avg_ttl=0")
    }
}
