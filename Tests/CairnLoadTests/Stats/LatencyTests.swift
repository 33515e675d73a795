import Foundation
import Testing

@testable import CairnLoad

/// Latencies: percentiles against exact ones, and no slot out of order.
struct LatencyTests {
    @Test func `slots keep order, and their value is within a thousandth`() {
        var last = -1
        var value: UInt64 = 0
        while value < LatencyTable.valueMax {
            let slot = LatencyTable.slot(value)
            let stands = Double(LatencyTable.value(slot: slot))
            if slot < last || abs(stands - Double(value)) > Double(value) * 0.001 {
                Issue.record("\(value) is in slot \(slot), which stands for \(stands)")
            }
            last = slot
            value += max(1, value / 300)
        }
    }

    @Test(arguments: [1, 10, 1000, 20_000])
    func `percentiles match the sorted latencies`(count: Int) {
        let seed: UInt64 = 5
        print("seed \(seed)")
        var random = LoadRandom(seed: seed)
        var table = LatencyTable()
        var exact: [UInt64] = []
        for _ in 0..<count {
            // Log-normal-like: from microseconds to seconds.
            let value = UInt64(exp(random.unit() * 14) * 1000)
            exact.append(value)
            table.record(value)
        }
        exact.sort()
        var histogram = LatencyHistogram()
        table.add(to: &histogram)
        let percents = [50, 90, 99, 99.9, 99.99]
        let together = histogram.percentiles(percents)
        for (index, percent) in percents.enumerated() {
            let rank = max(Int((percent / 100 * Double(count)).rounded(.up)), 1)
            let expected = Double(exact[rank - 1])
            #expect(abs(Double(histogram.percentile(percent)) - expected) <= expected * 0.003)
            #expect(abs(Double(together[index]) - expected) <= expected * 0.003)
        }
        #expect(histogram.maximum == exact.last)
        #expect(histogram.total == UInt64(count))
        let mean = exact.map { Double($0) }.reduce(0, +) / Double(count)
        #expect(abs(histogram.mean - mean) <= mean * 1e-6)
    }

    @Test func `a table that was reset counts nothing`() {
        var table = LatencyTable()
        table.record(5)
        table.record(1 << 50)
        #expect(table.maximum == 1 << 50)
        table.reset()
        var histogram = LatencyHistogram()
        table.add(to: &histogram)
        #expect(histogram.total == 0 && histogram.percentile(99) == 0)
        #expect(histogram.percentiles([50, 99]) == [0, 0])
    }

    @Test func `repeated errors are one kind, however many`() {
        var tally = ErrorTally()
        for _ in 0..<1000 { tally.count(ByteView("OOM")) }
        tally.count(ByteView("ERR"), times: 3)
        #expect(tally.all.map(\.text) == ["OOM", "ERR"])
        #expect(tally.all.map(\.count) == [1000, 3])
    }
}
