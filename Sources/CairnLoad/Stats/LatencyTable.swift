import Cairn
import Histogram

/// Counts of latencies on a logarithmic scale with 512 linear steps in each power of two: the error
/// of a value is below 0.1 %. Recording is one add into memory allocated at start.
///
/// One thread writes it; a second later it is handed to the reporting thread, which adds it to an
/// HdrHistogram. 17 k counters of 8 bytes: 136 KiB, of which a run touches a few lines.
package struct LatencyTable: ~Copyable {
    private static let stepBits: UInt64 = 9
    /// Latencies above 2^40 ns (18 minutes) count as that.
    package static let valueMax: UInt64 = 1 << 40
    private static let slots = Int((40 - stepBits + 2) << stepBits)

    private var counts = Table<UInt64>(repeating: 0, count: slots)
    private var lowest = Int.max
    private var highest = -1
    package private(set) var total: UInt64 = 0
    package private(set) var maximum: UInt64 = 0
    package private(set) var sum: UInt64 = 0

    package init() {}

    @inline(__always)
    package static func slot(_ value: UInt64) -> Int {
        if value < 1 << stepBits { return Int(value) }
        let shift = UInt64(63 - value.leadingZeroBitCount) - stepBits
        return Int((shift << stepBits) + (value >> shift))
    }

    /// The middle of the values that share a slot.
    package static func value(slot: Int) -> UInt64 {
        let slot = UInt64(slot)
        if slot < 1 << (stepBits + 1) { return slot }
        let shift = (slot >> stepBits) - 1
        let low = ((1 << stepBits) + (slot & ((1 << stepBits) - 1))) << shift
        return low + (1 << shift) / 2
    }

    @inline(__always)
    package mutating func record(_ nanoseconds: UInt64) {
        let slot = Self.slot(min(nanoseconds, Self.valueMax))
        counts[slot] &+= 1
        if slot < lowest { lowest = slot }
        if slot > highest { highest = slot }
        total &+= 1
        sum &+= nanoseconds
        if nanoseconds > maximum { maximum = nanoseconds }
    }

    /// Adds all counts to a histogram for reports.
    package func add(to histogram: inout LatencyHistogram) {
        guard total > 0 else { return }
        for slot in lowest...highest where counts[slot] > 0 {
            histogram.counts.record(Self.value(slot: slot), count: counts[slot])
        }
        histogram.maximum = max(histogram.maximum, maximum)
        histogram.sum += Double(sum)
    }

    package mutating func reset() {
        if highest >= 0 { for slot in lowest...highest { counts[slot] = 0 } }
        lowest = Int.max
        highest = -1
        total = 0
        maximum = 0
        sum = 0
    }
}

/// An HdrHistogram of nanoseconds, with the exact maximum and mean beside it.
package struct LatencyHistogram: Sendable {
    package var counts = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: LatencyTable.valueMax * 2,
        numberOfSignificantValueDigits: .three)
    package var maximum: UInt64 = 0
    package var sum = 0.0

    package init() {}

    package var total: UInt64 { counts.totalCount }
    package var mean: Double { total == 0 ? 0 : sum / Double(total) }

    /// The latency that `percent` of the requests don't exceed, in nanoseconds; 0 when empty.
    package func percentile(_ percent: Double) -> UInt64 {
        if total == 0 { return 0 }
        return percent >= 100 ? maximum : min(counts.valueAtPercentile(percent), maximum)
    }

    /// Several percentiles in one pass over the counts; `percents` ascending.
    package func percentiles(_ percents: [Double]) -> [UInt64] {
        var result: [UInt64] = []
        for entry in counts.recordedValues() {
            while result.count < percents.count && percents[result.count] < 100
                && Double(entry.totalCountToThisValue) >= percents[result.count] / 100
                    * Double(total)
            {
                result.append(min(entry.value, maximum))
            }
        }
        while result.count < percents.count { result.append(maximum) }
        return result
    }

    package mutating func add(_ other: LatencyHistogram) {
        counts.add(other.counts)
        maximum = max(maximum, other.maximum)
        sum += other.sum
    }
}
