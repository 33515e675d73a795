import Cairn
import Testing

@testable import CairnServer

/// A machine of 16 GiB with four usable processors.
let machine = MachineFacts(memoryBytes: 16 << 30, processors: [0, 1, 2, 3], coreCount: 4)

/// A file's text through reader, defaults and rules.
func resolve(
    _ text: String, on facts: MachineFacts = machine, files: [String: String] = [:]
) throws(ConfigError) -> EffectiveConfiguration {
    let document = try ConfigReader.read(text, source: "cairn.yaml")
    return try EffectiveConfiguration.resolve(document, machine: facts) { files[$0] }
}

/// A mistake in a file and what must be said of it.
struct Mistake: CustomTestStringConvertible, Sendable {
    var text: String
    var line: Int
    var key: String
    var message: String
    var remedy: String
    var testDescription: String { text.replacing("\n", with: " / ") }

    init(_ text: String, _ line: Int, _ key: String, _ message: String, _ remedy: String) {
        self.text = text
        self.line = line
        self.key = key
        self.message = message
        self.remedy = remedy
    }
}

@Suite struct ConfigErrorTests {
    static let forms: [Mistake] = [
        Mistake("shards: 2\nmemory_limt: 1GiB", 2, "memory_limt", "unknown", "memory_limit"),
        Mistake("l1:\n  evction_policy: lru", 2, "l1.evction_policy", "unknown", "eviction_policy"),
        Mistake("replication: 3", 1, "replication", "unknown", "known here: listen"),
        Mistake("l1:\n  eviction_policy: lur", 2, "l1.eviction_policy", "'lur'", "mean lru"),
        Mistake("shards: two", 1, "shards", "'two' is no whole number", "1 to 256"),
        Mistake("shards: 0", 1, "shards", "below the least allowed, 1", "1 to 256"),
        Mistake("shards: 300", 1, "shards", "above the most allowed, 256", "1 to 256"),
        Mistake("shards: [1, 2]", 1, "shards", "is a list", "one whole number"),
        Mistake("shards:\n  a: 1", 2, "shards", "is a mapping", "one whole number"),
        Mistake("shards:", 1, "shards", "has no value", "remove the key"),
        Mistake("unix: ''", 1, "unix", "is empty", "remove the key"),
        Mistake("memory_limit: 1GiBi", 1, "memory_limit", "unit 'gibi'", "512MiB"),
        Mistake("memory_limit: 1MiB", 1, "memory_limit", "below the least allowed, 80MiB", "80MiB"),
        Mistake("l1:\n  ttl: -5s", 2, "l1.ttl", "no quantity", "30s"),
        Mistake("l1:\n  ttl: 5 fortnights", 2, "l1.ttl", "'fortnights'", "30s"),
        Mistake("idle_timeout: 1h30", 1, "idle_timeout", "without a unit", "30s"),
        Mistake("max_value_size: 1GiB", 1, "max_value_size", "the most allowed, 512MiB", "512MiB"),
        Mistake(
            "enable_prefetch: maybe", 1, "enable_prefetch", "neither true nor", "true or false"),
        Mistake("listen: 127.0.0.1", 1, "listen", "no port", "HOST:PORT"),
        Mistake("listen: ['::1:6390']", 1, "listen", "without brackets", "[::1]:6390"),
        Mistake("listen: example.com:1", 1, "listen", "no numeric", "127.0.0.1"),
        Mistake("listen: [127.0.0.1:1, 127.0.0.1:1]", 1, "listen", "there twice", "once"),
        Mistake("stats: nowhere", 1, "stats", "no port", "HOST:PORT"),
        Mistake("cpus: 3-1", 1, "cpus", "no list of processors", "0,2-5"),
        Mistake("log_level: inof", 1, "log_level", "'inof'", "mean info"),
        Mistake("slowlog_slower_than: fast", 1, "slowlog_slower_than", "no quantity", "off"),
        Mistake("zero_copy_min: much", 1, "zero_copy_min", "no quantity", "off"),
        Mistake("l1: 5", 1, "l1", "no mapping", "indented"),
        Mistake("l1:\n  ttl: 1s\n  max_size: 1GiB\n  ttl: 2s", 4, "ttl", "twice", "keep one"),
        Mistake("shards: 1\nspin: 0\nshards: 2", 3, "shards", "twice", "keep one"),
        Mistake("- shards", 1, "", "no mapping", "key: value"),
        Mistake("shards: 1\n  spin: : 2", 2, "", "no YAML", "mend"),
        Mistake("shards: [1", 2, "", "no YAML", "mend"),
        Mistake("volumes:\n  disk: {origin: /x}", 2, "volumes.disk", "no size", "10GiB"),
        Mistake("volumes:\n  disk: {size: 1GiB, mod: x}", 2, "volumes.disk.mod", "unknown", "mode"),
        Mistake(
            "trees:\n  lib/: {mode: write-bak}", 2, "trees.lib/.mode", "write-bak", "write-back"),
    ]

