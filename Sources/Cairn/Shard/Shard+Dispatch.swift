/// What became of a command.
enum Step {
    /// Answered, or its answer has a place in the output.
    case done
    /// It can't go on now; it has had no effect that must not be repeated. The connection waits and
    /// the command is parsed again.
    case wait
}

/// From a parsed command to the code that executes it, here or on the key's owner.
extension Shard where Engine: ~Copyable {
    /// Serves the command in `arguments`.
    mutating func dispatch(_ place: Int32, _ input: Bytes) -> Step {
        context.input = input
        let name = arguments.argument(0, in: input)
        guard let id = CommandTable.lookup(name) else {
            return refuseUnknown(place, input)
        }
        let spec = specs[Int(id.rawValue)]
        let flags = connections[Int(place)].flags
        // One test for everything that is rare: no login yet, MULTI, subscriber, CLIENT REPLY.
        if _slowPath(
            flags.intersection(Self.specialFlags) != .authenticated
                || group.get(.pauseUntilMs) != 0)
        {
            if let step = dispatchSpecial(place, input, id, spec, flags) { return step }
        }
        if _slowPath(!spec.accepts(argumentCount: arguments.count)) {
            refuseArity(place, id)
            return .done
        }
        connections[Int(place)].commands &+= 1
        connections[Int(place)].lastCommand = id
        if _slowPath(live.slowlogOn && (live.timesFast || !spec.isQuick)) {
            return timed(place, input, id, spec)
        }
        let step = execute(place, input, id, spec)
        if step == .done { turnCounts.note(spec.kind) }
        return step
    }

    static var specialFlags: ConnectionFlags {
        [.authenticated, .inTransaction, .subscribed, .silent, .skipNext, .skipping]
    }

    /// Executes a checked command, and counts it once it is answered.
    mutating func execute(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits
    ) -> Step {
        let step = route(place, input, id, spec)
        if _fastPath(step == .done) { stats.countCalls(Int(id.rawValue)) }
        return step
    }

    @inline(__always)
    private mutating func route(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits
    ) -> Step {
        if _fastPath(spec.hasOneKey) {
            return executeSingleKey(place, input, id)
        }
        if spec.firstKey > 0 { return executeManyKeys(place, input, id) }
        return executeWithoutKey(place, input, id)
    }

    // MARK: One key

    @inline(__always)
    private mutating func executeSingleKey(
        _ place: Int32, _ input: Bytes, _ id: CommandID
    ) -> Step {
        let key = arguments.argument(1, in: input)
        if _slowPath(key.count > L1.keyBytesMax || key.isEmpty) {
            return refuseKey(key)
        }
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if _fastPath(owner == index) {
            if _slowPath(isLockedOut) { return waitNextTurn(place) }
            if executeOnKey(id, input, hash: hash) == .wait { return waitNextTurn(place) }
            if _slowPath(context.tracks) { noteTrackedRead(id, key, hash: hash) }
            return .done
        }
        if forward(id, input, arguments: .all(arguments.count), hash: hash, to: owner) {
            return .done
        }
        if scarcity.isBlocked, case .refused = bounded(.blocked, for: place) {
            emitError(.outOfMemory)
            return .done
        }
        stats.add(.crossShardWaited)
        return waitNextTurn(place)
    }

    private mutating func refuseKey(_ key: Bytes) -> Step {
        stats.add(.refusalsKeyTooLarge)
        emitError(.keyLength)
        return .done
    }

    /// Whether a transaction of somebody else holds this shard.
    @inline(__always)
    var isLockedOut: Bool { lock.owner != 0 && lock.owner != context.transaction }

    /// The connection tries the same command again in the next turn, or when the transaction that
    /// holds this shard or its requests has ended: until then a try would be in vain, and a shard
    /// that keeps trying takes the processor from the one it waits for.
    mutating func waitNextTurn(_ place: Int32) -> Step {
        if _slowPath(scarcity.isBlocked) {
            waitForRoom(place)
            return .wait
        }
        if scarcity.isLaneFull {
            waitForLane(place)
            return .wait
        }
        let waitsForLock =
            context.transaction == 0 && (lock.owner != 0 || lock.coordinating != 0)
        if _slowPath(waitsForLock), !connections[Int(place)].flags.contains(.queued) {
            connections[Int(place)].flags.insert(.queued)
            lockQueue.push(place)
        } else {
            enqueueRun(place)
        }
        return .wait
    }

    /// A transaction let go: who waited for it may try again.
    mutating func lockChanged() {
        while let place = lockQueue.pop() { runQueue.push(place) }
    }

    // MARK: Several keys

    private mutating func executeManyKeys(
        _ place: Int32, _ input: Bytes, _ id: CommandID
    ) -> Step {
        switch id {
        case .mget: return mget(place, input)
        case .del, .unlink, .exists, .touch, .cairnInvalidate, .cairnPrefetch:
            return gatherKeys(place, input, id, .sum, stride: 1)
        case .mset: return mset(place, input)
        case .msetnx, .rename, .renamenx, .copy: return executeTwoKeys(place, input, id)
        case .watch: return watch(place, input)
        default: return executeWithoutKey(place, input, id)
        }
    }

