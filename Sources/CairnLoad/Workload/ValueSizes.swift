import Cairn

/// How long values are: a pure function of key number and version, so that a reader knows the
/// length a value must have.
///
/// A mix of up to eight bands, each a uniform range with a weight. `64` is one band of one length,
/// `64..4096` one band, `64:50,4096:30,65536:20` three.
package struct ValueSizes: BitwiseCopyable, Sendable {
    private struct Band: BitwiseCopyable, Sendable {
        /// Cumulated weight, scaled to 2^32.
        var upTo: UInt64 = 0
        var low: UInt32 = 1
        var high: UInt32 = 1
    }
    package static let bandsMax = 8
    package static let valueMax = 512 << 20

    private var bands = InlineArray<8, Band>(repeating: Band())
    private var count = 1
    /// The shortest and the longest value.
    package let minimum: Int
    package let maximum: Int

    package init(fixed length: Int) {
        minimum = length
        maximum = length
        bands[0] = Band(upTo: 1 << 32, low: UInt32(length), high: UInt32(length))
    }

    /// Parses the forms above; sizes take the suffixes K, M, KiB, MiB, GiB.
    package init(parsing text: String) throws(LoadError) {
        var found: [(weight: Double, low: Int, high: Int)] = []
        for part in text.split(separator: ",") {
            let halves = part.split(separator: ":", maxSplits: 1).map(String.init)
            let weight = halves.count == 2 ? Double(halves[1]) ?? -1 : 1
            guard weight > 0, let range = halves.first, !range.isEmpty else {
                throw .usage("\"\(part)\" is no SIZE:WEIGHT")
            }
            let ends = range.replacing("..", with: " ").split(separator: " ").map(String.init)
            let low = try Units.bytes(ends[0])
            let high = ends.count == 2 ? try Units.bytes(ends[1]) : low
            guard ends.count <= 2, low >= 1, low <= high, high <= Self.valueMax else {
                throw .usage("value sizes go from 1 byte to 512 MiB, not \"\(range)\"")
            }
            found.append((weight, low, high))
        }
        guard !found.isEmpty, found.count <= Self.bandsMax else {
            throw .usage("--value-size takes 1 to \(Self.bandsMax) sizes")
        }
        minimum = found.map(\.low).min() ?? 1
        maximum = found.map(\.high).max() ?? 1
        count = found.count
        let total = found.map(\.weight).reduce(0, +)
        var sum = 0.0
        for (index, band) in found.enumerated() {
            sum += band.weight
            let upTo = index == found.count - 1 ? 1 << 32 : UInt64(sum / total * 0x1p32)
            bands[index] = Band(upTo: upTo, low: UInt32(band.low), high: UInt32(band.high))
        }
    }

    /// The length of version `version` of the value of `key`.
    @inline(__always)
    package func length(key: UInt64, version: UInt32) -> Int {
        if minimum == maximum { return minimum }
        let draw = mixed(mixed(key ^ 0x5851_F42D_4C95_7F2D) ^ UInt64(version))
        let pick = draw >> 32
        var index = 0
        while index < count - 1 && pick >= bands[index].upTo { index += 1 }
        let band = bands[index]
        let span = UInt64(band.high - band.low) + 1
        return Int(band.low) + Int(((draw & 0xFFFF_FFFF) * span) >> 32)
    }
}

/// Spellings of sizes and times on the command line.
package enum Units {
    /// `512`, `64K`, `64KiB`, `1MiB`, `2GiB`: all powers of 1024.
    package static func bytes(_ text: String) throws(LoadError) -> Int {
        let digits = text.prefix { $0.isNumber }
        let suffix = text.dropFirst(digits.count).lowercased()
        let shifts = ["": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30]
        guard let value = Int(digits), let shift = shifts[suffix], value < 1 << 33 else {
            throw .usage("\"\(text)\" is no size: 512, 64KiB, 1MiB")
        }
        return value << shift
    }

    /// `10`, `10s`, `250ms`, `100us`, `2m`: nanoseconds.
    package static func nanoseconds(_ text: String) throws(LoadError) -> UInt64 {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let suffix = String(text.dropFirst(digits.count))
        let scales = ["": 1e9, "s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1, "m": 60e9, "h": 3600e9]
        guard let value = Double(digits), let scale = scales[suffix], value * scale < 1e18 else {
            throw .usage("\"\(text)\" is no time: 10s, 250ms, 100us")
        }
        return UInt64(value * scale)
    }

    /// `0,2-4`: a list of processors.
    package static func list(_ text: String) throws(LoadError) -> [Int] {
        var result: [Int] = []
        for part in text.split(separator: ",") {
            let words = part.split(separator: "-", omittingEmptySubsequences: false)
            let ends = words.compactMap { Int($0) }
            guard ends.count == words.count, let low = ends.first,
                let high = ends.last, ends.count <= 2, low <= high, high < 4096
            else { throw .usage("\"\(text)\" is no processor list: 1 or 0,2-4") }
            result.append(contentsOf: low...high)
        }
        return result
    }
}
