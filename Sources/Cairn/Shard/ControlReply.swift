/// A reply of the control kind, built in ordinary memory: COMMAND DOCS, SLOWLOG GET, LATENCY.
///
/// The data path writes replies where they leave from (`ReplyWriter`); these are long, nested and
/// rare, and an array that grows is the simplest thing that is right. Bounded by the tables they
/// are made from: the longest, COMMAND DOCS, has about 60 KiB.
struct ControlReply {
    let version: RESPVersion
    private(set) var bytes: [UInt8] = []

    init(_ version: RESPVersion) {
        self.version = version
        bytes.reserveCapacity(1024)
    }

    private mutating func header(_ type: StaticString, _ count: Int) {
        bytes.append(type)
        bytes.append(decimal: count)
        bytes.append("\r\n")
    }

    mutating func array(_ count: Int) { header("*", count) }

    mutating func set(_ count: Int) { header(version == .resp3 ? "~" : "*", count) }

    mutating func map(_ pairs: Int) {
        if version == .resp3 { header("%", pairs) } else { header("*", pairs * 2) }
    }

    mutating func integer(_ value: Int) { header(":", value) }

    mutating func null() { bytes.append(version == .resp3 ? "_\r\n" : "$-1\r\n") }

    mutating func nullArray() { bytes.append(version == .resp3 ? "_\r\n" : "*-1\r\n") }

    mutating func bulk(_ text: StaticString) {
        header("$", text.utf8CodeUnitCount)
        bytes.append(text)
        bytes.append("\r\n")
    }

    mutating func bulk(_ text: String) { bulk(Array(text.utf8)) }

    mutating func bulk(_ text: [UInt8]) {
        header("$", text.count)
        bytes.append(contentsOf: text)
        bytes.append("\r\n")
    }

    /// `+text`: without line ends.
    mutating func status(_ text: StaticString) {
        bytes.append("+")
        bytes.append(text)
        bytes.append("\r\n")
    }

    mutating func double(_ value: Double) {
        if version == .resp2 {
            bulk(String(value))
            return
        }
        bytes.append(",")
        bytes.append(contentsOf: String(value).utf8)
        bytes.append("\r\n")
    }

    /// Text for people: verbatim where the protocol has it.
    mutating func text(_ text: String) {
        if version == .resp2 {
            bulk(text)
            return
        }
        header("=", text.utf8.count + 4)
        bytes.append("txt:")
        bytes.append(contentsOf: text.utf8)
        bytes.append("\r\n")
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        let view = Bytes(text)
        for index in 0..<view.count { append(view[index]) }
    }

    mutating func append(_ view: Bytes) {
        for index in 0..<view.count { append(view[index]) }
    }

    mutating func append(decimal value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var divisor: UInt = 1
        let magnitude = value.magnitude
        while magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(magnitude / divisor % 10))
            divisor /= 10
        }
    }
}

extension Shard where Engine: ~Copyable {
    /// Writes a reply that was built in ordinary memory.
    mutating func emitReply(_ reply: ControlReply) {
        reply.bytes.withBytes { emitRaw($0) }
    }

    /// Text for people, as INFO and CLIENT LIST answer: verbatim where the protocol has it.
    mutating func emitVerbatim(_ text: Bytes) {
        if context.version == .resp2 {
            emitBulk(text)
            return
        }
        var head = [UInt8]()
        head.append("=")
        head.append(decimal: text.count + 4)
        head.append("\r\ntxt:")
        head.withBytes { emitRaw($0) }
        emitRaw(text)
        emit("\r\n")
    }
}
