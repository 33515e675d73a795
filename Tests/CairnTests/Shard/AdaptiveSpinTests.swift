import Testing

@testable import Cairn

@Suite struct AdaptiveSpinTests {
    let limit: UInt64 = 16_000

    @Test func `polls that find nothing become short, but not nothing`() {
        var spin = AdaptiveSpin()
        #expect(spin.budget(limit: limit) == limit)
        spin.foundNothing()
        #expect(spin.budget(limit: limit) == limit / 2)
        for _ in 0..<20 { spin.foundNothing() }
        #expect(spin.budget(limit: limit) == limit / 16)
    }

    @Test func `polls that find work become as long as the limit, and no longer`() {
        var spin = AdaptiveSpin()
        for _ in 0..<20 { spin.foundNothing() }
        for _ in 0..<4 { spin.foundWork() }
        #expect(spin.budget(limit: limit) == limit)
        spin.foundWork()
        #expect(spin.budget(limit: limit) == limit)
    }

    @Test func `one poll of many takes the whole limit, so that shorter pauses are noticed`() {
        var spin = AdaptiveSpin()
        var full = 0
        for _ in 0..<640 {
            spin.foundNothing()
            if spin.budget(limit: limit) == limit { full += 1 }
        }
        #expect(full == 10)
    }
}
