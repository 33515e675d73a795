@testable import Cairn

final class ShardBox {
    var shard: Shard<SimulatedEngine>
    init(_ shard: consuming Shard<SimulatedEngine>) { self.shard = shard }
}

/// What a run of shards and clients came to.
struct ShardOutcome: Equatable {
    var failures: [String] = []
    var history: UInt64 = 0
    var events = 0
    var replies = 0
    var broken = 0
    var stale = 0
    var refused = 0
    var invalidated = 0
    var heard = 0
    var streamed = 0
    var crossed = 0
    var evicted = 0
    var aborted = 0

    /// Adds what another run came to.
    mutating func add(_ other: ShardOutcome) {
        replies += other.replies
        broken += other.broken
        stale += other.stale
        refused += other.refused
        invalidated += other.invalidated
        heard += other.heard
        streamed += other.streamed
        crossed += other.crossed
        evicted += other.evicted
        aborted += other.aborted
    }

    /// What should have happened in some dozens of runs and did not.
    func missing(broken breaks: Bool) -> [String] {
        var found: [String] = []
        func want(_ what: String, _ count: Int, _ least: Int) {
            if count < least { found.append("\(count) \(what) instead of \(least)") }
        }
        want("replies", replies, 2_000)
        want("invalidations", invalidated, 50)
        want("messages heard", heard, 20)
        want("turns with a streamed value", streamed, 50)
        want("requests between shards", crossed, 1_000)
        want("evictions", evicted, 20)
        want("transactions in vain", aborted, 1)
        if breaks {
            want("broken connections", broken, 50)
            want("late completions", stale, 20)
        }
        return found
    }
}

/// Real shards and simulated clients in one world, driven to their end.
final class ShardRun {
    let plan: ShardPlan
    let world: SimulatedWorld
    let group: ShardGroup
    let keys: SimulatedKeyspace
    let boxes: [ShardBox]
    let clients: [SimulatedClient]
    private var planter: BugPlanter
    private var isStopping = false
    private var ended: Set<Int> = []
    private var failures: [String] = []
    /// Turns that left a large value under way.
    private var streamed = 0

    /// Most events of a run: one that needs more hangs.
    static let eventsMax = 1_000_000
    /// Virtual nanoseconds after which clients must have been served.
    static let lifetime: UInt64 = 120_000_000_000

    static func run(
        _ plan: ShardPlan, bug: ShardBug = .none, canary: SimulationCanary = .none
    ) -> ShardOutcome {
        do throws(SetupFailed) {
            return try ShardRun(plan, bug: bug, canary: canary).run()
        } catch {
            var outcome = ShardOutcome()
            outcome.failures = ["no shards: \(error.text)"]
            return outcome
        }
    }

    struct SetupFailed: Error { let text: String }

    private init(
        _ plan: ShardPlan, bug: ShardBug, canary: SimulationCanary
    ) throws(SetupFailed) {
        self.plan = plan
        world = SimulatedWorld(
            seed: plan.seed, faults: plan.faults, shards: plan.shards, clients: plan.clients,
            canary: canary)
        keys = SimulatedKeyspace(
            clients: plan.clients, keysPerClient: plan.keysPerClient, decay: plan.decay,
            clockJumps: plan.faults.clockJump != .never)
        planter = BugPlanter(bug: bug, seed: plan.seed)
        do {
            let group = try ShardGroup(
                plan.settings, shards: plan.shards, seed: plan.seed ^ 0x6A5,
                startedMs: world.wallMilliseconds, laneMessages: plan.laneMessages)
            var boxes: [ShardBox] = []
            for index in 0..<plan.shards {
                boxes.append(ShardBox(try Self.shard(plan, world, group, index)))
            }
            self.group = group
            self.boxes = boxes
        } catch {
            throw SetupFailed(text: "\(error)")
        }
        var clients: [SimulatedClient] = []
        for number in 0..<plan.clients {
            clients.append(
                SimulatedClient(
                    number: number, keys: keys, seed: plan.seed,
                    behaviour: plan.behaviours[number]))
        }
        self.clients = clients
    }

