import Cairn

/// Which keys a load asks for.
package enum KeyDistribution: Sendable, Equatable {
    /// Every key with the same probability.
    case uniform
    /// Key of rank r with a probability proportional to 1 / r^exponent.
    case zipf(exponent: Double)
    /// One key after the other, each thread through its own slice of the key space.
    case sequential
    /// Every `step`-th key, then the ones beside them.
    case strided(step: Int)
    /// `share` of the keys take `accesses` of the requests.
    case hotspot(share: Double, accesses: Double)

    /// Parses `uniform`, `zipf:0.99`, `sequential`, `strided:16`, `hotspot:0.1:0.9`.
    package init(parsing text: String) throws(LoadError) {
        let parts = text.split(separator: ":").map(String.init)
        let numbers = parts.dropFirst().compactMap(Double.init)
        let complete = numbers.count == parts.count - 1
        switch parts.first {
        case "uniform" where parts.count == 1: self = .uniform
        case "sequential" where parts.count == 1: self = .sequential
        case "zipf" where complete && numbers.count <= 1:
            let exponent = numbers.first ?? 0.99
            guard exponent >= 0, exponent <= 10 else {
                throw .usage("zipf takes an exponent from 0 to 10, not \(exponent)")
            }
            self = .zipf(exponent: exponent)
        case "strided" where complete && numbers.count == 1 && numbers[0] >= 1:
            self = .strided(step: Int(numbers[0]))
        case "hotspot" where complete && numbers.count == 2:
            guard numbers.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
                throw .usage("hotspot takes SHARE:ACCESSES, both above 0 and at most 1")
            }
            self = .hotspot(share: numbers[0], accesses: numbers[1])
        default:
            throw .usage(
                "unknown key distribution \"\(text)\": uniform, zipf:EXPONENT, sequential, "
                    + "strided:STEP, hotspot:SHARE:ACCESSES")
        }
    }

    package var text: String {
        switch self {
        case .uniform: "uniform"
        case .zipf(let exponent): "zipf:\(exponent)"
        case .sequential: "sequential"
        case .strided(let step): "strided:\(step)"
        case .hotspot(let share, let accesses): "hotspot:\(share):\(accesses)"
        }
    }
}

/// Chooses key numbers `0 ..< keys` for one load thread.
package struct KeyPicker: BitwiseCopyable {
    private enum Kind: UInt8 { case uniform, zipf, sequential, strided, hotspot }
    private let kind: Kind
    private let keys: UInt64
    private let first: UInt64
    private let end: UInt64
    private let step: UInt64
    private let hotKeys: UInt64
    private let hotThreshold: UInt64
    private let zipf: Zipf
    private var position: UInt64

    /// The picker of thread `thread` of `threads`; ordered distributions walk that thread's slice.
    package init(_ distribution: KeyDistribution, keys: Int, thread: Int, threads: Int) {
        let slice = Self.slice(keys: keys, thread: thread, threads: threads)
        self.keys = UInt64(keys)
        // A slice may be empty when there are more threads than keys.
        first = slice.isEmpty ? 0 : UInt64(slice.lowerBound)
        end = slice.isEmpty ? UInt64(keys) : UInt64(slice.upperBound)
        position = first
        var step = 1
        var exponent = 0.0
        var hot = 1.0
        var accesses = 1.0
        switch distribution {
        case .uniform: kind = .uniform
        case .sequential: kind = .sequential
        case .zipf(let value):
            kind = .zipf
            exponent = value
        case .strided(let value):
            kind = .strided
            step = value
        case .hotspot(let share, let part):
            kind = .hotspot
            hot = share
            accesses = part
        }
        self.step = UInt64(step)
        zipf = Zipf(count: keys, exponent: exponent)
        hotKeys = min(max(UInt64(Double(keys) * hot), 1), UInt64(keys))
        hotThreshold = UInt64(accesses * 0x1p53)
    }

    /// The keys of one thread when all keys are shared out in order.
    package static func slice(keys: Int, thread: Int, threads: Int) -> Range<Int> {
        keys * thread / threads..<keys * (thread + 1) / threads
    }

    @inline(__always)
    package mutating func next(_ random: inout LoadRandom) -> UInt64 {
        switch kind {
        case .uniform: return random.below(keys)
        case .zipf: return UInt64(zipf.next(&random) - 1)
        case .sequential:
            let key = position
            position = key + 1 == end ? first : key + 1
            return key
        case .strided: return nextStrided()
        case .hotspot:
            if random.next() >> 11 < hotThreshold || hotKeys == keys {
                return random.below(hotKeys)
            }
            return hotKeys + random.below(keys - hotKeys)
        }
    }

    /// Walks first, first + step, …; at the end of the slice it starts again one key further on.
    private mutating func nextStrided() -> UInt64 {
        let key = position
        let next = key + step
        if next < end {
            position = next
        } else {
            let lane = ((key - first) % step + 1) % min(step, end - first)
            position = first + lane
        }
        return key
    }
}
