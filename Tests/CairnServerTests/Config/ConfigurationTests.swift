import Cairn
import Testing

@testable import CairnServer

@Suite struct ConfigurationTests {
    @Test func `an empty file is the embedded default`() throws {
        for text in ["", "# nothing\n", "---\n"] {
            let effective = try resolve(text)
            #expect(effective.settings.memoryLimit == 4 << 30)
            #expect(effective.settings.shards == 4)
            #expect(effective.settings.listen == [ListenAddress(host: "127.0.0.1", port: 6390)])
            #expect(effective.stats == ListenAddress(host: "127.0.0.1", port: 9390))
            #expect(effective.refusals.isEmpty)
            #expect(effective.notes.isEmpty)
        }
    }

    @Test func `the original design's default file is valid, and says what cannot start`() throws {
        let text = ConfigFile.seedDefaultsText
        let document = try ConfigReader.read(text, source: "seed.yaml")
        #expect(document.configuration == Configuration.seedDefaults)
        let effective = try resolve(text)
        #expect(
            effective.refusals.map(\.key) == [
                "l2", "l3", "enable_prefetch", "enable_coalescing", "enable_coherence",
                "compression_enabled",
            ])
        #expect(effective.notes.count == 1)
        let verdict = ConfigFile.verdict(effective, file: "seed.yaml")
        #expect(verdict.first == "seed.yaml: valid")
        #expect(verdict.contains { $0.contains("l3: the network level") })
    }

    @Test func `the original design's first level alone starts, and means what it says`() throws {
        let effective = try resolve(
            """
            l1:
              max_size: 1GiB
              max_entries: 100000
              ttl: 5m
              eviction_policy: lru
              write_behind: false
              write_through: true
              persistent: false
              block_size: 4096
            cleanup_interval: 5m
            """)
        #expect(effective.refusals.isEmpty)
        #expect(effective.settings.l1.maxSize == 1 << 30)
        #expect(effective.settings.l1.maxEntries == 100_000)
        #expect(effective.settings.l1.ttlMilliseconds == 300_000)
        #expect(effective.settings.l1.evictionPolicy == .lru)
        #expect(effective.settings.cleanupIntervalMilliseconds == 300_000)
    }

    @Test func `every setting arrives where it belongs`() throws {
        let effective = try resolve(
            """
            listen: [127.0.0.1:7000, '[::1]:7000']
            unix: /run/cairn.sock
            stats: off
            password: secret
            shards: 2
            cpus: 1,3
            memory_limit: 2GiB
            max_value_size: 32MiB
            max_connections: 500
            idle_timeout: 1500ms
            output_limit: 1MiB
            stall_timeout: 30s
            spin: 50us
            zero_copy_min: 64KiB
            tracking_keys_max: 77
            slowlog_slower_than: off
            slowlog_max_len: 9
            log_level: Debug
            cleanup_interval: 10s
            l1: {max_entries: 0, ttl: 0, eviction_policy: LFU}
            """)
        var wanted = ServerSettings()
        wanted.listen = [
            ListenAddress(host: "127.0.0.1", port: 7000), ListenAddress(host: "::1", port: 7000),
        ]
        wanted.unixPath = "/run/cairn.sock"
        wanted.password = "secret"
        wanted.shards = 2
        wanted.cpus = [1, 3]
        wanted.memoryLimit = 2 << 30
        wanted.maxValueSize = 32 << 20
        wanted.maxConnections = 500
        wanted.idleTimeoutSeconds = 2
        wanted.outputLimitBytes = 1 << 20
        wanted.stallTimeoutMilliseconds = 30_000
        wanted.spinMicroseconds = 50
        wanted.zeroCopySendBytesMin = 64 << 10
        wanted.trackingKeysMax = 77
        wanted.slowlogMicroseconds = -1
        wanted.slowlogLengthMax = 9
        wanted.cleanupIntervalMilliseconds = 10_000
        wanted.l1.evictionPolicy = .lfu
        #expect(effective.settings == wanted)
        #expect(effective.stats == nil)
        #expect(effective.logLevel == "debug")
    }

    @Test func `the printed configuration reads back as the same one`() throws {
        let texts = [
            "", ConfigFile.seedDefaultsText,
            """
            listen: ['[::1]:1', 127.0.0.1:2]
            unix: /tmp/with space's.sock
            stats: off
            cpus: 0-2
            zero_copy_min: off
            slowlog_slower_than: off
            log_level: warning
            l1: {ttl: 90s, eviction_policy: ttl}
            volumes: {disk: {size: 1GiB, origin: 'file:///x', mode: write-back}}
            trees: {lib/: {origin: /srv/lib}}
            """,
        ]
        for text in texts {
            let first = try resolve(text)
            let printed = ConfigFile.effectiveText(first, source: nil)
            let second = try resolve(printed)
            #expect(second.configuration == first.configuration, "\(printed)")
            #expect(second.settings == first.settings, "\(printed)")
        }
    }

    @Test func `a password is never printed`() throws {
        let printed = ConfigFile.effectiveText(try resolve("password: hunter2"), source: nil)
        #expect(!printed.contains("hunter2"))
        #expect(printed.contains("# password: set, not shown"))
        #expect(try resolve(printed).settings.password == nil)
    }

    @Test func `the password file's first line is the password`() throws {
        let effective = try resolve(
            "password_file: /p\nlisten: 0.0.0.0:6390", files: ["/p": "hunter2\nmore\n"])
        #expect(effective.settings.password == "hunter2")
    }

    @Test(arguments: [
        ("l2: {max_size: 1GiB}", "l2"), ("l3:", "l3"),
        ("enable_coherence: true", "enable_coherence"),
        ("encryption_enabled: true", "encryption_enabled"), ("nbd: 127.0.0.1:10809", "nbd"),
        ("volumes: {a: {size: 1GiB}}", "volumes"), ("trees: {a/: {origin: /a}}", "trees"),
        ("l1: {eviction_policy: adaptive}", "l1.eviction_policy"),
        ("l1: {write_behind: true}", "l1.write_behind"),
    ])
    func `what a later version has is valid and refused`(text: String, key: String) throws {
        let effective = try resolve(text)
        #expect(effective.refusals.map(\.key) == [key])
        #expect(effective.refusals.allSatisfy { $0.line == 1 && !$0.remedy.isEmpty })
    }

    @Test(arguments: ["enable_prefetch: false", "encryption_enabled: false", "nbd: 127.0.0.1:1"])
    func `a switch that is off promises nothing`(text: String) throws {
        let isNBD = text.hasPrefix("nbd")
        #expect(try resolve(text).refusals.isEmpty == !isNBD)
    }

    @Test func `flags lie over the file and go through the same reader`() throws {
        var document = try ConfigReader.read("memory_limit: 1GiB\nshards: 2", source: "cairn.yaml")
        try document.set(flag: "--memory", key: "memory_limit", "2GiB")
        try document.set(flag: "--ssd", key: "l2.storage_path", "/dev/null")
        try document.set(flag: "--ssd-size", key: "l2.max_size", "10GiB")
        try document.set(listen: ["127.0.0.1:0"])
        try document.addVolume("disk=1GiB,origin=/x,mode=write-back")
        let effective = try EffectiveConfiguration.resolve(document, machine: machine) { _ in nil }
        #expect(effective.settings.memoryLimit == 2 << 30)
        #expect(effective.settings.shards == 2)
        #expect(effective.configuration.l2?.maxSize == 10 << 30)
        #expect(
            effective.configuration.volumes == [
                VolumeConfiguration(name: "disk", size: 1 << 30, origin: "/x", mode: .writeBack)
            ])
        #expect(effective.refusals.map(\.key) == ["--ssd-size", "--volume"])
        for bad in ["disk", "=1GiB", "disk=", "disk=1GiB,colour=red", "disk=1GiB,mode=fast"] {
            #expect(throws: ConfigError.self) { try document.addVolume(bad) }
        }
    }

    @Test func `memory follows the machine, the control group and the level`() throws {
        let small = MachineFacts(memoryBytes: 400 << 20, processors: [0], coreCount: 1)
        #expect(try resolve("", on: small).settings.memoryLimit == 200 << 20)
        let medium = MachineFacts(memoryBytes: 900 << 20, processors: [0], coreCount: 1)
        let settings = try resolve("", on: medium).settings
        #expect(settings.memoryLimit == 256 << 20)
        #expect(settings.maxValueSize == 64 << 20)
        // 6 GiB of entries want 7.5 GiB and the shards' own.
        #expect(
            try resolve("l1: {max_size: 6GiB}").settings.memoryLimit == (7_680 + 176) << 20)
        #expect(try resolve("memory_limit: 256MiB").settings.maxValueSize == 26 << 20)
    }

    @Test func `the least limit of the control groups above counts`() {
        let files = [
            "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "1073741824\n",
            "/sys/fs/cgroup/memory.max": "4294967296\n",
        ]
        #expect(MachineFacts.groupLimit(cgroup: "0::/a/b\n") { files[$0] } == 1 << 30)
        #expect(MachineFacts.groupLimit(cgroup: "0::/\n") { files[$0] } == 4 << 30)
        #expect(MachineFacts.groupLimit(cgroup: "1:memory:/x\n") { files[$0] } == nil)
        #expect(MachineFacts.totalMemory(meminfo: "MemTotal:  2048 kB\nMemFree: 1 kB") == 2 << 20)
    }

    @Test func `every setting is on the printed page, given or not`() throws {
        let printed = ConfigFile.effectiveText(try resolve("shards: 2"), source: nil)
        for key in ConfigSchema.root {
            let isThere = ["\n\(key.name):", "\n# \(key.name):"].contains(where: printed.contains)
            #expect(isThere, "\(key.name)")
        }
        for key in ConfigSchema.level {
            #expect(printed.contains("\n  \(key.name):") || printed.contains("\n  # \(key.name):"))
        }
        #expect(!ConfigFile.seedDefaultsText.contains("# password"))
        _ = try resolve(printed)
    }
}