    /// MGET: each key's value in its place, wherever it comes from.
    private mutating func mget(_ place: Int32, _ input: Bytes) -> Step {
        var next = Int(connections[Int(place)].progress)
        if next == 0 {
            emitArray(arguments.count - 1)
            next = 1
        }
        while next < arguments.count {
            guard hasReplyRoom(place) else {
                connections[Int(place)].progress = Int32(next)
                return waitForReplyRoom(place)
            }
            guard mgetOne(input, next) else {
                connections[Int(place)].progress = Int32(next)
                return waitNextTurn(place)
            }
            next += 1
        }
        connections[Int(place)].progress = 0
        return .done
    }

    private mutating func mgetOne(_ input: Bytes, _ position: Int) -> Bool {
        let key = arguments.argument(position, in: input)
        if key.isEmpty || key.count > L1.keyBytesMax {
            emitNull()
            return true
        }
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner == index {
            if isLockedOut { return false }
            readValue(key, hash: hash)
            if _slowPath(context.tracks) { noteTrackedRead(.get, key, hash: hash) }
            return true
        }
        return forward(
            .get, input, arguments: .part(from: position, run: 1), hash: hash, to: owner)
    }

    private mutating func mset(_ place: Int32, _ input: Bytes) -> Step {
        if arguments.count % 2 == 0 {
            emitError(.wrongArity(.mset))
            return .done
        }
        return gatherKeys(place, input, .mset, .ok, stride: 2)
    }

    /// Executes a command key by key and answers the sum, or OK when all went well.
    private mutating func gatherKeys(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ kind: Gather.Kind, stride: Int
    ) -> Step {
        var next = max(1, Int(connections[Int(place)].progress))
        if next == 1, connections[Int(place)].gather < 0 {
            guard
                let taken = gathers.take(
                    Gather(
                        kind: kind, connection: place,
                        generation: connections[Int(place)].generation))
            else {
                return waitNextTurn(place)
            }
            connections[Int(place)].gather = taken
        }
        let gather = connections[Int(place)].gather
        while next < arguments.count {
            switch gatherOne(input, id, at: next, stride: stride, gather) {
            case .done: next += stride
            case .wait:
                connections[Int(place)].progress = Int32(next)
                return waitNextTurn(place)
            }
        }
        connections[Int(place)].progress = 0
        connections[Int(place)].gather = -1
        answerGather(place, gather)
        return .done
    }

    private mutating func gatherOne(
        _ input: Bytes, _ id: CommandID, at position: Int, stride: Int, _ gather: Int32
    ) -> Step {
        let key = arguments.argument(position, in: input)
        if key.isEmpty || key.count > L1.keyBytesMax {
            if stride > 1 { gathers.update(gather) { $0.failed = true } }
            return .done
        }
        let hash = group.hasher.hash(key)
        let owner = group.owner(of: key, hash: hash)
        if owner == index {
            if isLockedOut { return .wait }
            return gatherLocally(input, id, at: position, hash, gather)
        }
        let asked = forward(
            id == .mset ? .set : id, input, arguments: .part(from: position, run: stride),
            hash: hash, to: owner, gather: gather)
        return asked ? .done : .wait
    }

    private mutating func gatherLocally(
        _ input: Bytes, _ id: CommandID, at position: Int, _ hash: UInt64, _ gather: Int32
    ) -> Step {
        let key = arguments.argument(position, in: input)
        if id == .mset {
            let value = arguments.argument(position + 1, in: input)
            switch store(key, hash: hash, value: value, WriteOptions()) {
            case .stored: break
            case .busy: return .wait
            case .refused: gathers.update(gather) { $0.failed = true }
            case .conditionFailed: break
            }
        } else {
            if applyToKey(id, key, hash: hash) { gathers.update(gather) { $0.sum += 1 } }
            if _slowPath(context.tracks) { noteTrackedRead(id, key, hash: hash) }
        }
        return .done
    }

    private mutating func answerGather(_ place: Int32, _ index: Int32) {
        let gather = gathers[index]
        if gather.remaining > 0 {
            let hole = addHole(place)
            gathers.update(index) {
                $0.hole = hole
                $0.complete = true
            }
            return
        }
        answerControl(place, index)
    }

    // MARK: What is rare

    private mutating func refuseArity(_ place: Int32, _ id: CommandID) {
        if id == .exec {
            leaveTransaction(place)
            emit(
                """
                -EXECABORT Transaction discarded because of: wrong number of arguments for \
                'exec' command\r\n
                """)
            return
        }
        emitError(.wrongArity(id))
        failTransaction(place)
    }

