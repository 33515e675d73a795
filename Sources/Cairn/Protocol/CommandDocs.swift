/// What `COMMAND DOCS` says of one command.
package struct CommandDocs: Sendable {
    package var group: StaticString
    /// First version of Redis with it; of Cairn for `CAIRN.` commands.
    package var since: StaticString
    package var complexity: StaticString
    package var summary: StaticString

    init(
        _ group: StaticString, since: StaticString, _ complexity: StaticString,
        _ summary: StaticString
    ) {
        self.group = group
        self.since = since
        self.complexity = complexity
        self.summary = summary
    }
}

extension CommandTable {
    /// What `COMMAND DOCS` says of `id`.
    package static func docs(_ id: CommandID) -> CommandDocs {
        switch id {
        // Strings
        case .get:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Get the value of a key")
        case .set:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Set the string value of a key")
        case .mget:
            CommandDocs(
                "string", since: "1.0.0", "O(N) where N is the number of keys to retrieve.",
                "Get the values of all the given keys")
        case .mset:
            CommandDocs(
                "string", since: "1.0.1", "O(N) where N is the number of keys to set.",
                "Set multiple keys to multiple values")
        case .getrange:
            CommandDocs(
                "string", since: "2.4.0",
                "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
                "Get a substring of the string stored at a key")
        case .setrange:
            CommandDocs(
                "string", since: "2.2.0",
                "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
                "Overwrite part of a string at key starting at the specified offset")
        case .setnx:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Set the value of a key, only if the key does not exist")
        case .setex:
            CommandDocs(
                "string", since: "2.0.0", "O(1)",
                "Set the value and expiration of a key")
        case .psetex:
            CommandDocs(
                "string", since: "2.6.0", "O(1)",
                "Set the value and expiration in milliseconds of a key")
        case .getex:
            CommandDocs(
                "string", since: "6.2.0", "O(1)",
                "Get the value of a key and optionally set its expiration")
        case .getdel:
            CommandDocs(
                "string", since: "6.2.0", "O(1)",
                "Get the value of a key and delete the key")
        case .getset:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Set the string value of a key and return its old value")
        case .msetnx:
            CommandDocs(
                "string", since: "1.0.1", "O(N) where N is the number of keys to set.",
                "Set multiple keys to multiple values, only if none of the keys exist")
        case .substr:
            CommandDocs(
                "string", since: "1.0.0",
                "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
                "Get a substring of the string stored at a key")
        case .append:
            CommandDocs(
                "string", since: "2.0.0",
                "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.",
                "Append a value to a key")
        case .strlen:
            CommandDocs(
                "string", since: "2.2.0", "O(1)",
                "Get the length of the value stored in a key")
        case .incr:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Increment the integer value of a key by one")
        case .decr:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Decrement the integer value of a key by one")
        case .incrby:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Increment the integer value of a key by the given amount")
        case .decrby:
            CommandDocs(
                "string", since: "1.0.0", "O(1)",
                "Decrement the integer value of a key by the given number")
        case .incrbyfloat:
            CommandDocs(
                "string", since: "2.6.0", "O(1)",
                "Increment the float value of a key by the given amount")
        // Keys
        case .del:
            CommandDocs(
                "generic", since: "1.0.0",
                "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
                "Delete a key")
        case .unlink:
            CommandDocs(
                "generic", since: "4.0.0",
                "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
                "Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking"
            )
        case .exists:
            CommandDocs(
                "generic", since: "1.0.0", "O(N) where N is the number of keys to check.",
                "Determine if a key exists")
        case .touch:
            CommandDocs(
                "generic", since: "3.2.1",
                "O(N) where N is the number of keys that will be touched.",
                "Alters the last access time of a key(s). Returns the number of existing keys specified"
            )
        case .type:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Determine the type stored at key")
        case .expire:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Set a key's time to live in seconds")
        case .pexpire:
            CommandDocs(
                "generic", since: "2.6.0", "O(1)",
                "Set a key's time to live in milliseconds")
        case .expireat:
            CommandDocs(
                "generic", since: "1.2.0", "O(1)",
                "Set the expiration for a key as a UNIX timestamp")
        case .pexpireat:
            CommandDocs(
                "generic", since: "2.6.0", "O(1)",
                "Set the expiration for a key as a UNIX timestamp specified in milliseconds")
        case .expiretime:
            CommandDocs(
                "generic", since: "7.0.0", "O(1)",
                "Get the expiration Unix timestamp for a key")
        case .pexpiretime:
            CommandDocs(
                "generic", since: "7.0.0", "O(1)",
                "Get the expiration Unix timestamp for a key in milliseconds")
        case .ttl:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Get the time to live for a key in seconds")
        case .pttl:
            CommandDocs(
                "generic", since: "2.6.0", "O(1)",
                "Get the time to live for a key in milliseconds")
        case .persist:
            CommandDocs(
                "generic", since: "2.2.0", "O(1)",
                "Remove the expiration from a key")
        case .scan:
            CommandDocs(
                "generic", since: "2.8.0",
                "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
                "Incrementally iterate the keys space")
        case .keys:
            CommandDocs(
                "generic", since: "1.0.0",
                "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
                "Find all keys matching the given pattern")
        case .randomkey:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Return a random key from the keyspace")
        case .rename:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Rename a key")
        case .renamenx:
            CommandDocs(
                "generic", since: "1.0.0", "O(1)",
                "Rename a key, only if the new key does not exist")
        case .copy:
            CommandDocs(
                "generic", since: "6.2.0",
                "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
                "Copy a key")
        case .object:
            CommandDocs(
                "generic", since: "2.2.3", "Depends on subcommand.",
                "A container for object introspection commands")
        case .wait:
            CommandDocs(
                "generic", since: "3.0.0", "O(1)",
                "Wait for the synchronous replication of all the write commands sent in the context of the current connection"
            )
        // Connection
        case .ping:
            CommandDocs(
                "connection", since: "1.0.0", "O(1)",
                "Ping the server")
        case .echo:
            CommandDocs(
                "connection", since: "1.0.0", "O(1)",
                "Echo the given string")
        case .hello:
            CommandDocs(
                "connection", since: "6.0.0", "O(1)",
                "Handshake with Redis")
        case .auth:
            CommandDocs(
                "connection", since: "1.0.0",
                "O(N) where N is the number of passwords defined for the user",
                "Authenticate to the server")
        case .select:
            CommandDocs(
                "connection", since: "1.0.0", "O(1)",
                "Change the selected database for the current connection")
        case .client:
            CommandDocs(
                "connection", since: "2.4.0", "Depends on subcommand.",
                "A container for client connection commands")
        case .reset:
            CommandDocs(
                "connection", since: "6.2.0", "O(1)",
                "Reset the connection")
        case .quit:
            CommandDocs(
                "connection", since: "1.0.0", "O(1)",
                "Close the connection")
        // Transactions
        case .multi:
            CommandDocs(
                "transactions", since: "1.2.0", "O(1)",
                "Mark the start of a transaction block")
        case .exec:
            CommandDocs(
                "transactions", since: "1.2.0", "Depends on commands in the transaction",
                "Execute all commands issued after MULTI")
        case .discard:
            CommandDocs(
                "transactions", since: "2.0.0", "O(N), when N is the number of queued commands",
                "Discard all commands issued after MULTI")
        case .watch:
            CommandDocs(
                "transactions", since: "2.2.0", "O(1) for every key.",
                "Watch the given keys to determine execution of the MULTI/EXEC block")
        case .unwatch:
            CommandDocs(
                "transactions", since: "2.2.0", "O(1)",
                "Forget about all watched keys")
        // Publish and subscribe
        case .subscribe:
            CommandDocs(
                "pubsub", since: "2.0.0", "O(N) where N is the number of channels to subscribe to.",
                "Listen for messages published to the given channels")
        case .unsubscribe:
            CommandDocs(
                "pubsub", since: "2.0.0",
                "O(N) where N is the number of clients already subscribed to a channel.",
                "Stop listening for messages posted to the given channels")
        case .psubscribe:
            CommandDocs(
                "pubsub", since: "2.0.0",
                "O(N) where N is the number of patterns the client is already subscribed to.",
                "Listen for messages published to channels matching the given patterns")
        case .punsubscribe:
            CommandDocs(
                "pubsub", since: "2.0.0",
                "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total patterns subscribed in the system (by any client).",
                "Stop listening for messages posted to channels matching the given patterns")
        case .publish:
            CommandDocs(
                "pubsub", since: "2.0.0",
                "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
                "Post a message to a channel")
        case .pubsub:
            CommandDocs(
                "pubsub", since: "2.8.0", "Depends on subcommand.",
                "A container for Pub/Sub commands")
        // Server
        case .info:
            CommandDocs(
                "server", since: "1.0.0", "O(1)",
                "Get information and statistics about the server")
        case .dbsize:
            CommandDocs(
                "server", since: "1.0.0", "O(1)",
                "Return the number of keys in the selected database")
        case .flushdb:
            CommandDocs(
                "server", since: "1.0.0",
                "O(N) where N is the number of keys in the selected database",
                "Remove all keys from the current database")
        case .flushall:
            CommandDocs(
                "server", since: "1.0.0",
                "O(N) where N is the total number of keys in all databases",
                "Remove all keys from all databases")
        case .config:
            CommandDocs(
                "server", since: "2.0.0", "Depends on subcommand.",
                "A container for server configuration commands")
        case .command:
            CommandDocs(
                "server", since: "2.8.13", "O(N) where N is the total number of Redis commands",
                "Get array of Redis command details")
        case .memory:
            CommandDocs(
                "server", since: "4.0.0", "Depends on subcommand.",
                "A container for memory diagnostics commands")
        case .slowlog:
            CommandDocs(
                "server", since: "2.2.12", "Depends on subcommand.",
                "A container for slow log commands")
        case .latency:
            CommandDocs(
                "server", since: "2.8.13", "Depends on subcommand.",
                "A container for latency diagnostics commands")
        case .debug:
            CommandDocs(
                "server", since: "1.0.0", "Depends on subcommand.",
                "A container for debugging commands")
        case .time:
            CommandDocs(
                "server", since: "2.6.0", "O(1)",
                "Return the current server time")
        case .shutdown:
            CommandDocs(
                "server", since: "1.0.0",
                "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
                "Synchronously save the dataset to disk and then shut down the server")
        // Cairn's own
        case .cairnPut:
            CommandDocs(
                "cairn", since: "0.1.0", "O(1)",
                "Set a block and its attributes: type, priority, time to live")
        case .cairnGet:
            CommandDocs(
                "cairn", since: "0.1.0", "O(1)",
                "Get a block, or a range of it, and its version")
        case .cairnStat:
            CommandDocs(
                "cairn", since: "0.1.0", "O(1)",
                "Tell where a block is and why: level, version, dirty, type, time to live, frequency"
            )
        case .cairnPrefetch:
            CommandDocs(
                "cairn", since: "0.1.0", "O(N) where N is the number of keys",
                "Ask for blocks to be brought into RAM in the background")
        case .cairnInvalidate:
            CommandDocs(
                "cairn", since: "0.1.0", "O(N) where N is the number of keys",
                "Drop cached copies of blocks, on every level")
        case .cairnFlush:
            CommandDocs(
                "cairn", since: "0.1.0", "O(N) where N is the number of dirty blocks",
                "Reply when the blocks, or everything written so far, are durable")
        case .cairnLstat:
            CommandDocs(
                "cairn", since: "0.1.0", "O(1)",
                "Get the attributes of a path of a tree")
        case .cairnList:
            CommandDocs(
                "cairn", since: "0.1.0", "O(N) where N is the number of members",
                "List a directory of a tree")
        case .cairnXattr:
            CommandDocs(
                "cairn", since: "0.1.0", "O(N) where N is the number of attributes",
                "Get extended attributes of a path of a tree")
        }
    }
}