    private static func shard(
        _ plan: ShardPlan, _ world: SimulatedWorld, _ group: ShardGroup, _ index: Int
    ) throws -> Shard<SimulatedEngine> {
        var options = L1.Options(memoryBytes: plan.cacheBytes)
        options.policy = plan.settings.l1.evictionPolicy
        options.seed = plan.seed
        let l1 = try L1(options)
        var shard = try Shard(
            group: group, index: index, engine: SimulatedEngine(world, shard: index), l1: l1,
            capacity: plan.capacity, node: nil, seed: plan.seed)
        shard.limits.streamBytesMin = plan.streamBytesMin
        if index == 0 { shard.listen(on: [0]) }
        return shard
    }

    /// The server was told to end, and has.
    var hasStopped: Bool { !ended.isEmpty }

    // MARK: Driving

    private func run() -> ShardOutcome {
        for client in clients { world.scheduleClient(client.number, after: 0) }
        for box in boxes {
            box.shard.startAccepting()
            box.shard.enter()
        }
        serve { self.clients.allSatisfy(\.isDone) }
        for client in clients where !client.isDone {
            failures.append(
                "client \(client.number) waits for ever, after \(world.eventCount) events and "
                    + "\(world.now / 1_000_000_000) s")
        }
        if !failures.isEmpty {
            for box in boxes {
                failures += box.shard.stragglers + box.shard.heads
                failures.append("shard \(box.shard.index): \(box.shard.inUse) \(box.shard.lock)")
            }
        }
        if failures.isEmpty, !isStopping {
            settle()
            failures += ShardChecks.beliefs(of: self)
        }
        for client in clients { client.depart(world) }
        settle()
        return conclude()
    }

    /// Lets everybody run until `isOver`, or for too long.
    private func serve(until isOver: () -> Bool) {
        while world.eventCount < Self.eventsMax, world.now < Self.lifetime, !isOver() {
            switch world.step() {
            case .shard(let index): turn(index)
            case .client(let client): clients[client].act(world, listenerShard: 0)
            case .finished: return
            }
            if let moment = plan.stopAfter, !isStopping, world.now > 1_000_000_000 + moment {
                isStopping = true
                group.requestStop()
                for client in clients { client.serverStops = true }
            }
        }
    }

    private func turn(_ index: Int) {
        if ended.contains(index) { return }
        boxes[index].shard.serve()
        streamed += boxes[index].shard.streams.usedCount > 0 ? 1 : 0
        planter.plant(in: boxes[index], world)
        if boxes[index].shard.hasEnded {
            boxes[index].shard.finish()
            ended.insert(index)
        } else {
            boxes[index].shard.enter()
        }
    }

    /// Lets what is under way come to its end: some rounds of upkeep.
    private func settle() {
        let until = world.now + 1_000_000_000
        serve { self.world.now >= until }
    }

    private func conclude() -> ShardOutcome {
        var outcome = ShardOutcome()
        outcome.failures = failures + world.violations + clients.flatMap(\.failures)
        if failures.isEmpty {
            outcome.failures += world.leaks()
            if ended.isEmpty { outcome.failures += ShardChecks.contents(of: self) }
            outcome.failures += ShardChecks.balance(of: self)
        }
        if !outcome.failures.isEmpty { outcome.failures += ShardChecks.closings(of: self) }
        outcome.history = world.history
        outcome.events = world.eventCount
        outcome.replies = clients.reduce(0) { $0 + $1.repliesChecked }
        outcome.broken = clients.reduce(0) { $0 + $1.broken }
        outcome.refused = clients.reduce(0) { $0 + $1.refused }
        outcome.invalidated = clients.reduce(0) { $0 + $1.invalidated }
        outcome.heard = clients.reduce(0) { $0 + $1.heard }
        outcome.streamed = streamed
        for stats in group.stats {
            outcome.stale += Int(stats.value(.staleCompletions))
            outcome.crossed += Int(stats.value(.crossShardServed))
            outcome.evicted += Int(stats.value(.evictionsMemory))
            outcome.aborted += Int(stats.value(.transactionsAborted))
        }
        return outcome
    }
}
