/// Waiting for memory and room, with an end.
///
/// A command that lacks memory waits while others hold what it needs: unfinished values, replies
/// that are being sent. It is tried again every 2 ms, in order of arrival, and after `patienceMs`
/// it is refused with -OOM: nobody waits for ever because of somebody who stopped in the middle.
///
/// Meanwhile whoever holds memory and makes no progress is closed (`Shard+Stall`), earlier than the
/// wait ends.
extension Shard where Engine: ~Copyable {
    /// Milliseconds for which a command waits for memory that others hold.
    static var patienceMs: UInt64 { 15_000 }
    /// Nanoseconds between two tries of what waits.
    private static var retryNs: UInt64 { 2_000_000 }
    /// Connections tried again at once, so that a crowd of them is no stall.
    private static var triesMax: Int { 64 }

    // MARK: Memory

    /// Memory for a whole value: as `L1.reserve`, but a wait for it ends.
    mutating func reserveMemory(
        _ key: Bytes, hash: UInt64, valueLength: Int, type: EntryType = .block, priority: Int = 5
    ) -> L1.Reservation {
        let made = l1.reserve(
            key, hash: hash, valueLength: valueLength, type: type, priority: priority,
            nowMs: nowMs)
        if case .entry = made { return made }
        // Under a transaction's lock: whoever holds the rest may be waiting for the lock.
        if made == .blocked, lock.owner != 0 { return refuse() }
        if context.connection >= 0 { return bounded(made, for: context.connection) }
        return boundedInLane(made)
    }

    /// Ends a connection's wait for memory when it has lasted too long: the wait becomes a refusal,
    /// and refusals are counted.
    mutating func bounded(_ made: L1.Reservation, for place: Int32) -> L1.Reservation {
        switch made {
        case .entry: return made
        case .refused(let refusal):
            countRefusal(refusal)
            return made
        case .busy, .blocked:
            noteLack(made)
            if connections[Int(place)].waitSinceMs == 0 {
                connections[Int(place)].waitSinceMs = nowMs
                connections[Int(place)].flags.insert(.hasWaited)
            }
            if nowMs &- connections[Int(place)].waitSinceMs < Self.patienceMs { return made }
            return refuse()
        }
    }

    /// As `bounded`, for the request at the head of another shard's lane. It waits for nothing but
    /// eviction: whoever holds the rest, a value half received, may stand behind it.
    mutating func boundedInLane(_ made: L1.Reservation) -> L1.Reservation {
        switch made {
        case .entry: return made
        case .refused(let refusal):
            countRefusal(refusal)
            return made
        case .blocked:
            wantMemory()
            return refuse()
        case .busy:
            noteLack(made)
            let lane = scarcity.lane
            if laneWaits[lane].sinceMs == 0 { laneWaits[lane].sinceMs = nowMs }
            // What queued up behind a refused request has waited as long as it did.
            let isNext = nowMs &- laneWaits[lane].refusedMs < 1000
            if !isNext, nowMs &- laneWaits[lane].sinceMs < Self.patienceMs { return made }
            laneWaits[lane].refusedMs = nowMs
            return refuse()
        }
    }

    private mutating func refuse() -> L1.Reservation {
        scarcity.isBlocked = false
        countRefusal(.nothingEvictable)
        return .refused(.nothingEvictable)
    }

    mutating func countRefusal(_ refusal: L1.Refusal) {
        stats.add(refusal == .tooLarge ? .refusalsValueTooLarge : .refusalsMemory)
    }

    private mutating func noteLack(_ made: L1.Reservation) {
        scarcity.isBlocked = made == .blocked
        if made == .blocked { wantMemory() }
    }

    /// Tells all shards that somebody needs memory that others hold.
    mutating func wantMemory() { group.set(.memoryWantedMs, Int(nowMs)) }

    /// Whether somebody lacked memory within the last second.
    var isMemoryWanted: Bool { Int(nowMs) - group.get(.memoryWantedMs) < 1000 }

    /// A command of the connection is done: the next one's wait begins anew.
    mutating func endWait(_ place: Int32) {
        connections[Int(place)].flags.remove(.hasWaited)
        connections[Int(place)].waitSinceMs = 0
    }

    // MARK: Queues

    /// The connection is tried again in a moment.
    mutating func waitForRoom(_ place: Int32) {
        scarcity.isBlocked = false
        let flags = connections[Int(place)].flags
        if flags.contains(.queued) || !flags.contains(.open) { return }
        if roomQueue.count == 0 { scarcity.nextTryNs = nowNs &+ Self.retryNs }
        connections[Int(place)].flags.insert(.queued)
        roomQueue.push(place)
    }

    /// The connection goes on when another shard has answered something: whatever fills a lane or
    /// holds a call is answered, or leaves by itself.
    mutating func waitForLane(_ place: Int32) {
        scarcity.isLaneFull = false
        let flags = connections[Int(place)].flags
        if flags.contains(.queued) || !flags.contains(.open) { return }
        if laneQueue.count == 0 { scarcity.nextLaneTryNs = nowNs &+ Self.retryNs }
        connections[Int(place)].flags.insert(.queued)
        laneQueue.push(place)
    }

