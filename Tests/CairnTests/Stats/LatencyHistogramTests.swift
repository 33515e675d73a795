import Testing

@testable import Cairn

@Suite struct LatencyHistogramTests {
    @Test func `buckets tile the range without gap or overlap`() {
        #expect(LatencyBuckets.count == 234)
        for index in 0..<LatencyBuckets.count - 1 {
            let edge = LatencyBuckets.upperBound(index)
            #expect(LatencyBuckets.index(edge - 1) == index, "below the edge \(edge)")
            #expect(LatencyBuckets.index(edge) == index + 1, "at the edge \(edge)")
        }
        #expect(LatencyBuckets.index(0) == 0)
        #expect(LatencyBuckets.index(.max) == LatencyBuckets.count - 1)
        #expect(LatencyBuckets.upperBound(LatencyBuckets.count - 2) == 1 << 36)
    }

    @Test func `a bucket is at most an eighth wider than its lower edge`() {
        for index in 1..<LatencyBuckets.count - 1 {
            let low = LatencyBuckets.upperBound(index - 1)
            let high = LatencyBuckets.upperBound(index)
            #expect(high - low <= low / 8)
        }
    }

    @Test func `percentiles are at most an eighth above the exact ones and never below`() {
        let seed: UInt64 = 0x5EED
        var random = Random(seed: seed)
        for round in 0..<50 {
            var exact: [UInt64] = []
            var histogram = LatencySnapshot()
            for _ in 0..<(1 + random.below(2_000)) {
                // Spread over magnitudes: a uniform number shifted by a random amount.
                let value = 128 + (random.next() >> UInt64(28 + random.below(28)))
                exact.append(value)
                histogram.record(value)
            }
            exact.sort()
            for fraction in [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
                let rank = max(1, Int((Double(exact.count) * fraction).rounded(.up)))
                let truth = exact[rank - 1]
                let read = histogram.percentile(fraction)
                #expect(read >= truth, "seed \(seed) round \(round) at \(fraction)")
                #expect(
                    Double(read) <= Double(truth) * 1.125 + 1,
                    "seed \(seed) round \(round) at \(fraction)")
            }
            #expect(histogram.percentile(1) == exact.last)
            #expect(histogram.count == UInt64(exact.count))
        }
    }

    @Test func `an empty histogram answers zero`() {
        #expect(LatencySnapshot().percentile(0.99) == 0)
        #expect(LatencySnapshot().count == 0)
    }

    @Test func `merging equals recording everything in one`() {
        var random = Random(seed: 7)
        var one = LatencySnapshot()
        var two = LatencySnapshot()
        var both = LatencySnapshot()
        for turn in 0..<1_000 {
            let value = random.next() >> 30
            if turn % 2 == 0 { one.record(value) } else { two.record(value) }
            both.record(value)
        }
        one.merge(two)
        #expect(one == both)
    }
}
