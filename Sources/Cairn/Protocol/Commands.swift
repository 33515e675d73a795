/// Commands Cairn knows, hottest first.
package enum CommandID: UInt8, Sendable, CaseIterable {
    // strings
    case get, set, mget, mset, getrange, setrange, setnx, setex, psetex, getex, getdel, getset
    case msetnx, substr, append, strlen, incr, decr, incrby, decrby, incrbyfloat
    // keys
    case del, unlink, exists, touch, type, expire, pexpire, expireat, pexpireat, expiretime
    case pexpiretime, ttl, pttl, persist, scan, keys, randomkey, rename, renamenx, copy, object
    case wait
    // connection
    case ping, echo, hello, auth, select, client, reset, quit
    // transactions
    case multi, exec, discard, watch, unwatch
    // publish and subscribe
    case subscribe, unsubscribe, psubscribe, punsubscribe, publish, pubsub
    // server
    case info, dbsize, flushdb, flushall, config, command, memory, slowlog, latency, debug, time
    case shutdown, lolwut
    // Cairn's own
    case cairnPut, cairnGet, cairnStat, cairnPrefetch, cairnInvalidate, cairnFlush
    case cairnLstat, cairnList, cairnXattr
}

/// Facts about a command, as `COMMAND` reports them.
package struct CommandSpec: Sendable {
    package var name: StaticString
    /// Arguments with the name; negative: at least that many.
    package var arity: Int16
    package var flags: CommandFlags
    package var firstKey: Int16
    package var lastKey: Int16
    package var keyStep: Int16
}

package struct CommandFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let write = CommandFlags(rawValue: 1 << 0)
    package static let readonly = CommandFlags(rawValue: 1 << 1)
    package static let denyOOM = CommandFlags(rawValue: 1 << 2)
    // admin, pubsub, noScript, loading, stale, fast, noAuth, mayReplicate, noMulti, blocking, ...
}

package enum CommandTable {
    /// Case-insensitive; nil: unknown.
    package static func lookup(_ name: Bytes) -> CommandID? { nil }
    // spec(_ id: CommandID) -> CommandSpec;  CommandSpec.accepts(argumentCount:) -> Bool
    // subcommand lookup: SubcommandTable.lookup(_ parent: CommandID, _ name: Bytes) -> SubcommandID?
    //   (clientList, configGet, objectFreq, memoryUsage, ...), with its own CommandSpec
}
