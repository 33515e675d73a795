import Glibc
import Synchronization
import Testing

@testable import Cairn

/// Slots, waits and wake messages on the running kernel.
@Suite struct RingEngineTurnTests {
    let receive = Token(.receive, slot: 7, generation: 3)

    @Test func `a full table refuses a connection, and takes one again after a close`() throws {
        var fixture = try EngineFixture { $0.sockets = 1 }
        let (first, socket) = try fixture.connect()
        let second = try LoopbackClient(port: fixture.listener.port)
        let descriptor = try fixture.accept()
        let refused = fixture.engine.adopt(descriptor)
        #expect(refused == nil)
        fixture.engine.close(socket)
        fixture.engine.turn(waitNanoseconds: 0)
        #expect(first.read(1) == [])
        let adopted = fixture.engine.adopt(descriptor)
        #expect(adopted != nil)
        second.write([1])
        fixture.engine.receiveOnce(try #require(adopted), lengthMax: 8, token: receive)
        try fixture.expect(result: 1)
    }

    @Test func `a discarded connection ends for its client`() throws {
        var fixture = try EngineFixture()
        let client = try LoopbackClient(port: fixture.listener.port)
        fixture.engine.discard(try fixture.accept(), farewell: "-ERR full\r\n")
        #expect(client.read(100) == Array("-ERR full\r\n".utf8))
    }

    @Test func `a shutdown before a close does not meet the slot's next connection`() throws {
        var fixture = try EngineFixture { $0.sockets = 2 }
        let (first, socket) = try fixture.connect()
        let second = try LoopbackClient(port: fixture.listener.port)
        let descriptor = try fixture.accept()
        fixture.engine.shutdown(socket)
        fixture.engine.close(socket)
        let adopted = fixture.engine.adopt(descriptor)
        let next = try #require(adopted)
        #expect(next != socket)
        #expect(second.write([9]) == 1)
        fixture.engine.receiveMultishot(next, token: receive)
        let arrived = try fixture.completion()
        #expect(arrived.result == 1 && arrived.hasMore)
        #expect(first.read(1) == [])
    }

    @Test func `a reused slot's completions differ by generation`() throws {
        var fixture = try EngineFixture { $0.sockets = 1 }
        let (first, socket) = try fixture.connect()
        fixture.engine.receiveMultishot(socket, token: receive)
        fixture.engine.shutdown(socket)
        let last = try fixture.completion()
        #expect(last.token == receive && !last.hasMore)
        fixture.engine.close(socket)
        fixture.engine.turn(waitNanoseconds: 0)
        #expect(first.read(1) == [])
        let (second, again) = try fixture.connect()
        #expect(again == socket)
        let newer = Token(.receive, slot: 7, generation: 4)
        fixture.engine.receiveMultishot(again, token: newer)
        second.write([1])
        let completion = try fixture.completion()
        #expect(completion.token == newer)
    }

    @Test func `a turn without work waits as long as it was told, and reads the clocks`() throws {
        var fixture = try EngineFixture()
        let before = Clock.monotonic()
        fixture.engine.turn(waitNanoseconds: 3_000_000)
        let nothing = fixture.engine.nextCompletion()
        #expect(nothing == nil)
        #expect(fixture.engine.now >= before + 3_000_000)
        #expect(fixture.engine.wallMilliseconds > 1_600_000_000_000)
        let entries = fixture.engine.kernelEntries.all
        fixture.engine.turn(waitNanoseconds: 0)
        #expect(fixture.engine.kernelEntries.all == entries + 1)
    }

    @Test func `a wake message ends another engine's sleep`() throws {
        let peers = RingDirectory(shards: 2)
        let features = try RingFeatures.probe()
        var shape = RingEngine.Shape()
        shape.submissions = 8
        shape.completions = 64
        shape.receiveBuffers = 2
        shape.sockets = 4
        let woken = WakeLog()
        let thread = try PinnedThread(name: "sleeper", cpu: nil) { [shape] in
            guard var engine = try? RingEngine(shape, features: features, peers: peers, shard: 1)
            else { return }
            let deadline = Clock.monotonic() + 10_000_000_000
            while engine.now < deadline {
                engine.turn(waitNanoseconds: 10_000_000_000)
                guard let completion = engine.nextCompletion() else { continue }
                return woken.tags.withLock { $0.append(completion.token.tag) }
            }
        }
        var engine = try RingEngine(shape, features: features, peers: peers, shard: 0)
        let deadline = Clock.monotonic() + 10_000_000_000
        while peers.descriptor(1) < 0, Clock.monotonic() < deadline {
            engine.turn(waitNanoseconds: 100_000)
        }
        engine.wake(shard: 1)
        engine.turn(waitNanoseconds: 0)
        let nothing = engine.nextCompletion()
        #expect(nothing == nil)
        thread.join()
        #expect(woken.tags.withLock { $0 } == [.wake])
    }

    @Test func `waking a shard that has not started does nothing`() throws {
        var shape = RingEngine.Shape()
        shape.submissions = 8
        shape.completions = 64
        shape.receiveBuffers = 2
        shape.sockets = 4
        var engine = try RingEngine(
            shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 2), shard: 0)
        engine.wake(shard: 1)
        engine.turn(waitNanoseconds: 0)
        let nothing = engine.nextCompletion()
        #expect(nothing == nil)
    }

    @Test(arguments: EchoReceive.allCases, [false, true])
    func `the echo loop of the simulation runs on the kernel`(
        _ mode: EchoReceive, _ zeroCopy: Bool
    ) throws {
        let fixture = try EngineFixture {
            $0.receiveBuffers = 2
            $0.receiveBufferBytes = 256
        }
        let listener = try Listener(ListenAddress(host: "127.0.0.1", port: 0))
        var shard = EchoShard(
            fixture.takeEngine(), sockets: 32, bug: .none, receive: mode, zeroCopy: zeroCopy)
        var clients: [LoopbackClient] = []
        for number in 0..<8 {
            let client = try LoopbackClient(port: listener.port)
            let sent = patternBytes(1_500, seed: UInt64(number))
            #expect(client.write(sent) == sent.count)
            client.finish()
            clients.append(client)
        }
        let deadline = Clock.monotonic() + 10_000_000_000
        var opened = false
        while !(opened && shard.openConnections == 0), Clock.monotonic() < deadline {
            shard.turn(listener: listener.descriptor, waitNanoseconds: 50_000_000)
            opened = opened || shard.accepted == 8
        }
        // Closes take effect at a turn.
        shard.turn(listener: listener.descriptor, waitNanoseconds: 0)
        for (number, client) in clients.enumerated() {
            #expect(client.read(2_000) == patternBytes(1_500, seed: UInt64(number)))
        }
        #expect(shard.engine.buffersInUse == 0)
        #expect(shard.stale == 0)
    }
}

/// What a sleeping engine was woken by.
final class WakeLog: Sendable {
    let tags = Mutex<[OperationTag?]>([])
}
