import Cairn

/// How a request ended, as far as the server's reply tells.
package enum ReplyOutcome: UInt8, Equatable, Sendable {
    /// Done: `+OK`, a number, `STORED`.
    case done
    /// A value came.
    case hit
    /// No such key.
    case miss
    /// The server refused: `errorText` says what.
    case error
}

/// What the parser found next in the bytes of a connection.
package enum ReplyEvent: Equatable {
    /// All bytes are consumed; the reply goes on in the next ones.
    case needMore
    /// A reply that is one value, all of it in these bytes.
    case whole(offset: Int, count: Int)
    /// A value of this length begins.
    case begin(length: Int)
    /// The next bytes of the value.
    case chunk(offset: Int, count: Int)
    /// The reply is complete.
    case end(ReplyOutcome)
    /// These bytes are no reply; the connection is of no more use.
    case broken
}

/// Cuts a byte stream into replies, for RESP2, RESP3 and memcached's text protocol.
///
/// Pure: bytes in, events out, whatever the pieces the stream arrives in. Values are handed out as
/// ranges of the input and never stored. Only a line that is split over two inputs is put together,
/// in `carry`, memory of the connection's owner.
///
/// - Limits: a line has at most `carryBytes`; of a longer error line the beginning is kept.
package struct ReplyParser: BitwiseCopyable {
    /// Bytes of `carry` a connection needs.
    package static let carryBytes = 512

    enum Phase: UInt8 { case line, body, bodyEnd, trailer }

    let isMemcached: Bool
    var phase = Phase.line
    /// The body under way belongs to an aggregate or a push and is not a value for us.
    var isSilent = false
    /// The aggregate under way is a push or attribute: its end is no reply.
    var isPush = false
    /// Elements of an aggregate still to come.
    var skipped = 0
    var remaining = 0
    var carried = 0
    var errorOffset = 0
    var errorCount = 0
    var errorIsCarried = false

    package init(_ kind: LoadProtocol) { isMemcached = kind == .memcached }

    /// The next event in `input` from `at` on, which moves behind what was consumed.
    @inline(__always)
    package mutating func next(
        _ input: ByteView, _ at: inout Int, carry: MutableByteView
    ) -> ReplyEvent {
        if !isMemcached && phase == .line && carried == 0 && skipped == 0 && at < input.count
            && input[at] == UInt8(ascii: "$")
        {
            if let event = wholeBulk(input, &at) { return event }
        }
        return nextSlowly(input, &at, carry: carry)
    }

    /// A RESP bulk string that stands complete in the input: nearly every reply to a small GET.
    @inline(__always)
    private func wholeBulk(_ input: ByteView, _ at: inout Int) -> ReplyEvent? {
        var length = 0
        var index = at + 1
        let end = min(input.count, at + 11)
        while index < end {
            let digit = input[index] &- 48
            if digit > 9 { break }
            length = length * 10 + Int(digit)
            index += 1
        }
        guard index < end, index > at + 1, input[index] == 13, index + 2 + length + 2 <= input.count
        else { return nil }
        let body = index + 2
        guard input[index + 1] == 10, input[body + length] == 13, input[body + length + 1] == 10
        else { return nil }
        at = body + length + 2
        return .whole(offset: body, count: length)
    }

    /// The text of the error reply that `next` just returned, without its line end.
    package func errorText(_ input: ByteView, carry: MutableByteView) -> ByteView {
        errorIsCarried
            ? carry.view.slice(errorOffset, errorCount) : input.slice(errorOffset, errorCount)
    }

    @inline(never)
    private mutating func nextSlowly(
        _ input: ByteView, _ at: inout Int, carry: MutableByteView
    ) -> ReplyEvent {
        while at < input.count {
            switch phase {
            case .line, .trailer:
                guard let line = takeLine(input, &at, carry: carry) else { break }
                let event =
                    isMemcached
                    ? memcachedLine(line) : respLine(line)
                if let event { return event }
            case .body:
                let offset = at
                let count = min(remaining, input.count - at)
                at += count
                remaining -= count
                if remaining == 0 {
                    phase = .bodyEnd
                    remaining = 2
                }
                if count > 0 && !isSilent { return .chunk(offset: offset, count: count) }
            case .bodyEnd:
                if input[at] != (remaining == 2 ? 13 : 10) { return .broken }
                at += 1
                remaining -= 1
                if remaining == 0, let event = bodyEnded() { return event }
            }
        }
        return .needMore
    }

    private mutating func bodyEnded() -> ReplyEvent? {
        if isMemcached {
            phase = .trailer
            return nil
        }
        phase = .line
        if !isSilent { return .end(.hit) }
        isSilent = false
        return skipped > 0 ? elementEnded() : .end(.error)
    }

    /// A line without its end, and whether it stands in the carry.
    struct Line {
        var bytes: ByteView
        var isCarried: Bool
        var offset: Int
    }

    /// The next complete line; `nil` when it goes on in the next input.
    private mutating func takeLine(
        _ input: ByteView, _ at: inout Int, carry: MutableByteView
    ) -> Line? {
        var end = at
        while end < input.count && input[end] != 10 { end += 1 }
        if carried == 0 && end < input.count {
            let offset = at
            at = end + 1
            return Line(
                bytes: Self.withoutReturn(input.slice(offset, end - offset)), isCarried: false,
                offset: offset)
        }
        // The last place is kept for the carriage return, so that it is seen even after a cut.
        let room = max(0, carry.count - carried)
        let kept = min(room, end - at)
        carry.copy(input.slice(at, kept), at: carried)
        carried += kept
        at = min(end + 1, input.count)
        guard end < input.count else { return nil }
        let line = Self.withoutReturn(carry.view.slice(0, carried))
        carried = 0
        return Line(bytes: line, isCarried: true, offset: 0)
    }

    private static func withoutReturn(_ line: ByteView) -> ByteView {
        line.count > 0 && line[line.count - 1] == 13 ? line.slice(0, line.count - 1) : line
    }

    mutating func failed(_ line: Line) -> ReplyEvent {
        let prefix = isMemcached ? 0 : 1
        errorOffset = line.offset + prefix
        errorCount = line.bytes.count - prefix
        errorIsCarried = line.isCarried
        return .end(.error)
    }

    /// The decimal number in `bytes` from `offset`, at most ten digits; `nil` when it is none.
    static func number(_ bytes: ByteView, from offset: Int) -> Int? {
        var index = offset
        var negative = false
        if index < bytes.count && bytes[index] == UInt8(ascii: "-") {
            negative = true
            index += 1
        }
        guard index < bytes.count, bytes.count - index <= 10 else { return nil }
        var value = 0
        while index < bytes.count {
            let digit = bytes[index] &- 48
            if digit > 9 { return nil }
            value = value * 10 + Int(digit)
            index += 1
        }
        return negative ? -value : value
    }
}
