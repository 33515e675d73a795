/// What the request parser is told and what it answers.

/// Bounds the parser checks before it believes a length from the wire.
package struct RESPLimits: Equatable, Sendable {
    /// Most arguments of one command. The table's capacity bounds it too.
    package var argumentsMax = 131_072
    /// Longest bulk argument, bytes (Redis: `proto-max-bulk-len`).
    package var bulkBytesMax = 512 << 20
    /// Longest inline command, bytes without its newline (Redis: 64 KiB).
    package var inlineBytesMax = 64 << 10
    /// A bulk argument at least this long that is not wholly present is reported as `.largeValue`
    /// instead of `.needMore`, so that it can be received where it will stay. `Int.max`: never.
    package var streamBytesMin = 16 << 10
    /// False while a password is required and has not been given: `argumentsMaxBeforeLogin` and
    /// `bulkBytesMaxBeforeLogin` apply.
    package var isAuthenticated = true

    /// Most arguments of a command of a client that has not logged in (as Redis).
    package static let argumentsMaxBeforeLogin = 10
    /// Longest bulk argument of a client that has not logged in, bytes (as Redis).
    package static let bulkBytesMaxBeforeLogin = 16 << 10

    package init() {}
}

/// A bulk argument whose bytes have not all arrived.
package struct LargeValue: Equatable, Sendable {
    /// Index of the argument in the command.
    package var argumentIndex: Int
    /// Number of arguments of the command.
    package var argumentCount: Int
    /// Where its first byte is, or will be, in the input.
    package var offset: Int
    /// Its length in bytes, without the CRLF behind it.
    package var length: Int
    /// Bytes from the start of the command to the value's first byte.
    package var consumed: Int
}

/// What one look at the input gave.
package enum RESPOutcome: Equatable, Sendable {
    /// A whole command; its arguments are in the table; it took `consumed` bytes.
    case command(consumed: Int)
    /// Not whole yet. At least `atLeast` more bytes are missing before any command can be.
    case needMore(atLeast: Int)
    /// Nothing to do and nothing to answer (blank line, `*0`, negative count).
    case empty(consumed: Int)
    /// The arguments before it are in the table; see `RESPParser.resume`.
    case largeValue(LargeValue)
    /// The stream can't be understood any more: answer the text, then close.
    case error(RESPProtocolError)
}

/// Why a stream of requests can't be parsed: Redis's texts.
package enum RESPProtocolError: Error, Equatable, Sendable {
    case invalidMultibulkLength
    case invalidBulkLength
    case unauthenticatedMultibulkLength
    case unauthenticatedBulkLength
    case multibulkCountTooLong
    case bulkCountTooLong
    case inlineTooLong
    case unbalancedQuotes
    /// A byte other than `$` where a bulk argument has to start.
    case expectedBulk(got: UInt8)
}
