/// Which error a reply is, for INFO: by its first word, and whether the command ran at all.
extension RESPError {
    /// The kind whose name the text begins with.
    var kind: ErrorKind {
        let text = Bytes(fixedText)
        for kind in ErrorKind.allCases {
            let name = Bytes(kind.name)
            if text.count > name.count, text[name.count] == UInt8(ascii: " "),
                text.slice(0, name.count) == name
            {
                return kind
            }
        }
        return .err
    }

    /// Whether the command was refused before it ran.
    var isRejection: Bool {
        switch self {
        case .noAuth, .onlyPubSub, .wrongArity, .wrongSubcommandArity, .unknownSubcommand,
            .notInTransaction, .keyLength:
            true
        default: false
        }
    }
}

extension Shard where Engine: ~Copyable {
    /// Counts an error reply to the command in `arguments`.
    @inline(never)
    mutating func noteError(_ error: RESPError) {
        stats.countError(error.kind, command: failingCommand, isRejection: error.isRejection)
    }

    /// Counts an error reply whose text is not one of `RESPError`'s.
    @inline(never)
    mutating func noteOtherError() { stats.countError(.err, command: failingCommand) }

    /// The number of the command in `arguments`; `nil` for an unknown one, and where the name is
    /// gone: behind a streamed value, and when other shards' answers came in meanwhile.
    private var failingCommand: Int? {
        guard arguments.first == 0, arguments.count > 0, !context.input.isEmpty else { return nil }
        let id = CommandTable.lookup(arguments.argument(0, in: context.input))
        return id.map { Int($0.rawValue) }
    }
}
