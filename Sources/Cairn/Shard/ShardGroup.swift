/// What all shards of a server share: read by all, written at start or through atomic words.
///
/// The only object with a reference count near the data path; a shard holds it for life and the
/// per-request code touches its immutable fields only.
package final class ShardGroup: Sendable {
    /// Words that change while the server runs.
    enum Word: Int, CaseIterable {
        /// 1: stop accepting, answer what has arrived, end.
        case stop
        /// Grows with each change of a setting below: a shard then reads them all.
        case settingsVersion
        case policy
        case entriesMax
        case idleTimeoutSeconds
        case connectionsMax
        case slowlogMicroseconds
        case trackingKeysMax
        case outputLimitBytes
        case stallMilliseconds
        case ttlMilliseconds
        case spinMicroseconds
        /// Client connections of the whole server.
        case connections
        /// The next client id.
        case clientID
        /// The next transaction id.
        case transactionID
        /// Shards that have ended.
        case ended
        /// Grows with each change of the followed key prefixes: a shard then copies them anew.
        case broadcasts
        /// Unix milliseconds until which commands wait (CLIENT PAUSE), and whether writes only.
        case pauseUntilMs
        case pauseWritesOnly
        /// Unix milliseconds at which some shard last lacked memory that others hold.
        case memoryWantedMs
        /// The password in force: its version (the text stands in `ServerText`).
        case passwordVersion
        /// `latency-monitor-threshold`; 0: off.
        case latencyThresholdMs
        /// The first TCP port in force; 0: none.
        case port
        /// Rates of the last second or two, for INFO; written by shard 0.
        case commandsPerSecond
        case inputBytesPerSecond
        case outputBytesPerSecond
        /// Most bytes the RAM level has held, as far as upkeep has seen.
        case usedBytesPeak
    }

    package let settings: ServerSettings
    package let shards: Int
    package let grid: MailboxGrid
    package let rings: RingDirectory
    package let words = SharedWords(count: Word.allCases.count)
    /// 1 for each shard whose pool of connection buffers is nearly used up.
    let scarcePools: SharedWords
    package let hasher: KeyHasher
    package let stats: [ShardStats]
    package let texts: ServerTexts
    let broadcasts = BroadcastRegistry()
    /// Unix milliseconds of the start.
    package let startedMs: UInt64

    /// `laneMessages`: most messages in a lane between two shards, a power of two.
    package init(
        _ settings: ServerSettings, shards: Int, seed: UInt64, startedMs: UInt64,
        laneMessages: Int = 512
    ) throws(MachineError) {
        self.settings = settings
        self.shards = shards
        self.startedMs = startedMs
        grid = try MailboxGrid(shards: shards, capacityMax: laneMessages)
        rings = RingDirectory(shards: shards)
        scarcePools = SharedWords(count: shards)
        hasher = KeyHasher(seed: seed)
        stats = (0..<shards).map { _ in ShardStats.allocate() }
        texts = ServerTexts(password: settings.password, seed: seed)
        words.store(Word.clientID.rawValue, 1)
        words.store(Word.transactionID.rawValue, 1)
        apply(settings)
    }

    /// Makes the settings that can change at run time those of `settings`.
    func apply(_ settings: ServerSettings) {
        set(.policy, settings.l1.evictionPolicy.number)
        set(.entriesMax, settings.l1.maxEntries ?? 0)
        set(.idleTimeoutSeconds, settings.idleTimeoutSeconds)
        set(.connectionsMax, settings.maxConnections)
        set(.slowlogMicroseconds, settings.slowlogMicroseconds)
        set(.trackingKeysMax, settings.trackingKeysMax)
        set(.outputLimitBytes, settings.outputLimitBytes)
        set(.stallMilliseconds, settings.stallTimeoutMilliseconds)
        set(.ttlMilliseconds, settings.l1.ttlMilliseconds ?? 0)
        set(.spinMicroseconds, settings.spinMicroseconds)
        texts.slowLengthMax = settings.slowlogLengthMax
        words.add(Word.settingsVersion.rawValue, 1)
    }

    @inline(__always)
    func get(_ word: Word) -> Int { Int(bitPattern: UInt(words.load(word.rawValue))) }

    func set(_ word: Word, _ value: Int) {
        words.store(word.rawValue, UInt64(bitPattern: Int64(value)))
    }

    /// Changes a setting and tells the shards, which read it in their next turn.
    func change(_ word: Word, _ value: Int) {
        set(word, value)
        words.add(Word.settingsVersion.rawValue, 1)
    }

    /// Asks all shards to end: they stop accepting, answer what has arrived and leave.
    package func requestStop() { set(.stop, 1) }

    /// The shard that owns a key. Only the part between `{` and `}` counts where there is one, so
    /// that a client can put keys together (Redis Cluster's hash tags).
    @inline(__always)
    func owner(of key: Bytes, hash: UInt64) -> Int {
        if shards == 1 { return 0 }
        let tag = hashTag(of: key)
        let value = tag.count == key.count ? hash : hasher.hash(tag)
        return Int(truncatingIfNeeded: value.multipliedFullWidth(by: UInt64(shards)).high)
    }
}

extension EvictionPolicyKind {
    /// Its place among all kinds: how it travels in a shared word.
    var number: Int {
        switch self {
        case .lru: 0
        case .lfu: 1
        case .ttl: 2
        case .adaptive: 3
        }
    }
}

/// The part of a key that chooses its shard.
@inline(__always)
func hashTag(of key: Bytes) -> Bytes {
    if _fastPath(!key.contains(UInt8(ascii: "{"))) { return key }
    return longHashTag(of: key)
}

@inline(never)
private func longHashTag(of key: Bytes) -> Bytes {
    var open = 0
    while key[open] != UInt8(ascii: "{") { open &+= 1 }
    var close = open + 1
    while close < key.count, key[close] != UInt8(ascii: "}") { close += 1 }
    if close == key.count || close == open + 1 { return key }
    return key.slice(open + 1, close - open - 1)
}
