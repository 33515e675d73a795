/// The facts about one command or subcommand, as `COMMAND INFO` reports them.
package struct CommandSpec: Sendable {
    /// Where the keys are among the arguments, and what is done to them.
    package struct Keys: Sendable, Equatable {
        /// Index of the first key; 0: no keys.
        package var first: Int8
        /// Index of the last key; negative: counted from the last argument, which is -1.
        package var last: Int8
        /// From one key to the next.
        package var step: Int8
        package var access: KeyAccess
        /// What is done to the second of two keys, where that differs; empty: as to the first.
        package var secondAccess: KeyAccess

        init(
            _ first: Int8, _ last: Int8, _ step: Int8, _ access: KeyAccess,
            second: KeyAccess = []
        ) {
            self.first = first
            self.last = last
            self.step = step
            self.access = access
            secondAccess = second
        }

        /// What is done to the key at `position` among the arguments.
        package func access(at position: Int) -> KeyAccess {
            secondAccess.isEmpty || position == Int(first) ? access : secondAccess
        }

        static let none = Keys(0, 0, 0, [])
    }

    /// In lower case; of a subcommand `container|name`.
    package var name: StaticString
    /// Number of arguments with the name; negative: at least that many.
    package var arity: Int8
    package var flags: CommandFlags
    package var keys: Keys
    /// Categories that don't follow from the flags.
    var group: CommandCategories
    /// Words for clients of a cluster, separated by blanks.
    package var tips: StaticString

    init(
        _ name: StaticString, _ arity: Int8, _ flags: CommandFlags, keys: Keys = .none,
        in group: CommandCategories = [], tips: StaticString = ""
    ) {
        self.name = name
        self.arity = arity
        self.flags = flags
        self.keys = keys
        self.group = group
        self.tips = tips
    }

    /// Whether a request of `count` arguments, the name among them, is well-formed.
    @inline(__always)
    package func accepts(argumentCount count: Int) -> Bool {
        arity >= 0 ? count == Int(arity) : count >= -Int(arity)
    }

    /// Index of the last key in a request of `count` arguments; keys are `keys.first`, stepping.
    @inline(__always)
    package func lastKey(argumentCount count: Int) -> Int {
        keys.last >= 0 ? Int(keys.last) : count + Int(keys.last)
    }

    /// Access-control categories: the group's, and what the flags imply (as in Redis).
    package var categories: CommandCategories {
        var all = group
        if flags.contains(.write) { all.insert(.write) }
        if flags.contains(.readonly) { all.insert(.read) }
        if flags.contains(.admin) { all.formUnion([.admin, .dangerous]) }
        if flags.contains(.pubsub) { all.insert(.pubsub) }
        if flags.contains(.blocking) { all.insert(.blocking) }
        all.insert(flags.contains(.fast) ? .fast : .slow)
        return all
    }
}

/// What the dispatch of every request asks about its command, in 8 bytes.
package struct CommandTraits: BitwiseCopyable, Sendable {
    package var flags: CommandFlags
    package var arity: Int8
    /// As `CommandSpec.Keys`.
    package var firstKey: Int8
    package var lastKey: Int8
    package var keyStep: Int8

    /// Whether a request of `count` arguments, the name among them, is well-formed.
    @inline(__always)
    package func accepts(argumentCount count: Int) -> Bool {
        arity >= 0 ? count == Int(arity) : count >= -Int(arity)
    }
}

/// The traits of all commands, copied once from their specs: one load instead of a jump table. Each
/// shard has its own.
package struct CommandTraitsTable: ~Copyable {
    private var traits: FixedArray<CommandTraits>

    package init() {
        let none = CommandTraits(flags: [], arity: 0, firstKey: 0, lastKey: 0, keyStep: 0)
        traits = FixedArray(repeating: none, count: CommandID.allCases.count)
        for id in CommandID.allCases {
            let spec = CommandTable.spec(id)
            traits[Int(id.rawValue)] = CommandTraits(
                flags: spec.flags, arity: spec.arity, firstKey: spec.keys.first,
                lastKey: spec.keys.last, keyStep: spec.keys.step)
        }
    }

    package subscript(id: CommandID) -> CommandTraits {
        @inline(__always) get { traits[Int(id.rawValue)] }
    }
}

