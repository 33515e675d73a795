/// What `COMMAND INFO` says of each command.
///
/// The facts are those of redis-server 7.0, to which a test holds them.
extension CommandTable {
    /// The facts about `id`.
    package static func spec(_ id: CommandID) -> CommandSpec {
        switch id {
        // Strings
        case .get:
            CommandSpec(
                "get", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .string)
        case .set:
            CommandSpec(
                "set", -3, [.write, .denyOOM],
                keys: .init(1, 1, 1, [.readWrite, .access, .update, .variable]), in: .string)
        case .mget:
            CommandSpec(
                "mget", -2, [.readonly, .fast], keys: .init(1, -1, 1, [.readOnly, .access]),
                in: .string, tips: "request_policy:multi_shard")
        case .mset:
            CommandSpec(
                "mset", -3, [.write, .denyOOM], keys: .init(1, -1, 2, [.overwrite, .update]),
                in: .string, tips: "request_policy:multi_shard response_policy:all_succeeded")
        case .getrange:
            CommandSpec(
                "getrange", 4, [.readonly], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .string)
        case .setrange:
            CommandSpec(
                "setrange", 4, [.write, .denyOOM], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .string)
        case .setnx:
            CommandSpec(
                "setnx", 3, [.write, .denyOOM, .fast], keys: .init(1, 1, 1, [.overwrite, .insert]),
                in: .string)
        case .setex:
            CommandSpec(
                "setex", 4, [.write, .denyOOM], keys: .init(1, 1, 1, [.overwrite, .update]),
                in: .string)
        case .psetex:
            CommandSpec(
                "psetex", 4, [.write, .denyOOM], keys: .init(1, 1, 1, [.overwrite, .update]),
                in: .string)
        case .getex:
            CommandSpec(
                "getex", -2, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .access, .update]),
                in: .string)
        case .getdel:
            CommandSpec(
                "getdel", 2, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .access, .delete]),
                in: .string)
        case .getset:
            CommandSpec(
                "getset", 3, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        case .msetnx:
            CommandSpec(
                "msetnx", -3, [.write, .denyOOM], keys: .init(1, -1, 2, [.overwrite, .insert]),
                in: .string, tips: "request_policy:multi_shard response_policy:agg_min")
        case .substr:
            CommandSpec(
                "substr", 4, [.readonly], keys: .init(1, 1, 1, [.readOnly, .access]), in: .string)
        case .append:
            CommandSpec(
                "append", 3, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .insert]), in: .string)
        case .strlen:
            CommandSpec(
                "strlen", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly]), in: .string)
        case .incr:
            CommandSpec(
                "incr", 2, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        case .decr:
            CommandSpec(
                "decr", 2, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        case .incrby:
            CommandSpec(
                "incrby", 3, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        case .decrby:
            CommandSpec(
                "decrby", 3, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        case .incrbyfloat:
            CommandSpec(
                "incrbyfloat", 3, [.write, .denyOOM, .fast],
                keys: .init(1, 1, 1, [.readWrite, .access, .update]), in: .string)
        // Keys
        case .del:
            CommandSpec(
                "del", -2, [.write], keys: .init(1, -1, 1, [.remove, .delete]), in: .keyspace,
                tips: "request_policy:multi_shard response_policy:agg_sum")
        case .unlink:
            CommandSpec(
                "unlink", -2, [.write, .fast], keys: .init(1, -1, 1, [.remove, .delete]),
                in: .keyspace, tips: "request_policy:multi_shard response_policy:agg_sum")
        case .exists:
            CommandSpec(
                "exists", -2, [.readonly, .fast], keys: .init(1, -1, 1, [.readOnly]),
                in: .keyspace, tips: "request_policy:multi_shard response_policy:agg_sum")
        case .touch:
            CommandSpec(
                "touch", -2, [.readonly, .fast], keys: .init(1, -1, 1, [.readOnly]), in: .keyspace,
                tips: "request_policy:multi_shard response_policy:agg_sum")
        case .type:
            CommandSpec(
                "type", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly]), in: .keyspace)
        case .expire:
            CommandSpec(
                "expire", -3, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .keyspace)
        case .pexpire:
            CommandSpec(
                "pexpire", -3, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .keyspace)
        case .expireat:
            CommandSpec(
                "expireat", -3, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .keyspace)
        case .pexpireat:
            CommandSpec(
                "pexpireat", -3, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .keyspace)
        case .expiretime:
            CommandSpec(
                "expiretime", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace)
        case .pexpiretime:
            CommandSpec(
                "pexpiretime", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace)
        case .ttl:
            CommandSpec(
                "ttl", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace, tips: "nondeterministic_output")
        case .pttl:
            CommandSpec(
                "pttl", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace, tips: "nondeterministic_output")
        case .persist:
            CommandSpec(
                "persist", 2, [.write, .fast], keys: .init(1, 1, 1, [.readWrite, .update]),
                in: .keyspace)
        case .scan:
            CommandSpec(
                "scan", -2, [.readonly], in: .keyspace,
                tips: "nondeterministic_output request_policy:special")
        case .keys:
            CommandSpec(
                "keys", 2, [.readonly], in: [.keyspace, .dangerous],
                tips: "request_policy:all_shards nondeterministic_output_order")
        case .randomkey:
            CommandSpec(
                "randomkey", 1, [.readonly], in: .keyspace,
                tips: "request_policy:all_shards nondeterministic_output")
        case .rename:
            CommandSpec(
                "rename", 3, [.write],
                keys: .init(
                    1, 2, 1, [.readWrite, .access, .delete], second: [.overwrite, .update]),
                in: .keyspace)
        case .renamenx:
            CommandSpec(
                "renamenx", 3, [.write, .fast],
                keys: .init(
                    1, 2, 1, [.readWrite, .access, .delete], second: [.overwrite, .insert]),
                in: .keyspace)
        case .copy:
            CommandSpec(
                "copy", -3, [.write, .denyOOM],
                keys: .init(1, 2, 1, [.readOnly, .access], second: [.overwrite, .update]),
                in: .keyspace)
        case .object: CommandSpec("object", -2, [])
        case .wait:
            CommandSpec(
                "wait", 3, [.noScript], in: .connection,
                tips: "request_policy:all_shards response_policy:agg_min")
        // Connection
        case .ping:
            CommandSpec(
                "ping", -1, [.fast], in: .connection,
                tips: "request_policy:all_shards response_policy:all_succeeded")
        case .echo: CommandSpec("echo", 2, [.loading, .stale, .fast], in: .connection)
        case .hello:
            CommandSpec(
                "hello", -1, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
                in: .connection)
        case .auth:
            CommandSpec(
                "auth", -2, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
                in: .connection)
        case .select: CommandSpec("select", 2, [.loading, .stale, .fast], in: .connection)
        case .client: CommandSpec("client", -2, [])
        case .reset:
            CommandSpec(
                "reset", 1, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
                in: .connection)
        case .quit:
            CommandSpec(
                "quit", -1, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
                in: .connection)
        // Transactions
        case .multi:
            CommandSpec(
                "multi", 1, [.noScript, .loading, .stale, .fast, .allowBusy], in: .transaction)
        case .exec:
            CommandSpec(
                "exec", 1, [.noScript, .loading, .stale, .skipSlowlog], in: .transaction)
        case .discard:
            CommandSpec(
                "discard", 1, [.noScript, .loading, .stale, .fast, .allowBusy], in: .transaction)
        case .watch:
            CommandSpec(
                "watch", -2, [.noScript, .loading, .stale, .fast, .allowBusy],
                keys: .init(1, -1, 1, [.readOnly]), in: .transaction)
        case .unwatch:
            CommandSpec(
                "unwatch", 1, [.noScript, .loading, .stale, .fast, .allowBusy], in: .transaction)
        // Publish and subscribe
        case .subscribe: CommandSpec("subscribe", -2, [.pubsub, .noScript, .loading, .stale])
        case .unsubscribe: CommandSpec("unsubscribe", -1, [.pubsub, .noScript, .loading, .stale])
        case .psubscribe: CommandSpec("psubscribe", -2, [.pubsub, .noScript, .loading, .stale])
        case .punsubscribe: CommandSpec("punsubscribe", -1, [.pubsub, .noScript, .loading, .stale])
        case .publish: CommandSpec("publish", 3, [.pubsub, .loading, .stale, .fast])
        case .pubsub: CommandSpec("pubsub", -2, [])
        // Server
        case .info:
            CommandSpec(
                "info", -1, [.loading, .stale], in: .dangerous,
                tips: "nondeterministic_output request_policy:all_shards response_policy:special")
        case .dbsize:
            CommandSpec(
                "dbsize", 1, [.readonly, .fast], in: .keyspace,
                tips: "request_policy:all_shards response_policy:agg_sum")
        case .flushdb:
            CommandSpec(
                "flushdb", -1, [.write], in: [.keyspace, .dangerous],
                tips: "request_policy:all_shards response_policy:all_succeeded")
        case .flushall:
            CommandSpec(
                "flushall", -1, [.write], in: [.keyspace, .dangerous],
                tips: "request_policy:all_shards response_policy:all_succeeded")
        case .config: CommandSpec("config", -2, [])
        case .command:
            CommandSpec(
                "command", -1, [.loading, .stale], in: .connection,
                tips: "nondeterministic_output_order")
        case .memory: CommandSpec("memory", -2, [])
        case .slowlog: CommandSpec("slowlog", -2, [])
        case .latency: CommandSpec("latency", -2, [])
        case .debug: CommandSpec("debug", -2, [.admin, .noScript, .loading, .stale])
        case .time:
            CommandSpec(
                "time", 1, [.loading, .stale, .fast], tips: "nondeterministic_output")
        case .shutdown:
            CommandSpec(
                "shutdown", -1, [.admin, .noScript, .loading, .stale, .noMulti, .allowBusy])
        // Cairn's own
        case .cairnPut:
            CommandSpec(
                "cairn.put", -3, [.write, .denyOOM], keys: .init(1, 1, 1, [.overwrite, .update]),
                in: .string)
        case .cairnGet:
            CommandSpec(
                "cairn.get", -2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .string)
        case .cairnStat:
            CommandSpec(
                "cairn.stat", 2, [.readonly, .fast], keys: .init(1, 1, 1, [.readOnly]),
                in: .keyspace)
        case .cairnPrefetch:
            CommandSpec(
                "cairn.prefetch", -2, [.readonly, .fast], keys: .init(1, -1, 1, [.readOnly]),
                in: .keyspace)
        case .cairnInvalidate:
            CommandSpec(
                "cairn.invalidate", -2, [.write, .fast], keys: .init(1, -1, 1, [.remove, .delete]),
                in: .keyspace)
        case .cairnFlush:
            CommandSpec(
                "cairn.flush", -1, [.noMandatoryKeys], keys: .init(1, -1, 1, [.readOnly]),
                in: .keyspace)
        case .cairnLstat:
            CommandSpec(
                "cairn.lstat", 2, [.readonly], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace)
        case .cairnList:
            CommandSpec(
                "cairn.list", -2, [.readonly], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace)
        case .cairnXattr:
            CommandSpec(
                "cairn.xattr", -2, [.readonly], keys: .init(1, 1, 1, [.readOnly, .access]),
                in: .keyspace)
        }
    }
}
