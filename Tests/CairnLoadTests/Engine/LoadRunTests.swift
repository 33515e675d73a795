import Cairn
import Foundation
import Testing

@testable import CairnLoad

/// Whole runs against a fake server in this process. Skipped where the kernel has no io_uring.
@Suite(.serialized, .enabled(if: (try? RingFeatures.probe()) != nil, "needs io_uring"))
struct LoadRunTests {
    private func run(
        _ fault: FakeServer.Fault, _ change: (inout LoadOptions) -> Void = { _ in }
    ) throws -> (fill: LoadResult, read: LoadResult) {
        let server = try FakeServer(fault)
        defer { server.stop() }
        var options = LoadOptions()
        options.target = .tcp(ListenAddress(host: "127.0.0.1", port: server.port))
        options.connections = 3
        options.keys = 50
        options.verify = true
        options.timeoutNanoseconds = 5_000_000_000
        options.bound = .requests(400)
        options.pipeline = 4
        change(&options)
        let pool = ValuePool(seed: options.seed)
        var filling = options
        filling.activity = .fill
        filling.rate = nil
        var first = try LoadRun(filling, pool: pool)
        let filled = try first.run()
        var second = try LoadRun(options, pool: pool)
        return (filled, try second.run())
    }

    @Test(arguments: ["7", "64", "3000", "100..9000", "300KiB"])
    func `what was written is read back, every byte checked`(sizes: String) throws {
        let parsed = try ValueSizes(parsing: sizes)
        let (fill, read) = try run(.none) { options in
            options.sizes = parsed
            options.reads = 3
            options.writes = 1
        }
        #expect(fill.isClean && fill.counts.writes == 50)
        #expect(read.isClean && read.counts.requests == 400)
        #expect(read.counts.hits == read.counts.reads && read.counts.writes > 0)
        #expect(read.latency.total == 400)
        #expect(read.counts.bytesRead > 0)
    }

    @Test(arguments: [FakeServer.Fault.flippedBit, .swappedKey, .truncated])
    func `a wrong value is reported with its key`(fault: FakeServer.Fault) throws {
        let (_, read) = try run(fault)
        #expect(read.counts.mismatches == 400)
        #expect(!read.isClean)
        #expect(read.mismatches.first?.name.hasPrefix("key:") == true)
    }

    @Test func `error replies are counted by their text and are not requests`() throws {
        let (fill, read) = try run(.outOfMemory)
        #expect(fill.errors == ["OOM command not allowed": 50])
        #expect(fill.counts.errors == 50 && fill.counts.requests == 0)
        #expect(read.counts.misses == 400 && read.isClean)
        let (_, strict) = try run(.outOfMemory) { $0.expectHits = true }
        #expect(strict.counts.errors == 400)
    }

    @Test func `a server that hangs up is an error, and the run ends`() throws {
        #expect(throws: Never.self) {
            let (fill, _) = try run(.hangUp) { $0.bound = .requests(40) }
            #expect(fill.counts.errors > 0 && fill.connectionsLost > 0)
            #expect(fill.counts.requests == 0)
        }
    }

    @Test func `a port nobody listens on is a clear error`() throws {
        var options = LoadOptions()
        // A port of the moment that was given back.
        let port = try Listener(ListenAddress(host: "127.0.0.1", port: 0)).port
        options.target = .tcp(ListenAddress(host: "127.0.0.1", port: port))
        var run = try LoadRun(options, pool: ValuePool(seed: 1))
        #expect {
            _ = try run.run()
        } throws: { error in
            guard case .connect(let text)? = error as? LoadError else { return false }
            return text.contains("127.0.0.1:\(port)") && text.contains("refused")
        }
    }

    @Test func `an open loop keeps its schedule and measures from intended starts`() throws {
        let (_, read) = try run(.none) { options in
            options.rate = 2000
            options.arrival = .uniform
            options.bound = .duration(500_000_000)
            options.threads = 2
        }
        #expect(read.isClean)
        #expect(read.scheduled == 1000)
        #expect(read.counts.requests + read.unsent == 1000)
    }

    @Test func `files are stored and read back`() throws {
        let directory = NSTemporaryDirectory() + "cairn-files-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: directory + "/sub", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, size) in [("a", 0), ("b.bin", 70_000), ("sub/c", 13), ("with space", 5)] {
            let data = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try data.write(to: URL(fileURLWithPath: directory + "/" + name))
        }
        let files = try FileSet(
            directory: directory, bytesMax: 1 << 20, kind: .resp)
        #expect(files.count == 4 && files.contentBytes == 70_018)
        let text = try FileSet(directory: directory, bytesMax: 1 << 20, kind: .memcached)
        #expect(text.count == 3 && text.skipped == ["paths that are no keys": 1])
        for fault in [FakeServer.Fault.none, .swappedKey] {
            let server = try FakeServer(fault)
            defer { server.stop() }
            var options = LoadOptions()
            options.target = .tcp(ListenAddress(host: "127.0.0.1", port: server.port))
            options.connections = 2
            options.verify = true
            options.activity = .fill
            var store = try LoadRun(options, pool: ValuePool(seed: 1), files: files)
            #expect(try store.run().counts.writes == 4)
            options.activity = .readAll
            var read = try LoadRun(options, pool: ValuePool(seed: 1), files: files)
            let result = try read.run()
            #expect(result.counts.hits == 4)
            #expect((result.counts.mismatches > 0) == (fault != .none))
        }
    }
}
