import Testing

@testable import Cairn

/// Random operations against a dictionary. A failure prints its seed: put it in the arguments.
@Suite struct L1PropertyTests {
    private func run(_ plan: L1Model.Plan) -> String? {
        var model = L1Model(plan)
        do {
            try model.run()
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [1, 2, 3])
    func `a level holds what a dictionary holds, but for what its log says it removed`(seed: UInt64)
    {
        var plan = L1Model.Plan(seed: seed, steps: 6000)
        plan.policy = [.lru, .lfu, .ttl][Int(seed % 3)]
        plan.checkEvery = 3000
        let failure = run(plan)
        #expect(failure == nil)
    }

    @Test func `values of many pages come and go without losing a byte`() {
        var plan = L1Model.Plan(seed: 11, steps: 2500)
        plan.lengths = [100_000, 600_000]
        plan.largest = 10 << 20
        plan.checkEvery = 2500
        let failure = run(plan)
        #expect(failure == nil)
    }

    @Test func `many small entries grow and shrink the tables`() {
        var plan = L1Model.Plan(seed: 12, steps: 8000)
        plan.keys = 100_000
        plan.lengths = [30, 100, 200]
        plan.checkEvery = 8000
        let failure = run(plan)
        #expect(failure == nil)
    }
}
