/// What `redis-cli --json COMMAND` printed for the commands Cairn has, on redis-server 7.0.15.
enum RedisFacts {
    static let commands: [RedisFact] = [
        RedisFact("get", 2, 1, 1, 1, "readonly fast", "read string fast"),
        RedisFact("set", -3, 1, 1, 1, "write denyoom", "write string slow"),
        RedisFact("mget", -2, 1, -1, 1, "readonly fast", "read string fast"),
        RedisFact("mset", -3, 1, -1, 2, "write denyoom", "write string slow"),
        RedisFact("getrange", 4, 1, 1, 1, "readonly", "read string slow"),
        RedisFact("setrange", 4, 1, 1, 1, "write denyoom", "write string slow"),
        RedisFact("setnx", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("setex", 4, 1, 1, 1, "write denyoom", "write string slow"),
        RedisFact("psetex", 4, 1, 1, 1, "write denyoom", "write string slow"),
        RedisFact("getex", -2, 1, 1, 1, "write fast", "write string fast"),
        RedisFact("getdel", 2, 1, 1, 1, "write fast", "write string fast"),
        RedisFact("getset", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("msetnx", -3, 1, -1, 2, "write denyoom", "write string slow"),
        RedisFact("substr", 4, 1, 1, 1, "readonly", "read string slow"),
        RedisFact("append", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("strlen", 2, 1, 1, 1, "readonly fast", "read string fast"),
        RedisFact("incr", 2, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("decr", 2, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("incrby", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("decrby", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("incrbyfloat", 3, 1, 1, 1, "write denyoom fast", "write string fast"),
        RedisFact("del", -2, 1, -1, 1, "write", "keyspace write slow"),
        RedisFact("unlink", -2, 1, -1, 1, "write fast", "keyspace write fast"),
        RedisFact("exists", -2, 1, -1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("touch", -2, 1, -1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("type", 2, 1, 1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("expire", -3, 1, 1, 1, "write fast", "keyspace write fast"),
        RedisFact("pexpire", -3, 1, 1, 1, "write fast", "keyspace write fast"),
        RedisFact("expireat", -3, 1, 1, 1, "write fast", "keyspace write fast"),
        RedisFact("pexpireat", -3, 1, 1, 1, "write fast", "keyspace write fast"),
        RedisFact("expiretime", 2, 1, 1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("pexpiretime", 2, 1, 1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("ttl", 2, 1, 1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("pttl", 2, 1, 1, 1, "readonly fast", "keyspace read fast"),
        RedisFact("persist", 2, 1, 1, 1, "write fast", "keyspace write fast"),
        RedisFact("scan", -2, 0, 0, 0, "readonly", "keyspace read slow"),
        RedisFact("keys", 2, 0, 0, 0, "readonly", "keyspace read slow dangerous"),
        RedisFact("randomkey", 1, 0, 0, 0, "readonly", "keyspace read slow"),
        RedisFact("rename", 3, 1, 2, 1, "write", "keyspace write slow"),
        RedisFact("renamenx", 3, 1, 2, 1, "write fast", "keyspace write fast"),
        RedisFact("copy", -3, 1, 2, 1, "write denyoom", "keyspace write slow"),
        RedisFact("object", -2, 0, 0, 0, "", "slow"),
        RedisFact("wait", 3, 0, 0, 0, "noscript", "slow connection"),
        RedisFact("ping", -1, 0, 0, 0, "fast", "fast connection"),
        RedisFact("echo", 2, 0, 0, 0, "loading stale fast", "fast connection"),
        RedisFact(
            "hello", -1, 0, 0, 0, "noscript loading stale fast no_auth allow_busy",
            "fast connection"),
        RedisFact(
            "auth", -2, 0, 0, 0, "noscript loading stale fast no_auth allow_busy", "fast connection"
        ),
        RedisFact("select", 2, 0, 0, 0, "loading stale fast", "fast connection"),
        RedisFact("client", -2, 0, 0, 0, "", "slow"),
        RedisFact(
            "reset", 1, 0, 0, 0, "noscript loading stale fast no_auth allow_busy", "fast connection"
        ),
        RedisFact(
            "quit", -1, 0, 0, 0, "noscript loading stale fast no_auth allow_busy", "fast connection"
        ),
        RedisFact(
            "multi", 1, 0, 0, 0, "noscript loading stale fast allow_busy", "fast transaction"),
        RedisFact("exec", 1, 0, 0, 0, "noscript loading stale skip_slowlog", "slow transaction"),
        RedisFact(
            "discard", 1, 0, 0, 0, "noscript loading stale fast allow_busy", "fast transaction"),
        RedisFact(
            "watch", -2, 1, -1, 1, "noscript loading stale fast allow_busy", "fast transaction"),
        RedisFact(
            "unwatch", 1, 0, 0, 0, "noscript loading stale fast allow_busy", "fast transaction"),
        RedisFact("subscribe", -2, 0, 0, 0, "pubsub noscript loading stale", "pubsub slow"),
        RedisFact("unsubscribe", -1, 0, 0, 0, "pubsub noscript loading stale", "pubsub slow"),
        RedisFact("psubscribe", -2, 0, 0, 0, "pubsub noscript loading stale", "pubsub slow"),
        RedisFact("punsubscribe", -1, 0, 0, 0, "pubsub noscript loading stale", "pubsub slow"),
        RedisFact("publish", 3, 0, 0, 0, "pubsub loading stale fast", "pubsub fast"),
        RedisFact("pubsub", -2, 0, 0, 0, "", "slow"),
        RedisFact("info", -1, 0, 0, 0, "loading stale", "slow dangerous"),
        RedisFact("dbsize", 1, 0, 0, 0, "readonly fast", "keyspace read fast"),
        RedisFact("flushdb", -1, 0, 0, 0, "write", "keyspace write slow dangerous"),
        RedisFact("flushall", -1, 0, 0, 0, "write", "keyspace write slow dangerous"),
        RedisFact("config", -2, 0, 0, 0, "", "slow"),
        RedisFact("command", -1, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("memory", -2, 0, 0, 0, "", "slow"),
        RedisFact("slowlog", -2, 0, 0, 0, "", "slow"),
        RedisFact("latency", -2, 0, 0, 0, "", "slow"),
        RedisFact("debug", -2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact("time", 1, 0, 0, 0, "loading stale fast", "fast"),
        RedisFact(
            "shutdown", -1, 0, 0, 0, "admin noscript loading stale no_multi allow_busy",
            "admin slow dangerous"),
        RedisFact("object|encoding", 3, 2, 2, 1, "readonly", "keyspace read slow"),
        RedisFact("object|freq", 3, 2, 2, 1, "readonly", "keyspace read slow"),
        RedisFact("object|idletime", 3, 2, 2, 1, "readonly", "keyspace read slow"),
        RedisFact("object|refcount", 3, 2, 2, 1, "readonly", "keyspace read slow"),
        RedisFact("object|help", 2, 0, 0, 0, "loading stale", "keyspace slow"),
        RedisFact("client|id", 2, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|getname", 2, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|setname", 3, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|info", 2, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact(
            "client|list", -2, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact(
            "client|kill", -3, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact(
            "client|pause", -3, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact(
            "client|unpause", 2, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact("client|reply", 3, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|tracking", -3, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|trackinginfo", 2, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|getredir", 2, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact("client|caching", 3, 0, 0, 0, "noscript loading stale", "slow connection"),
        RedisFact(
            "client|unblock", -3, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact(
            "client|no-evict", 3, 0, 0, 0, "admin noscript loading stale",
            "admin slow dangerous connection"),
        RedisFact("client|help", 2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("pubsub|channels", -2, 0, 0, 0, "pubsub loading stale", "pubsub slow"),
        RedisFact("pubsub|numsub", -2, 0, 0, 0, "pubsub loading stale", "pubsub slow"),
        RedisFact("pubsub|numpat", 2, 0, 0, 0, "pubsub loading stale", "pubsub slow"),
        RedisFact("pubsub|help", 2, 0, 0, 0, "loading stale", "slow"),
        RedisFact(
            "config|get", -3, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "config|set", -4, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "config|resetstat", 2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "config|rewrite", 2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact("config|help", 2, 0, 0, 0, "loading stale", "slow"),
        RedisFact("command|count", 2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|docs", -2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|info", -2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|list", -2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|getkeys", -4, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|getkeysandflags", -4, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("command|help", 2, 0, 0, 0, "loading stale", "slow connection"),
        RedisFact("memory|usage", -3, 2, 2, 1, "readonly", "read slow"),
        RedisFact("memory|stats", 2, 0, 0, 0, "", "slow"),
        RedisFact("memory|doctor", 2, 0, 0, 0, "", "slow"),
        RedisFact("memory|malloc-stats", 2, 0, 0, 0, "", "slow"),
        RedisFact("memory|purge", 2, 0, 0, 0, "", "slow"),
        RedisFact("memory|help", 2, 0, 0, 0, "loading stale", "slow"),
        RedisFact("slowlog|get", -2, 0, 0, 0, "admin loading stale", "admin slow dangerous"),
        RedisFact("slowlog|len", 2, 0, 0, 0, "admin loading stale", "admin slow dangerous"),
        RedisFact("slowlog|reset", 2, 0, 0, 0, "admin loading stale", "admin slow dangerous"),
        RedisFact("slowlog|help", 2, 0, 0, 0, "loading stale", "slow"),
        RedisFact(
            "latency|latest", 2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "latency|history", 3, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "latency|reset", -2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "latency|graph", 3, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "latency|doctor", 2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"),
        RedisFact(
            "latency|histogram", -2, 0, 0, 0, "admin noscript loading stale", "admin slow dangerous"
        ),
        RedisFact("latency|help", 2, 0, 0, 0, "loading stale", "slow"),
    ]
}
