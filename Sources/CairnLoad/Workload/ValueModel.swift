import Cairn

/// Random bytes that every value is cut from.
///
/// A value is a slice of an endless repetition of `period` random bytes. The period is a prime just
/// above 2^18, so a piece that stands at a wrong place in a value (displaced by any multiple of a
/// block of 64 bytes ... 1 MiB, up to 1 GiB and more) differs from what belongs there, although
/// sending copies nothing and checking is a memory comparison. Twice the period is stored, so that
/// up to `period` bytes from any offset are contiguous. Written once, then read by every thread.
package final class ValuePool: @unchecked Sendable {
    /// 2^18 + 3, a prime. Twice that is 512 KiB and stays in a core's second-level cache.
    package static let period = 262_147
    private var table: Table<UInt8>

    package init(seed: UInt64) {
        table = Table(repeating: 0, count: Self.period * 2)
        var random = LoadRandom(seed: seed ^ 0xCA1A_0DDE_ED5E_ED01)
        for index in 0..<Self.period {
            let byte = UInt8(truncatingIfNeeded: random.next() >> 24)
            table[index] = byte
            table[index + Self.period] = byte
        }
    }

    /// All stored bytes; alive as long as the pool.
    package var bytes: ByteView { table.bytes.view }
}

/// What every value must hold, byte for byte: a pure function of seed, key number and version.
///
/// ```
///  0        8         12       16                                length
///  | key    | version | length | pool[(offset(key, version) + i) mod period] ...
/// ```
/// Values shorter than the header are pool bytes alone and have version 0. A swapped value shows in
/// the header, a swapped piece of two values in the pool offset (except once in 262,147 pairs), a
/// flipped bit, a displaced or missing piece in the comparison.
package struct ValueModel {
    package static let headerBytes = 16

    let pool: ByteView
    let sizes: ValueSizes
    private let seed: UInt64

    /// `pool` outlives the model.
    package init(pool: ValuePool, sizes: ValueSizes, seed: UInt64) {
        self.pool = pool.bytes
        self.sizes = sizes
        self.seed = mixed(seed)
    }

    /// Whether values carry a version: all of them are long enough for the header.
    @inline(__always)
    package var isVersioned: Bool { sizes.minimum >= Self.headerBytes }

    /// Where in the pool the body of a value begins.
    @inline(__always)
    package func poolOffset(key: UInt64, version: UInt32) -> Int {
        let draw = mixed(seed ^ key ^ UInt64(version) << 32)
        return Int(truncatingIfNeeded: draw.multipliedFullWidth(by: UInt64(ValuePool.period)).high)
    }

    /// Writes the header of a value of at least 16 bytes.
    @inline(__always)
    package func writeHeader(key: UInt64, version: UInt32, length: Int, into out: MutableByteView) {
        out.store(key, at: 0)
        out.store(UInt64(version) | UInt64(UInt32(length)) << 32, at: 8)
    }

    /// The pool's bytes for `count` bytes of body (at most a period) that begin `position` bytes
    /// into the body of a value with this pool offset.
    @inline(__always)
    package func body(poolOffset: Int, position: Int, count: Int) -> ByteView {
        pool.slice((poolOffset &+ position) % ValuePool.period, count)
    }

    /// A whole value, for tests and messages.
    package func value(key: UInt64, version: UInt32) -> [UInt8] {
        let length = sizes.length(key: key, version: version)
        let header = Table<UInt8>(repeating: 0, count: Self.headerBytes)
        let headed = length >= Self.headerBytes
        if headed { writeHeader(key: key, version: version, length: length, into: header.bytes) }
        var result = headed ? header.bytes.view.array : []
        let offset = poolOffset(key: key, version: headed ? version : 0)
        var position = 0
        while result.count < length {
            let count = min(length - result.count, ValuePool.period)
            result += body(poolOffset: offset, position: position, count: count).array
            position += count
        }
        return result
    }
}

/// A value that is not what was written.
package struct Mismatch: Equatable, Sendable, Codable {
    package enum Kind: String, Equatable, Sendable, Codable {
        case byte, length
    }
    package var kind: Kind
    package var key: UInt64
    /// The key as sent.
    package var name = ""
    /// First differing byte; for `length` 0.
    package var offset: Int
    /// Expected and actual byte, or length.
    package var expected: Int
    package var actual: Int
    /// Length of the value that came.
    package var length: Int
}

