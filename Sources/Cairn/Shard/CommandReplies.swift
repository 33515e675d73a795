/// COMMAND and its subcommands: the tables of `Protocol` as replies.
///
/// Made anew each time: about a millisecond for everything, and asked once a connection at most.
enum CommandReplies {
    /// COMMAND: every command.
    static func all(_ version: RESPVersion) -> ControlReply {
        var reply = ControlReply(version)
        reply.array(CommandID.allCases.count)
        for id in CommandID.allCases { append(id, to: &reply) }
        return reply
    }

    /// A command, or a subcommand by its full name `client|list`.
    enum Found {
        case command(CommandID)
        case subcommand(SubcommandID)

        init?(_ name: Bytes) {
            if let id = CommandTable.lookup(name) {
                self = .command(id)
                return
            }
            var bar = 0
            while bar < name.count, name[bar] != UInt8(ascii: "|") { bar += 1 }
            guard bar < name.count, let id = CommandTable.lookup(name.slice(0, bar)),
                let sub = CommandTable.lookup(id, name.dropping(bar + 1))
            else { return nil }
            self = .subcommand(sub)
        }
    }

    // MARK: COMMAND INFO

    static func append(_ found: Found?, to reply: inout ControlReply) {
        switch found {
        case .command(let id): append(id, to: &reply)
        case .subcommand(let sub): append(CommandTable.spec(sub), subcommands: nil, to: &reply)
        case nil: reply.null()
        }
    }

    private static func append(_ id: CommandID, to reply: inout ControlReply) {
        append(
            CommandTable.spec(id), subcommands: CommandTable.subcommands(of: id), to: &reply)
    }

    private static func append(
        _ spec: CommandSpec, subcommands: ClosedRange<UInt8>?, to reply: inout ControlReply
    ) {
        reply.array(10)
        reply.bulk(spec.name)
        reply.integer(Int(spec.arity))
        let flags = (0..<CommandFlags.known).filter { spec.flags.rawValue & 1 << $0 != 0 }
        reply.set(flags.count)
        for bit in flags { reply.status(CommandFlags.name(bit: bit)) }
        reply.integer(Int(spec.keys.first))
        reply.integer(Int(spec.keys.last))
        reply.integer(Int(spec.keys.step))
        let categories = (0..<CommandCategories.known).filter {
            spec.categories.rawValue & 1 << $0 != 0
        }
        reply.set(categories.count)
        for bit in categories { reply.status(CommandCategories.name(bit: bit)) }
        appendTips(spec.tips, to: &reply)
        appendKeys(spec.keys, to: &reply)
        guard let subcommands else {
            reply.set(0)
            return
        }
        reply.array(subcommands.count)
        for sub in subcommands.compactMap({ SubcommandID(rawValue: $0) }) {
            append(CommandTable.spec(sub), subcommands: nil, to: &reply)
        }
    }

    private static func appendTips(_ tips: StaticString, to reply: inout ControlReply) {
        let words = Bytes(tips).array.split(separator: UInt8(ascii: " "))
        reply.set(words.count)
        for word in words { reply.bulk(Array(word)) }
    }

    /// Where the keys are, as Redis 7 spells it.
    private static func appendKeys(_ keys: CommandSpec.Keys, to reply: inout ControlReply) {
        if keys.first == 0 {
            reply.set(0)
        } else if keys.secondAccess.isEmpty {
            reply.set(1)
            append(keys.access, first: keys.first, last: keys.last, keys.step, to: &reply)
        } else {
            reply.set(2)
            append(keys.access, first: keys.first, last: keys.first, keys.step, to: &reply)
            append(keys.secondAccess, first: keys.last, last: keys.last, keys.step, to: &reply)
        }
    }

    /// One range of keys with the same access.
    private static func append(
        _ access: KeyAccess, first: Int8, last: Int8, _ step: Int8, to reply: inout ControlReply
    ) {
        // Redis says why the flags of SET's key vary.
        reply.map(access.contains(.variable) ? 4 : 3)
        if access.contains(.variable) {
            reply.bulk("notes")
            reply.bulk("RW and ACCESS due to the optional `GET` argument")
        }
        reply.bulk("flags")
        appendAccess(access, to: &reply)
        reply.bulk("begin_search")
        reply.map(2)
        reply.bulk("type")
        reply.bulk("index")
        reply.bulk("spec")
        reply.map(1)
        reply.bulk("index")
        reply.integer(Int(first))
        reply.bulk("find_keys")
        reply.map(2)
        reply.bulk("type")
        reply.bulk("range")
        reply.bulk("spec")
        reply.map(3)
        reply.bulk("lastkey")
        reply.integer(Int(last < 0 ? last : last - first))
        reply.bulk("keystep")
        reply.integer(Int(step))
        reply.bulk("limit")
        reply.integer(0)
    }

    static func appendAccess(_ access: KeyAccess, to reply: inout ControlReply) {
        let bits = (0..<KeyAccess.known).filter { access.rawValue & 1 << $0 != 0 }
        reply.set(bits.count)
        for bit in bits { reply.status(KeyAccess.name(bit: bit)) }
    }

    // MARK: COMMAND DOCS

    static func docs(_ found: [Found], _ version: RESPVersion) -> ControlReply {
        var reply = ControlReply(version)
        reply.map(found.count)
        for each in found {
            switch each {
            case .command(let id):
                reply.bulk(CommandTable.spec(id).name)
                append(
                    CommandTable.docs(id), subcommands: CommandTable.subcommands(of: id),
                    to: &reply)
            case .subcommand(let sub):
                reply.bulk(CommandTable.spec(sub).name)
                append(CommandTable.docs(sub), subcommands: nil, to: &reply)
            }
        }
        return reply
    }

    private static func append(
        _ docs: CommandDocs, subcommands: ClosedRange<UInt8>?, to reply: inout ControlReply
    ) {
        reply.map(subcommands == nil ? 4 : 5)
        let texts: [(StaticString, StaticString)] = [
            ("summary", docs.summary), ("since", docs.since), ("group", docs.group),
            ("complexity", docs.complexity),
        ]
        for (name, text) in texts {
            reply.bulk(name)
            reply.bulk(text)
        }
        guard let subcommands else { return }
        reply.bulk("subcommands")
        reply.map(subcommands.count)
        for sub in subcommands.compactMap({ SubcommandID(rawValue: $0) }) {
            reply.bulk(CommandTable.spec(sub).name)
            append(CommandTable.docs(sub), subcommands: nil, to: &reply)
        }
    }

    // MARK: COMMAND LIST

    /// `FILTERBY MODULE name`, `ACLCAT category` or `PATTERN pattern`.
    enum Filter {
        case module
        case category(UInt16)
        case pattern(Bytes)

        func accepts(_ spec: CommandSpec) -> Bool {
            switch self {
            case .module: false
            case .category(let bits): spec.categories.rawValue & bits != 0
            case .pattern(let pattern):
                Glob.matches(pattern, Bytes(spec.name), ignoringCase: true)
            }
        }
    }

    /// Names; with a filter also those of subcommands, as in Redis.
    static func list(_ filter: Filter?, _ version: RESPVersion) -> ControlReply {
        var names: [StaticString] = []
        for id in CommandID.allCases {
            let spec = CommandTable.spec(id)
            if filter?.accepts(spec) ?? true { names.append(spec.name) }
        }
        if let filter {
            for sub in SubcommandID.allCases {
                let spec = CommandTable.spec(sub)
                if filter.accepts(spec) { names.append(spec.name) }
            }
        }
        var reply = ControlReply(version)
        reply.array(names.count)
        for name in names { reply.bulk(name) }
        return reply
    }
}
