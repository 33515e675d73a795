import Testing

@testable import Cairn

@Suite struct SimulatedEngineTests {
    @Test func `echo loops keep the contract under delays, short transfers and full buffers`() {
        for seed in SimulationSeeds.chosen(fixed: 60, fresh: 60) {
            let outcome = EchoOutcome.run(seed: seed, faults: .calm(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            #expect(outcome.broken == 0 || outcome.echoed > 0)
        }
    }

    @Test func `echo loops keep the contract when connections break at any completion`() {
        var broken = 0
        var stale = 0
        let seeds = SimulationSeeds.chosen(fixed: 60, fresh: 60)
        for seed in seeds {
            let outcome = EchoOutcome.run(seed: seed, faults: .hostile(seed: seed))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            broken += outcome.broken
            stale += outcome.stale
        }
        // The faults do happen.
        #expect(broken > 50 || seeds.count == 1)
        #expect(stale > 50 || seeds.count == 1)
    }

    @Test func `the same seed gives the same history, another seed another`() {
        for seed in SimulationSeeds.chosen(fixed: 10) {
            let faults = FaultPlan.hostile(seed: seed)
            let first = EchoOutcome.run(seed: seed, faults: faults)
            #expect(first == EchoOutcome.run(seed: seed, faults: faults))
            #expect(first.history != EchoOutcome.run(seed: seed + 1, faults: faults).history)
        }
    }

    @Test(arguments: EchoBug.allCases.filter { $0 != .none })
    func `a planted bug of the loop is found within 100 seeds`(_ bug: EchoBug) {
        let found = (1...100).first { seed in
            let outcome = EchoOutcome.run(
                seed: UInt64(seed), faults: .hostile(seed: UInt64(seed)), bug: bug)
            return !outcome.failures.isEmpty
        }
        #expect(found != nil, "no checker notices \(bug)")
    }

    @Test(arguments: [SimulationCanary.wrongByte, .bufferFreedEarly, .lostCompletion])
    func `a planted bug of the kernel is found within 50 seeds`(_ canary: SimulationCanary) {
        let found = (1...50).first { seed in
            let outcome = EchoOutcome.run(
                seed: UInt64(seed), faults: .calm(seed: UInt64(seed)), canary: canary)
            return !outcome.failures.isEmpty
        }
        #expect(found != nil, "no checker notices \(canary)")
    }

    @Test func `events come in the order of time, and of scheduling where all else is equal`() {
        var random = Random(seed: 11)
        var queue = EventQueue()
        for number in 0..<500 {
            queue.schedule(
                .client(number), at: UInt64(random.below(50)), tie: UInt64(random.below(3)))
        }
        var last: UInt64 = 0
        var seen = Set<Int>()
        while let (time, event) = queue.next() {
            #expect(time >= last)
            last = time
            if case .client(let number) = event { seen.insert(number) }
        }
        #expect(seen.count == 500)
    }
}