/// Compares one value with its model while it streams in, in pieces of any size; holds no bytes.
package struct ValueCheck: BitwiseCopyable {
    private var key: UInt64 = 0
    private var length = 0
    private var position = 0
    private var version: UInt32 = 0
    private var poolOffset = 0
    private var failed = false

    package init() {}

    /// Begins a value of `length` bytes that is said to be that of `key`.
    @inline(__always)
    package mutating func begin(key: UInt64, length: Int, _ model: ValueModel) -> Mismatch? {
        self.key = key
        self.length = length
        position = 0
        version = 0
        failed = false
        if length >= ValueModel.headerBytes { return nil }
        poolOffset = model.poolOffset(key: key, version: 0)
        return checkLength(model)
    }

    /// Checks the next bytes of the value; the first difference, once a value.
    @inline(__always)
    package mutating func feed(_ bytes: ByteView, _ model: ValueModel) -> Mismatch? {
        if failed { return nil }
        var at = 0
        if length >= ValueModel.headerBytes && position < ValueModel.headerBytes {
            if let mismatch = feedHeader(bytes, &at, model) { return mismatch }
        }
        let header = length >= ValueModel.headerBytes ? ValueModel.headerBytes : 0
        while at < bytes.count {
            let count = min(bytes.count - at, ValuePool.period)
            let expected = model.body(
                poolOffset: poolOffset, position: position - header, count: count)
            let actual = bytes.slice(at, count)
            if !(actual == expected) { return differing(expected, actual) }
            at += count
            position += count
        }
        return nil
    }

    /// The header: at once when it came whole, else byte by byte.
    private mutating func feedHeader(
        _ bytes: ByteView, _ at: inout Int, _ model: ValueModel
    ) -> Mismatch? {
        if position == 0 && bytes.count >= ValueModel.headerBytes {
            let word = bytes.word(8)
            if bytes.word(0) == key && word >> 32 == UInt64(length) {
                version = UInt32(truncatingIfNeeded: word)
                position = ValueModel.headerBytes
                at = ValueModel.headerBytes
                poolOffset = model.poolOffset(key: key, version: version)
                return checkLength(model)
            }
        }
        while position < ValueModel.headerBytes && at < bytes.count {
            let byte = bytes[at]
            var expected = byte
            switch position {
            case 0..<8: expected = UInt8(truncatingIfNeeded: key >> UInt64(8 * position))
            case 8..<12: version |= UInt32(byte) << UInt32(8 * (position - 8))
            default: expected = UInt8(truncatingIfNeeded: length >> (8 * (position - 12)))
            }
            if byte != expected {
                failed = true
                return Mismatch(
                    kind: .byte, key: key, offset: position, expected: Int(expected),
                    actual: Int(byte), length: length)
            }
            position += 1
            at += 1
        }
        guard position == ValueModel.headerBytes else { return nil }
        poolOffset = model.poolOffset(key: key, version: version)
        return checkLength(model)
    }

    private mutating func checkLength(_ model: ValueModel) -> Mismatch? {
        let expected = model.sizes.length(key: key, version: version)
        if expected == length { return nil }
        failed = true
        return Mismatch(
            kind: .length, key: key, offset: 0, expected: expected, actual: length, length: length)
    }

    /// Compares with given bytes instead of the model: for stored files.
    @inline(__always)
    package mutating func feed(_ bytes: ByteView, expected: ByteView) -> Mismatch? {
        if failed || position + bytes.count > expected.count { return nil }
        let wanted = expected.slice(position, bytes.count)
        if !(bytes == wanted) { return differing(wanted, bytes) }
        position += bytes.count
        return nil
    }

    /// Begins a value that must equal bytes of the given length.
    package mutating func begin(key: UInt64, length: Int, expectedLength: Int) -> Mismatch? {
        self.key = key
        self.length = length
        position = 0
        failed = length != expectedLength
        guard failed else { return nil }
        return Mismatch(
            kind: .length, key: key, offset: 0, expected: expectedLength, actual: length,
            length: length)
    }

    @inline(never)
    private mutating func differing(_ expected: ByteView, _ actual: ByteView) -> Mismatch? {
        failed = true
        for index in 0..<expected.count where expected[index] != actual[index] {
            return Mismatch(
                kind: .byte, key: key, offset: position + index, expected: Int(expected[index]),
                actual: Int(actual[index]), length: length)
        }
        return nil
    }
}
