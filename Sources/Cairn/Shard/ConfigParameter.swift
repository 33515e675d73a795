/// A parameter of CONFIG GET and SET: Redis's names for what Cairn has, and a few of its own.
enum ConfigParameter: String, CaseIterable {
    case appendonly, bind
    case clientOutputBufferLimit = "client-output-buffer-limit"
    case databases
    case ioThreads = "io-threads"
    case latencyMonitorThreshold = "latency-monitor-threshold"
    case lfuDecayTime = "lfu-decay-time"
    case lfuLogFactor = "lfu-log-factor"
    case maxEntries = "max-entries"
    case maxclients, maxmemory
    case maxmemoryPolicy = "maxmemory-policy"
    case port
    case protoMaxBulkLen = "proto-max-bulk-len"
    case requirepass, save
    case slowlogLogSlowerThan = "slowlog-log-slower-than"
    case slowlogMaxLen = "slowlog-max-len"
    case timeout
    case trackingTableMaxKeys = "tracking-table-max-keys"
    /// Milliseconds an entry lives that is written without a time to live; 0: for ever.
    case ttl
    case unixsocket

    /// The parameter of that name in any case.
    init?(_ name: Bytes) {
        let lower = name.array.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        self.init(rawValue: String(decoding: lower, as: UTF8.self))
    }

    /// What CONFIG GET answers.
    func value(_ group: ShardGroup) -> String {
        let settings = group.settings
        switch self {
        case .appendonly: return "no"
        case .bind: return settings.listen.map(\.host).joined(separator: " ")
        case .clientOutputBufferLimit:
            let limit = group.get(.outputLimitBytes)
            return "normal \(limit) 0 0 slave 0 0 0 pubsub \(limit) 0 0"
        case .databases: return "1"
        case .ioThreads: return String(group.shards)
        case .latencyMonitorThreshold: return String(group.get(.latencyThresholdMs))
        case .lfuDecayTime: return "1"
        case .lfuLogFactor: return "10"
        case .maxEntries: return String(group.get(.entriesMax))
        case .maxclients: return String(group.get(.connectionsMax))
        case .maxmemory: return String(settings.memoryLimit)
        case .maxmemoryPolicy: return Self.policyName(group.get(.policy))
        case .port: return String(group.get(.port))
        case .protoMaxBulkLen: return String(settings.maxValueSize)
        case .requirepass:
            return String(decoding: group.texts.password ?? [], as: UTF8.self)
        case .save: return ""
        case .slowlogLogSlowerThan: return String(group.get(.slowlogMicroseconds))
        case .slowlogMaxLen: return String(group.texts.slowLengthMax)
        case .timeout: return String(group.get(.idleTimeoutSeconds))
        case .trackingTableMaxKeys: return String(group.get(.trackingKeysMax))
        case .ttl: return String(group.get(.ttlMilliseconds))
        case .unixsocket: return settings.unixPath ?? ""
        }
    }

    private static func policyName(_ number: Int) -> String {
        switch EvictionPolicyKind.allCases[number] {
        case .lru: "allkeys-lru"
        case .lfu: "allkeys-lfu"
        case .ttl: "volatile-ttl"
        case .adaptive: "adaptive"
        }
    }

    // MARK: Setting

    /// What is to be set, or why not.
    enum Check {
        case number(Int)
        /// Text, or nothing to do because it is so already.
        case text, unchanged
        case refused(ConfigRefusal)
    }

    /// Whether a parameter never changes while the server runs, whatever the value.
    var isImmutable: Bool {
        switch self {
        case .bind, .databases, .ioThreads, .lfuDecayTime, .lfuLogFactor, .maxmemory, .port,
            .protoMaxBulkLen, .unixsocket:
            true
        default: false
        }
    }