    @Test(arguments: forms)
    func `a mistake of form names line, key, value and remedy`(mistake: Mistake) throws {
        let error = try #require(throws: ConfigError.self) { try resolve(mistake.text) }
        expect(error, mistake)
    }

    static let senses: [Mistake] = [
        Mistake("memory_limit: 128MiB", 1, "memory_limit", "4 shards", "176MiB"),
        Mistake("memory_limit: 32GiB", 1, "memory_limit", "there are 16 GiB (RAM)", "lower it"),
        Mistake(
            "l1:\n  max_size: 20GiB", 2, "l1.max_size", "there are 16 GiB", "lower it"),
        Mistake(
            "memory_limit: 1GiB\nl1:\n  max_size: 1GiB", 3, "l1.max_size", "do not fit",
            "raise memory_limit to 1456MiB"),
        Mistake(
            "memory_limit: 512MiB\nmax_value_size: 512MiB", 2, "max_value_size", "half of a shard",
            "58MiB"),
        Mistake("cpus: 2-5", 1, "cpus", "run on processors 4-5", "0-3"),
        Mistake("cpus: 2,7", 1, "cpus", "run on processor 7", "0-3"),
        Mistake(
            "shards: 3\ncpus: 0,1", 2, "cpus", "do not carry 3 shards", "one processor a shard"),
        Mistake("listen: 0.0.0.0:6390", 1, "listen", "open to other machines", "insecure: true"),
        Mistake("listen: '[::]:6390'", 1, "listen", "open to other machines", "password_file"),
        Mistake(
            "password: x\nlisten: 0.0.0.0:1\nstats: 0.0.0.0:2", 3, "stats", "no password",
            "127.0.0.1"),
        Mistake("listen: []", 1, "listen", "nobody could connect", "unix path"),
        Mistake(
            "l1:\n  write_behind: true\n  write_through: true", 2, "l1.write_behind", "both true",
            "keep one"),
        Mistake("l1:\n  block_size: 64KiB", 2, "l1.block_size", "RAM blocks", "4KiB"),
        Mistake("l2:\n  block_size: 5000", 2, "l2.block_size", "no power of two", "64KiB"),
        Mistake("l1:\n  persistent: true", 2, "l1.persistent", "nothing over a restart", "l2"),
        Mistake("password: a\npassword_file: /p", 2, "password_file", "both given", "keep one"),
        Mistake("password_file: /missing", 1, "password_file", "cannot be read", "may read it"),
        Mistake("password_file: /empty", 1, "password_file", "no first line", "password there"),
        Mistake(
            "unix: /\(String(repeating: "x", count: 107))", 1, "unix", "108 bytes", "shorter"),
    ]

    @Test(arguments: senses)
    func `a mistake of sense names line, key, numbers and remedy`(mistake: Mistake) throws {
        let files = ["/p": "secret\n", "/empty": "\n"]
        let error = try #require(throws: ConfigError.self) {
            try resolve(mistake.text, files: files)
        }
        expect(error, mistake)
    }

    private func expect(_ error: ConfigError, _ mistake: Mistake) {
        let problem = error.problems.first { $0.key == mistake.key }
        #expect(problem != nil, "\(error.text)")
        guard let problem else { return }
        #expect(problem.line == mistake.line, "\(error.text)")
        #expect(problem.message.contains(mistake.message), "\(error.text)")
        #expect(problem.remedy.contains(mistake.remedy), "\(error.text)")
        #expect(problem.text.hasPrefix("cairn.yaml:\(mistake.line): "), "\(error.text)")
    }

    @Test func `all mistakes of a file are told at once`() throws {
        let error = try #require(throws: ConfigError.self) {
            try resolve("shards: x\nspin: y\nl1:\n  ttl: z\nlog_level: w")
        }
        #expect(error.problems.map(\.line) == [1, 2, 4, 5])
    }

    @Test func `a flag's mistake names the flag`() throws {
        var document = ConfigDocument(configuration: Configuration(), source: "cairn.yaml")
        let form = #expect(throws: ConfigError.self) {
            try document.set(flag: "--memory", key: "memory_limit", "lots")
        }
        #expect(form?.text.hasPrefix("command line: --memory: 'lots' is no quantity") == true)
        try document.set(flag: "--memory", key: "memory_limit", "64GiB")
        let sense = #expect(throws: ConfigError.self) {
            try EffectiveConfiguration.resolve(document, machine: machine) { _ in nil }
        }
        #expect(sense?.text.hasPrefix("command line: --memory: 64 GiB are needed") == true)
    }
}
