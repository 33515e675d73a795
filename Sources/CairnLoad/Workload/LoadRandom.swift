import Cairn

/// The random choices of one load thread: SplitMix64 as everywhere, kept in this module so that
/// drawing a number is a few instructions and not a call.
package struct LoadRandom: BitwiseCopyable, RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    @inline(__always)
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(state)
    }

    /// A number in `0 ..< bound`; `bound` above 0.
    @inline(__always)
    package mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// A number in [0, 1), in steps of 2^-53.
    @inline(__always)
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// SplitMix64's finaliser: a bijection of 64-bit words in which every bit depends on every bit.
@inline(__always)
package func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
