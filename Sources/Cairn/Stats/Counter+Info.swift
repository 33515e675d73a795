/// The outside names of the counters.
extension Counter {
    /// Name, unit, text and label of this counter.
    package var info: MetricInfo {
        switch self {
        case .commandsGet, .commandsSet, .commandsDelete, .commandsOtherRead, .commandsOtherWrite,
            .commandsPubsub, .commandsConnection, .commandsAdmin:
            return MetricInfo(
                "cairn_commands_total", unit: "commands", "Commands run, by class.",
                label: ("class", commandClass?.label ?? ""))
        case .commandsFailed:
            return MetricInfo(
                "cairn_commands_failed_total", unit: "commands",
                "Commands answered with an error reply.")
        case .hitsRAM, .missesAbsent, .missesExpired: return lookupInfo
        case .evictionsMemory, .evictionsMaxSize, .evictionsMaxEntries, .evictionsRebalance,
            .evictionsPriority, .expirationsAccess, .expirationsSweep, .expirationSweepSteps:
            return departureInfo
        case .refusalsMemory, .refusalsValueTooLarge, .refusalsKeyTooLarge, .refusalsMaxClients,
            .refusalsAuthentication:
            return refusalInfo
        case .connectionsAccepted, .closedClient, .closedTimeout, .closedOutputLimit,
            .closedProtocolError, .closedKilled, .closedSocketError, .closedShutdown,
            .closedStalled, .closedInputLimit, .protocolErrors:
            return connectionInfo
        case .bytesReceived, .bytesSent, .receives, .sends, .receiveBuffersExhausted,
            .zeroCopySends, .zeroCopyCopied:
            return networkInfo
        case .loopTurns, .kernelEntries, .sleeps, .completions, .staleCompletions,
            .submissionQueueFull:
            return loopInfo
        case .crossShardSent, .crossShardServed, .crossShardWaited, .mailboxFull, .wakesSent:
            return crossShardInfo
        default: return otherInfo
        }
    }

    /// The class this counter counts commands of, if it does.
    private var commandClass: CommandClass? {
        CommandClass.allCases.first { $0.counter == self }
    }

    private var lookupInfo: MetricInfo {
        func miss(_ reason: String) -> MetricInfo {
            MetricInfo(
                "cairn_misses_total", unit: "lookups",
                "Lookups of a key that found no value, by reason.", label: ("reason", reason))
        }
        switch self {
        case .missesAbsent: return miss("absent")
        case .missesExpired: return miss("expired")
        default:
            return MetricInfo(
                "cairn_hits_total", unit: "lookups",
                "Lookups of a key that found a value, by the tier that held it.",
                label: ("tier", Tier.ram.label))
        }
    }

    private var departureInfo: MetricInfo {
        func eviction(_ reason: String) -> MetricInfo {
            MetricInfo(
                "cairn_evictions_total", unit: "entries",
                "Live entries removed to make room, by reason.", label: ("reason", reason))
        }
        func expiration(_ by: String) -> MetricInfo {
            MetricInfo(
                "cairn_expirations_total", unit: "entries",
                "Entries removed because their time to live was over, by who found them.",
                label: ("by", by))
        }
        switch self {
        case .evictionsMemory: return eviction("memory")
        case .evictionsMaxSize: return eviction("max_size")
        case .evictionsMaxEntries: return eviction("max_entries")
        case .evictionsRebalance: return eviction("rebalance")
        case .evictionsPriority: return eviction("priority")
        case .expirationsAccess: return expiration("access")
        case .expirationsSweep: return expiration("sweep")
        default:
            return MetricInfo(
                "cairn_expiration_sweep_steps_total", unit: "slices",
                "Bounded slices of the expiry sweep.")
        }
    }

    private var refusalInfo: MetricInfo {
        let reason =
            switch self {
            case .refusalsMemory: "memory"
            case .refusalsValueTooLarge: "value_too_large"
            case .refusalsKeyTooLarge: "key_too_large"
            case .refusalsMaxClients: "max_clients"
            default: "authentication"
            }
        return MetricInfo(
            "cairn_refusals_total", unit: "requests",
            "Writes, connections and log-ins refused, by reason.", label: ("reason", reason))
    }

    private var connectionInfo: MetricInfo {
        if self == .connectionsAccepted {
            return MetricInfo(
                "cairn_connections_accepted_total", unit: "connections",
                "Client connections accepted.")
        }
        if self == .protocolErrors {
            return MetricInfo(
                "cairn_protocol_errors_total", unit: "errors",
                "Input that no protocol allows; each one closes its connection.")
        }
        let reason =
            switch self {
            case .closedClient: "client"
            case .closedTimeout: "timeout"
            case .closedOutputLimit: "output_limit"
            case .closedProtocolError: "protocol_error"
            case .closedKilled: "killed"
            case .closedSocketError: "socket_error"
            case .closedStalled: "stalled"
            case .closedInputLimit: "input_limit"
            default: "shutdown"
            }
        return MetricInfo(
            "cairn_connections_closed_total", unit: "connections",
            "Client connections closed, by reason.", label: ("reason", reason))
    }
}