    /// The connection's replies have no room: it goes on when its own have left, or, when it has
    /// none, in a moment.
    mutating func waitForReplyRoom(_ place: Int32) -> Step {
        if isOutputScarce { scarcity.outputWantedMs = nowMs }
        if connections[Int(place)].outputHead < 0 { waitForRoom(place) }
        return .wait
    }

    /// CLIENT PAUSE holds the connection back.
    mutating func waitForPause(_ place: Int32) -> Step {
        if connections[Int(place)].flags.contains(.queued) { return .wait }
        scarcity.pauseSeen = pauseState
        connections[Int(place)].flags.insert(.queued)
        pauseQueue.push(place)
        return .wait
    }

    private var pauseState: Int { group.get(.pauseUntilMs) << 1 | group.get(.pauseWritesOnly) }

    // MARK: The pool

    /// Tells the other shards when the last quarter of this one's pool is in use.
    mutating func publishScarcity() {
        let isScarce = pool.bytesTotal &- pool.bytesUsed < pool.bytesTotal / 4
        if isScarce == scarcity.isPublished { return }
        scarcity.isPublished = isScarce
        group.scarcePools.store(index, isScarce ? 1 : 0)
    }

    /// Whether the pool of some shard, this one or one that lends replies, is nearly used up.
    var isAnyPoolScarce: Bool {
        if pool.bytesTotal &- pool.bytesUsed < pool.bytesTotal / 4 { return true }
        for shard in 0..<group.shards where group.scarcePools.load(shard) != 0 { return true }
        return false
    }

    /// Whether a pause was lifted or changed since connections were last held back, or is over.
    var pauseHasChanged: Bool {
        pauseState != scarcity.pauseSeen || UInt64(group.get(.pauseUntilMs)) <= nowMs
    }

    /// Moves to the run queue what may go on by now.
    mutating func wakeWaiting() {
        if _slowPath(pauseQueue.count > 0), pauseHasChanged || scarcity.pausedMustRun {
            while let place = pauseQueue.pop() { runQueue.push(place) }
        }
        scarcity.pausedMustRun = false
        if _slowPath(laneQueue.count > 0), scarcity.hasAnswers || nowNs >= scarcity.nextLaneTryNs {
            while let place = laneQueue.pop() { runQueue.push(place) }
        }
        scarcity.hasAnswers = false
        scarcity.isLaneFull = false
        if _slowPath(roomQueue.count > 0), nowNs >= scarcity.nextTryNs {
            scarcity.nextTryNs = nowNs &+ Self.retryNs
            var left = Self.triesMax
            while left > 0, let place = roomQueue.pop() {
                left -= 1
                runQueue.push(place)
            }
        }
    }

    /// When something that waits is to be looked at next, in nanoseconds of the engine's clock.
    var nextTry: UInt64 {
        var next = UInt64.max
        if roomQueue.count > 0 { next = scarcity.nextTryNs }
        if laneQueue.count > 0 { next = min(next, scarcity.nextLaneTryNs) }
        for other in 0..<laneWaits.count where laneWaits[other].rests {
            next = min(next, nowNs &+ Self.retryNs)
        }
        if pauseQueue.count > 0 {
            let leftMs = UInt64(max(1, group.get(.pauseUntilMs) - Int(nowMs)))
            next = min(next, nowNs &+ min(leftMs, 1000) &* 1_000_000)
        }
        return next
    }
}

/// What is short in a shard, and what waits for it.
struct Scarcity: BitwiseCopyable {
    /// The last reservation lacked what others hold: trying again at once is in vain.
    var isBlocked = false
    /// When connections in the room queue are tried again.
    var nextTryNs: UInt64 = 0
    /// The last request found its lane full or no call free: trying again at once is in vain.
    var isLaneFull = false
    /// Other shards have answered in this turn.
    var hasAnswers = false
    /// When connections in the lane queue are tried again without an answer.
    var nextLaneTryNs: UInt64 = 0
    /// The lane whose request is being served.
    var lane = 0
    /// The pause that connections in the pause queue wait for.
    var pauseSeen = 0
    /// One of them ends: it must leave the queue.
    var pausedMustRun = false
    /// Bytes of all output queues.
    var outputBytes = 0
    /// Bytes of the pool that hold commands which have come in part.
    var partialBytes = 0
    /// Unix milliseconds at which output or input last lacked room that others fill.
    var outputWantedMs: UInt64 = 0
    var inputWantedMs: UInt64 = 0
    /// What other shards know of this one's pool.
    var isPublished = false
    /// The connection that was last looked at for stalling.
    var cursor = 0
}

/// A lane of requests whose head waits for memory.
struct LaneWait: BitwiseCopyable {
    /// Since when; 0: it doesn't.
    var sinceMs: UInt64 = 0
    /// When one was last refused.
    var refusedMs: UInt64 = 0
    /// It waits for what others hold: looked at every 2 ms.
    var rests = false
}
