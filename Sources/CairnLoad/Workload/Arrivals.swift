import Foundation

/// How the requests of an open loop are spread over time.
package enum ArrivalKind: String, Sendable, CaseIterable {
    /// Exponential gaps: independent users.
    case poisson
    /// Equal gaps.
    case uniform
}

/// The intended start times of one thread's requests, in nanoseconds.
///
/// The schedule never waits for the server: a request that could not be sent at its time keeps that
/// time as its start, so a stall of the server shows in every request it delayed (no coordinated
/// omission; Gil Tene, "How NOT to Measure Latency").
package struct Arrivals {
    private let kind: ArrivalKind
    private let gap: Double
    private var at: Double
    private let base: UInt64

    /// Thread `thread` of `threads` that together make `rate` requests a second from `start` on.
    package init(
        _ kind: ArrivalKind, rate: Double, start: UInt64, thread: Int, threads: Int,
        random: inout LoadRandom
    ) {
        self.kind = kind
        gap = 1e9 / rate * Double(threads)
        base = start
        at = 0
        switch kind {
        case .uniform: at = gap * Double(thread) / Double(threads)
        case .poisson: at = Self.exponential(gap, &random)
        }
    }

    /// The intended start of the next request.
    @inline(__always)
    package var next: UInt64 { base &+ UInt64(at) }

    /// Goes on to the request after it.
    @inline(__always)
    package mutating func advance(_ random: inout LoadRandom) {
        switch kind {
        case .uniform: at += gap
        case .poisson: at += Self.exponential(gap, &random)
        }
    }

    private static func exponential(_ mean: Double, _ random: inout LoadRandom) -> Double {
        -mean * log(1 - random.unit())
    }
}
