/// Which version of the protocol a connection speaks.
package enum RESPVersion: UInt8, Sendable {
    case resp2 = 2
    case resp3 = 3
}

/// Encodes replies into memory somebody else owns. Every function writes at `position` and returns
/// the position after it, or `nil`, with the bytes undefined, when it does not fit.
package enum ReplyWriter {
    /// Longest header: type byte, sign, 19 digits, CRLF.
    package static let headerBytesMax = 23

    // raw bytes of a constant such as Reply.ok
    package static func constant(_ c: StaticString, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func simple(_ text: StaticString, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func error(_ error: RESPError, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func error(_ error: RESPProtocolError, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func integer(_ value: Int64, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func bulkHeader(length: Int, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func bulk(_ bytes: Bytes, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func null(_ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func nullArray(_ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func arrayHeader(_ count: Int, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func setHeader(_ count: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func pushHeader(_ count: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    /// RESP2: an array of 2 x pairs
    package static func mapHeader(pairs: Int, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func double(_ value: Double, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    package static func boolean(_ value: Bool, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
    /// format: three letters ("txt", "mkd"); RESP2: a bulk.
    package static func verbatim(_ bytes: Bytes, format: StaticString, _ version: RESPVersion, into out: MutableBytes, at position: Int) -> Int? { nil }
}
