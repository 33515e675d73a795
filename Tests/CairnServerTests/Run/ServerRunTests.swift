import Cairn
import Synchronization
import Testing

@testable import CairnServer

/// A data path without shards' threads: remembers what it was told.
private final class FakeDoor: ServerDoor {
    struct Told: Equatable {
        var stops = 0
        var settings: [ServerSettings] = []
    }

    let told = Mutex(Told())
    let failure: String?
    let shardStats: [ShardStats] = []
    let boundPorts: [UInt16] = [7001, 7002]

    init(failure: String? = nil) { self.failure = failure }

    func describe() -> [String] { ["shard 0 on processor 0"] }
    func reconfigure(_ settings: ServerSettings) { told.withLock { $0.settings.append(settings) } }
    func stop() { told.withLock { $0.stops += 1 } }
    func waitUntilStopped() -> String? { failure }
}

@Suite struct ServerRunTests {
    /// A run over `door`; `text` is the file, which a test may change before a reload.
    private func run(
        _ door: FakeDoor, _ text: FileText
    ) throws -> ServerRun {
        try ServerRun(
            try resolve(text.text.withLock { $0 }), log: ServerLog.logger(),
            read: { () throws(ConfigError) in try resolve(text.text.withLock { $0 }) },
            open: { (_) throws(StartFailure) in door })
    }

    @Test func `the first stop drains, its echo is ignored, a later one ends at once`() throws {
        let door = FakeDoor()
        let run = try run(door, FileText(""))
        #expect(run.state().notReady.isEmpty)
        let start = ContinuousClock.now
        #expect(run.handle(.stop, at: start) == false)
        #expect(run.state().notReady == ["stopping"])
        #expect(run.handle(.stop, at: start + .milliseconds(1_999)) == false)
        #expect(run.handle(.stop, at: start + .seconds(2)) == true)
        #expect(door.told.withLock { $0.stops } == 1)
        #expect(run.waitUntilStopped() == 0)
    }

    @Test func `a failure of the data path is exit status 1`() throws {
        #expect(try run(FakeDoor(failure: "shard 0 died"), FileText("")).waitUntilStopped() == 1)
    }

    @Test func `the ready line names the ports the kernel gave`() throws {
        let run = try run(
            FakeDoor(), FileText("listen: [127.0.0.1:0, 127.0.0.1:0]\nunix: /tmp/s"))
        let line = run.readyLine(stats: nil)
        #expect(line.contains("ready"))
        #expect(line.contains("127.0.0.1:7001, 127.0.0.1:7002, /tmp/s"))
        #expect(!line.contains("\n"))
    }

    @Test func `a reload applies what can change and remembers what can't`() throws {
        let door = FakeDoor()
        let text = FileText("memory_limit: 1GiB\nidle_timeout: 10s")
        let run = try run(door, text)
        text.set("memory_limit: 2GiB\nidle_timeout: 20s\nl1: {ttl: 5s}")
        _ = run.handle(.reload)
        let settings = try #require(door.told.withLock { $0.settings.last })
        #expect(settings.idleTimeoutSeconds == 20)
        #expect(settings.l1.ttlMilliseconds == 5_000)
        #expect(settings.memoryLimit == 1 << 30)
        #expect(run.state().memoryLimit == 1 << 30)
    }

    @Test(arguments: ["shards: x", "l2: {max_size: 1GiB}", "listen: 0.0.0.0:1"])
    func `a bad file changes nothing`(bad: String) throws {
        let door = FakeDoor()
        let text = FileText("idle_timeout: 10s")
        let run = try run(door, text)
        text.set("idle_timeout: 20s\n" + bad)
        _ = run.handle(.reload)
        #expect(door.told.withLock { $0.settings } == [])
    }

    /// A value for every key, different from its default.
    static let changes: [String: String] = [
        "listen": "127.0.0.1:1", "unix": "/tmp/x", "nbd": "127.0.0.1:2", "stats": "off",
        "insecure": "true", "password": "new", "password_file": "/p", "shards": "2", "cpus": "0",
        "memory_limit": "2GiB", "max_value_size": "1MiB", "max_connections": "5",
        "idle_timeout": "7s", "output_limit": "1MiB", "stall_timeout": "7s", "spin": "3us",
        "zero_copy_min": "1MiB",
        "tracking_keys_max": "9", "slowlog_slower_than": "1s", "slowlog_max_len": "3",
        "log_level": "error", "enable_prefetch": "true", "enable_coalescing": "true",
        "enable_coherence": "true", "sync_interval": "9s", "cleanup_interval": "9s",
        "compression_enabled": "true", "encryption_enabled": "true",
    ]
    static let levelChanges: [String: String] = [
        "max_size": "64MiB", "max_entries": "10", "ttl": "9s", "eviction_policy": "lfu",
        "write_behind": "true", "write_through": "true", "persistent": "true",
        "storage_path": "/x", "block_size": "4KiB",
    ]

    @Test func `what the tables call reloadable is what a reload changes`() throws {
        let running = try resolve("", files: ["/p": "pw"])
        for key in ConfigSchema.root {
            let change = try #require(Self.changes[key.name], "no change for \(key.name)")
            let wanted = try resolve("\(key.name): \(change)", files: ["/p": "pw"])
            expect(
                Reload.plan(running: running, wanted: wanted), key.name, key.isReloadable, running)
        }
        for key in ConfigSchema.level {
            let change = try #require(Self.levelChanges[key.name], "no change for \(key.name)")
            // l1 refuses these two: a level of a later version.
            if key.name == "persistent" || key.name == "storage_path" { continue }
            let wanted = try resolve("l1: {\(key.name): \(change)}")
            expect(
                Reload.plan(running: running, wanted: wanted), "l1." + key.name, key.isReloadable,
                running)
        }
    }

    private func expect(
        _ plan: Reload, _ key: String, _ isReloadable: Bool, _ running: EffectiveConfiguration
    ) {
        #expect(plan.applied.contains(key) == isReloadable, "\(key)")
        #expect(plan.needRestart.contains(key) == !isReloadable, "\(key)")
        let changed = plan.settings != running.settings || plan.logLevel != running.logLevel
        #expect(changed == isReloadable, "\(key)")
    }

    @Test func `a new password in the same file is applied`() throws {
        let running = try resolve("password_file: /p", files: ["/p": "old"])
        let wanted = try resolve("password_file: /p", files: ["/p": "new"])
        let plan = Reload.plan(running: running, wanted: wanted)
        #expect(plan.applied == ["password"])
        #expect(plan.settings.password == "new")
        #expect(running.applying(plan, from: wanted).settings.password == "new")
    }
}

/// A file's text that can change.
private final class FileText: Sendable {
    let text: Mutex<String>
    init(_ text: String) { self.text = Mutex(text) }
    func set(_ new: String) { text.withLock { $0 = new } }
}
