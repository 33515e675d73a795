@testable import Cairn

/// A client that sends random bytes and checks that the same come back.
struct EchoClient {
    private let number: Int
    private var random: Random
    private var connection: SimulatedConnection?
    private var connectionsLeft: Int
    /// Bytes of this connection still to be sent.
    private var toSend = 0
    private var hasFinished = false
    private var expected: [UInt8] = []
    private(set) var failures: [String] = []
    /// Bytes that came back as they were sent.
    private(set) var echoed = 0
    /// Connections that broke.
    private(set) var broken = 0
    private(set) var isDone = false
    private let out = FixedArrayBox(count: 512)

    init(number: Int, seed: UInt64, connections: Int) {
        self.number = number
        random = Random(seed: seed &+ UInt64(number) &* 7_919)
        connectionsLeft = connections
    }

    mutating func act(_ world: SimulatedWorld) {
        guard let connection else { return connect(world) }
        check(world.read(connection))
        switch world.view(connection) {
        case .reset:
            broken += 1
            return leave(world)
        case .ended:
            if !hasFinished || !expected.isEmpty {
                failures.append("client \(number): the stream ended too early")
            }
            return leave(world)
        case .open: break
        }
        if random.below(200) == 0, toSend > 0 {
            return leave(world)  // a client that crashes
        }
        send(world, connection)
        if random.below(4) == 0 { world.scheduleClient(number, after: 10_000) }
    }

    private mutating func connect(_ world: SimulatedWorld) {
        guard connectionsLeft > 0 else {
            isDone = true
            return
        }
        connectionsLeft -= 1
        connection = world.connect(client: number, shard: random.below(world.shardCount))
        toSend = random.below(1_000)
        hasFinished = false
        expected = []
        world.scheduleClient(number, after: 1_000)
    }

    private mutating func leave(_ world: SimulatedWorld) {
        if let connection { world.close(connection) }
        connection = nil
        world.scheduleClient(number, after: 1_000)
    }

    private mutating func check(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if Array(expected.prefix(bytes.count)) != bytes {
            failures.append("client \(number): other bytes came back")
        }
        expected.removeFirst(min(bytes.count, expected.count))
        echoed += bytes.count
    }

    private mutating func send(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        // The loop holds at most `halfBytes` for a connection.
        while toSend > 0, expected.count < 2_000 {
            let count = min(1 + random.below(400), toSend)
            for word in 0..<(count + 7) / 8 {
                out.memory.bytes.store(random.next(), at: 8 * word)
            }
            let written = world.write(connection, out.memory.bytes.slice(0, count).bytes)
            expected += out.memory.bytes.slice(0, written).bytes.array
            toSend -= written
            if written < count { return }
        }
        if toSend == 0, !hasFinished {
            hasFinished = true
            world.finish(connection)
        }
    }
}

/// A fixed table that a copyable owner can hold.
final class FixedArrayBox {
    var memory: FixedArray<UInt8>
    init(count: Int) { memory = FixedArray(repeating: 0, count: count) }
}

final class EchoShardBox {
    var shard: EchoShard<SimulatedEngine>
    init(_ shard: consuming EchoShard<SimulatedEngine>) { self.shard = shard }
}

/// What a run of echo shards and clients came to.
struct EchoOutcome: Equatable {
    var failures: [String] = []
    var history: UInt64 = 0
    var events = 0
    var echoed = 0
    var broken = 0
    var stale = 0

    /// Runs two echo shards and a few clients to their end.
    static func run(
        seed: UInt64, faults: FaultPlan, bug: EchoBug = .none, canary: SimulationCanary = .none
    ) -> EchoOutcome {
        let world = SimulatedWorld(
            seed: seed, faults: faults, shards: 2, clients: 4, canary: canary)
        var choice = Random(seed: seed ^ 0xEC40)
        let shards = (0..<2).map { shard in
            EchoShardBox(
                EchoShard(
                    SimulatedEngine(world, shard: shard), sockets: faults.sockets, bug: bug,
                    receive: EchoReceive.allCases[choice.below(3)],
                    zeroCopy: choice.below(2) == 0))
        }
        var clients = (0..<4).map { EchoClient(number: $0, seed: seed, connections: 3) }
        for client in 0..<4 { world.scheduleClient(client, after: 0) }
        for shard in shards { shard.shard.enter(listener: 0, waitNanoseconds: nil) }
        let eventsMax = 100_000
        loop: while world.eventCount < eventsMax {
            switch world.step() {
            case .shard(let shard):
                shards[shard].shard.serve()
                shards[shard].shard.enter(listener: 0, waitNanoseconds: nil)
            case .client(let client): clients[client].act(world)
            case .finished: break loop
            }
        }
        var outcome = EchoOutcome()
        outcome.failures = world.violations + world.leaks() + clients.flatMap(\.failures)
        for (number, client) in clients.enumerated() where !client.isDone {
            outcome.failures.append("client \(number) waits for ever")
        }
        outcome.history = world.history
        outcome.events = world.eventCount
        outcome.echoed = clients.reduce(0) { $0 + $1.echoed }
        outcome.broken = clients.reduce(0) { $0 + $1.broken }
        outcome.stale = shards.reduce(0) { $0 + $1.shard.stale }
        return outcome
    }
}
