import Cairn

/// RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/
extension ReplyParser {
    /// Acts on a line; `nil` when it ends no reply and begins no value.
    mutating func respLine(_ line: Line) -> ReplyEvent? {
        guard line.bytes.count > 0 else { return .broken }
        switch line.bytes[0] {
        case UInt8(ascii: "$"), UInt8(ascii: "="):
            return bulk(line, isError: false)
        case UInt8(ascii: "!"):
            return bulk(line, isError: true)
        case UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "#"),
            UInt8(ascii: "("):
            return skipped > 0 ? elementEnded() : .end(.done)
        case UInt8(ascii: "-"):
            return skipped > 0 ? elementEnded() : failed(line)
        case UInt8(ascii: "_"):
            return skipped > 0 ? elementEnded() : .end(.miss)
        case UInt8(ascii: "*"), UInt8(ascii: "~"):
            return aggregate(line, factor: 1, push: false)
        case UInt8(ascii: "%"):
            return aggregate(line, factor: 2, push: false)
        case UInt8(ascii: ">"):
            return aggregate(line, factor: 1, push: true)
        case UInt8(ascii: "|"):
            return aggregate(line, factor: 2, push: true)
        default:
            return .broken
        }
    }

    private mutating func bulk(_ line: Line, isError: Bool) -> ReplyEvent? {
        guard let length = Self.number(line.bytes, from: 1), length >= -1 else { return .broken }
        if length < 0 { return skipped > 0 ? elementEnded() : .end(.miss) }
        isSilent = isError || skipped > 0
        phase = length > 0 ? .body : .bodyEnd
        remaining = length > 0 ? length : 2
        if isError {
            errorOffset = 0
            errorCount = 0
            errorIsCarried = true
        }
        return isSilent ? nil : .begin(length: length)
    }

    private mutating func aggregate(_ line: Line, factor: Int, push: Bool) -> ReplyEvent? {
        guard let count = Self.number(line.bytes, from: 1), count >= -1 else { return .broken }
        if skipped > 0 {
            skipped += max(count, 0) * factor
            return elementEnded()
        }
        if count < 0 { return .end(.miss) }
        if count == 0 { return push ? nil : .end(.done) }
        skipped = count * factor
        isPush = push
        return nil
    }

    /// One element of an aggregate is through; the last one ends the reply, unless it was a push.
    mutating func elementEnded() -> ReplyEvent? {
        skipped -= 1
        if skipped > 0 || isPush {
            if skipped == 0 { isPush = false }
            return nil
        }
        return .end(.done)
    }
}

/// memcached's text protocol: https://github.com/memcached/memcached/blob/master/doc/protocol.txt
extension ReplyParser {
    mutating func memcachedLine(_ line: Line) -> ReplyEvent? {
        let bytes = line.bytes
        if phase == .trailer {
            phase = .line
            return bytes == ByteView("END") ? .end(.hit) : .broken
        }
        if bytes.count > 6 && bytes.slice(0, 6) == ByteView("VALUE ") {
            return memcachedValue(bytes)
        }
        if bytes == ByteView("END") { return .end(.miss) }
        if bytes == ByteView("STORED") || bytes == ByteView("OK") { return .end(.done) }
        return bytes.count > 0 ? failed(line) : .broken
    }

    /// `VALUE key flags bytes`
    private mutating func memcachedValue(_ line: ByteView) -> ReplyEvent {
        var start = line.count
        while start > 6 && line[start - 1] != 32 { start -= 1 }
        guard let length = Self.number(line, from: start), length >= 0 else { return .broken }
        phase = length > 0 ? .body : .bodyEnd
        remaining = length > 0 ? length : 2
        return .begin(length: length)
    }
}
