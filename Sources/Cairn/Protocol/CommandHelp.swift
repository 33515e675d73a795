/// What `CLIENT HELP` and its like reply: an array of lines, each a simple string.
///
/// Redis's texts, less the subcommands Cairn has not, plus those of later versions it has.
package enum CommandHelp {
    /// Number of lines of `command`'s help; 0: it is no container.
    package static func lineCount(_ command: CommandID) -> Int {
        var count = 0
        let all = Bytes(text(command))
        for index in 0..<all.count where all[index] == UInt8(ascii: "\n") { count += 1 }
        return count
    }

    /// Encodes the whole reply.
    package static func reply(
        _ command: CommandID, into out: MutableBytes, at position: Int
    ) -> Int? {
        guard
            let start = ReplyWriter.arrayHeader(lineCount(command), into: out, at: position)
        else { return nil }
        var sink = ByteSink(out, at: start)
        var rest = Bytes(text(command))
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            sink.append(UInt8(ascii: "+"))
            sink.append(rest.slice(0, end))
            sink.appendLineEnd()
            rest = rest.dropping(end + 1)
        }
        return sink.end
    }

    /// The lines, each with its line end.
    private static func text(_ command: CommandID) -> StaticString {
        switch command {
        case .object: object
        case .client: client
        case .pubsub: pubsub
        case .config: config
        case .command: commandText
        case .memory: memory
        case .slowlog: slowlog
        case .latency: latency
        default: ""
        }
    }
}

extension CommandHelp {
    private static let object: StaticString = """
        OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        ENCODING <key>
            Return the kind of internal representation used in order to store the value
            associated with a <key>.
        FREQ <key>
            Return the access frequency index of the <key>. The returned integer is
            proportional to the logarithm of the recent access frequency of the key.
        IDLETIME <key>
            Return the idle time of the <key>, that is the approximated number of
            seconds elapsed since the last access to the key.
        REFCOUNT <key>
            Return the number of references of the value associated with the specified
            <key>.
        HELP
            Prints this help.

        """

    private static let client: StaticString = """
        CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        CACHING (YES|NO)
            Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.
        GETREDIR
            Return the client ID we are redirecting to when tracking is enabled.
        GETNAME
            Return the name of the current connection.
        ID
            Return the ID of the current connection.
        INFO
            Return information about the current client connection.
        KILL <ip:port>
            Kill connection made from <ip:port>.
        KILL <option> <value> [<option> <value> [...]]
            Kill connections. Options are:
            * ADDR (<ip:port>|<unixsocket>:0)
              Kill connections made from the specified address
            * LADDR (<ip:port>|<unixsocket>:0)
              Kill connections made to specified local address
            * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
              Kill connections by type.
            * USER <username>
              Kill connections authenticated by <username>.
            * SKIPME (YES|NO)
              Skip killing current connection (default: yes).
        LIST [options ...]
            Return information about client connections. Options:
            * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
              Return clients of specified type.
        UNPAUSE
            Stop the current client pause, resuming traffic.
        PAUSE <timeout> [WRITE|ALL]
            Suspend all, or just write, clients for <timeout> milliseconds.
        REPLY (ON|OFF|SKIP)
            Control the replies sent to the current connection.
        SETINFO <option> <value>
            Set client meta attr. Options are:
            * LIB-NAME: the client lib name.
            * LIB-VER: the client lib version.
        SETNAME <name>
            Assign the name <name> to the current connection.
        UNBLOCK <clientid> [TIMEOUT|ERROR]
            Unblock the specified blocked client.
        TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
                 [OPTIN] [OPTOUT] [NOLOOP]
            Control server assisted client side caching.
        TRACKINGINFO
            Report tracking status for the current connection.
        NO-EVICT (ON|OFF)
            Protect current client connection from eviction.
        NO-TOUCH (ON|OFF)
            Will not touch LRU/LFU stats when this mode is on.
        HELP
            Prints this help.

        """

    private static let pubsub: StaticString = """
        PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        CHANNELS [<pattern>]
            Return the currently active channels matching a <pattern> (default: '*').
        NUMPAT
            Return number of subscriptions to patterns.
        NUMSUB [<channel> ...]
            Return the number of subscribers for the specified channels, excluding
            pattern subscriptions(default: no channels).
        HELP
            Prints this help.

        """

    private static let config: StaticString = """
        CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        GET <pattern>
            Return parameters matching the glob-like <pattern> and their values.
        SET <directive> <value>
            Set the configuration <directive> to <value>.
        RESETSTAT
            Reset statistics reported by the INFO command.
        REWRITE
            Rewrite the configuration file.
        HELP
            Prints this help.

        """

    private static let commandText: StaticString = """
        COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        (no subcommand)
            Return details about all Redis commands.
        COUNT
            Return the total number of commands in this Redis server.
        LIST
            Return a list of all commands in this Redis server.
        INFO [<command-name> ...]
            Return details about multiple Redis commands.
            If no command names are given, documentation details for all
            commands are returned.
        DOCS [<command-name> ...]
            Return documentation details about multiple Redis commands.
            If no command names are given, documentation details for all
            commands are returned.
        GETKEYS <full-command>
            Return the keys from a full Redis command.
        GETKEYSANDFLAGS <full-command>
            Return the keys and the access flags from a full Redis command.
        HELP
            Prints this help.

        """

    private static let memory: StaticString = """
        MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        DOCTOR
            Return memory problems reports.
        MALLOC-STATS
            Return internal statistics report from the memory allocator.
        PURGE
            Attempt to purge dirty pages for reclamation by the allocator.
        STATS
            Return information about the memory usage of the server.
        USAGE <key> [SAMPLES <count>]
            Return memory in bytes used by <key> and its value. Nested values are
            sampled up to <count> times (default: 5, 0 means sample all).
        HELP
            Prints this help.

        """

    private static let slowlog: StaticString = """
        SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        GET [<count>]
            Return top <count> entries from the slowlog (default: 10, -1 mean all).
            Entries are made of:
            id, timestamp, time in microseconds, arguments array, client IP and port,
            client name
        LEN
            Return the length of the slowlog.
        RESET
            Reset the slowlog.
        HELP
            Prints this help.

        """

    private static let latency: StaticString = """
        LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
        DOCTOR
            Return a human readable latency analysis report.
        GRAPH <event>
            Return an ASCII latency graph for the <event> class.
        HISTORY <event>
            Return time-latency samples for the <event> class.
        LATEST
            Return the latest latency samples for all events.
        RESET [<event> ...]
            Reset latency data of one or more <event> classes.
            (default: reset all data for all event classes)
        HISTOGRAM [COMMAND ...]
            Return a cumulative distribution of latencies in the format of a histogram for the \
        specified command names.
            If no commands are specified then all histograms are replied.
        HELP
            Prints this help.

        """
}
