/// What a simulated client expects for a command it has sent.
enum SimulatedExpectation {
    case exactly(SimulatedReply)
    /// The answer to a write: one of these replies, and these writes are acknowledged by it.
    case written([SimulatedReply], [SimulatedWrite])
    /// The answer to a read of a key.
    case read(key: Int, KeyMoment, SimulatedReading)
    /// One answer for each of several.
    case all([SimulatedExpectation])
    /// EXEC of a write of one value to all keys of the group.
    case groupWrite
    /// EXEC of a read of them: an array of equal values, though some may have been evicted.
    case groupRead
    /// The value of the counter that is counted by WATCH and EXEC, which was at least this.
    case counterRead(floor: Int)
    /// EXEC of a step of it: done, or in vain.
    case counterStep
    /// The value of the counter that is counted by INCR, of which so many were answered.
    case counted(floor: Int)
    /// Whatever is not an error.
    case anything
}

/// A write under way.
struct SimulatedWrite {
    let key: Int
    let version: Int
    /// Milliseconds until it expires.
    var lifetimeMs: UInt64?
}

/// How a read's reply follows from a key's content.
enum SimulatedReading {
    case whole
    case length
    case existence
    case range(from: Int, to: Int)

    func reply(for content: [UInt8]?) -> SimulatedReply {
        switch self {
        case .whole: return content.map { .bulk($0) } ?? .null
        case .length: return .integer(Int64(content?.count ?? 0))
        case .existence: return .integer(content == nil ? 0 : 1)
        case .range(let from, let to):
            let bytes = content ?? []
            let end = min(to, bytes.count - 1)
            return .bulk(from <= end ? Array(bytes[from...end]) : [])
        }
    }
}

/// A counter that several clients share: how far it may have got.
package struct SimulatedCounter {
    package let name: [UInt8]
    /// Steps that were acknowledged.
    package var done = 0
    /// Steps whose connection broke: they were taken or not.
    package var uncertain = 0
    /// Steps asked for and not answered.
    package var underWay = 0
    /// Values that were answered: no two steps get the same one.
    var seen: Set<Int> = []

    init(_ name: String) { self.name = Array(name.utf8) }

    /// The value lies where it can.
    package func allows(_ value: Int, from floor: Int) -> Bool {
        value >= floor && value <= done + uncertain + underWay
    }
}

extension SimulatedReply {
    static func ok(_ text: String) -> SimulatedReply { .simple(Array(text.utf8)) }

    /// The number in a value, 0 for an absent one.
    var number: Int? {
        switch self {
        case .null: 0
        case .bulk(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        case .integer(let value): Int(value)
        default: nil
        }
    }

    /// The server had no memory for it, and says so.
    var isRefusal: Bool {
        guard case .error(let text) = self else { return false }
        return text.starts(with: Array("OOM ".utf8))
    }

    /// The reply in a few words.
    var text: String {
        switch self {
        case .simple(let text): return "+" + String(decoding: text.prefix(60), as: UTF8.self)
        case .error(let text): return "-" + String(decoding: text.prefix(100), as: UTF8.self)
        case .integer(let value): return ":\(value)"
        case .bulk(let bytes): return "\(bytes.count) bytes \(bytes.prefix(12))"
        case .null: return "null"
        case .array(let items), .other(let items), .push(let items):
            return "[" + items.prefix(4).map(\.text).joined(separator: ", ") + "]"
        }
    }
}
