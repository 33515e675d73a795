/// Commands of the control kind: what operators and tools ask. None of them is on the data path;
/// they may take ordinary memory, but never more than a few milliseconds of a shard.
extension Shard where Engine: ~Copyable {
    mutating func adminCommand(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        switch id {
        case .info: return info(place, input)
        case .client, .config, .command, .object, .memory, .slowlog, .latency:
            return container(place, input, id)
        case .time: time()
        case .wait: waitForReplicas(input)
        case .shutdown: shutdown(place, input)
        case .debug: emitError(.debugNotAllowed)
        // There is no lower level: nothing can be more durable than it is already.
        case .cairnFlush: emitOK()
        default: ensureFailed("a command without an executor", #fileID, #line)
        }
        return .done
    }

    /// What is wrong with the subcommand of a container, before anything is executed.
    func subcommandFault(_ id: CommandID, _ input: Bytes) -> RESPError? {
        guard arguments.count > 1, CommandTable.subcommands(of: id) != nil else { return nil }
        guard let sub = CommandTable.lookup(id, arguments.argument(1, in: input)) else {
            return .unknownSubcommand(id)
        }
        let accepts = CommandTable.spec(sub).accepts(argumentCount: arguments.count)
        return accepts ? nil : .wrongSubcommandArity(sub)
    }

    private mutating func container(
        _ place: Int32, _ input: Bytes, _ id: CommandID
    ) -> Step {
        if id == .command, arguments.count == 1 {
            emitReply(CommandReplies.all(context.version))
            return .done
        }
        if let fault = subcommandFault(id, input) {
            emitError(fault)
            return .done
        }
        guard let sub = CommandTable.lookup(id, arguments.argument(1, in: input)) else {
            ensureFailed("subcommand that was looked up", #fileID, #line)
        }
        connections[Int(place)].lastSubcommand = sub
        switch sub {
        case .objectHelp, .clientHelp, .configHelp, .commandHelp, .memoryHelp, .slowlogHelp,
            .latencyHelp:
            emitHelp(id)
            return .done
        default: break
        }
        switch id {
        case .client: return clientCommand(place, input, sub)
        case .config: return configCommand(place, input, sub)
        case .object, .memory: return inspectCommand(place, input, sub)
        case .command: commandCommand(input, sub)
        case .slowlog: slowlogCommand(input, sub)
        default: latencyCommand(input, sub)
        }
        return .done
    }

    // MARK: Small ones

    /// The wall clock of the turn with the microseconds since: it only grows, and is true to the
    /// millisecond.
    private mutating func time() {
        let inTurn = (engine.preciseNow() &- nowNs) / 1000
        let micros = nowMs &* 1000 &+ inTurn
        // A clock that was set back by more than its own grain is believed.
        if micros > admin.timeMicros || admin.timeMicros - micros > 10_000 {
            admin.timeMicros = micros
        }
        emitArray(2)
        emitBulkUnsigned(admin.timeMicros / 1_000_000)
        emitBulkUnsigned(admin.timeMicros % 1_000_000)
    }

    /// WAIT: there are no replicas, so none has to be waited for.
    private mutating func waitForReplicas(_ input: Bytes) {
        do throws(RESPError) {
            _ = try arguments.integer(1, in: input)
            _ = try timeout(2, input)
            emitInteger(0)
        } catch {
            emitError(error)
        }
    }

    /// A duration in milliseconds, as WAIT and CLIENT PAUSE take it.
    func timeout(_ position: Int, _ input: Bytes) throws(RESPError) -> Int64 {
        guard let value = Decimal.parse(arguments.argument(position, in: input)) else {
            throw .timeoutNotAnInteger
        }
        if value < 0 { throw .timeoutNegative }
        return value
    }

    /// SHUTDOWN: as SIGTERM. No reply: the connection ends.
    private mutating func shutdown(_ place: Int32, _ input: Bytes) {
        for position in 1..<arguments.count {
            let word = arguments.argument(position, in: input)
            if word.equalsIgnoringCase("abort"), arguments.count == 2 {
                emitError(.noShutdown)
                return
            }
            let isKnown =
                word.equalsIgnoringCase("nosave") || word.equalsIgnoringCase("save")
                || word.equalsIgnoringCase("now") || word.equalsIgnoringCase("force")
            if !isKnown {
                emitError(.syntax)
                return
            }
        }
        group.requestStop()
    }

    /// CAIRN.LSTAT, LIST and XATTR want a tree.
    mutating func emitNoTree() {
        noteOtherError()
        emit("-ERR no tree is bound to this server\r\n")
    }
}

/// What INFO and its kin remember between two rounds of upkeep.
struct AdminState: BitwiseCopyable {
    /// The last answer of TIME, Unix microseconds.
    var timeMicros: UInt64 = 0
    /// Expirations of the sweep that were accounted for.
    var sweepsSeen: UInt64 = 0
    /// Kernel entries that were accounted for.
    var entriesSeen: UInt64 = 0
    var forcedEntriesSeen: UInt64 = 0
    /// Keys under WATCH of this shard's clients, each as often as it is watched.
    var watchedKeys = 0
    /// Executed commands by class that were accounted for.
    var classesSeen = InlineArray<8, UInt64>(repeating: 0)
    var rates = RateWindow()
}

/// Commands and bytes of the whole server at the last sixteen rounds of upkeep (1.6 s).
struct RateWindow: BitwiseCopyable {
    struct Sample: BitwiseCopyable {
        var nanoseconds: UInt64 = 0
        var commands: UInt64 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
    }

    private var samples = InlineArray<16, Sample>(repeating: Sample())
    private var next = 0
    /// When the last sample was taken.
    private(set) var sampledNs: UInt64 = 0

    /// Adds a sample; the one it replaces is the oldest.
    mutating func add(_ sample: Sample) -> Sample {
        let oldest = samples[next]
        samples[next] = sample
        next = (next + 1) % 16
        sampledNs = sample.nanoseconds
        return oldest
    }

    mutating func clear() { self = RateWindow() }
}

extension CommandID {
    /// Which histogram and counter of the statistics a command belongs to.
    var statisticsClass: CommandClass {
        switch self {
        case .get, .mget, .getrange, .getex, .getdel, .substr, .cairnGet: .get
        case .set, .mset, .setrange, .setnx, .setex, .psetex, .getset, .msetnx, .append, .incr,
            .decr, .incrby, .decrby, .incrbyfloat, .cairnPut:
            .set
        case .del, .unlink, .flushdb, .flushall, .cairnInvalidate: .delete
        case .strlen, .exists, .type, .expiretime, .pexpiretime, .ttl, .pttl, .scan, .keys,
            .randomkey, .dbsize, .object, .cairnStat, .cairnLstat, .cairnList, .cairnXattr:
            .otherRead
        case .touch, .expire, .pexpire, .expireat, .pexpireat, .persist, .rename, .renamenx,
            .copy, .cairnPrefetch, .cairnFlush:
            .otherWrite
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .publish, .pubsub: .pubsub
        case .ping, .echo, .hello, .auth, .select, .client, .reset, .quit, .multi, .exec,
            .discard, .watch, .unwatch:
            .connection
        case .info, .config, .command, .memory, .slowlog, .latency, .debug, .time, .shutdown,
            .wait:
            .admin
        }
    }
}
