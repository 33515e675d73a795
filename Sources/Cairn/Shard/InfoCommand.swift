/// INFO: every shard states its gauges first, then the client's shard writes the text.
extension Shard where Engine: ~Copyable {
    mutating func info(_ place: Int32, _ input: Bytes) -> Step {
        askAll(place, .gauges, .info, input)
    }

    /// The sections a client asked for: `INFO [section ...]`.
    func wantedSections(_ input: Bytes) -> InfoSections {
        if arguments.count == 1 { return .ordinary }
        var wanted: InfoSections = []
        for position in 1..<arguments.count {
            wanted.formUnion(InfoSections(word: arguments.argument(position, in: input)))
        }
        return wanted
    }

    /// Writes the text as it is now.
    mutating func emitInfo(_ sections: InfoSections) {
        let facts = InfoFacts(group: group, shardsNow: nowMs)
        var text = InfoText()
        for section in InfoSection.allCases where sections.contains(section) {
            text.begin(section)
            facts.write(section, into: &text)
        }
        text.bytes.withBytes { emitVerbatim($0) }
    }
}

/// A part of INFO, in the order of the reply.
enum InfoSection: Int, CaseIterable {
    case server, clients, memory, persistence, stats, replication, cpu, modules, commandstats
    case errorstats, latencystats, cluster, keyspace, cairn

    /// As clients ask for it.
    var name: StaticString {
        switch self {
        case .server: "server"
        case .clients: "clients"
        case .memory: "memory"
        case .persistence: "persistence"
        case .stats: "stats"
        case .replication: "replication"
        case .cpu: "cpu"
        case .modules: "modules"
        case .commandstats: "commandstats"
        case .errorstats: "errorstats"
        case .latencystats: "latencystats"
        case .cluster: "cluster"
        case .keyspace: "keyspace"
        case .cairn: "cairn"
        }
    }

    /// As the reply heads it.
    var title: StaticString {
        switch self {
        case .server: "# Server\r\n"
        case .clients: "# Clients\r\n"
        case .memory: "# Memory\r\n"
        case .persistence: "# Persistence\r\n"
        case .stats: "# Stats\r\n"
        case .replication: "# Replication\r\n"
        case .cpu: "# CPU\r\n"
        case .modules: "# Modules\r\n"
        case .commandstats: "# Commandstats\r\n"
        case .errorstats: "# Errorstats\r\n"
        case .latencystats: "# Latencystats\r\n"
        case .cluster: "# Cluster\r\n"
        case .keyspace: "# Keyspace\r\n"
        case .cairn: "# Cairn\r\n"
        }
    }
}

/// A set of sections: how a request for them travels through a gather's sum.
struct InfoSections: OptionSet {
    let rawValue: Int

    static let everything = InfoSections(rawValue: 1 << InfoSection.allCases.count - 1)
    /// Without what is long and rarely looked at.
    static let ordinary = everything.subtracting([
        InfoSections(.commandstats), InfoSections(.latencystats),
    ])

    init(rawValue: Int) { self.rawValue = rawValue }
    init(_ section: InfoSection) { rawValue = 1 << section.rawValue }

    /// The sections a word names; none for an unknown word, as in Redis.
    init(word: Bytes) {
        if word.equalsIgnoringCase("all") || word.equalsIgnoringCase("everything") {
            self = .everything
        } else if word.equalsIgnoringCase("default") {
            self = .ordinary
        } else {
            let section = InfoSection.allCases.first { word.equalsIgnoringCase($0.name) }
            self = section.map { InfoSections($0) } ?? []
        }
    }

    func contains(_ section: InfoSection) -> Bool { rawValue & 1 << section.rawValue != 0 }
}

/// Lines of `name:value` under headings.
struct InfoText {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(8192) }

    mutating func begin(_ section: InfoSection) {
        if !bytes.isEmpty { bytes.append("\r\n") }
        bytes.append(section.title)
    }

    mutating func line(_ name: StaticString, _ value: Int) {
        bytes.append(name)
        bytes.append(":")
        bytes.append(decimal: value)
        bytes.append("\r\n")
    }

    mutating func line(_ name: StaticString, _ value: UInt64) {
        line(name, Int(truncatingIfNeeded: value))
    }

    mutating func line(_ name: StaticString, _ value: String) {
        bytes.append(name)
        bytes.append(":")
        bytes.append(contentsOf: value.utf8)
        bytes.append("\r\n")
    }

    /// A name made at run time, as `cmdstat_get`.
    mutating func line(_ prefix: StaticString, _ suffix: StaticString, _ value: String) {
        bytes.append(prefix)
        line(suffix, value)
    }

    /// A name with a number in it, as `shard0`.
    mutating func line(_ name: String, values: String) {
        bytes.append(contentsOf: name.utf8)
        line("", values)
    }

    /// A number of bytes, and the same for people.
    mutating func bytes(_ name: StaticString, _ human: StaticString, _ value: Int) {
        line(name, value)
        line(human, Self.human(value))
    }

    /// As Redis writes sizes: `1.50M`.
    static func human(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "K", "M", "G", "T"] {
            if value < 1024 || unit == "T" {
                return unit == "B" ? "\(bytes)B" : decimal(value, places: 2) + unit
            }
            value /= 1024
        }
        return "\(bytes)B"
    }

    /// `value` with so many digits behind the point, at most nine.
    static func decimal(_ value: Double, places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        guard value.isFinite, abs(value) < 9e15 / Double(scale) else { return "0" }
        let scaled = Int((value * Double(scale)).rounded())
        let digits = String(scaled.magnitude % UInt(scale))
        let padding = String(repeating: "0", count: places - digits.count)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale)).\(padding)\(digits)"
    }
}
