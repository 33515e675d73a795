/// What `COMMAND INFO` says of each subcommand.
///
/// The facts are those of redis-server 7.0 (`client|setinfo`, `client|no-touch`: 7.2).
extension CommandTable {
    /// The facts about `id`; the name is the full one, `client|list`.
    package static func spec(_ id: SubcommandID) -> CommandSpec {
        switch id {
        // OBJECT
        case .objectEncoding:
            CommandSpec(
                "object|encoding", 3, [.readonly], keys: .init(2, 2, 1, [.readOnly]),
                in: .keyspace, tips: "nondeterministic_output")
        case .objectFreq:
            CommandSpec(
                "object|freq", 3, [.readonly], keys: .init(2, 2, 1, [.readOnly]), in: .keyspace,
                tips: "nondeterministic_output")
        case .objectIdletime:
            CommandSpec(
                "object|idletime", 3, [.readonly], keys: .init(2, 2, 1, [.readOnly]),
                in: .keyspace, tips: "nondeterministic_output")
        case .objectRefcount:
            CommandSpec(
                "object|refcount", 3, [.readonly], keys: .init(2, 2, 1, [.readOnly]),
                in: .keyspace, tips: "nondeterministic_output")
        case .objectHelp: CommandSpec("object|help", 2, [.loading, .stale], in: .keyspace)
        // CLIENT
        case .clientId: CommandSpec("client|id", 2, [.noScript, .loading, .stale], in: .connection)
        case .clientGetname:
            CommandSpec(
                "client|getname", 2, [.noScript, .loading, .stale], in: .connection)
        case .clientSetname:
            CommandSpec(
                "client|setname", 3, [.noScript, .loading, .stale], in: .connection)
        case .clientSetinfo:
            CommandSpec(
                "client|setinfo", 4, [.noScript, .loading, .stale], in: .connection)
        case .clientInfo:
            CommandSpec(
                "client|info", 2, [.noScript, .loading, .stale], in: .connection,
                tips: "nondeterministic_output")
        case .clientList:
            CommandSpec(
                "client|list", -2, [.admin, .noScript, .loading, .stale], in: .connection,
                tips: "nondeterministic_output")
        case .clientKill:
            CommandSpec(
                "client|kill", -3, [.admin, .noScript, .loading, .stale], in: .connection)
        case .clientPause:
            CommandSpec(
                "client|pause", -3, [.admin, .noScript, .loading, .stale], in: .connection)
        case .clientUnpause:
            CommandSpec(
                "client|unpause", 2, [.admin, .noScript, .loading, .stale], in: .connection)
        case .clientReply:
            CommandSpec(
                "client|reply", 3, [.noScript, .loading, .stale], in: .connection)
        case .clientTracking:
            CommandSpec(
                "client|tracking", -3, [.noScript, .loading, .stale], in: .connection)
        case .clientTrackinginfo:
            CommandSpec(
                "client|trackinginfo", 2, [.noScript, .loading, .stale], in: .connection)
        case .clientGetredir:
            CommandSpec(
                "client|getredir", 2, [.noScript, .loading, .stale], in: .connection)
        case .clientCaching:
            CommandSpec(
                "client|caching", 3, [.noScript, .loading, .stale], in: .connection)
        case .clientUnblock:
            CommandSpec(
                "client|unblock", -3, [.admin, .noScript, .loading, .stale], in: .connection)
        case .clientNoEvict:
            CommandSpec(
                "client|no-evict", 3, [.admin, .noScript, .loading, .stale], in: .connection)
        case .clientNoTouch:
            CommandSpec(
                "client|no-touch", 3, [.noScript, .loading, .stale], in: .connection)
        case .clientHelp: CommandSpec("client|help", 2, [.loading, .stale], in: .connection)
        // PUBSUB
        case .pubsubChannels: CommandSpec("pubsub|channels", -2, [.pubsub, .loading, .stale])
        case .pubsubNumsub: CommandSpec("pubsub|numsub", -2, [.pubsub, .loading, .stale])
        case .pubsubNumpat: CommandSpec("pubsub|numpat", 2, [.pubsub, .loading, .stale])
        case .pubsubHelp: CommandSpec("pubsub|help", 2, [.loading, .stale])
        // CONFIG
        case .configGet: CommandSpec("config|get", -3, [.admin, .noScript, .loading, .stale])
        case .configSet:
            CommandSpec(
                "config|set", -4, [.admin, .noScript, .loading, .stale],
                tips: "request_policy:all_nodes response_policy:all_succeeded")
        case .configResetstat:
            CommandSpec(
                "config|resetstat", 2, [.admin, .noScript, .loading, .stale])
        case .configRewrite:
            CommandSpec("config|rewrite", 2, [.admin, .noScript, .loading, .stale])
        case .configHelp: CommandSpec("config|help", 2, [.loading, .stale])
        // COMMAND
        case .commandCount: CommandSpec("command|count", 2, [.loading, .stale], in: .connection)
        case .commandDocs:
            CommandSpec(
                "command|docs", -2, [.loading, .stale], in: .connection,
                tips: "nondeterministic_output_order")
        case .commandInfo:
            CommandSpec(
                "command|info", -2, [.loading, .stale], in: .connection,
                tips: "nondeterministic_output_order")
        case .commandList:
            CommandSpec(
                "command|list", -2, [.loading, .stale], in: .connection,
                tips: "nondeterministic_output_order")
        case .commandGetkeys:
            CommandSpec(
                "command|getkeys", -4, [.loading, .stale], in: .connection)
        case .commandGetkeysandflags:
            CommandSpec(
                "command|getkeysandflags", -4, [.loading, .stale], in: .connection)
        case .commandHelp: CommandSpec("command|help", 2, [.loading, .stale], in: .connection)
        // MEMORY
        case .memoryUsage:
            CommandSpec(
                "memory|usage", -3, [.readonly], keys: .init(2, 2, 1, [.readOnly]))
        case .memoryStats:
            CommandSpec(
                "memory|stats", 2, [],
                tips: "nondeterministic_output request_policy:all_shards response_policy:special")
        case .memoryDoctor:
            CommandSpec(
                "memory|doctor", 2, [],
                tips: "nondeterministic_output request_policy:all_shards response_policy:special")
        case .memoryMallocStats:
            CommandSpec(
                "memory|malloc-stats", 2, [],
                tips: "nondeterministic_output request_policy:all_shards response_policy:special")
        case .memoryPurge:
            CommandSpec(
                "memory|purge", 2, [],
                tips: "request_policy:all_shards response_policy:all_succeeded")
        case .memoryHelp: CommandSpec("memory|help", 2, [.loading, .stale])
        // SLOWLOG
        case .slowlogGet:
            CommandSpec(
                "slowlog|get", -2, [.admin, .loading, .stale],
                tips: "request_policy:all_nodes nondeterministic_output")
        case .slowlogLen:
            CommandSpec(
                "slowlog|len", 2, [.admin, .loading, .stale],
                tips: "request_policy:all_nodes response_policy:agg_sum nondeterministic_output")
        case .slowlogReset:
            CommandSpec(
                "slowlog|reset", 2, [.admin, .loading, .stale],
                tips: "request_policy:all_nodes response_policy:all_succeeded")
        case .slowlogHelp: CommandSpec("slowlog|help", 2, [.loading, .stale])
        // LATENCY
        case .latencyLatest:
            CommandSpec(
                "latency|latest", 2, [.admin, .noScript, .loading, .stale],
                tips: "nondeterministic_output request_policy:all_nodes response_policy:special")
        case .latencyHistory:
            CommandSpec(
                "latency|history", 3, [.admin, .noScript, .loading, .stale],
                tips: "nondeterministic_output request_policy:all_nodes response_policy:special")
        case .latencyReset:
            CommandSpec(
                "latency|reset", -2, [.admin, .noScript, .loading, .stale],
                tips: "request_policy:all_nodes response_policy:all_succeeded")
        case .latencyGraph:
            CommandSpec(
                "latency|graph", 3, [.admin, .noScript, .loading, .stale],
                tips: "nondeterministic_output request_policy:all_nodes response_policy:special")
        case .latencyDoctor:
            CommandSpec(
                "latency|doctor", 2, [.admin, .noScript, .loading, .stale],
                tips: "nondeterministic_output request_policy:all_nodes response_policy:special")
        case .latencyHistogram:
            CommandSpec(
                "latency|histogram", -2, [.admin, .noScript, .loading, .stale],
                tips: "nondeterministic_output request_policy:all_nodes response_policy:special")
        case .latencyHelp: CommandSpec("latency|help", 2, [.loading, .stale])
        }
    }
}
