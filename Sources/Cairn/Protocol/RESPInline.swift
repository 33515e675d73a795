/// Inline commands: a line of words, as a person types them into `nc`.
///
/// Words are separated by blanks. `"..."` knows `\n \r \t \b \a \xHH` and takes any other escaped
/// byte as itself; `'...'` knows only `\'`. A closing quote must be followed by a blank or the end.
/// A NUL byte ends the line's words (redis-server, whose line is a C string, never sees past it).
extension RESPParser {
    /// Parses the inline command at `offset`.
    @inline(never)
    static func parseInline(
        _ input: Bytes, from offset: Int, into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        let lineMax = min(limits.inlineBytesMax, arguments.scratch.count)
        let left = input.count - offset
        let window = input.slice(offset, min(left, lineMax + 1))
        guard let newline = window.firstIndex(of: lineFeed) else {
            return left > lineMax ? .error(.inlineTooLong) : .needMore(atLeast: 1)
        }
        let consumed = newline + 1
        var length = newline
        if length > 0 && window[length - 1] == carriageReturn { length -= 1 }
        if let nul = window.slice(0, length).firstIndex(of: 0) { length = nul }
        let line = window.slice(0, length)
        if let error = splitPlain(line, at: offset, into: &arguments) { return .error(error) }
        return arguments.count == 0 ? .empty(consumed: consumed) : .command(consumed: consumed)
    }

    /// Words without quotes stay where they are. The first quote hands over to `splitQuoted`.
    private static func splitPlain(
        _ line: Bytes, at offset: Int, into arguments: inout ArgumentTable
    ) -> RESPProtocolError? {
        var cursor = 0
        while true {
            while cursor < line.count && isSpace(line[cursor]) { cursor += 1 }
            if cursor == line.count { return nil }
            let start = cursor
            while cursor < line.count && !endsWord(line[cursor]) {
                if line[cursor] == doubleQuote || line[cursor] == singleQuote {
                    return splitQuoted(line, into: &arguments)
                }
                cursor += 1
            }
            guard arguments.count < arguments.capacity else { return .inlineTooLong }
            arguments.slots[arguments.count] = ArgumentTable.Slot(
                offset: UInt32(offset + start), length: UInt32(cursor - start))
            arguments.count += 1
        }
    }

    /// All words, unescaped into the table's scratch memory; unescaping never lengthens.
    private static func splitQuoted(
        _ line: Bytes, into arguments: inout ArgumentTable
    ) -> RESPProtocolError? {
        arguments.count = 0
        arguments.isInScratch = true
        var cursor = 0
        var written = 0
        while true {
            while cursor < line.count && isSpace(line[cursor]) { cursor += 1 }
            if cursor == line.count { return nil }
            let start = written
            while cursor < line.count && !endsWord(line[cursor]) {
                let byte = line[cursor]
                cursor += 1
                if byte == doubleQuote || byte == singleQuote {
                    guard
                        let end = unquote(
                            line, from: cursor, quote: byte, into: &arguments.scratch, at: &written)
                    else { return .unbalancedQuotes }
                    cursor = end
                    // Nothing may stick to the closing quote.
                    if cursor < line.count && !isSpace(line[cursor]) { return .unbalancedQuotes }
                    break
                }
                arguments.scratch[written] = byte
                written += 1
            }
            guard arguments.count < arguments.capacity else { return .inlineTooLong }
            arguments.slots[arguments.count] = ArgumentTable.Slot(
                offset: UInt32(start), length: UInt32(written - start))
            arguments.count += 1
        }
    }

    /// Unescapes from behind the opening quote; the offset behind the closing one, `nil` if none.
    private static func unquote(
        _ line: Bytes, from start: Int, quote: UInt8, into scratch: inout FixedArray<UInt8>,
        at written: inout Int
    ) -> Int? {
        var cursor = start
        while cursor < line.count {
            var byte = line[cursor]
            cursor += 1
            if byte == quote { return cursor }
            if byte == backslash && cursor < line.count {
                let next = line[cursor]
                if quote == singleQuote {
                    if next == singleQuote {
                        byte = next
                        cursor += 1
                    }
                } else if next == UInt8(ascii: "x"), let value = hexPair(line, cursor + 1) {
                    byte = value
                    cursor += 3
                } else {
                    byte = unescape(next)
                    cursor += 1
                }
            }
            scratch[written] = byte
            written += 1
        }
        return nil
    }

    private static func unescape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: byte
        }
    }

    /// The byte two hexadecimal digits at `offset` say.
    private static func hexPair(_ line: Bytes, _ offset: Int) -> UInt8? {
        guard offset + 1 < line.count, let high = hexDigit(line[offset]),
            let low = hexDigit(line[offset + 1])
        else { return nil }
        return high << 4 | low
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// C's `isspace`: separates words, and may follow a closing quote.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }

    /// Ends a word outside quotes: vertical tab and form feed do not (as in Redis).
    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static let doubleQuote = UInt8(ascii: "\"")
    private static let singleQuote = UInt8(ascii: "'")
    private static let backslash = UInt8(ascii: "\\")
}

extension Bytes {
    /// Where `byte` first occurs; eight bytes at a time (zero-byte test: Mycroft, 1987).
    func firstIndex(of byte: UInt8) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var cursor = 0
        while cursor &+ 8 <= count {
            let word = load(cursor, as: UInt64.self) ^ pattern
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zeros != 0 { return cursor &+ zeros.trailingZeroBitCount / 8 }
            cursor &+= 8
        }
        while cursor < count {
            if self[cursor] == byte { return cursor }
            cursor &+= 1
        }
        return nil
    }
}
