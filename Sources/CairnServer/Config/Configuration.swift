import Cairn

/// What a configuration file and the command line say, before defaults depend on the machine.
///
/// One field a key, in the vocabulary of the seed (`l1`, `enable_prefetch`, ...) plus Cairn's own
/// keys; `nil` is "not said". `ConfigSchema` ties fields to keys, `EffectiveConfiguration` fills in
/// what is not said.
package struct Configuration: Sendable, Equatable {
    // The seed's.
    package var l1: LevelConfiguration?
    package var l2: LevelConfiguration?
    package var l3: LevelConfiguration?
    package var enablePrefetch: Bool?
    package var enableCoalescing: Bool?
    package var enableCoherence: Bool?
    package var syncInterval: Int?
    package var cleanupInterval: Int?
    package var compressionEnabled: Bool?
    package var encryptionEnabled: Bool?

    // Where clients come in.
    package var listen: [ListenAddress]?
    package var unix: String?
    package var nbd: ListenAddress?
    package var stats: StatsAddress?
    package var insecure: Bool?
    package var password: String?
    package var passwordFile: String?

    // Size and shape.
    package var shards: Int?
    package var cpus: [Int]?
    package var memoryLimit: Int?
    package var maxValueSize: Int?
    package var maxConnections: Int?
    package var idleTimeout: Int?
    package var stallTimeout: Int?
    package var outputLimit: Int?
    package var spin: Int?
    package var zeroCopyMin: Int?
    package var trackingKeysMax: Int?

    // What is told to people.
    package var slowlogSlowerThan: Int?
    package var slowlogMaxLen: Int?
    package var logLevel: String?

    // Named things that later versions serve.
    package var volumes: [VolumeConfiguration] = []
    package var trees: [TreeConfiguration] = []

    package init() {}
}

/// One level in the seed's words; durations in microseconds.
package struct LevelConfiguration: Sendable, Equatable {
    package var maxSize: Int?
    package var maxEntries: Int?
    package var ttl: Int?
    package var evictionPolicy: EvictionPolicyKind?
    package var writeBehind: Bool?
    package var writeThrough: Bool?
    package var persistent: Bool?
    package var storagePath: String?
    package var blockSize: Int?

    package init() {}
}

/// Where the stats port listens, or that it doesn't.
package enum StatsAddress: Sendable, Equatable {
    case off
    case at(ListenAddress)
}

/// A block device with a name (served by a later version).
package struct VolumeConfiguration: Sendable, Equatable {
    package var name: String
    package var size: Int?
    package var origin: String?
    package var mode: WriteMode?
}

/// A key prefix bound to an origin (served by a later version).
package struct TreeConfiguration: Sendable, Equatable {
    package var prefix: String
    package var origin: String?
    package var mode: WriteMode?
}

/// How a write reaches the origin.
package enum WriteMode: String, Sendable, CaseIterable {
    case writeThrough = "write-through"
    case writeBack = "write-back"
    case writeAround = "write-around"
    case passThrough = "pass-through"
}

extension Configuration {
    /// The seed's `DefaultCacheConfig`, value for value.
    package static var seedDefaults: Configuration {
        let minute = 60_000_000
        var l1 = LevelConfiguration()
        l1.maxSize = 1 << 30
        l1.maxEntries = 100_000
        l1.ttl = 5 * minute
        l1.evictionPolicy = .lru
        l1.writeBehind = false
        l1.writeThrough = true
        l1.persistent = false
        l1.blockSize = 4 << 10

        var l2 = LevelConfiguration()
        l2.maxSize = 10 << 30
        l2.maxEntries = 1_000_000
        l2.ttl = 30 * minute
        l2.evictionPolicy = .lfu
        l2.writeBehind = true
        l2.writeThrough = false
        l2.persistent = true
        l2.storagePath = "/var/cache/blackhole/l2"
        l2.blockSize = 64 << 10

        var l3 = l2
        l3.maxSize = 100 << 30
        l3.maxEntries = 10_000_000
        l3.ttl = 120 * minute
        l3.evictionPolicy = .ttl
        l3.storagePath = "/var/cache/blackhole/l3"
        l3.blockSize = 1 << 20

        var configuration = Configuration()
        configuration.l1 = l1
        configuration.l2 = l2
        configuration.l3 = l3
        configuration.enablePrefetch = true
        configuration.enableCoalescing = true
        configuration.enableCoherence = true
        configuration.syncInterval = minute / 2
        configuration.cleanupInterval = 5 * minute
        configuration.compressionEnabled = true
        configuration.encryptionEnabled = false
        return configuration
    }
}