    private mutating func refuseUnknown(_ place: Int32, _ input: Bytes) -> Step {
        if !connections[Int(place)].flags.contains(.authenticated) {
            emitError(.noAuth)
            return .done
        }
        emitError(.unknownCommand)
        failTransaction(place)
        return .done
    }

    /// Handles what a special state of the connection does to a command; `nil`: nothing.
    private mutating func dispatchSpecial(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits,
        _ flags: ConnectionFlags
    ) -> Step? {
        if !flags.contains(.authenticated), !spec.flags.contains(.noAuth) {
            stats.add(.refusalsAuthentication)
            emitError(.noAuth)
            return .done
        }
        if isPaused(spec), !flags.contains(.inTransaction) || id == .exec {
            return waitForPause(place)
        }
        if flags.contains(.subscribed), connections[Int(place)].version == .resp2,
            !Self.allowedWhileSubscribed(id)
        {
            emitError(.onlyPubSub(id))
            return .done
        }
        if flags.contains(.inTransaction), !Self.runsInsideMulti(id) {
            return queueInTransaction(place, input, id, spec)
        }
        if !flags.isDisjoint(with: [.silent, .skipNext]), !isClientReply(id, input) {
            return executeSilently(place, input, id, spec)
        }
        return nil
    }

    /// Whether CLIENT PAUSE holds this command back.
    mutating func isPaused(_ spec: SpecBits) -> Bool {
        let until = UInt64(group.get(.pauseUntilMs))
        if until == 0 { return false }
        if nowMs >= until {
            group.set(.pauseUntilMs, 0)
            return false
        }
        if group.get(.pauseWritesOnly) != 0 { return spec.flags.contains(.write) }
        return !spec.flags.contains(.noAuth)
    }

    static func allowedWhileSubscribed(_ id: CommandID) -> Bool {
        switch id {
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .ping, .quit, .reset: true
        default: false
        }
    }

    static func runsInsideMulti(_ id: CommandID) -> Bool {
        switch id {
        case .exec, .discard, .multi, .watch, .quit, .reset: true
        default: false
        }
    }

    /// CLIENT REPLY OFF and SKIP: the command runs and its reply is dropped.
    private mutating func executeSilently(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits
    ) -> Step {
        guard spec.accepts(argumentCount: arguments.count) else {
            connections[Int(place)].flags.remove(.skipNext)
            return .done
        }
        spill()
        let tail = connections[Int(place)].outputTail
        let step = execute(place, input, id, spec)
        spill()
        dropReplies(place, after: tail)
        if step == .wait { return .wait }
        connections[Int(place)].flags.remove(.skipNext)
        return .done
    }

    /// Empties the segments behind `tail`: holes stay, and what fills them is dropped.
    private mutating func dropReplies(_ place: Int32, after tail: Int32) {
        var index = tail < 0 ? connections[Int(place)].outputHead : segments[tail].next
        while index >= 0 {
            let segment = segments[index]
            if segment.owner == .hole {
                segments[index].handle = Self.droppedHole
            } else {
                addOutput(place, -segment.bytes.count)
                segments[index].bytes = .empty
            }
            index = segment.next
        }
    }

    /// Executes a command that may be slow and logs it when it was.
    private mutating func timed(
        _ place: Int32, _ input: Bytes, _ id: CommandID, _ spec: SpecBits
    ) -> Step {
        let began = engine.preciseNow()
        let step = execute(place, input, id, spec)
        let spent = engine.preciseNow() &- began
        if step == .wait { return step }
        let kind = id.statisticsClass
        if kind != .get, kind != .set { stats.recordLatency(kind, .none, nanoseconds: spent) }
        if _slowPath(spent >= live.slowNs) { logSlow(place, input, id, nanoseconds: spent) }
        return step
    }
}

/// The facts about a command that each dispatch looks at, in eight bytes.
struct SpecBits: BitwiseCopyable {
    var arity: Int16 = 0
    var firstKey: Int8 = 0
    var hasOneKey = false
    var flags = CommandFlags(rawValue: 0)
    /// Constant time, or one key: never worth the slow log's two looks at the clock.
    var isQuick = false
    /// Its class to the statistics.
    var kind: UInt8 = 0

    init() {}

    init(_ spec: CommandSpec) {
        arity = Int16(spec.arity)
        firstKey = spec.keys.first
        hasOneKey = spec.keys.first == 1 && spec.keys.last == 1
        flags = spec.flags
        isQuick = hasOneKey || spec.flags.contains(.fast)
    }

    @inline(__always)
    func accepts(argumentCount: Int) -> Bool {
        arity >= 0 ? argumentCount == Int(arity) : argumentCount >= -Int(arity)
    }

    /// One for each command, by its number.
    static func table() -> FixedArray<SpecBits> {
        var table = FixedArray(repeating: SpecBits(), count: 256)
        for id in CommandID.allCases {
            var bits = SpecBits(CommandTable.spec(id))
            bits.kind = UInt8(id.statisticsClass.rawValue)
            table[Int(id.rawValue)] = bits
        }
        return table
    }
}
