import Cairn

/// Every metric family `/metrics` can show, with its type and labels: the one list that rendering,
/// `docs/METRICS.md` and the dashboard's test agree on.
package struct MetricFamily: Sendable, Equatable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package var name: String
    package var kind: Kind
    package var unit: String
    package var labels: [String]
    package var help: String
}

package enum MetricCatalogue {
    /// Families in the order in which they are shown.
    package static let all: [MetricFamily] =
        ServerMetric.allCases.map(\.family) + fromCounters + fromGauges
        + [commandDuration, turnDuration] + ShardMetric.allCases.map(\.family)
        + SlabMetric.allCases.map(\.family)

    static let fromCounters = families(Counter.allCases.map(\.info), .counter)
    static let fromGauges = families(Gauge.allCases.map(\.info), .gauge)

    static let commandDuration = MetricFamily(
        name: "cairn_command_duration_seconds", kind: .histogram, unit: "seconds",
        labels: ["class", "tier"],
        help: "Time from a request's last byte to its reply, by command class and tier.")

    static let turnDuration = MetricFamily(
        name: "cairn_loop_turn_duration_seconds", kind: .histogram, unit: "seconds", labels: [],
        help: "Work of one turn of a shard's loop, without its sleep.")

    private static func families(
        _ infos: [MetricInfo], _ kind: MetricFamily.Kind
    ) -> [MetricFamily] {
        var list: [MetricFamily] = []
        for info in infos where !list.contains(where: { $0.name == info.name }) {
            list.append(
                MetricFamily(
                    name: info.name, kind: kind, unit: info.unit,
                    labels: info.label.map { [$0.name] } ?? [], help: info.help))
        }
        return list
    }
}

/// Metrics of the process as a whole.
enum ServerMetric: CaseIterable {
    case build, ready, startTime, uptime, shards, memoryLimit, maxConnections
    case resident, cpu, files

    var family: MetricFamily {
        func gauge(
            _ name: String, _ unit: String, _ help: String, labels: [String] = [],
            kind: MetricFamily.Kind = .gauge
        ) -> MetricFamily {
            MetricFamily(name: name, kind: kind, unit: unit, labels: labels, help: help)
        }
        return switch self {
        case .build:
            gauge(
                "cairn_build_info", "info", "Always 1; the version is a label.", labels: ["version"]
            )
        case .ready: gauge("cairn_ready", "boolean", "1 if /readyz answers 200, else 0.")
        case .startTime:
            gauge("process_start_time_seconds", "seconds", "Unix time of the start.")
        case .uptime: gauge("cairn_uptime_seconds", "seconds", "Time since the start.")
        case .shards: gauge("cairn_shards", "shards", "Shards of this server.")
        case .memoryLimit:
            gauge("cairn_memory_limit_bytes", "bytes", "memory_limit of the configuration.")
        case .maxConnections:
            gauge("cairn_max_connections", "connections", "max_connections of the configuration.")
        case .resident:
            gauge("process_resident_memory_bytes", "bytes", "Resident memory of the process.")
        case .cpu:
            gauge(
                "process_cpu_seconds_total", "seconds", "User and system time of the process.",
                kind: .counter)
        case .files: gauge("process_open_fds", "files", "Open file descriptors.")
        }
    }

    func value(_ state: ServerState) -> Double {
        switch self {
        case .build: 1
        case .ready: state.notReady.isEmpty ? 1 : 0
        case .startTime: state.startTime
        case .uptime: state.uptimeSeconds
        case .shards: Double(state.shards.count)
        case .memoryLimit: Double(state.memoryLimit)
        case .maxConnections: Double(state.maxConnections)
        case .resident: Double(state.process.residentBytes)
        case .cpu: state.process.cpuSeconds
        case .files: Double(state.process.openFiles)
        }
    }
}

/// The few metrics that are shown for each shard: enough to see an imbalance.
enum ShardMetric: CaseIterable {
    case commands, busy, entries, longestTurn

    var family: MetricFamily {
        let (name, kind, unit, help): (String, MetricFamily.Kind, String, String) =
            switch self {
            case .commands:
                ("cairn_shard_commands_total", .counter, "commands", "Commands run by the shard.")
            case .busy:
                (
                    "cairn_shard_busy_seconds_total", .counter, "seconds",
                    "Time the shard's loop worked rather than slept."
                )
            case .entries:
                ("cairn_shard_entries", .gauge, "entries", "Entries in the shard's slice of RAM.")
            case .longestTurn:
                (
                    "cairn_shard_loop_turn_longest_seconds", .gauge, "seconds",
                    "Longest turn of the shard's loop since start or reset."
                )
            }
        return MetricFamily(name: name, kind: kind, unit: unit, labels: ["shard"], help: help)
    }

    func value(_ shard: StatsSnapshot) -> Double {
        switch self {
        case .commands: Double(shard.commands)
        case .busy: Double(shard.turns.sum) * 1e-9
        case .entries: Double(shard[.entries])
        case .longestTurn: Double(shard[.longestTurn]) * 1e-9
        }
    }
}

/// Metrics of a slab class, summed over the shards.
enum SlabMetric: CaseIterable {
    case pages, chunks, chunksUsed

    var family: MetricFamily {
        let (name, unit, help) =
            switch self {
            case .pages: ("cairn_slab_class_pages", "pages", "Slab pages of the size class.")
            case .chunks: ("cairn_slab_class_chunks", "chunks", "Chunks of the size class.")
            case .chunksUsed:
                ("cairn_slab_class_chunks_used", "chunks", "Chunks of the size class in use.")
            }
        return MetricFamily(
            name: name, kind: .gauge, unit: unit, labels: ["chunk_bytes"], help: help)
    }

    func value(_ slab: SlabClassState) -> Double {
        switch self {
        case .pages: Double(slab.pages)
        case .chunks: Double(slab.chunks)
        case .chunksUsed: Double(slab.chunksUsed)
        }
    }
}
