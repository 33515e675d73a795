/// What a running server is told: the values of the configuration after parsing and validation.
///
/// Pure values. The control plane (`CairnServer`) makes them from YAML and flags and has checked
/// every bound; the data path reads them once at start, and again when `CONFIG SET` or a reload
/// changes one that can change.

/// How a level chooses what to evict (seed: `eviction_policy`).
package enum EvictionPolicyKind: String, Sendable, CaseIterable {
    case lru, lfu, ttl, adaptive
}

/// A TCP address to listen on.
package struct ListenAddress: Sendable, Equatable {
    /// A numeric IPv4 or IPv6 address.
    package var host: String
    /// 0 lets the kernel choose; `CacheServer.boundPort` tells which.
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// Settings of the RAM level (seed: `l1`).
package struct L1Settings: Sendable, Equatable {
    /// Upper bound of key and value bytes with their metadata; `nil`: what `memory_limit` leaves.
    package var maxSize: Int?
    /// Upper bound of entries; `nil`: none but memory.
    package var maxEntries: Int?
    /// Time to live of entries written without one, in milliseconds; `nil`: none.
    package var ttlMilliseconds: Int?
    package var evictionPolicy: EvictionPolicyKind = .lru
    package init() {}
}

/// Everything the data path needs to start.
package struct ServerSettings: Sendable, Equatable {
    /// RESP over TCP; empty: none.
    package var listen: [ListenAddress] = [ListenAddress(host: "127.0.0.1", port: 6390)]
    /// RESP over a unix socket, mode 0600; `nil`: none.
    package var unixPath: String?
    /// Number of shards, 1 ... 256; `nil`: one for each usable core.
    package var shards: Int?
    /// Processors to pin the shards to, in order; `nil`: chosen from the topology.
    package var cpus: [Int]?
    /// The one memory number: resident bytes the process stays below.
    package var memoryLimit: Int = 1 << 30
    /// Largest value in bytes, at most 512 MiB.
    package var maxValueSize: Int = 64 << 20
    /// Largest number of client connections.
    package var maxConnections: Int = 10_000
    package var l1 = L1Settings()
    /// Interval of the expiry sweep's full pass, in milliseconds (seed: `cleanup_interval`).
    package var cleanupIntervalMilliseconds: Int = 300_000
    /// A client that is silent this long is closed; 0: never (Redis: `timeout`), in seconds.
    package var idleTimeoutSeconds: Int = 0
    /// Bytes of replies a client may leave unread before it is closed.
    package var outputLimitBytes: Int = 256 << 20
    /// A client whose unread replies make no progress for this long is closed, in milliseconds; 0:
    /// only when others need the memory.
    package var stallTimeoutMilliseconds: Int = 60_000
    /// Password of the `default` user; `nil`: no authentication.
    package var password: String?
    /// Microseconds a shard polls before it sleeps; 0: sleeps at once.
    package var spinMicroseconds: Int = 0
    /// Values of at least this many bytes are sent with MSG_ZEROCOPY; `nil`: never.
    package var zeroCopySendBytesMin: Int?
    /// `slowlog-log-slower-than`, microseconds; negative: off.
    package var slowlogMicroseconds: Int = 10_000
    /// `slowlog-max-len`.
    package var slowlogLengthMax: Int = 128
    /// `tracking-table-max-keys`, over all shards.
    package var trackingKeysMax: Int = 1_000_000
    package init() {}
}
