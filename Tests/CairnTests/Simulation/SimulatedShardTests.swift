import Testing

@testable import Cairn

/// Whole shards on the simulated engine, with clients that check every reply.
@Suite struct SimulatedShardTests {
    @Test func `shards answer as they must under delays, short transfers and full tables`() {
        var sum = ShardOutcome()
        // The memory that a command waited for stood behind it.
        let seeds = SimulationSeeds.chosen(
            known: [6_739_981], fixed: 45, fresh: SimulationSeeds.freshInSoak(20))
        for seed in seeds {
            SimulationSeeds.tell(seed)
            let outcome = ShardRun.run(.calm(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            sum.add(outcome)
        }
        // What is to be tested does happen.
        if seeds.count > 40 { #expect(sum.missing(broken: false) == []) }
    }

    @Test func `shards answer as they must when connections break at any completion`() {
        var sum = ShardOutcome()
        // A connection that waited for others' memory was forgotten; a lock stood before its own
        // release; pieces of values found their lane full.
        let seeds = SimulationSeeds.chosen(
            known: [90, 117, 414, 436], fixed: 45, fresh: SimulationSeeds.freshInSoak(20))
        for seed in seeds {
            SimulationSeeds.tell(seed)
            let outcome = ShardRun.run(.hostile(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            sum.add(outcome)
        }
        if seeds.count > 40 { #expect(sum.missing(broken: true) == []) }
    }

    @Test func `transactions are whole and isolated whoever goes away in their middle`() {
        for seed in SimulationSeeds.chosen(fixed: 15, fresh: SimulationSeeds.freshInSoak(10)) {
            SimulationSeeds.tell(seed)
            let outcome = ShardRun.run(.transactions(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
        }
    }

    @Test func `values of many pieces come and go whole while connections break`() {
        for seed in SimulationSeeds.chosen(
            known: [500_276_748], fixed: 4, fresh: SimulationSeeds.freshInSoak(2))
        {
            SimulationSeeds.tell(seed)
            let outcome = ShardRun.run(.large(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
        }
    }

    @Test func `the same seed gives the same history of shards`() {
        for seed in SimulationSeeds.chosen(fixed: 3) {
            let first = ShardRun.run(.hostile(seed: seed))
            #expect(first == ShardRun.run(.hostile(seed: seed)))
        }
    }

    @Test(arguments: ShardBug.allCases.filter { $0 != .none })
    func `a planted bug of a shard is found within 40 seeds`(_ bug: ShardBug) {
        let found = (1...40).first { seed in
            !ShardRun.run(.calm(seed: UInt64(seed)), bug: bug).failures.isEmpty
        }
        #expect(found != nil, "no checker notices \(bug)")
    }

    @Test(arguments: [SimulationCanary.wrongByte, .bufferFreedEarly, .lostCompletion])
    func `a planted bug of the kernel is found by the clients of shards`(
        _ canary: SimulationCanary
    ) {
        let found = (1...20).first { seed in
            !ShardRun.run(.calm(seed: UInt64(seed)), canary: canary).failures.isEmpty
        }
        #expect(found != nil, "no checker notices \(canary)")
    }
}
