import Cairn

/// A configuration with every default filled in and every rule checked: what the server starts
/// with.
package struct EffectiveConfiguration: Sendable {
    package var settings: ServerSettings
    /// Where the stats port listens; `nil`: nowhere.
    package var stats: ListenAddress?
    package var logLevel: String
    /// The same, in the file's words, for `cairn config print`.
    package var configuration: Configuration
    /// What this version can't start: it is for `cairn serve` to refuse.
    package var refusals: [ConfigProblem]
    /// What has no effect.
    package var notes: [String]

    package static let statsDefault = ListenAddress(host: "127.0.0.1", port: 9_390)

    /// Fills in the defaults for this machine and checks the rules. Reads the password file.
    package static func resolve(
        _ document: ConfigDocument, machine: MachineFacts,
        readFile: (String) -> String? = readSmallFile
    ) throws(ConfigError) -> EffectiveConfiguration {
        let configuration = document.configuration
        var settings = ServerSettings()
        if let listen = configuration.listen { settings.listen = listen }
        settings.unixPath = configuration.unix
        settings.cpus = configuration.cpus
        let shards = configuration.shards ?? configuration.cpus?.count ?? machine.coreCount
        settings.shards = shards
        settings.memoryLimit =
            configuration.memoryLimit
            ?? MemoryRules.standard(
                machineBytes: machine.memoryBytes, l1MaxSize: configuration.l1?.maxSize,
                shards: shards)
        settings.maxValueSize =
            configuration.maxValueSize
            ?? max(
                4_096,
                min(
                    settings.maxValueSize,
                    MemoryRules.valueMax(limit: settings.memoryLimit, shards: shards)))
        copyTimes(configuration, &settings)
        copyLevel(configuration.l1, &settings.l1)

        var problems: [ConfigProblem] = []
        do {
            settings.password = try password(document, readFile)
        } catch {
            problems.append(error)
        }
        problems += ConfigRules.problems(document, settings, machine)
        if !problems.isEmpty { throw ConfigError(problems) }

        var stats: ListenAddress? = statsDefault
        if let given = configuration.stats {
            if case .at(let address) = given { stats = address } else { stats = nil }
        }
        let logLevel = configuration.logLevel ?? "info"
        return EffectiveConfiguration(
            settings: settings, stats: stats, logLevel: logLevel,
            configuration: filled(configuration, settings, stats, logLevel),
            refusals: VersionLimits.refusals(document), notes: VersionLimits.notes(document))
    }

    private static func copyTimes(_ from: Configuration, _ to: inout ServerSettings) {
        if let value = from.maxConnections { to.maxConnections = value }
        if let value = from.cleanupInterval { to.cleanupIntervalMilliseconds = value / 1_000 }
        // Rounded up: half a second of patience must not become "never".
        if let value = from.idleTimeout { to.idleTimeoutSeconds = (value + 999_999) / 1_000_000 }
        if let value = from.outputLimit { to.outputLimitBytes = value }
        if let value = from.stallTimeout { to.stallTimeoutMilliseconds = (value + 999) / 1000 }
        if let value = from.spin { to.spinMicroseconds = value }
        if let value = from.zeroCopyMin { to.zeroCopySendBytesMin = value < 0 ? nil : value }
        if let value = from.slowlogSlowerThan { to.slowlogMicroseconds = value }
        if let value = from.slowlogMaxLen { to.slowlogLengthMax = value }
        if let value = from.trackingKeysMax { to.trackingKeysMax = value }
    }

    private static func copyLevel(_ from: LevelConfiguration?, _ to: inout L1Settings) {
        guard let from else { return }
        to.maxSize = from.maxSize
        to.maxEntries = from.maxEntries == 0 ? nil : from.maxEntries
        to.ttlMilliseconds = from.ttl.flatMap { $0 == 0 ? nil : max(1, $0 / 1_000) }
        if let policy = from.evictionPolicy { to.evictionPolicy = policy }
    }

    /// The password, from the key or the first line of the file.
    private static func password(
        _ document: ConfigDocument, _ readFile: (String) -> String?
    ) throws(ConfigProblem) -> String? {
        guard let path = document.configuration.passwordFile else {
            return document.configuration.password
        }
        guard let text = readFile(path) else {
            throw document.problem(
                "password_file", "'\(path)' cannot be read",
                "check that it exists and that the server's user may read it")
        }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        if line.isEmpty {
            throw document.problem(
                "password_file", "'\(path)' has no first line", "write the password there")
        }
        return line
    }

    private static func filled(
        _ configuration: Configuration, _ settings: ServerSettings, _ stats: ListenAddress?,
        _ logLevel: String
    ) -> Configuration {
        var full = configuration
        full.listen = settings.listen
        full.stats = stats.map { .at($0) } ?? .off
        full.insecure = configuration.insecure ?? false
        full.shards = settings.shards
        full.memoryLimit = settings.memoryLimit
        full.maxValueSize = settings.maxValueSize
        full.maxConnections = settings.maxConnections
        full.idleTimeout = settings.idleTimeoutSeconds * 1_000_000
        full.outputLimit = settings.outputLimitBytes
        full.stallTimeout = settings.stallTimeoutMilliseconds * 1000
        full.spin = settings.spinMicroseconds
        full.zeroCopyMin = settings.zeroCopySendBytesMin ?? -1
        full.trackingKeysMax = settings.trackingKeysMax
        full.slowlogSlowerThan = settings.slowlogMicroseconds
        full.slowlogMaxLen = settings.slowlogLengthMax
        full.logLevel = logLevel
        full.cleanupInterval = settings.cleanupIntervalMilliseconds * 1_000
        var l1 = configuration.l1 ?? LevelConfiguration()
        l1.evictionPolicy = settings.l1.evictionPolicy
        full.l1 = l1
        return full
    }
}
