import Foundation
import Testing

@testable import CairnLoad

/// The distributions, statistically with a fixed seed: bounds are five standard deviations.
struct DistributionTests {
    private func counts(_ text: String, keys: Int, draws: Int) throws -> [Int] {
        var picker = KeyPicker(
            try KeyDistribution(parsing: text), keys: keys, thread: 0, threads: 1)
        var random = LoadRandom(seed: 42)
        var counts = [Int](repeating: 0, count: keys)
        for _ in 0..<draws { counts[Int(picker.next(&random))] += 1 }
        return counts
    }

    private func expectNear(_ count: Int, _ probability: Double, of draws: Int) {
        let mean = probability * Double(draws)
        let deviation = (mean * (1 - probability)).squareRoot()
        #expect(abs(Double(count) - mean) <= 5 * deviation + 1)
    }

    @Test func `uniform draws every key equally often`() throws {
        for count in try counts("uniform", keys: 100, draws: 40_000) {
            expectNear(count, 0.01, of: 40_000)
        }
    }

    @Test(arguments: [0.0, 0.5, 0.99, 1.0, 1.3, 2.0])
    func `zipf draws rank r in proportion to r to the minus s`(exponent: Double) throws {
        let keys = 1000
        let draws = 50_000
        let counts = try counts("zipf:\(exponent)", keys: keys, draws: draws)
        let weights = (1...keys).map { pow(Double($0), -exponent) }
        let total = weights.reduce(0, +)
        for rank in [1, 2, 3, 5, 10, 50, 100, 500, 1000] {
            expectNear(counts[rank - 1], weights[rank - 1] / total, of: draws)
        }
        let head = weights.prefix(100).reduce(0, +) / total
        expectNear(counts.prefix(100).reduce(0, +), head, of: draws)
    }

    @Test func `zipf over one key and over very many keys stays in range`() {
        var random = LoadRandom(seed: 7)
        let one = Zipf(count: 1, exponent: 0.99)
        let many = Zipf(count: 4_000_000_000, exponent: 0.99)
        let draws = (0..<5_000).map { _ in (one.next(&random), many.next(&random)) }
        #expect(draws.allSatisfy { $0.0 == 1 && (1...4_000_000_000).contains($0.1) })
    }

    @Test func `hotspot sends the stated share of requests to the stated share of keys`() throws {
        let counts = try counts("hotspot:0.1:0.9", keys: 1000, draws: 40_000)
        expectNear(counts.prefix(100).reduce(0, +), 0.9, of: 40_000)
        expectNear(counts[5], 0.9 / 100, of: 40_000)
        expectNear(counts[500], 0.1 / 900, of: 40_000)
    }

    @Test func `sequential threads cover all keys once, each its own slice`() {
        var random = LoadRandom(seed: 1)
        var seen = [Int](repeating: 0, count: 1003)
        for thread in 0..<4 {
            var picker = KeyPicker(.sequential, keys: 1003, thread: thread, threads: 4)
            for _ in KeyPicker.slice(keys: 1003, thread: thread, threads: 4) {
                seen[Int(picker.next(&random))] += 1
            }
        }
        #expect(seen.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [1, 7, 16, 99, 100, 250])
    func `strided visits every key once before it repeats`(step: Int) {
        var random = LoadRandom(seed: 1)
        var picker = KeyPicker(.strided(step: step), keys: 100, thread: 0, threads: 1)
        let order = (0..<100).map { _ in Int(picker.next(&random)) }
        #expect(Set(order).count == 100)
        if step < 100 { #expect(order[1] == step % 100) }
        #expect(Int(picker.next(&random)) == order[0])
    }

    @Test(arguments: ["", "zipf:x", "zipf:-1", "hotspot:0.1", "hotspot:0:1", "strided", "tidal"])
    func `a distribution that means nothing is refused`(text: String) {
        #expect(throws: LoadError.self) { try KeyDistribution(parsing: text) }
    }

    @Test func `a uniform schedule of several threads is one schedule of equal gaps`() {
        var random = LoadRandom(seed: 3)
        var starts: [UInt64] = []
        for thread in 0..<4 {
            var arrivals = Arrivals(
                .uniform, rate: 1000, start: 5_000_000, thread: thread, threads: 4,
                random: &random)
            for _ in 0..<25 {
                starts.append(arrivals.next)
                arrivals.advance(&random)
            }
        }
        #expect(starts.sorted() == (0..<100).map { 5_000_000 + UInt64($0) * 1_000_000 })
    }

    @Test func `poisson gaps have the mean and the spread of an exponential`() {
        var random = LoadRandom(seed: 9)
        var arrivals = Arrivals(
            .poisson, rate: 20_000, start: 0, thread: 0, threads: 2, random: &random)
        var gaps: [Double] = []
        var last: UInt64 = 0
        for _ in 0..<20_000 {
            gaps.append(Double(arrivals.next - last))
            last = arrivals.next
            arrivals.advance(&random)
        }
        // Half of 20,000 a second: a gap of 100 µs on average, with as much deviation.
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
        #expect(abs(mean - 100_000) < 3600)
        #expect(abs(variance.squareRoot() - 100_000) < 6000)
    }
}
