import Cairn
import Foundation

/// `/stats`: the seed's `CacheStats` fields under their own names, and everything else besides.
///
/// The shape is a contract: fields are added, never renamed.
package struct StatsDocument: Codable, Sendable {
    // The seed's.
    package var hits: UInt64
    package var misses: UInt64
    package var evictions: UInt64
    package var total_size: UInt64
    package var max_size: UInt64
    package var entry_count: UInt64
    package var hit_ratio: Double
    package var prefetch_hits: UInt64
    package var write_coalescing: UInt64
    package var coherence_updates: UInt64

    // Cairn's.
    package var version: String
    package var start_time: Double
    package var uptime_seconds: Double
    package var ready: Bool
    package var not_ready: [String]
    package var commands: UInt64
    package var memory: Memory
    package var max_connections: Int
    package var cpu_seconds: Double
    /// By counter family without prefix and suffix, then by label value (`""` without a label).
    package var counters: [String: [String: UInt64]]
    package var gauges: [String: UInt64]
    package var classes: [String: Class]
    package var turns: Latency
    package var slab_classes: [Slab]
    package var shards: [Shard]
    /// Exclusive upper edges of the buckets in nanoseconds; the last bucket has none.
    package var bucket_edges_ns: [UInt64]

    package struct Memory: Codable, Sendable {
        package var limit_bytes: Int
        package var resident_bytes: Int
        package var arena_bytes: UInt64
        package var slab_assigned_bytes: UInt64
        package var slab_used_bytes: UInt64
        package var index_bytes: UInt64
        package var connection_bytes: UInt64
    }

    package struct Latency: Codable, Sendable {
        package var count: UInt64
        package var sum_ns: UInt64
        package var max_ns: UInt64
        package var p50_ns: UInt64
        package var p99_ns: UInt64
        package var p999_ns: UInt64
        /// Pairs of bucket number and count, only those that are not zero.
        package var buckets: [[UInt64]]

        init(_ latency: LatencySnapshot) {
            count = latency.count
            sum_ns = latency.sum
            max_ns = latency.maximum
            p50_ns = latency.percentile(0.5)
            p99_ns = latency.percentile(0.99)
            p999_ns = latency.percentile(0.999)
            buckets = latency.buckets.enumerated().filter { $0.element > 0 }
                .map { [UInt64($0.offset), $0.element] }
        }
    }

    package struct Class: Codable, Sendable {
        package var commands: UInt64
        package var latency: Latency
        /// The same by the tier that answered, only those that did.
        package var tiers: [String: Latency]
    }

    package struct Slab: Codable, Sendable {
        package var chunk_bytes: Int
        package var pages: Int
        package var chunks: Int
        package var chunks_used: Int
    }

    package struct Shard: Codable, Sendable {
        package var commands: UInt64
        package var hits: UInt64
        package var misses: UInt64
        package var entry_count: UInt64
        package var total_size: UInt64
        package var connections: UInt64
        package var busy_ns: UInt64
        package var longest_turn_ns: UInt64
    }
}

extension StatsDocument {
    package init(_ state: ServerState) {
        let all = StatsSnapshot.merged(state.shards)
        hits = all.hits
        misses = all.misses
        evictions = all.evictions
        total_size = all[.sizeBytes]
        max_size = all[.maxSizeBytes]
        entry_count = all[.entries]
        hit_ratio = all.hitRatio
        prefetch_hits = all[.prefetchHits]
        write_coalescing = all[.writeCoalescing]
        coherence_updates = all[.coherenceUpdates]
        version = state.version
        start_time = state.startTime
        uptime_seconds = state.uptimeSeconds
        ready = state.notReady.isEmpty
        not_ready = state.notReady
        commands = all.commands
        memory = Memory(
            limit_bytes: state.memoryLimit, resident_bytes: state.process.residentBytes,
            arena_bytes: all[.arenaBytes], slab_assigned_bytes: all[.slabAssignedBytes],
            slab_used_bytes: all[.slabUsedBytes], index_bytes: all[.indexBytes],
            connection_bytes: all[.connectionBytes])
        max_connections = state.maxConnections
        cpu_seconds = state.process.cpuSeconds
        counters = Self.counters(all)
        gauges = Dictionary(
            uniqueKeysWithValues: Gauge.allCases.map { (Self.short($0.info.name), all[$0]) })
        classes = Self.classes(all)
        turns = Latency(all.turns)
        slab_classes = all.slabClasses.map {
            Slab(
                chunk_bytes: $0.chunkBytes, pages: $0.pages, chunks: $0.chunks,
                chunks_used: $0.chunksUsed)
        }
        shards = state.shards.map(Shard.init)
        bucket_edges_ns = (0..<LatencyBuckets.count - 1).map { LatencyBuckets.upperBound($0) }
    }

    /// The JSON text; keys in alphabetical order, so that two documents can be compared by eye.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Plain numbers, texts and arrays always encode; a ratio is never NaN.
        guard let data = try? encoder.encode(self) else {
            ensureFailed("statistics that are no JSON", #fileID, #line)
        }
        return Array(data)
    }

    private static func counters(_ all: StatsSnapshot) -> [String: [String: UInt64]] {
        var table: [String: [String: UInt64]] = [:]
        for counter in Counter.allCases {
            let info = counter.info
            table[short(info.name), default: [:]][info.label?.value ?? ""] = all[counter]
        }
        return table
    }

    private static func classes(_ all: StatsSnapshot) -> [String: Class] {
        var table: [String: Class] = [:]
        for commandClass in CommandClass.allCases {
            var tiers: [String: Latency] = [:]
            for tier in Tier.allCases where all[commandClass, tier].count > 0 {
                tiers[tier.label] = Latency(all[commandClass, tier])
            }
            table[commandClass.label] = Class(
                commands: all[commandClass.counter], latency: Latency(all.latency(commandClass)),
                tiers: tiers)
        }
        return table
    }

    /// `cairn_misses_total` is `misses` here, `cairn_loop_turn_longest_seconds` (kept in
    /// nanoseconds) `loop_turn_longest_ns`.
    private static func short(_ name: String) -> String {
        var text = name.hasPrefix("cairn_") ? String(name.dropFirst(6)) : name
        if text.hasSuffix("_total") { text.removeLast(6) }
        if text.hasSuffix("_seconds") { text = text.dropLast(8) + "_ns" }
        return text
    }
}

extension StatsDocument.Shard {
    init(_ shard: StatsSnapshot) {
        commands = shard.commands
        hits = shard.hits
        misses = shard.misses
        entry_count = shard[.entries]
        total_size = shard[.sizeBytes]
        connections = shard[.connections]
        busy_ns = shard.turns.sum
        longest_turn_ns = shard[.longestTurn]
    }
}
