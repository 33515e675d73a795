/// A position in memory somebody else owns, and whether everything written so far did fit.
///
/// Pieces of a reply are appended without looking; `end` is the verdict. Nothing is written outside
/// the view, and once a piece did not fit nothing more is.
package struct ByteSink {
    package let out: MutableBytes
    /// Where the next byte goes.
    package private(set) var position: Int
    /// Whether every piece did fit.
    package private(set) var fits: Bool

    @inline(__always)
    package init(_ out: MutableBytes, at position: Int) {
        ensure(position >= 0 && position <= out.count, "reply position")
        self.out = out
        self.position = position
        fits = true
    }

    /// The position behind the last byte, `nil` when something did not fit.
    @inline(__always)
    package var end: Int? { fits ? position : nil }

    @inline(__always)
    package mutating func append(_ bytes: Bytes) {
        guard fits && bytes.count <= out.count &- position else {
            fits = false
            return
        }
        out.copy(bytes, at: position)
        position &+= bytes.count
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) { append(Bytes(text)) }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        guard fits && position < out.count else {
            fits = false
            return
        }
        out[position] = byte
        position &+= 1
    }

    package mutating func append(_ value: Int64) {
        guard fits, let next = Decimal.write(value, into: out, at: position) else {
            fits = false
            return
        }
        position = next
    }

    package mutating func append(_ value: Int) { append(Int64(value)) }

    /// At most `limit` bytes of text from a client inside an error line: ends at a NUL, and turns
    /// line ends into blanks, as Redis does.
    package mutating func appendInLine(_ bytes: Bytes, limit: Int = .max, uppercase: Bool = false) {
        var cursor = 0
        while cursor < bytes.count && cursor < limit && bytes[cursor] != 0 {
            var byte = bytes[cursor]
            if byte == 0x0D || byte == 0x0A { byte = 0x20 }
            if uppercase && byte >= 0x61 && byte <= 0x7A { byte &-= 0x20 }
            append(byte)
            cursor += 1
        }
    }

    package mutating func appendLineEnd() { append("\r\n") }
}
