@testable import Cairn

/// What one seed makes of a run: sizes, clients, faults. Small tables are full now and then.
struct ShardPlan {
    var seed: UInt64
    var faults: FaultPlan
    var shards = 1
    var clients = 3
    var keysPerClient = 3
    var behaviours: [SimulatedClient.Behaviour] = []
    var decay = SimulatedDecay.none
    var capacity = Shard<SimulatedEngine>.Capacity()
    var laneMessages = 512
    /// Values of at least this many bytes are streamed.
    var streamBytesMin = 16 << 10
    var settings = ServerSettings()
    /// Bytes of the RAM level of a shard: a page for each size of chunk, or nothing would stay.
    var cacheBytes = 192 << 20
    /// Virtual nanoseconds after which the server is told to end while clients are busy.
    var stopAfter: UInt64?

    /// Connections live until somebody ends them.
    static func calm(seed: UInt64) -> ShardPlan {
        ShardPlan(seed: seed, faults: .calm(seed: seed), isHostile: false)
    }

    /// Connections break, and clocks jump.
    static func hostile(seed: UInt64) -> ShardPlan {
        ShardPlan(seed: seed, faults: .hostile(seed: seed), isHostile: true)
    }

    /// Values up to some MiB, in little memory if they may be evicted.
    static func large(seed: UInt64) -> ShardPlan {
        var plan = ShardPlan(seed: seed, faults: .hostile(seed: seed), isHostile: true)
        plan.clients = 2
        plan.faults.socketBytes = 256 << 10
        plan.faults.receiveBufferBytes = 16 << 10
        plan.streamBytesMin = 16 << 10
        plan.settings.l1.maxEntries = nil
        plan.capacity.poolBytes = 2 << 20
        plan.capacity.segments = 4_096
        for client in plan.behaviours.indices {
            plan.behaviours[client].commands = 30
            // A command that is gathered whole may exceed what one client is granted.
            plan.behaviours[client].mayBeClosed = plan.decay == .eviction
            plan.behaviours[client].valueBytesMax = 2_500_000
            plan.behaviours[client].writeBytesMax = 64 << 10
        }
        return plan
    }

    private init(seed: UInt64, faults: FaultPlan, isHostile: Bool) {
        self.seed = seed
        self.faults = faults
        var random = Random(seed: seed ^ 0x5A4D)
        shards = 1 + random.below(3)
        clients = 2 + random.below(4)
        keysPerClient = 2 + random.below(4)
        decay = [.none, .none, .expiry, .eviction][random.below(4)]
        laneMessages = [2, 8, 512][random.below(3)]
        streamBytesMin = [64, 1_024, 16 << 10][random.below(3)]
        capacity.connections = 16
        capacity.segments = [1_100, 2_048][random.below(2)]
        capacity.poolBytes = [512 << 10, 2 << 20][random.below(2)]
        capacity.calls = [4, 32, 512][random.below(3)]
        capacity.streams = [1, 4][random.below(2)]
        capacity.transactions = 16
        capacity.followers = 16
        settings.zeroCopySendBytesMin = random.below(2) == 0 ? 1_000 : nil
        settings.l1.evictionPolicy = [.lru, .lfu, .ttl][random.below(3)]
        settings.cleanupIntervalMilliseconds = 1_000
        if decay == .eviction {
            settings.l1.maxEntries = shards * [2, 5, 1_000][random.below(3)]
            cacheBytes = L1.memoryBytesMin
        }
        if random.below(4) == 0 { stopAfter = UInt64(random.below(60_000_000)) }
        let valueBytesMax = [300, 3_000, 12_000, 40_000][random.below(4)]
        // Small steps cost many events: big values get big pipes.
        if valueBytesMax > 10_000 {
            self.faults.socketBytes = max(faults.socketBytes, 4_096)
            self.faults.receiveBufferBytes = max(faults.receiveBufferBytes, 1_024)
        }
        for _ in 0..<clients {
            behaviours.append(
                Self.behaviour(&random, valueBytesMax: valueBytesMax, faults, isHostile))
        }
    }

    private static func behaviour(
        _ random: inout Random, valueBytesMax: Int, _ faults: FaultPlan, _ isHostile: Bool
    ) -> SimulatedClient.Behaviour {
        var behaviour = SimulatedClient.Behaviour()
        behaviour.commands = 40
        behaviour.depth = [1, 4, 16, 40][random.below(4)]
        behaviour.valueBytesMax = valueBytesMax
        behaviour.crash = isHostile ? .percent([0, 0, 3, 10][random.below(4)]) : .never
        behaviour.lazyRead = .percent([0, 20, 95][random.below(3)])
        behaviour.tracks = .percent([0, 0, 70][random.below(3)])
        behaviour.subscribes = .percent([0, 0, 70][random.below(3)])
        behaviour.counts = .percent([0, 10][random.below(2)])
        behaviour.writeBytesMax = [8, 200, 2_000][random.below(3)]
        if valueBytesMax > 10_000 { behaviour.writeBytesMax = 2_000 }
        // Not much shorter than the network's delays: it would run in vain.
        behaviour.pauseMax = max([1_000, 100_000][random.below(2)], faults.delayMax / 4)
        return behaviour
    }
}
