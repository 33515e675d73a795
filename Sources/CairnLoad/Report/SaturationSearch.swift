/// A latency target: the percentile must not exceed the limit.
package struct LatencyTarget: Sendable, Equatable {
    package var percentile: Double
    package var limitNanoseconds: UInt64

    package init(percentile: Double, limitNanoseconds: UInt64) {
        self.percentile = percentile
        self.limitNanoseconds = limitNanoseconds
    }

    /// Parses `p99=1ms`, `p99.9=500us`, `max=20ms`.
    package init(parsing text: String) throws(LoadError) {
        let halves = text.split(separator: "=").map(String.init)
        guard halves.count == 2, let name = halves.first else {
            throw .usage("\"\(text)\" is no latency target: p99=1ms")
        }
        let percent = name == "max" ? 100 : name.hasPrefix("p") ? Double(name.dropFirst()) : nil
        guard let percent, percent > 0, percent <= 100 else {
            throw .usage("\"\(name)\" is no percentile: p50, p99, p99.9, max")
        }
        percentile = percent
        limitNanoseconds = try Units.nanoseconds(halves[1])
    }
}

/// One rate that was tried.
package struct SearchPoint: Codable, Sendable, Equatable {
    package var offeredPerSecond: Double
    package var achievedPerSecond: Double
    /// The latency of the target's percentile.
    package var microseconds: Double
    package var p50Microseconds: Double
    package var errors: UInt64
    package var held: Bool
    /// Why it did not hold.
    package var reason: String?
}

/// Finds the highest rate at which a target holds: doubles until a rate fails (or halves until one
/// holds), then bisects between the two until they are within 3 %. Pure: rates out, verdicts in.
package struct SaturationSearch {
    /// Rates this close are the same knee: below it a run's own noise decides.
    package static let precision = 1.03
    /// Rates outside are not tried.
    package static let rateMin = 1.0
    package static let rateMax = 1e9

    private var held: Double?
    private var failed: Double?
    private var pending: Double

    /// Begins at `rate` requests a second.
    package init(startingAt rate: Double) { pending = rate }

    /// The rate to try; `nil` when the search is over.
    package var next: Double? {
        if let held, let failed, failed <= held * Self.precision { return nil }
        return pending >= Self.rateMin && pending <= Self.rateMax ? pending : nil
    }

    /// The highest rate that held.
    package var knee: Double { held ?? 0 }

    /// Tells how the rate of `next` went.
    package mutating func record(held isHeld: Bool) {
        if isHeld {
            held = max(held ?? 0, pending)
        } else {
            failed = min(failed ?? .infinity, pending)
        }
        switch (held, failed) {
        case (let low?, let high?): pending = (low + high) / 2
        case (let low?, nil): pending = low * 2
        case (nil, let high?): pending = high / 2
        case (nil, nil): break
        }
    }

    /// Judges a run; `nil` when it held, else why not. It holds when there are no errors, at least
    /// 99 % of the scheduled requests were sent before the end (`onTime`), and the percentile is
    /// within the limit. Requests that were never sent
    /// have no latency, so that the percentile alone would flatter an overloaded server.
    package static func judge(
        _ target: LatencyTarget, scheduled: UInt64, onTime: UInt64, latency: UInt64, errors: UInt64
    ) -> String? {
        if errors > 0 { return "\(errors) errors" }
        if scheduled == 0 { return "no request fell into the trial" }
        if Double(onTime) < Double(scheduled) * 0.99 {
            return "sent \(onTime) of \(scheduled)"
        }
        if latency > target.limitNanoseconds { return "latency" }
        return nil
    }
}
