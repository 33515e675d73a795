/// Which version of the protocol a connection speaks.
package enum RESPVersion: UInt8, Sendable, BitwiseCopyable {
    case resp2 = 2
    case resp3 = 3
}

/// Whole replies that never change.
package enum Reply {
    package static let ok: StaticString = "+OK\r\n"
    package static let pong: StaticString = "+PONG\r\n"
    package static let queued: StaticString = "+QUEUED\r\n"
    package static let reset: StaticString = "+RESET\r\n"
    package static let zero: StaticString = ":0\r\n"
    package static let one: StaticString = ":1\r\n"
    package static let minusOne: StaticString = ":-1\r\n"
    package static let minusTwo: StaticString = ":-2\r\n"
    package static let emptyBulk: StaticString = "$0\r\n\r\n"
    package static let emptyArray: StaticString = "*0\r\n"
    package static let lineEnd: StaticString = "\r\n"
}

/// Encodes replies of both protocol versions into memory somebody else owns.
///
/// Every function writes at `position` and returns the position behind what it wrote, or `nil` when
/// it does not fit: the bytes from `position` on are then undefined, as are, after a success, those
/// behind the returned position. RESP3 types fall back to what Redis sends a RESP2 client: a map is
/// an array of twice its pairs, a set and a push are arrays, a boolean is 0 or 1, a double and a
/// verbatim text are bulks.
package enum ReplyWriter {
    /// Longest header or number: type byte, sign, 19 digits, CRLF.
    package static let headerBytesMax = 23

    /// One of `Reply`, or any other bytes that are a reply already.
    @inline(__always)
    package static func constant(
        _ reply: StaticString, into out: MutableBytes, at position: Int
    ) -> Int? {
        raw(Bytes(reply), into: out, at: position)
    }

    /// Bytes that are (part of) a reply already.
    @inline(__always)
    package static func raw(_ bytes: Bytes, into out: MutableBytes, at position: Int) -> Int? {
        guard bytes.count <= out.count &- position else { return nil }
        out.copy(bytes, at: position)
        return position &+ bytes.count
    }

    /// `+text`. The text must not contain a line end.
    package static func simple(
        _ text: StaticString, into out: MutableBytes, at position: Int
    ) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append(UInt8(ascii: "+"))
        sink.append(text)
        sink.appendLineEnd()
        return sink.end
    }

    /// `+` and text that may come from a client: line ends become blanks.
    package static func simple(_ text: Bytes, into out: MutableBytes, at position: Int) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append(UInt8(ascii: "+"))
        sink.appendInLine(text)
        sink.appendLineEnd()
        return sink.end
    }

    /// `:value`
    package static func integer(
        _ value: Int64, into out: MutableBytes, at position: Int
    ) -> Int? {
        // 0 ... 999 in one store.
        if value >= 0 && value < 1000 && out.count &- position >= 8 {
            return smallHeader(UInt8(ascii: ":"), UInt64(value), into: out, at: position)
        }
        return longHeader(UInt8(ascii: ":"), value, into: out, at: position)
    }

    /// `$length`, to be followed by the bytes and `Reply.lineEnd`.
    @inline(__always)
    package static func bulkHeader(
        length: Int, into out: MutableBytes, at position: Int
    ) -> Int? {
        if _fastPath(length < 1000 && out.count &- position >= 8) {
            return smallHeader(UInt8(ascii: "$"), UInt64(length), into: out, at: position)
        }
        return longHeader(UInt8(ascii: "$"), Int64(length), into: out, at: position)
    }

    /// A whole bulk string.
    @inline(__always)
    package static func bulk(_ bytes: Bytes, into out: MutableBytes, at position: Int) -> Int? {
        guard let start = bulkHeader(length: bytes.count, into: out, at: position),
            bytes.count &+ 2 <= out.count &- start
        else { return nil }
        out.copy(bytes, at: start)
        out.store(UInt16(0x0A0D), at: start &+ bytes.count)
        return start &+ bytes.count &+ 2
    }

    /// A whole bulk string of fixed text.
    package static func bulk(
        _ text: StaticString, into out: MutableBytes, at position: Int
    ) -> Int? {
        bulk(Bytes(text), into: out, at: position)
    }

    /// A bulk string that spells an integer.
    package static func bulkInteger(
        _ value: Int64, into out: MutableBytes, at position: Int
    ) -> Int? {
        let length = Decimal.length(value)
        guard let start = bulkHeader(length: length, into: out, at: position),
            let end = Decimal.write(value, into: out, at: start)
        else { return nil }
        return constant(Reply.lineEnd, into: out, at: end)
    }

    /// No value: `$-1`, or `_`.
    @inline(__always)
    package static func null(
        _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        constant(version == .resp2 ? "$-1\r\n" : "_\r\n", into: out, at: position)
    }

    /// No array: `*-1`, or `_`.
    package static func nullArray(
        _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        constant(version == .resp2 ? "*-1\r\n" : "_\r\n", into: out, at: position)
    }

    /// `*count`
    package static func arrayHeader(
        _ count: Int, into out: MutableBytes, at position: Int
    ) -> Int? {
        header(UInt8(ascii: "*"), count, into: out, at: position)
    }

    /// `~count`, or an array.
    package static func setHeader(
        _ count: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        let type = version == .resp2 ? UInt8(ascii: "*") : UInt8(ascii: "~")
        return header(type, count, into: out, at: position)
    }

    /// `>count`, or an array.
    package static func pushHeader(
        _ count: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        let type = version == .resp2 ? UInt8(ascii: "*") : UInt8(ascii: ">")
        return header(type, count, into: out, at: position)
    }

    /// `%pairs`, or an array of twice as many.
    package static func mapHeader(
        pairs: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        version == .resp2
            ? header(UInt8(ascii: "*"), pairs * 2, into: out, at: position)
            : header(UInt8(ascii: "%"), pairs, into: out, at: position)
    }

    /// `#t`, `#f`, or 1 and 0.
    package static func boolean(
        _ value: Bool, _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        let reply: StaticString =
            switch (version, value) {
            case (.resp2, false): ":0\r\n"
            case (.resp2, true): ":1\r\n"
            case (.resp3, false): "#f\r\n"
            case (.resp3, true): "#t\r\n"
            }
        return constant(reply, into: out, at: position)
    }

    /// `,value`, or a bulk; at most 17 digits after the point, never an exponent.
    package static func double(
        _ value: Double, _ version: RESPVersion, into out: MutableBytes, at position: Int
    ) -> Int? {
        if value.isNaN || value.isInfinite {
            let text: StaticString = value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
            if version == .resp2 { return bulk(text, into: out, at: position) }
            var sink = ByteSink(out, at: position)
            sink.append(UInt8(ascii: ","))
            sink.append(text)
            sink.appendLineEnd()
            return sink.end
        }
        if version == .resp3 {
            guard position < out.count else { return nil }
            out[position] = UInt8(ascii: ",")
            guard let end = LongDouble.write(Float80(value), into: out, at: position + 1) else {
                return nil
            }
            return constant(Reply.lineEnd, into: out, at: end)
        }
        let length = LongDouble.length(Float80(value))
        guard let start = bulkHeader(length: length, into: out, at: position),
            let end = LongDouble.write(Float80(value), into: out, at: start)
        else { return nil }
        return constant(Reply.lineEnd, into: out, at: end)
    }

    /// `=length`, the three letters of `format` (`txt`, `mkd`), a colon and the text; or a bulk.
    package static func verbatim(
        _ bytes: Bytes, format: StaticString, _ version: RESPVersion, into out: MutableBytes,
        at position: Int
    ) -> Int? {
        if version == .resp2 { return bulk(bytes, into: out, at: position) }
        guard
            let start = verbatimHeader(
                length: bytes.count, format: format, version, into: out, at: position)
        else { return nil }
        var sink = ByteSink(out, at: start)
        sink.append(bytes)
        sink.appendLineEnd()
        return sink.end
    }

    /// What stands before the `length` bytes of a verbatim text and `Reply.lineEnd`.
    package static func verbatimHeader(
        length: Int, format: StaticString, _ version: RESPVersion, into out: MutableBytes,
        at position: Int
    ) -> Int? {
        if version == .resp2 { return bulkHeader(length: length, into: out, at: position) }
        ensure(format.utf8CodeUnitCount == 3, "verbatim format")
        var sink = ByteSink(out, at: position)
        sink.append(UInt8(ascii: "="))
        sink.append(length + 4)
        sink.appendLineEnd()
        sink.append(format)
        sink.append(UInt8(ascii: ":"))
        return sink.end
    }

    @inline(__always)
    private static func header(
        _ type: UInt8, _ count: Int, into out: MutableBytes, at position: Int
    ) -> Int? {
        if _fastPath(count < 1000 && out.count &- position >= 8) {
            return smallHeader(type, UInt64(count), into: out, at: position)
        }
        return longHeader(type, Int64(count), into: out, at: position)
    }

    /// Type byte, one to three digits and CRLF in one eight-byte store.
    @inline(__always)
    private static func smallHeader(
        _ type: UInt8, _ value: UInt64, into out: MutableBytes, at position: Int
    ) -> Int {
        let lineEnd: UInt64 = 0x0A0D
        var word: UInt64
        let length: Int
        if value < 10 {
            word = 0x30 &+ value | lineEnd << 8
            length = 4
        } else if value < 100 {
            word = 0x3030 &+ (value / 10) &+ (value % 10) << 8 | lineEnd << 16
            length = 5
        } else {
            let tens = value / 10 % 10
            word = 0x30_3030 &+ (value / 100) &+ tens << 8 &+ (value % 10) << 16 | lineEnd << 24
            length = 6
        }
        word = word << 8 | UInt64(type)
        out.store(word, at: position)
        return position &+ length
    }

    @inline(never)
    private static func longHeader(
        _ type: UInt8, _ value: Int64, into out: MutableBytes, at position: Int
    ) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append(type)
        sink.append(value)
        sink.appendLineEnd()
        return sink.end
    }
}
