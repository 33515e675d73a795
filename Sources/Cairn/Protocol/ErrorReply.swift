/// Error replies: `-`, the text with what it quotes, CRLF.
extension ReplyWriter {
    /// Encodes `error`; `arguments` are those of the request at fault, parsed from `input`.
    package static func error(
        _ error: RESPError, arguments: borrowing ArgumentTable, in input: Bytes,
        into out: MutableBytes, at position: Int
    ) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append(UInt8(ascii: "-"))
        sink.append(error.fixedText)
        switch error {
        case .unknownCommand:
            appendUnknownCommand(&sink, arguments, input)
        case .unknownSubcommand(let command):
            sink.appendInLine(arguments.argument(1, in: input), limit: quoteBytesMax)
            appendTryHelp(&sink, command)
        case .subcommandSyntax(let command):
            sink.appendInLine(arguments.argument(1, in: input), limit: quoteBytesMax)
            appendTryHelp(&sink, command)
        case .unsupportedExpireOption(let index):
            sink.appendInLine(arguments.argument(index, in: input), limit: quoteBytesMax)
        case .helloOption(let index), .unknownClientType(let index), .noSuchUser(let index),
            .noLatencySamples(let index), .configUnknown(let index):
            sink.appendInLine(arguments.argument(index, in: input), limit: quoteBytesMax)
            sink.append("'")
        case .prefixesOverlap(let index, let other):
            sink.appendInLine(arguments.argument(index, in: input), limit: quoteBytesMax)
            sink.append("' overlaps with another provided prefix '")
            sink.appendInLine(arguments.argument(other, in: input), limit: quoteBytesMax)
            sink.append("'. Prefixes for a single client must not overlap.")
        case .configRefused(let index, let refusal):
            sink.appendInLine(arguments.argument(index, in: input), limit: quoteBytesMax)
            appendRefusal(&sink, refusal)
        default: appendNames(&sink, error)
        }
        sink.appendLineEnd()
        return sink.end
    }

    /// Encodes an error that quotes no argument.
    package static func error(
        _ error: RESPError, into out: MutableBytes, at position: Int
    ) -> Int? {
        ensure(!error.quotesArguments, "this error needs the arguments it quotes")
        var sink = ByteSink(out, at: position)
        sink.append(UInt8(ascii: "-"))
        sink.append(error.fixedText)
        appendNames(&sink, error)
        sink.appendLineEnd()
        return sink.end
    }

    /// Encodes the last reply of a connection whose requests make no sense.
    package static func error(
        _ error: RESPProtocolError, into out: MutableBytes, at position: Int
    ) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append("-ERR ")
        sink.append(error.text)
        if case .expectedBulk(let byte) = error {
            sink.append(byte == 0x0D || byte == 0x0A ? UInt8(ascii: " ") : byte)
            sink.append("'")
        }
        sink.appendLineEnd()
        return sink.end
    }

    /// `CLIENT TRACKING` with a prefix that overlaps one the client already has.
    package static func prefixOverlap(
        _ prefix: Bytes, existing: Bytes, into out: MutableBytes, at position: Int
    ) -> Int? {
        var sink = ByteSink(out, at: position)
        sink.append("-ERR Prefix '")
        sink.appendInLine(prefix, limit: quoteBytesMax)
        sink.append("' overlaps with an existing prefix '")
        sink.appendInLine(existing, limit: quoteBytesMax)
        sink.append("'. Prefixes for a single client must not overlap.\r\n")
        return sink.end
    }

    /// Most bytes of one argument in an error's text (as Redis for names; its other quotations have
    /// no bound, ours have the same).
    static let quoteBytesMax = 128

    /// What follows the fixed text of errors that name a command.
    private static func appendNames(_ sink: inout ByteSink, _ error: RESPError) {
        switch error {
        case .wrongArity(let command), .invalidExpireTime(let command):
            sink.append(CommandTable.spec(command).name)
            sink.append("' command")
        case .wrongSubcommandArity(let subcommand):
            sink.append(CommandTable.spec(subcommand).name)
            sink.append("' command")
        case .onlyPubSub(let command):
            sink.append(CommandTable.spec(command).name)
            sink.append(
                """
                ': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in \
                this context
                """)
        default: break
        }
    }

    /// `foo', with args beginning with: 'a' 'b' `: 128 bytes of the name, 128 of the quoted rest.
    private static func appendUnknownCommand(
        _ sink: inout ByteSink, _ arguments: borrowing ArgumentTable, _ input: Bytes
    ) {
        sink.appendInLine(arguments.argument(0, in: input), limit: quoteBytesMax)
        sink.append("', with args beginning with: ")
        let start = sink.position
        var index = 1
        while index < arguments.count && sink.fits && sink.position - start < quoteBytesMax {
            sink.append(UInt8(ascii: "'"))
            // Redis counts what stands before this argument, without its opening quote.
            let limit = quoteBytesMax - (sink.position - 1 - start)
            sink.appendInLine(arguments.argument(index, in: input), limit: limit)
            sink.append("' ")
            index += 1
        }
    }

    private static func appendTryHelp(_ sink: inout ByteSink, _ command: CommandID) {
        sink.append("'. Try ")
        sink.appendInLine(Bytes(CommandTable.spec(command).name), uppercase: true)
        sink.append(" HELP.")
    }

    private static func appendRefusal(_ sink: inout ByteSink, _ refusal: ConfigRefusal) {
        sink.append("') - ")
        sink.append(refusal.text)
        if case .outOfRange(let from, let to) = refusal {
            sink.append(from)
            sink.append(" and ")
            sink.append(to)
            sink.append(" inclusive")
        }
    }
}

extension RESPError {
    /// Whether the text holds bytes of the request.
    package var quotesArguments: Bool {
        switch self {
        case .unknownCommand, .unknownSubcommand, .subcommandSyntax, .unsupportedExpireOption,
            .helloOption, .unknownClientType, .noSuchUser, .noLatencySamples, .prefixesOverlap,
            .configUnknown, .configRefused:
            true
        default: false
        }
    }
}
