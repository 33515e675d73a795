import Testing

@testable import Cairn

/// Counts the elements a reply consists of, and fails where a header lies.
private struct ReplyReader {
    var bytes: ArraySlice<UInt8>

    /// Skips one whole element; `false`: the bytes are no reply.
    mutating func skip() -> Bool {
        guard let line = takeLine(), let type = line.first else { return false }
        let count = Int(String(decoding: line.dropFirst(), as: UTF8.self))
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: ","): return true
        case UInt8(ascii: ":"): return count != nil
        case UInt8(ascii: "_"): return line.count == 1
        case UInt8(ascii: "$"), UInt8(ascii: "="):
            guard let count else { return false }
            if count < 0 { return count == -1 }
            guard bytes.count >= count + 2 else { return false }
            let end = bytes.dropFirst(count).prefix(2)
            bytes = bytes.dropFirst(count + 2)
            return Array(end) == [13, 10]
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"):
            guard let count, count >= -1 else { return false }
            let elements = type == UInt8(ascii: "%") ? 2 * count : count
            for _ in 0..<max(0, elements) where !skip() { return false }
            return true
        default: return false
        }
    }

    private mutating func takeLine() -> ArraySlice<UInt8>? {
        guard let end = bytes.firstIndex(of: 13), end + 1 < bytes.endIndex, bytes[end + 1] == 10
        else { return nil }
        defer { bytes = bytes[(end + 2)...] }
        return bytes[bytes.startIndex..<end]
    }
}

private func isWhole(_ reply: ControlReply) -> Bool {
    var reader = ReplyReader(bytes: reply.bytes[...])
    return reader.skip() && reader.bytes.isEmpty
}

@Suite struct ControlReplyTests {
    @Test(arguments: [RESPVersion.resp2, .resp3])
    func `every reply about commands is one whole reply`(version: RESPVersion) {
        #expect(isWhole(CommandReplies.all(version)))
        #expect(isWhole(CommandReplies.list(nil, version)))
        let all = CommandID.allCases.map { CommandReplies.Found.command($0) }
        #expect(isWhole(CommandReplies.docs(all, version)))
    }

    @Test func `a reply with a header that promises too much is noticed`() {
        var reply = ControlReply(.resp3)
        reply.map(2)
        reply.bulk("a")
        reply.integer(1)
        #expect(!isWhole(reply))
        reply.bulk("b")
        reply.double(0.5)
        #expect(isWhole(reply))
    }

    @Test func `maps, sets and texts take the shape of the protocol version`() {
        func shape(_ version: RESPVersion) -> String {
            var reply = ControlReply(version)
            reply.map(1)
            reply.set(0)
            reply.null()
            reply.nullArray()
            reply.text("hi\n")
            return String(decoding: reply.bytes, as: UTF8.self)
        }
        #expect(shape(.resp2) == "*2\r\n*0\r\n$-1\r\n*-1\r\n$3\r\nhi\n\r\n")
        #expect(shape(.resp3) == "%1\r\n~0\r\n_\r\n_\r\n=7\r\ntxt:hi\n\r\n")
    }

    @Test(arguments: [0, 1, 9, 10, -1, -10, 1_000_000, Int.max, Int.min])
    func `decimals are written as Swift writes them`(value: Int) {
        var bytes: [UInt8] = []
        bytes.append(decimal: value)
        #expect(String(decoding: bytes, as: UTF8.self) == String(value))
    }
}
