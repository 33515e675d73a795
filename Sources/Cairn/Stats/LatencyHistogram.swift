/// Buckets of a latency histogram, and what can be read from counted ones.
///
/// Log-linear: octaves of nanoseconds, each cut in 8 equal parts, so a value read back is at most
/// 12.5 % above the real one. From 128 ns (a RAM hit inside a batch) to 2^36 ns = 68.7 s (longer
/// than any timeout); below and above there is one bucket each.
/// 29 octaves x 8 + 2 = 234 buckets, 1,872 bytes.
package enum LatencyBuckets {
    @inline(__always) static var subBits: Int { 3 }
    @inline(__always) static var lowestExponent: Int { 7 }
    @inline(__always) static var highestExponent: Int { 36 }
    /// Number of buckets.
    @inline(__always)
    package static var count: Int { ((highestExponent - lowestExponent) << subBits) + 2 }

    /// The bucket of a latency: a leading-zero count, a shift, an add.
    @inline(__always)
    package static func index(_ nanoseconds: UInt64) -> Int {
        if nanoseconds < 1 << UInt64(lowestExponent) { return 0 }
        let exponent = 63 &- nanoseconds.leadingZeroBitCount
        if exponent >= highestExponent { return count &- 1 }
        let sub = Int(truncatingIfNeeded: nanoseconds >> UInt64(exponent &- subBits)) & 7
        return 1 &+ ((exponent &- lowestExponent) << subBits) &+ sub
    }

    /// Exclusive upper bound of a bucket in nanoseconds; the last one has none.
    package static func upperBound(_ index: Int) -> UInt64 {
        if index == 0 { return 1 << UInt64(lowestExponent) }
        if index >= count - 1 { return .max }
        let octave = (index - 1) >> subBits
        let sub = (index - 1) & 7
        return UInt64(8 + sub + 1) << UInt64(octave + lowestExponent - subBits)
    }
}

/// A histogram's counts at one moment, merged over any number of shards.
package struct LatencySnapshot: Sendable, Equatable {
    package var buckets = [UInt64](repeating: 0, count: LatencyBuckets.count)
    /// Sum of all recorded latencies in nanoseconds.
    package var sum: UInt64 = 0
    /// Largest recorded latency in nanoseconds.
    package var maximum: UInt64 = 0

    package init() {}

    /// Number of recorded latencies.
    package var count: UInt64 { buckets.reduce(0, &+) }

    /// Adds another shard's counts.
    package mutating func merge(_ other: LatencySnapshot) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
    }

    /// Records as the data path does: for tests and tools.
    package mutating func record(_ nanoseconds: UInt64, count: UInt64 = 1) {
        buckets[LatencyBuckets.index(nanoseconds)] &+= count
        sum &+= nanoseconds &* count
        maximum = max(maximum, nanoseconds)
    }

    /// The latency in nanoseconds that `fraction` (0 ... 1) of the requests stayed at or below:
    /// the upper edge of its bucket, never above the maximum. 0 without any request.
    package func percentile(_ fraction: Double) -> UInt64 {
        let total = count
        if total == 0 { return 0 }
        let rank = max(1, UInt64((Double(total) * fraction).rounded(.up)))
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            seen &+= bucket
            if seen >= rank { return min(LatencyBuckets.upperBound(index), maximum) }
        }
        return maximum
    }
}
