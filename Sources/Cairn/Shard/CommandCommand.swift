/// COMMAND COUNT, INFO, DOCS, LIST, GETKEYS, GETKEYSANDFLAGS.
extension Shard where Engine: ~Copyable {
    mutating func commandCommand(_ input: Bytes, _ sub: SubcommandID) {
        do throws(RESPError) {
            switch sub {
            case .commandCount: emitInteger(CommandID.allCases.count)
            case .commandInfo: commandInfo(input)
            case .commandDocs: commandDocs(input)
            case .commandList: try commandList(input)
            default: try commandKeys(input, withFlags: sub == .commandGetkeysandflags)
            }
        } catch {
            emitError(error)
        }
    }

    private mutating func commandInfo(_ input: Bytes) {
        if arguments.count == 2 {
            emitReply(CommandReplies.all(context.version))
            return
        }
        // A command with thousands of names is cut to what a client can mean by it.
        let count = min(arguments.count - 2, Self.namesMax)
        var reply = ControlReply(context.version)
        reply.array(count)
        for position in 2..<(2 + count) {
            CommandReplies.append(
                CommandReplies.Found(arguments.argument(position, in: input)), to: &reply)
        }
        emitReply(reply)
    }

    /// Names one COMMAND INFO or DOCS looks at: more than there are.
    private static var namesMax: Int { 1024 }

    private mutating func commandDocs(_ input: Bytes) {
        var found: [CommandReplies.Found] = []
        if arguments.count == 2 {
            found = CommandID.allCases.map { .command($0) }
        } else {
            for position in 2..<min(arguments.count, 2 + Self.namesMax) {
                let name = arguments.argument(position, in: input)
                if let each = CommandReplies.Found(name) { found.append(each) }
            }
        }
        emitReply(CommandReplies.docs(found, context.version))
    }

    private mutating func commandList(_ input: Bytes) throws(RESPError) {
        if arguments.count == 2 {
            emitReply(CommandReplies.list(nil, context.version))
            return
        }
        guard arguments.count == 5,
            arguments.argument(2, in: input).equalsIgnoringCase("filterby")
        else { throw .syntax }
        let kind = arguments.argument(3, in: input)
        let value = arguments.argument(4, in: input)
        let filter: CommandReplies.Filter
        if kind.equalsIgnoringCase("module") {
            filter = .module
        } else if kind.equalsIgnoringCase("pattern") {
            filter = .pattern(value)
        } else if kind.equalsIgnoringCase("aclcat") {
            let bit = (0..<CommandCategories.known).first {
                value.equalsIgnoringCase(Bytes(CommandCategories.name(bit: $0)).dropping(1))
            }
            filter = .category(bit.map { 1 << UInt16($0) } ?? 0)
        } else {
            throw .syntax
        }
        emitReply(CommandReplies.list(filter, context.version))
    }

    /// COMMAND GETKEYS command argument ...: which of the arguments are keys.
    private mutating func commandKeys(_ input: Bytes, withFlags: Bool) throws(RESPError) {
        guard let id = CommandTable.lookup(arguments.argument(2, in: input)) else {
            throw .invalidCommand
        }
        var spec = CommandTable.spec(id)
        if CommandTable.subcommands(of: id) != nil {
            guard let sub = CommandTable.lookup(id, arguments.argument(3, in: input)) else {
                throw .invalidCommand
            }
            spec = CommandTable.spec(sub)
        }
        if spec.keys.first == 0 { throw .noKeyArguments }
        let count = arguments.count - 2
        guard spec.accepts(argumentCount: count) else { throw .invalidArgumentCount }
        let last = min(spec.lastKey(argumentCount: count), count - 1)
        let keys = Array(stride(from: Int(spec.keys.first), through: last, by: Int(spec.keys.step)))
        if keys.isEmpty { throw .noKeyArguments }
        var reply = ControlReply(context.version)
        reply.array(keys.count)
        for key in keys {
            let name = arguments.argument(key + 2, in: input).array
            if withFlags {
                reply.array(2)
                reply.bulk(name)
                CommandReplies.appendAccess(access(spec.keys, at: key, input), to: &reply)
            } else {
                reply.bulk(name)
            }
        }
        emitReply(reply)
    }

    /// What the command would do to the key at `position`: SET reads it only when asked to (GET).
    private func access(_ keys: CommandSpec.Keys, at position: Int, _ input: Bytes) -> KeyAccess {
        var access = keys.access(at: position)
        guard access.contains(.variable) else { return access }
        access.remove(.variable)
        for option in 5..<max(5, arguments.count)
        where arguments.argument(option, in: input).equalsIgnoringCase("get") {
            return access
        }
        return [.overwrite, .update]
    }
}