    /// Judges a value; changes nothing.
    func check(_ value: Bytes, _ group: ShardGroup) -> Check {
        switch self {
        case .appendonly:
            if value.equalsIgnoringCase("no") { return .unchanged }
            return .refused(value.equalsIgnoringCase("yes") ? .immutable : .notYesNo)
        case .save: return value.isEmpty ? .unchanged : .refused(.immutable)
        case .requirepass: return .text
        case .maxmemoryPolicy:
            guard let kind = Self.policy(value) else { return .refused(.notEvictionPolicy) }
            return .number(kind.number)
        case .clientOutputBufferLimit: return Self.outputLimit(value)
        case .latencyMonitorThreshold: return Self.integer(value, 0, Int64.max)
        case .maxEntries: return Self.integer(value, 0, Int64.max)
        // A hundred years: sums with the clock stay in 64 bits.
        case .ttl: return Self.integer(value, 0, 3_155_760_000_000)
        case .maxclients: return Self.integer(value, 1, Int64(group.settings.maxConnections))
        case .slowlogLogSlowerThan: return Self.integer(value, -1, Int64.max)
        // 32 arguments of 160 bytes each: 1,024 entries hold 5 MiB at most.
        case .slowlogMaxLen: return Self.integer(value, 0, 1024)
        case .timeout: return Self.integer(value, 0, Int64(Int32.max))
        case .trackingTableMaxKeys: return Self.integer(value, 1, Int64.max)
        default: return .refused(.immutable)
        }
    }

    /// Puts a value that was checked in force; the shards take it over when they read the words.
    func apply(_ number: Int, _ group: ShardGroup) {
        switch self {
        case .maxmemoryPolicy: group.change(.policy, number)
        case .clientOutputBufferLimit: group.change(.outputLimitBytes, number)
        case .latencyMonitorThreshold: group.change(.latencyThresholdMs, number)
        case .maxEntries: group.change(.entriesMax, number)
        case .ttl: group.change(.ttlMilliseconds, number)
        case .maxclients: group.change(.connectionsMax, number)
        case .slowlogLogSlowerThan: group.change(.slowlogMicroseconds, number)
        case .slowlogMaxLen: group.texts.slowLengthMax = number
        case .timeout: group.change(.idleTimeoutSeconds, number)
        case .trackingTableMaxKeys: group.change(.trackingKeysMax, number)
        default: ensureFailed("a parameter that never changes", #fileID, #line)
        }
    }

    private static func policy(_ value: Bytes) -> EvictionPolicyKind? {
        if value.equalsIgnoringCase("allkeys-lru") || value.equalsIgnoringCase("lru") {
            return .lru
        }
        if value.equalsIgnoringCase("allkeys-lfu") || value.equalsIgnoringCase("lfu") {
            return .lfu
        }
        if value.equalsIgnoringCase("volatile-ttl") || value.equalsIgnoringCase("ttl") {
            return .ttl
        }
        return nil
    }

    private static func integer(_ value: Bytes, _ low: Int64, _ high: Int64) -> Check {
        guard let number = Decimal.parse(value) else { return .refused(.notInteger) }
        guard number >= low && number <= high else {
            return .refused(.outOfRange(from: low, to: high))
        }
        return .number(Int(number))
    }

    /// `class hard soft seconds` some times over: the hard limit of class `normal` counts.
    private static func outputLimit(_ value: Bytes) -> Check {
        let words = value.array.split(separator: UInt8(ascii: " ")).map { Array($0) }
        guard !words.isEmpty, words.count % 4 == 0 else { return .refused(.notMemory) }
        var limit: Int?
        for start in stride(from: 0, to: words.count, by: 4) {
            let kind = words[start].withBytes { ClientFilter.parseKind($0) }
            guard let kind, kind != .master,
                let hard = words[start + 1].withBytes({ memory($0) }),
                words[start + 2].withBytes({ memory($0) }) != nil
            else { return .refused(.notMemory) }
            if kind == .normal { limit = hard }
        }
        guard let limit else { return .unchanged }
        // Without a bound a client that doesn't read would take the server's memory.
        return limit > 0 ? .number(limit) : .refused(.outOfRange(from: 1, to: Int64.max))
    }

    /// A size as Redis writes it: `100mb`, `1k`.
    private static func memory(_ text: Bytes) -> Int? {
        var digits = 0
        while digits < text.count, text[digits] >= 0x30, text[digits] <= 0x39 { digits += 1 }
        guard digits > 0, let number = Decimal.parse(text.slice(0, digits)) else { return nil }
        let unit = text.dropping(digits)
        let units: [(StaticString, Int)] = [
            ("", 1), ("b", 1), ("k", 1000), ("kb", 1 << 10), ("m", 1_000_000), ("mb", 1 << 20),
            ("g", 1_000_000_000), ("gb", 1 << 30),
        ]
        guard let factor = units.first(where: { unit.equalsIgnoringCase($0.0) })?.1 else {
            return nil
        }
        let (bytes, overflow) = Int(number).multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }
}
