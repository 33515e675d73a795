import Cairn

/// The keys of a configuration, in the order in which `cairn config print` writes them.
package enum ConfigSchema {
    /// One day, in microseconds.
    private static let day = 86_400_000_000
    /// The largest size taken anywhere: 1 PiB.
    private static let sizeMax = 1 << 50

    /// Keys of the root that hold one value.
    package static let root: [ConfigKey<Configuration>] = door + shape + messages + seed

    /// Keys of the root that hold mappings.
    package static let sections: [(name: String, help: String)] = [
        ("l1", "The RAM level; its keys are those of a level, below."),
        ("l2", "The SSD level. Checked for form; this version refuses to start with it."),
        ("l3", "The network level. Checked for form; this version refuses to start with it."),
        ("volumes", "Block devices by name. Checked for form; refused at start."),
        ("trees", "Origins by key prefix. Checked for form; refused at start."),
    ]

    private static let door: [ConfigKey<Configuration>] = [
        .custom(
            KeyText("listen", "127.0.0.1:6390", "Addresses for RESP over TCP; `[]` for none."),
            form: "HOST:PORT or a list", \.listen, read: readAddresses, show: showAddresses),
        .text(
            KeyText("unix", "none", "Path of a unix socket for RESP, mode 0600."),
            form: "path", \.unix),
        .custom(
            KeyText("nbd", "none", "Address for NBD. Refused at start by this version."),
            form: "HOST:PORT", \.nbd, read: readAddress, show: showAddress),
        .custom(
            KeyText("stats", "127.0.0.1:9390", "Address of the stats port, or `off`."),
            form: "HOST:PORT or off", \.stats, read: readStats, show: showStats),
        .flag(
            KeyText(
                "insecure", "false",
                "Allows addresses other machines can reach without a password."),
            \.insecure),
        .text(
            KeyText(
                "password", "none", "Password of the user `default` (AUTH, HELLO).", reload: true),
            \.password, isSecret: true),
        .text(
            KeyText(
                "password_file", "none",
                "File whose first line is the password; instead of `password`.", reload: true),
            form: "path", \.passwordFile),
    ]

    private static let shape: [ConfigKey<Configuration>] = [
        .number(
            KeyText("shards", "one a usable core", "Number of shards, each a pinned thread."),
            \.shards, 1...256),
        .custom(
            KeyText("cpus", "chosen from the topology", "Processors to pin the shards to."),
            form: CPUList.form, \.cpus, read: readCPUs, show: { "'\(CPUList.format($0))'" }),
        .size(
            KeyText(
                "memory_limit", "a quarter of the machine's RAM, at least 256MiB",
                "The one memory number: resident bytes the process stays below."),
            \.memoryLimit, MemoryRules.limitMin...sizeMax),
        .size(
            KeyText(
                "max_value_size", "64MiB, less if memory_limit is small",
                "Largest value taken."),
            \.maxValueSize, 4_096...(512 << 20)),
        .number(
            KeyText(
                "max_connections", "10000", "Client connections open at once.", reload: true),
            \.maxConnections, 1...1_000_000),
        .duration(
            KeyText(
                "idle_timeout", "0s", "Closes clients silent for this long; 0: never.",
                reload: true),
            \.idleTimeout, 0...(365 * day)),
        .size(
            KeyText(
                "output_limit", "256MiB",
                "Closes clients whose unread messages pass this; of replies 1MiB queue up.",
                reload: true),
            \.outputLimit, (64 << 10)...(64 << 30)),
        .duration(
            KeyText(
                "stall_timeout", "1m",
                "Closes clients that do not read their replies for this long; "
                    + "0: only when others need the memory.",
                reload: true),
            \.stallTimeout, 0...(365 * day)),
        .duration(
            KeyText(
                "spin", "0s", "How long a shard polls before it sleeps; 0: sleeps at once.",
                reload: true),
            \.spin, 0...1_000_000),
        .custom(
            KeyText(
                "zero_copy_min", "off", "Values from this size on are sent without a copy."),
            form: "size or off", \.zeroCopyMin, read: readZeroCopy, show: showZeroCopy),
        .number(
            KeyText(
                "tracking_keys_max", "1000000",
                "Keys followed for CLIENT TRACKING; beyond it some are invalidated early.",
                reload: true),
            \.trackingKeysMax, 0...1_000_000_000),
    ]

    private static let messages: [ConfigKey<Configuration>] = [
        .custom(
            KeyText(
                "slowlog_slower_than", "10ms", "Commands slower than this go to SLOWLOG, or `off`.",
                reload: true),
            form: "duration or off", \.slowlogSlowerThan, read: readSlowlog, show: showSlowlog),
        .number(
            KeyText("slowlog_max_len", "128", "Entries SLOWLOG keeps.", reload: true),
            \.slowlogMaxLen, 0...100_000),
        .custom(
            KeyText("log_level", "info", "Least level logged to standard error.", reload: true),
            form: "one of trace, debug, info, notice, warning, error, critical", \.logLevel,
            read: readLogLevel, show: { $0 }),
    ]

    private static let seed: [ConfigKey<Configuration>] = [
        .flag(
            KeyText("enable_prefetch", "false", "Prefetch from lower levels; true is refused."),
            \.enablePrefetch),
        .flag(
            KeyText(
                "enable_coalescing", "false", "Merges writes to lower levels; true is refused."),
            \.enableCoalescing),
        .flag(
            KeyText("enable_coherence", "false", "Coherence between nodes; true is refused."),
            \.enableCoherence),
        .duration(
            KeyText("sync_interval", "none", "Interval of level synchronisation; without effect."),
            \.syncInterval, 1_000_000...day),
        .duration(
            KeyText(
                "cleanup_interval", "5m", "One full pass of the expiry sweep takes this long."),
            \.cleanupInterval, 1_000_000...day),
        .flag(
            KeyText("compression_enabled", "false", "Compresses on lower levels; true is refused."),
            \.compressionEnabled),
        .flag(
            KeyText("encryption_enabled", "false", "Encrypts on lower levels; true is refused."),
            \.encryptionEnabled),
    ]

    /// Keys of `l1`, `l2`, `l3`.
    package static let level: [ConfigKey<LevelConfiguration>] = [
        .size(
            KeyText(
                "max_size", "what memory_limit leaves",
                "Bytes of entries, metadata included, the level holds."),
            \.maxSize, (1 << 20)...sizeMax),
        .number(
            KeyText("max_entries", "none", "Entries the level holds; 0: no bound.", reload: true),
            \.maxEntries, 0...1_000_000_000_000),
        .duration(
            KeyText(
                "ttl", "none", "Time to live of entries written without one; 0: none.",
                reload: true),
            \.ttl, 0...(3_650 * day)),
        .choice(
            KeyText(
                "eviction_policy", "lru", "What leaves first when the level is full.",
                reload: true),
            \.evictionPolicy),
        .flag(
            KeyText("write_behind", "false", "Writes reach the level below later."),
            \.writeBehind),
        .flag(
            KeyText("write_through", "true", "Writes reach the level below at once."),
            \.writeThrough),
        .flag(KeyText("persistent", "false", "Entries survive a restart."), \.persistent),
        .text(
            KeyText("storage_path", "none", "Where the level keeps its data."), form: "path",
            \.storagePath),
        .size(
            KeyText("block_size", "4KiB in l1", "Base block; fixed at 4KiB in l1."),
            \.blockSize, 512...(1 << 20)),
    ]
}

/// Keys of the named things that later versions serve.
extension ConfigSchema {
    package static let volume: [ConfigKey<VolumeConfiguration>] = [
        .size(KeyText("size", "required", "Size of the device."), \.size, (1 << 20)...(1 << 50)),
        .text(
            KeyText("origin", "none", "Where the blocks come from."), form: "path or URI",
            \.origin),
        .choice(KeyText("mode", "write-through", "How writes reach the origin."), \.mode),
    ]

    package static let tree: [ConfigKey<TreeConfiguration>] = [
        .text(
            KeyText("origin", "required", "Directory or bucket behind the prefix."),
            form: "path or URI", \.origin),
        .choice(KeyText("mode", "write-through", "How writes reach the origin."), \.mode),
    ]
}
