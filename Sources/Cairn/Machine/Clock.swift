import CShims
import Glibc

/// The machine's clocks, read through the vDSO (about 25 ns each).
package enum Clock {
    /// Nanoseconds that never go back.
    @inline(__always)
    package static func monotonic() -> UInt64 { cairn_clock_ns(Int32(CLOCK_MONOTONIC)) }

    /// Unix milliseconds.
    @inline(__always)
    package static func wallMilliseconds() -> UInt64 {
        cairn_clock_ns(Int32(CLOCK_REALTIME)) / 1_000_000
    }

    /// Processor time of the calling thread, in nanoseconds.
    package static func threadCPU() -> UInt64 { cairn_clock_ns(Int32(CLOCK_THREAD_CPUTIME_ID)) }
}
