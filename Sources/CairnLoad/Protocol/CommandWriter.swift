import Cairn

/// The constant parts of the commands a load sends, made once: writing a command is a few copies.
///
/// ```
/// read:  readHead key readTail
/// write: writeHead key writeMiddle LENGTH crlf value writeTail
/// ```
/// With numbered keys of one size, everything up to the value but its length is one copy of a
/// command for key 0, whose digits are then put in place.
package struct CommandWriter: ~Copyable {
    private struct Part: BitwiseCopyable {
        var offset: Int
        var count: Int
    }
    private var text: Table<UInt8>
    private let readHead: Part
    private let readTail: Part
    private let writeHead: Part
    private let writeMiddle: Part
    private let writeTail: Part
    private let wholeRead: Part
    private let wholeWrite: Part
    private let namer: KeyNamer
    /// Bytes of a command beside key and value, upper bound.
    package let overhead: Int
    private let isRESP: Bool

    /// Commands for keys of `keySize` bytes (`nil`: keys of any length) with a time to live.
    package init(_ kind: LoadProtocol, keySize: Int?, ttlMilliseconds: Int) {
        isRESP = kind == .resp
        let length = keySize.map { "\($0)\r\n" } ?? ""
        let parts: [String]
        switch kind {
        case .resp:
            let ttl = String(ttlMilliseconds)
            let words = ttlMilliseconds > 0 ? 5 : 3
            parts = [
                "*2\r\n$3\r\nGET\r\n$\(length)", "\r\n", "*\(words)\r\n$3\r\nSET\r\n$\(length)",
                "\r\n$",
                ttlMilliseconds > 0 ? "\r\n$2\r\nPX\r\n$\(ttl.count)\r\n\(ttl)\r\n" : "\r\n",
            ]
        case .memcached:
            // Expiry in seconds, rounded up so that a time to live never becomes "never".
            parts = ["get ", "\r\n", "set ", " 0 \((ttlMilliseconds + 999) / 1000) ", "\r\n"]
        }
        namer = KeyNamer(size: keySize ?? 1)
        let zero = namer.name(0)
        let whole = [parts[0] + zero + parts[1], parts[2] + zero + parts[3]]
        let all = (parts + whole).map { Array($0.utf8) }
        text = Table(repeating: 0, count: all.map(\.count).reduce(0, +))
        var offset = 0
        var made: [Part] = []
        for bytes in all {
            for (index, byte) in bytes.enumerated() { text[offset + index] = byte }
            made.append(Part(offset: offset, count: bytes.count))
            offset += bytes.count
        }
        readHead = made[0]
        readTail = made[1]
        writeHead = made[2]
        writeMiddle = made[3]
        writeTail = made[4]
        wholeRead = made[5]
        wholeWrite = made[6]
        overhead = offset + 32
    }

    @inline(__always)
    private func put(_ part: Part, _ out: MutableByteView, _ at: inout Int) {
        out.copy(text.bytes.view.slice(part.offset, part.count), at: at)
        at += part.count
    }

    /// Writes a read of a numbered key.
    @inline(__always)
    package func read(_ key: UInt64, _ out: MutableByteView, _ at: inout Int) {
        put(wholeRead, out, &at)
        namer.patch(key, into: out.slice(at - readTail.count - namer.size, namer.size))
    }

    /// Writes a write of a numbered key up to its value.
    @inline(__always)
    package func beginWrite(
        _ key: UInt64, length: Int, _ out: MutableByteView, _ at: inout Int
    ) {
        put(wholeWrite, out, &at)
        namer.patch(key, into: out.slice(at - writeMiddle.count - namer.size, namer.size))
        Self.decimal(length, out, &at)
        Self.lineEnd(out, &at)
    }

    /// Writes a read up to the key.
    @inline(__always)
    package func beginRead(_ out: MutableByteView, _ at: inout Int, keyLength: Int? = nil) {
        put(readHead, out, &at)
        if let keyLength { writeKeyLength(keyLength, out, &at) }
    }

    /// Writes what follows the key of a read.
    @inline(__always)
    package func endRead(_ out: MutableByteView, _ at: inout Int) { put(readTail, out, &at) }

    /// Writes a write up to the key.
    @inline(__always)
    package func beginWrite(_ out: MutableByteView, _ at: inout Int, keyLength: Int? = nil) {
        put(writeHead, out, &at)
        if let keyLength { writeKeyLength(keyLength, out, &at) }
    }

    /// Writes what stands between the key of a write and its value.
    @inline(__always)
    package func valueLength(_ length: Int, _ out: MutableByteView, _ at: inout Int) {
        put(writeMiddle, out, &at)
        Self.decimal(length, out, &at)
        Self.lineEnd(out, &at)
    }

    /// Writes what follows the value.
    @inline(__always)
    package func endWrite(_ out: MutableByteView, _ at: inout Int) { put(writeTail, out, &at) }

    /// RESP names a key's length; memcached's text protocol doesn't.
    private func writeKeyLength(_ length: Int, _ out: MutableByteView, _ at: inout Int) {
        guard isRESP else { return }
        Self.decimal(length, out, &at)
        Self.lineEnd(out, &at)
    }

    @inline(__always)
    private static func lineEnd(_ out: MutableByteView, _ at: inout Int) {
        out[at] = 13
        out[at + 1] = 10
        at += 2
    }

    @inline(__always)
    private static func decimal(_ value: Int, _ out: MutableByteView, _ at: inout Int) {
        var digits = 1
        var bound = 10
        while value >= bound {
            digits += 1
            bound *= 10
        }
        var rest = value
        var index = at + digits
        at = index
        for _ in 0..<digits {
            index -= 1
            let quotient = rest / 10
            out[index] = UInt8(truncatingIfNeeded: 48 &+ (rest &- quotient &* 10))
            rest = quotient
        }
    }

    /// The commands that open a connection: authentication and RESP3. `replies` counts their
    /// replies.
    package static func greeting(_ options: LoadOptions) -> (bytes: [UInt8], replies: Int) {
        guard options.protocolKind == .resp else { return ([], 0) }
        var commands: [[String]] = []
        if let password = options.password {
            commands.append(["AUTH"] + (options.user.map { [$0] } ?? []) + [password])
        }
        if options.resp3 { commands.append(["HELLO", "3"]) }
        let text = commands.map { words in
            "*\(words.count)\r\n"
                + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        }
        return (Array(text.joined().utf8), commands.count)
    }
}