/// How the server treats a command.
package struct CommandFlags: OptionSet, Sendable, BitwiseCopyable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let write = CommandFlags(rawValue: 1 << 0)
    package static let readonly = CommandFlags(rawValue: 1 << 1)
    /// Refused when memory is full and nothing can be evicted.
    package static let denyOOM = CommandFlags(rawValue: 1 << 2)
    package static let admin = CommandFlags(rawValue: 1 << 3)
    package static let pubsub = CommandFlags(rawValue: 1 << 4)
    package static let noScript = CommandFlags(rawValue: 1 << 5)
    package static let blocking = CommandFlags(rawValue: 1 << 6)
    package static let loading = CommandFlags(rawValue: 1 << 7)
    package static let stale = CommandFlags(rawValue: 1 << 8)
    package static let skipMonitor = CommandFlags(rawValue: 1 << 9)
    package static let skipSlowlog = CommandFlags(rawValue: 1 << 10)
    package static let fast = CommandFlags(rawValue: 1 << 11)
    /// Allowed before the client has logged in.
    package static let noAuth = CommandFlags(rawValue: 1 << 12)
    package static let noMandatoryKeys = CommandFlags(rawValue: 1 << 13)
    package static let movableKeys = CommandFlags(rawValue: 1 << 14)
    /// Refused inside MULTI.
    package static let noMulti = CommandFlags(rawValue: 1 << 15)
    package static let noAsyncLoading = CommandFlags(rawValue: 1 << 16)
    package static let allowBusy = CommandFlags(rawValue: 1 << 17)

    /// Number of flags there are.
    package static let known = 18

    /// Redis's name of the flag `1 << bit`.
    package static func name(bit: Int) -> StaticString {
        switch bit {
        case 0: "write"
        case 1: "readonly"
        case 2: "denyoom"
        case 3: "admin"
        case 4: "pubsub"
        case 5: "noscript"
        case 6: "blocking"
        case 7: "loading"
        case 8: "stale"
        case 9: "skip_monitor"
        case 10: "skip_slowlog"
        case 11: "fast"
        case 12: "no_auth"
        case 13: "no_mandatory_keys"
        case 14: "movablekeys"
        case 15: "no_multi"
        case 16: "no_async_loading"
        default: "allow_busy"
        }
    }
}

/// What a command does to its keys.
package struct KeyAccess: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let readWrite = KeyAccess(rawValue: 1 << 0)
    package static let readOnly = KeyAccess(rawValue: 1 << 1)
    package static let overwrite = KeyAccess(rawValue: 1 << 2)
    package static let remove = KeyAccess(rawValue: 1 << 3)
    package static let access = KeyAccess(rawValue: 1 << 4)
    package static let update = KeyAccess(rawValue: 1 << 5)
    package static let insert = KeyAccess(rawValue: 1 << 6)
    package static let delete = KeyAccess(rawValue: 1 << 7)
    package static let variable = KeyAccess(rawValue: 1 << 8)

    /// Number of flags there are.
    package static let known = 9

    /// Redis's name of the flag `1 << bit`.
    package static func name(bit: Int) -> StaticString {
        switch bit {
        case 0: "RW"
        case 1: "RO"
        case 2: "OW"
        case 3: "RM"
        case 4: "access"
        case 5: "update"
        case 6: "insert"
        case 7: "delete"
        default: "variable_flags"
        }
    }
}

/// Access-control categories.
package struct CommandCategories: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let keyspace = CommandCategories(rawValue: 1 << 0)
    package static let read = CommandCategories(rawValue: 1 << 1)
    package static let write = CommandCategories(rawValue: 1 << 2)
    package static let string = CommandCategories(rawValue: 1 << 3)
    package static let pubsub = CommandCategories(rawValue: 1 << 4)
    package static let admin = CommandCategories(rawValue: 1 << 5)
    package static let fast = CommandCategories(rawValue: 1 << 6)
    package static let slow = CommandCategories(rawValue: 1 << 7)
    package static let blocking = CommandCategories(rawValue: 1 << 8)
    package static let dangerous = CommandCategories(rawValue: 1 << 9)
    package static let connection = CommandCategories(rawValue: 1 << 10)
    package static let transaction = CommandCategories(rawValue: 1 << 11)

    /// Number of categories there are.
    package static let known = 12

    /// Redis's name of the category `1 << bit`, with its `@`.
    package static func name(bit: Int) -> StaticString {
        switch bit {
        case 0: "@keyspace"
        case 1: "@read"
        case 2: "@write"
        case 3: "@string"
        case 4: "@pubsub"
        case 5: "@admin"
        case 6: "@fast"
        case 7: "@slow"
        case 8: "@blocking"
        case 9: "@dangerous"
        case 10: "@connection"
        default: "@transaction"
        }
    }
}
