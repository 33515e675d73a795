/// Requests of RESP2 and RESP3 clients: bytes in, places of arguments out.
///
/// Stateless. After `.needMore` the caller parses again from the same start when that many bytes
/// have come; `RESPOutcome.needMore` says why this stays linear. Where Redis is lax, this is
/// strict: Redis skips the two bytes behind a count or a value unseen, here they must be CR LF, and
/// a violation is the invalid length it is a symptom of. Source of the grammar and texts: the RESP
/// specification and redis-server 7.0's replies.
///
/// ```
///   *2\r\n $3\r\nGET\r\n $5\r\nkey:1\r\n      multibulk: count, then length and bytes of each
///   GET "key\x20one"\r\n                     inline: see RESPInline.swift
/// ```
package enum RESPParser {
    /// Fewest bytes one argument takes: `$0\r\n\r\n`.
    static let argumentBytesMin = 6
    /// A count or length still without its CR after this many characters is refused. Redis waits
    /// for 64 KiB; a number has at most 20.
    static let countBytesMax = 64

    /// Parses the command that starts at `offset` of `input`.
    package static func parse(
        _ input: Bytes, from offset: Int, into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        ensure(offset >= 0 && offset <= input.count, "parse offset")
        ensure(input.count <= UInt32.max, "input longer than an argument's offset can say")
        arguments.clear()
        guard offset < input.count else { return .needMore(atLeast: 1) }
        if _slowPath(input[offset] != asterisk) {
            return parseInline(input, from: offset, into: &arguments, limits: limits)
        }
        // `*d\r\n` in one load: nearly every command.
        if input.count &- offset >= 4 {
            let word = input.load(offset, as: UInt32.self)
            let digit = Int((word >> 8) & 0xFF) &- zero
            if _fastPath(word & 0xFFFF_00FF == 0x0A0D_002A && digit >= 1 && digit <= 9) {
                if _fastPath(digit <= limits.argumentsMax && digit <= arguments.capacity) {
                    return parseArguments(
                        input, start: offset, from: offset &+ 4, index: 0, count: digit,
                        into: &arguments, limits: limits)
                }
            }
        }
        return parseLongCount(input, from: offset, into: &arguments, limits: limits)
    }

    /// Parses what follows the streamed `value`: `offset` is where its closing CRLF is, or will be.
    ///
    /// The table then knows the arguments behind `value.argumentIndex`, at their own indices.
    /// Further large values are reported as the first was; `consumed` counts from `offset`.
    package static func resume(
        after value: LargeValue, _ input: Bytes, from offset: Int,
        into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        ensure(offset >= 0 && offset <= input.count, "parse offset")
        ensure(input.count <= UInt32.max, "input longer than an argument's offset can say")
        ensure(value.argumentIndex < value.argumentCount, "large value's index")
        arguments.clear()
        let index = value.argumentIndex + 1
        arguments.first = index
        arguments.count = index
        let left = input.count - offset
        if left >= 1 && input[offset] != carriageReturn { return .error(.invalidBulkLength) }
        if left >= 2 && input[offset + 1] != lineFeed { return .error(.invalidBulkLength) }
        if left < 2 {
            let owed = argumentBytesMin * (value.argumentCount - index)
            return .needMore(atLeast: 2 - left + owed)
        }
        return parseArguments(
            input, start: offset, from: offset + 2, index: index, count: value.argumentCount,
            into: &arguments, limits: limits)
    }

    /// The argument count when it is not one digit, and everything that can be wrong with it.
    @inline(never)
    private static func parseLongCount(
        _ input: Bytes, from offset: Int, into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        switch CountLine(input, from: offset &+ 1) {
        case .whole(let value, let next):
            if value <= 0 { return .empty(consumed: next - offset) }
            if value > Int64(min(limits.argumentsMax, arguments.capacity)) {
                return .error(.invalidMultibulkLength)
            }
            if !limits.isAuthenticated && value > Int64(RESPLimits.argumentsMaxBeforeLogin) {
                return .error(.unauthenticatedMultibulkLength)
            }
            return parseArguments(
                input, start: offset, from: next, index: 0, count: Int(value), into: &arguments,
                limits: limits)
        case .partial(let missing, let value):
            // A count that can only fail later owes nothing more than its line's end.
            let possible = value > 0 && value <= Int64(min(limits.argumentsMax, arguments.capacity))
            return .needMore(atLeast: missing + (possible ? Int(value) * argumentBytesMin : 0))
        case .tooLong: return .error(.multibulkCountTooLong)
        case .invalid: return .error(.invalidMultibulkLength)
        }
    }

    /// Arguments `index ..< count`, the first of which starts at `offset`; the command (or what is
    /// parsed of it) started at `start`.
    @inline(__always)
    private static func parseArguments(
        _ input: Bytes, start: Int, from offset: Int, index first: Int, count: Int,
        into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        let end = input.count
        let bytesMax =
            limits.isAuthenticated
            ? limits.bulkBytesMax
            : min(limits.bulkBytesMax, RESPLimits.bulkBytesMaxBeforeLogin)
        var cursor = offset
        var index = first
        while index < count {
            var (length, headerBytes) = quickLength(input, cursor)
            cursor &+= headerBytes
            if _slowPath(length < 0) {
                switch parseLength(
                    input, from: cursor, owedAfter: argumentBytesMin &* (count &- index &- 1),
                    bytesMax: bytesMax, limits: limits)
                {
                case .length(let value, let next):
                    length = value
                    cursor = next
                case .stop(let outcome): return outcome
                }
            }
            if _slowPath(length > bytesMax) { return .error(lengthError(length, limits)) }
            let left = end &- cursor
            if _slowPath(left < length &+ 2) {
                arguments.count = index
                if length >= limits.streamBytesMin && left < length {
                    return .largeValue(
                        LargeValue(
                            argumentIndex: index, argumentCount: count, offset: cursor,
                            length: length, consumed: cursor &- start))
                }
                if left > length && input[cursor &+ length] != carriageReturn {
                    return .error(.invalidBulkLength)
                }
                let owed = argumentBytesMin &* (count &- index &- 1)
                return .needMore(atLeast: length &+ 2 &- left &+ owed)
            }
            if _slowPath(input.load(cursor &+ length, as: UInt16.self) != 0x0A0D) {
                return .error(.invalidBulkLength)
            }
            arguments.slots[index] = ArgumentTable.Slot(
                offset: UInt32(truncatingIfNeeded: cursor),
                length: UInt32(truncatingIfNeeded: length))
            cursor &+= length &+ 2
            index &+= 1
        }
        arguments.count = count
        return .command(consumed: cursor &- start)
    }

    /// The length on a line of one to seven digits that is wholly there, and the bytes it takes
    /// with its `$` and CRLF; -1 and no bytes: anything else.
    @inline(__always)
    private static func quickLength(_ input: Bytes, _ cursor: Int) -> (length: Int, bytes: Int) {
        let left = input.count &- cursor
        if _slowPath(left < 5) { return (-1, 0) }
        let word = input.load(cursor, as: UInt32.self)
        let high = Int((word >> 8) & 0xFF) &- zero
        if word & 0xFFFF_00FF == 0x0A0D_0024 && high >= 0 && high <= 9 {
            return (high, 4)  // `$d\r\n`
        }
        if word & 0xFF00_00FF == 0x0D00_0024 && input[cursor &+ 4] == lineFeed {
            let low = Int((word >> 16) & 0xFF) &- zero
            if high >= 1 && high <= 9 && low >= 0 && low <= 9 {
                return (high &* 10 &+ low, 5)  // `$dd\r\n`
            }
        } else if left >= 10 && word & 0xFF == 0x24 {
            let digits = quickDigits(input.load(cursor &+ 1, as: UInt64.self))
            if digits.count > 0 && input[cursor &+ digits.count &+ 2] == lineFeed {
                return (digits.value, digits.count &+ 3)
            }
        }
        return (-1, 0)
    }

    /// The number in front of the CR among eight bytes: 1 to 7 digits, `count` of them; 0: anything
    /// else (longer, a leading zero, no digits), for the thorough parser to judge. Three multiplies
    /// instead of a loop (Lemire, "Quickly parsing eight digits", 2018).
    @inline(__always)
    static func quickDigits(_ word: UInt64) -> (value: Int, count: Int) {
        let difference = word ^ 0x0D0D_0D0D_0D0D_0D0D
        let ends = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
        let count = ends.trailingZeroBitCount / 8
        if count == 0 || count > 7 || word & 0xFF == 0x30 { return (0, 0) }
        // Digits to the top, zeros in front of them.
        let shift = UInt64(64 &- count &* 8)
        let text = word << shift | 0x3030_3030_3030_3030 >> (64 &- shift)
        let carries = (text &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0
        if text & 0xF0F0_F0F0_F0F0_F0F0 | carries >> 4 != 0x3333_3333_3333_3333 { return (0, 0) }
        var value = text &- 0x3030_3030_3030_3030
        value = value &* 10 &+ value >> 8
        let low = (value & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let high = (value >> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (Int((low &+ high) >> 32), count)
    }

    /// A bulk length and where its bytes start, or why the parse stops here.
    private enum ParsedLength {
        case length(Int, next: Int)
        case stop(RESPOutcome)
    }

    /// `$` and a length of any number of digits. `owedAfter` bytes at least follow this argument.
    @inline(never)
    private static func parseLength(
        _ input: Bytes, from cursor: Int, owedAfter owed: Int, bytesMax: Int, limits: RESPLimits
    ) -> ParsedLength {
        if cursor == input.count {
            return .stop(.needMore(atLeast: argumentBytesMin + owed))
        }
        let byte = input[cursor]
        if byte != dollar { return .stop(.error(.expectedBulk(got: byte))) }
        switch CountLine(input, from: cursor + 1) {
        case .whole(let value, let next):
            if value < 0 { return .stop(.error(.invalidBulkLength)) }
            if value > Int64(limits.bulkBytesMax) { return .stop(.error(.invalidBulkLength)) }
            return .length(Int(value), next: next)
        case .partial(let missing, let value):
            // Refused or streamed as soon as the line is whole: owes no more than that.
            if value < 0 || value > Int64(bytesMax) || value >= Int64(limits.streamBytesMin) {
                return .stop(.needMore(atLeast: missing))
            }
            return .stop(.needMore(atLeast: missing + Int(value) + 2 + owed))
        case .tooLong: return .stop(.error(.bulkCountTooLong))
        case .invalid: return .stop(.error(.invalidBulkLength))
        }
    }

    /// Which bound a length violates.
    private static func lengthError(_ length: Int, _ limits: RESPLimits) -> RESPProtocolError {
        length > limits.bulkBytesMax ? .invalidBulkLength : .unauthenticatedBulkLength
    }

    static let asterisk = UInt8(ascii: "*")
    static let dollar = UInt8(ascii: "$")
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
    static let zero = Int(UInt8(ascii: "0"))
}

/// A decimal number and its CRLF, as far as the input goes.
enum CountLine {
    /// The number, and the offset behind its CRLF.
    case whole(Int64, next: Int)
    /// At least `missing` more bytes; the digits so far say `value` (-1: it can only fail).
    case partial(missing: Int, value: Int64)
    /// No CR within `RESPParser.countBytesMax`.
    case tooLong
    case invalid

    /// Reads from `offset`, behind the type byte.
    init(_ input: Bytes, from offset: Int) {
        let bound = min(input.count, offset &+ RESPParser.countBytesMax)
        var cursor = offset
        while cursor < bound && input[cursor] != RESPParser.carriageReturn { cursor &+= 1 }
        let digits = input.slice(offset, cursor &- offset)
        guard cursor < input.count else {
            self = Self.unfinished(digits, missing: digits.isEmpty ? 3 : 2)
            return
        }
        guard cursor < bound else {
            self = .tooLong
            return
        }
        guard cursor &+ 1 < input.count else {
            self = Self.unfinished(digits, missing: 1)
            return
        }
        guard let value = Decimal.parse(digits), input[cursor &+ 1] == RESPParser.lineFeed else {
            self = .invalid
            return
        }
        self = .whole(value, next: cursor &+ 2)
    }

    /// What a line without its end may still become. `-` alone may become a negative count, which
    /// is an answer of its own and owes nothing.
    private static func unfinished(_ digits: Bytes, missing: Int) -> CountLine {
        if digits.isEmpty && missing == 3 { return .partial(missing: 3, value: 0) }
        if digits.count == 1 && digits[0] == UInt8(ascii: "-") && missing == 2 {
            return .partial(missing: 3, value: -1)
        }
        return .partial(missing: missing, value: Decimal.parse(digits) ?? -1)
    }
}
