/// What the request parser is told and what it answers.

/// Bounds the parser checks before it believes a length from the wire.
package struct RESPLimits: Equatable, Sendable {
    /// Most arguments of one command; the table's capacity bounds it too (Redis: 2^31 - 1).
    package var argumentsMax = 131_072
    /// Longest bulk argument, bytes (Redis: `proto-max-bulk-len`).
    package var bulkBytesMax = 512 << 20
    /// Longest inline command, bytes before its newline (Redis: 64 KiB); the table's scratch memory
    /// bounds it too.
    package var inlineBytesMax = 64 << 10
    /// A bulk argument at least this long whose bytes are not all there is reported as
    /// `.largeValue` instead of `.needMore`, so that the rest can be received where it will stay.
    /// `Int.max`: never.
    package var streamBytesMin = 16 << 10
    /// False while a password is required and not given: the `...BeforeLogin` bounds apply.
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
    /// Bytes from where the parse started to the value's first byte. The value's bytes that are
    /// already in the input follow, and then nothing.
    package var consumed: Int

    package init(
        argumentIndex: Int, argumentCount: Int, offset: Int, length: Int, consumed: Int
    ) {
        self.argumentIndex = argumentIndex
        self.argumentCount = argumentCount
        self.offset = offset
        self.length = length
        self.consumed = consumed
    }
}

/// What one look at the input gave.
package enum RESPOutcome: Equatable, Sendable {
    /// A whole command: its arguments are in the table, it took `consumed` bytes.
    case command(consumed: Int)
    /// Not whole yet: no input can complete it with fewer than `atLeast` more bytes.
    ///
    /// The bound counts the arguments still owed (6 bytes each at least), which keeps a client that
    /// sends byte by byte from making the stateless parser quadratic: each new attempt has at
    /// least a sixth of the rest of the command to look at. A malformed request may show before
    /// the bound is reached: while little is buffered (a few KiB), look again at any arrival, so
    /// that its sender gets the error and does not wait for it.
    case needMore(atLeast: Int)
    /// Nothing to do and nothing to answer (blank line, `*0`, negative count).
    case empty(consumed: Int)
    /// The arguments before it are in the table; `RESPParser.resume` continues behind it.
    case largeValue(LargeValue)
    /// The stream can't be understood any more: answer the text, then close.
    case error(RESPProtocolError)
}

/// Why a stream of requests can't be parsed.
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

    /// Redis's text; the reply is `-ERR ` and this. `expectedBulk` goes on with the byte and `'`.
    package var text: StaticString {
        switch self {
        case .invalidMultibulkLength: "Protocol error: invalid multibulk length"
        case .invalidBulkLength: "Protocol error: invalid bulk length"
        case .unauthenticatedMultibulkLength: "Protocol error: unauthenticated multibulk length"
        case .unauthenticatedBulkLength: "Protocol error: unauthenticated bulk length"
        case .multibulkCountTooLong: "Protocol error: too big mbulk count string"
        case .bulkCountTooLong: "Protocol error: too big bulk count string"
        case .inlineTooLong: "Protocol error: too big inline request"
        case .unbalancedQuotes: "Protocol error: unbalanced quotes in request"
        case .expectedBulk: "Protocol error: expected '$', got '"
        }
    }
}
