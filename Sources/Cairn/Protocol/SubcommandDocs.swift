extension CommandTable {
    /// What `COMMAND DOCS` says of `id`.
    package static func docs(_ id: SubcommandID) -> CommandDocs {
        switch id {
        // OBJECT
        case .objectEncoding:
            CommandDocs(
                "generic", since: "2.2.3", "O(1)",
                "Inspect the internal encoding of a Redis object")
        case .objectFreq:
            CommandDocs(
                "generic", since: "4.0.0", "O(1)",
                "Get the logarithmic access frequency counter of a Redis object")
        case .objectIdletime:
            CommandDocs(
                "generic", since: "2.2.3", "O(1)",
                "Get the time since a Redis object was last accessed")
        case .objectRefcount:
            CommandDocs(
                "generic", since: "2.2.3", "O(1)",
                "Get the number of references to the value of the key")
        case .objectHelp:
            CommandDocs(
                "generic", since: "6.2.0", "O(1)",
                "Show helpful text about the different subcommands")
        // CLIENT
        case .clientId:
            CommandDocs(
                "connection", since: "5.0.0", "O(1)",
                "Returns the client ID for the current connection")
        case .clientGetname:
            CommandDocs(
                "connection", since: "2.6.9", "O(1)",
                "Get the current connection name")
        case .clientSetname:
            CommandDocs(
                "connection", since: "2.6.9", "O(1)",
                "Set the current connection name")
        case .clientSetinfo:
            CommandDocs(
                "connection", since: "7.2.0", "O(1)",
                "Set client or connection specific info")
        case .clientInfo:
            CommandDocs(
                "connection", since: "6.2.0", "O(1)",
                "Returns information about the current client connection")
        case .clientList:
            CommandDocs(
                "connection", since: "2.4.0", "O(N) where N is the number of client connections",
                "Get the list of client connections")
        case .clientKill:
            CommandDocs(
                "connection", since: "2.4.0", "O(N) where N is the number of client connections",
                "Kill the connection of a client")
        case .clientPause:
            CommandDocs(
                "connection", since: "2.9.50", "O(1)",
                "Stop processing commands from clients for some time")
        case .clientUnpause:
            CommandDocs(
                "connection", since: "6.2.0", "O(N) Where N is the number of paused clients",
                "Resume processing of clients that were paused")
        case .clientReply:
            CommandDocs(
                "connection", since: "3.2.0", "O(1)",
                "Instruct the server whether to reply to commands")
        case .clientTracking:
            CommandDocs(
                "connection", since: "6.0.0",
                "O(1). Some options may introduce additional complexity.",
                "Enable or disable server assisted client side caching support")
        case .clientTrackinginfo:
            CommandDocs(
                "connection", since: "6.2.0", "O(1)",
                "Return information about server assisted client side caching for the current connection"
            )
        case .clientGetredir:
            CommandDocs(
                "connection", since: "6.0.0", "O(1)",
                "Get tracking notifications redirection client ID if any")
        case .clientCaching:
            CommandDocs(
                "connection", since: "6.0.0", "O(1)",
                "Instruct the server about tracking or not keys in the next request")
        case .clientUnblock:
            CommandDocs(
                "connection", since: "5.0.0",
                "O(log N) where N is the number of client connections",
                "Unblock a client blocked in a blocking command from a different connection")
        case .clientNoEvict:
            CommandDocs(
                "connection", since: "7.0.0", "O(1)",
                "Set client eviction mode for the current connection")
        case .clientNoTouch:
            CommandDocs(
                "connection", since: "7.2.0", "O(1)",
                "Controls whether commands sent by the client will alter the LRU/LFU of the keys they access"
            )
        case .clientHelp:
            CommandDocs(
                "connection", since: "5.0.0", "O(1)",
                "Show helpful text about the different subcommands")
        // PUBSUB
        case .pubsubChannels:
            CommandDocs(
                "pubsub", since: "2.8.0",
                "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
                "List active channels")
        case .pubsubNumsub:
            CommandDocs(
                "pubsub", since: "2.8.0",
                "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
                "Get the count of subscribers for channels")
        case .pubsubNumpat:
            CommandDocs(
                "pubsub", since: "2.8.0", "O(1)",
                "Get the count of unique patterns pattern subscriptions")
        case .pubsubHelp:
            CommandDocs(
                "pubsub", since: "6.2.0", "O(1)",
                "Show helpful text about the different subcommands")
        // CONFIG
        case .configGet:
            CommandDocs(
                "server", since: "2.0.0",
                "O(N) when N is the number of configuration parameters provided",
                "Get the values of configuration parameters")
        case .configSet:
            CommandDocs(
                "server", since: "2.0.0",
                "O(N) when N is the number of configuration parameters provided",
                "Set configuration parameters to the given values")
        case .configResetstat:
            CommandDocs(
                "server", since: "2.0.0", "O(1)",
                "Reset the stats returned by INFO")
        case .configRewrite:
            CommandDocs(
                "server", since: "2.8.0", "O(1)",
                "Rewrite the configuration file with the in memory configuration")
        case .configHelp:
            CommandDocs(
                "server", since: "5.0.0", "O(1)",
                "Show helpful text about the different subcommands")
        // COMMAND
        case .commandCount:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Get total number of Redis commands")
        case .commandDocs:
            CommandDocs(
                "server", since: "7.0.0", "O(N) where N is the number of commands to look up",
                "Get array of specific Redis command documentation")
        case .commandInfo:
            CommandDocs(
                "server", since: "2.8.13", "O(N) where N is the number of commands to look up",
                "Get array of specific Redis command details, or all when no argument is given")
        case .commandList:
            CommandDocs(
                "server", since: "7.0.0", "O(N) where N is the total number of Redis commands",
                "Get an array of Redis command names")
        case .commandGetkeys:
            CommandDocs(
                "server", since: "2.8.13", "O(N) where N is the number of arguments to the command",
                "Extract keys given a full Redis command")
        case .commandGetkeysandflags:
            CommandDocs(
                "server", since: "7.0.0", "O(N) where N is the number of arguments to the command",
                "Extract keys and access flags given a full Redis command")
        case .commandHelp:
            CommandDocs(
                "server", since: "5.0.0", "O(1)",
                "Show helpful text about the different subcommands")
        // MEMORY
        case .memoryUsage:
            CommandDocs(
                "server", since: "4.0.0", "O(N) where N is the number of samples.",
                "Estimate the memory usage of a key")
        case .memoryStats:
            CommandDocs(
                "server", since: "4.0.0", "O(1)",
                "Show memory usage details")
        case .memoryDoctor:
            CommandDocs(
                "server", since: "4.0.0", "O(1)",
                "Outputs memory problems report")
        case .memoryMallocStats:
            CommandDocs(
                "server", since: "4.0.0", "Depends on how much memory is allocated, could be slow",
                "Show allocator internal stats")
        case .memoryPurge:
            CommandDocs(
                "server", since: "4.0.0", "Depends on how much memory is allocated, could be slow",
                "Ask the allocator to release memory")
        case .memoryHelp:
            CommandDocs(
                "server", since: "4.0.0", "O(1)",
                "Show helpful text about the different subcommands")
        // SLOWLOG
        case .slowlogGet:
            CommandDocs(
                "server", since: "2.2.12", "O(N) where N is the number of entries returned",
                "Get the slow log's entries")
        case .slowlogLen:
            CommandDocs(
                "server", since: "2.2.12", "O(1)",
                "Get the slow log's length")
        case .slowlogReset:
            CommandDocs(
                "server", since: "2.2.12", "O(N) where N is the number of entries in the slowlog",
                "Clear all entries from the slow log")
        case .slowlogHelp:
            CommandDocs(
                "server", since: "6.2.0", "O(1)",
                "Show helpful text about the different subcommands")
        // LATENCY
        case .latencyLatest:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Return the latest latency samples for all events")
        case .latencyHistory:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Return timestamp-latency samples for the event")
        case .latencyReset:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Reset latency data for one or more events")
        case .latencyGraph:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Return a latency graph for the event")
        case .latencyDoctor:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Return a human readable latency analysis report")
        case .latencyHistogram:
            CommandDocs(
                "server", since: "7.0.0",
                "O(N) where N is the number of commands with latency information being retrieved.",
                "Return the cumulative distribution of latencies of a subset of commands or all")
        case .latencyHelp:
            CommandDocs(
                "server", since: "2.8.13", "O(1)",
                "Show helpful text about the different subcommands")
        }
    }
}
