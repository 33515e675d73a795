/// Everything a shard states rather than counts: set at the end of a slice of work, not per
/// request.
package enum Gauge: Int, Sendable, CaseIterable {
    /// Entries in the shard's slice of L1.
    case entries
    /// Those of them that have a time to live.
    case expiringEntries
    /// Key and value bytes (seed: `total_size`).
    case sizeBytes
    /// Upper bound of `sizeBytes` (seed: `max_size`).
    case maxSizeBytes
    /// Bytes of slab chunks in use, with what rounding wastes.
    case slabUsedBytes
    /// Bytes of the arena handed to size classes.
    case slabAssignedBytes
    /// Bytes of the arena.
    case arenaBytes
    /// Bytes of the index.
    case indexBytes
    /// Bytes of connections' buffers and queued replies.
    case connectionBytes
    /// Removed entries whose bytes wait for a send to finish.
    case pinnedEntries
    case connections
    case subscriptions
    case trackedKeys
    case watchedKeys
    /// Longest turn of the loop since start, in nanoseconds.
    case longestTurn

    /// Name, unit, text and the way shards are merged.
    package var info: MetricInfo {
        switch self {
        case .entries:
            MetricInfo("cairn_entries", unit: "entries", "Entries held in RAM.")
        case .expiringEntries:
            MetricInfo(
                "cairn_expiring_entries", unit: "entries",
                "Entries held in RAM that have a time to live.")
        case .sizeBytes:
            MetricInfo(
                "cairn_size_bytes", unit: "bytes",
                "Key and value bytes held in RAM.")
        case .maxSizeBytes:
            MetricInfo(
                "cairn_max_size_bytes", unit: "bytes",
                "Bytes that entries in RAM may take at most.")
        case .slabUsedBytes:
            MetricInfo(
                "cairn_slab_used_bytes", unit: "bytes",
                "Bytes of slab chunks in use, rounding included.")
        case .slabAssignedBytes:
            MetricInfo(
                "cairn_slab_assigned_bytes", unit: "bytes",
                "Bytes of arena pages that belong to a size class.")
        case .arenaBytes:
            MetricInfo("cairn_arena_bytes", unit: "bytes", "Bytes of the arenas for entries.")
        case .indexBytes:
            MetricInfo("cairn_index_bytes", unit: "bytes", "Bytes of the indexes of RAM entries.")
        case .connectionBytes:
            MetricInfo(
                "cairn_connection_bytes", unit: "bytes",
                "Bytes of connections' buffers and unsent replies.")
        case .pinnedEntries:
            MetricInfo(
                "cairn_pinned_entries", unit: "entries",
                "Removed entries whose bytes a send still uses.")
        case .connections:
            MetricInfo("cairn_connections", unit: "connections", "Client connections open.")
        case .subscriptions:
            MetricInfo(
                "cairn_subscriptions", unit: "subscriptions",
                "Channels and patterns that clients follow.")
        case .trackedKeys:
            MetricInfo(
                "cairn_tracked_keys", unit: "keys", "Keys that clients cache with CLIENT TRACKING.")
        case .watchedKeys:
            MetricInfo("cairn_watched_keys", unit: "keys", "Keys under WATCH.")
        case .longestTurn:
            MetricInfo(
                "cairn_loop_turn_longest_seconds", unit: "seconds",
                "Longest pause: the longest turn of a shard's loop since start or reset.",
                merge: .maximum, scale: 1e-9)
        }
    }
}
