/// A RESP reply as a simulated client sees it.
package enum SimulatedReply: Equatable {
    case simple([UInt8])
    case error([UInt8])
    case integer(Int64)
    case bulk([UInt8])
    case null
    case array([SimulatedReply])
    /// What the server says without being asked.
    case push([SimulatedReply])
    /// Something whose parts nobody compares: a map, a set, a double, a boolean.
    case other([SimulatedReply])
}

/// Splits what a client has received into replies.
///
/// Written for itself, from the protocol's specification: it shares nothing with the server's
/// parser and writer, so that a mistake in those is not made here too.
struct ReplyReader {
    private var bytes: [UInt8] = []
    private var position = 0
    /// Bytes that can't begin or go on as a reply came.
    private(set) var isBroken = false

    var hasLeftovers: Bool { position < bytes.count }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// The next whole reply, or `nil`.
    mutating func next() -> SimulatedReply? {
        let start = position
        guard let reply = parse(depth: 0) else {
            position = start
            return nil
        }
        if position > 65_536 {
            bytes.removeFirst(position)
            position = 0
        }
        return reply
    }

    private mutating func parse(depth: Int) -> SimulatedReply? {
        guard depth < 8, let line = line(), let kind = line.first else { return nil }
        let text = line.dropFirst()
        switch kind {
        case UInt8(ascii: "+"): return .simple(Array(text))
        case UInt8(ascii: "-"): return .error(Array(text))
        case UInt8(ascii: ":"): return number(text).map { .integer($0) }
        case UInt8(ascii: "_"): return .null
        case UInt8(ascii: "#"), UInt8(ascii: ","): return .other([.simple(Array(text))])
        case UInt8(ascii: "$"), UInt8(ascii: "="): return bulk(text)
        case UInt8(ascii: "*"):
            return items(text, times: 1, depth).map { $0.map { .array($0) } ?? .null }
        case UInt8(ascii: "%"): return items(text, times: 2, depth).map { .other($0 ?? []) }
        case UInt8(ascii: "~"): return items(text, times: 1, depth).map { .other($0 ?? []) }
        case UInt8(ascii: ">"): return items(text, times: 1, depth).map { .push($0 ?? []) }
        default:
            isBroken = true
            return nil
        }
    }

    /// The bytes up to the next CRLF, which is skipped.
    private mutating func line() -> ArraySlice<UInt8>? {
        var end = position
        while end + 1 < bytes.count {
            if bytes[end] == 13, bytes[end + 1] == 10 {
                defer { position = end + 2 }
                return bytes[position..<end]
            }
            end += 1
        }
        return nil
    }

    private mutating func number(_ text: ArraySlice<UInt8>) -> Int64? {
        guard let value = Int64(String(decoding: text, as: UTF8.self)) else {
            isBroken = true
            return nil
        }
        return value
    }

    private mutating func bulk(_ text: ArraySlice<UInt8>) -> SimulatedReply? {
        guard let count = number(text).map({ Int($0) }) else { return nil }
        if count < 0 { return .null }
        guard position + count + 2 <= bytes.count else { return nil }
        let content = Array(bytes[position..<position + count])
        if bytes[position + count] != 13 || bytes[position + count + 1] != 10 { isBroken = true }
        position += count + 2
        return .bulk(content)
    }

    /// The elements of an aggregate; an inner `nil` for a null array.
    private mutating func items(
        _ text: ArraySlice<UInt8>, times: Int, _ depth: Int
    ) -> [SimulatedReply]?? {
        guard let count = number(text).map({ Int($0) }) else { return .none }
        if count < 0 { return .some(.none) }
        var list: [SimulatedReply] = []
        for _ in 0..<count * times {
            guard let item = parse(depth: depth + 1) else { return .none }
            list.append(item)
        }
        return .some(list)
    }
}
