/// The loop of a shard.
extension Shard where Engine: ~Copyable {
    /// Serves until `ShardGroup.requestStop`, then answers what has arrived and returns.
    package mutating func run() {
        startAccepting()
        while !hasEnded { turn() }
        finish()
    }

    /// One turn. The order matters:
    ///
    /// 1. the one kernel entry: submits what the last turn prepared, takes completions;
    /// 2. completions: bytes arrive and are served at once, sends end;
    /// 3. mailboxes: other shards' answers first (they end waiting), then their requests;
    /// 4. connections that waited and may go on;
    /// 5. upkeep in a bounded slice: eviction reserve, expiry, idle clients, statistics;
    /// 6. output: one send for each connection that has something to say;
    /// 7. wake-ups of shards that were sent messages; they leave with the next entry.
    package mutating func turn() {
        enter()
        serve()
    }

    /// Step 1: where a shard sleeps. A simulation lets others run between this and `serve`.
    @inline(__always)
    package mutating func enter() {
        if _slowPath(live.spinNs > 0), pollForWork() { return }
        engine.turn(waitNanoseconds: sleepTime())
    }

    /// Steps 2 to 7.
    @inline(__always)
    package mutating func serve() {
        let began = engine.now
        nowNs = began
        nowMs = engine.wallMilliseconds
        refreshPrefixes()
        if group.shards > 1 { group.grid.announceAwake(index) }
        var completions = 0
        while let completion = engine.nextCompletion() {
            completions &+= 1
            complete(completion)
        }
        if group.shards > 1 { serveMailboxes() }
        wakeWaiting()
        runWaiting()
        upkeep()
        // Before the replies leave: whoever has seen one finds its effect here (RANDOMKEY).
        stats.set(.entries, l1.count)
        sendOutput()
        if group.shards > 1 {
            publishScarcity()
            wakeOthers()
        }
        recordTurn(began: began, completions: completions)
    }

    /// How long the next kernel entry may wait.
    private mutating func sleepTime() -> UInt64 {
        if mustNotSleep { return 0 }
        if group.shards > 1 {
            group.grid.announceSleep(index)
            if hasMessages { return 0 }
        }
        if pauseQueue.count > 0, pauseHasChanged || scarcity.pausedMustRun { return 0 }
        let now = engine.preciseNow()
        let next = min(nextUpkeepNs, nextTry)
        if next <= now { return 0 }
        stats.add(.sleeps)
        return next - now
    }

    /// Whether there is work here that nobody will announce.
    var mustNotSleep: Bool {
        runQueue.count > 0 || dirtyQueue.count > 0 || releases.count > 0 || questions.count > 0
            || hasUrgentUpkeep
    }

    /// Whether other shards have sent something.
    var hasMessages: Bool {
        for other in 0..<group.shards where other != index {
            if responsesIn[other].hasMessages { return true }
            // A lane whose head waits for memory is looked at every 2 ms.
            if requestsIn[other].hasMessages, !laneWaits[other].rests { return true }
        }
        return false
    }

    @inline(__always)
    private mutating func complete(_ completion: Completion) {
        switch completion.token.tag {
        case .receive: receiveCompleted(completion)
        case .send: sendCompleted(completion)
        case .receiveDirect: directReceiveCompleted(completion)
        case .accept: acceptCompleted(completion)
        case .wake, .cancel, .ignored: break
        case .diskRead, .diskWrite, .diskSync, nil:
            ensureFailed("completion of nobody", #fileID, #line)
        }
    }

    /// The connection a completion belongs to, or `nil` when it has gone: that is counted.
    @inline(__always)
    func owner(of token: Token) -> Int32? {
        let place = token.slot
        if connections[place].generation == token.generation { return Int32(place) }
        stats.add(.staleCompletions)
        return nil
    }

    private mutating func recordTurn(began: UInt64, completions: Int) {
        let ended = engine.preciseNow()
        let spent = ended &- began
        stats.recordTurn(nanoseconds: spent)
        if _slowPath(live.latencyNs != 0 && spent >= live.latencyNs) { logLongTurn(spent) }
        stats.add(.completions, completions)
        let counts = turnCounts
        if counts.get > 0 { stats.recordLatency(.get, .ram, nanoseconds: spent, counts.get) }
        if counts.getMissed > 0 {
            stats.recordLatency(.get, .none, nanoseconds: spent, counts.getMissed)
        }
        if counts.set > 0 { stats.recordLatency(.set, .ram, nanoseconds: spent, counts.set) }
        if counts.others != .zero {
            for kind in CommandClass.allCases where counts.others[kind.rawValue] > 0 {
                let count = Int(counts.others[kind.rawValue])
                stats.recordLatency(kind, .none, nanoseconds: spent, count)
            }
        }
        turnCounts = TurnCounts()
    }

    // MARK: Connections that waited

    /// Lets a connection that waits go on in this turn or the next.
    mutating func enqueueRun(_ place: Int32) {
        let flags = connections[Int(place)].flags
        if flags.contains(.queued) || !flags.contains(.open) { return }
        connections[Int(place)].flags.insert(.queued)
        runQueue.push(place)
    }

    private mutating func runWaiting() {
        // Only those queued before this turn: one that waits again runs in the next.
        var left = runQueue.count
        while left > 0, let place = runQueue.pop() {
            left -= 1
            connections[Int(place)].flags.remove(.queued)
            if connections[Int(place)].flags.contains(.open) { resume(place) }
        }
    }

    // MARK: Upkeep

    /// Nanoseconds between two rounds of upkeep.
    private var upkeepNs: UInt64 { 100_000_000 }

    private var hasUrgentUpkeep: Bool { l1HasWork || followers.hasWork }

    private mutating func upkeep() {
        l1HasWork = l1.maintain(nowMs: nowMs) == 0
        drainRemovals()
        if nowNs < nextUpkeepNs { return }
        nextUpkeepNs = nowNs &+ upkeepNs
        readSettings()
        sweepExpired()
        closeIdle()
        closeStalled()
        publishGauges()
        if !isStopping, group.get(.stop) != 0 { beginStop() }
    }

    /// One slice of the expiry sweep: a whole pass over the table each `cleanup_interval`.
    private mutating func sweepExpired() {
        let passMs = max(1, group.settings.cleanupIntervalMilliseconds)
        let share = l1.count * 100 / passMs + 64
        // At most 20,000 entries a slice (about 1 ms): the sweep never stalls the loop.
        let removed = l1.sweepExpired(nowMs: nowMs, entriesMax: min(share, 20_000))
        if removed > 0 { stats.add(.expirationsSweep, removed) }
        stats.add(.expirationSweepSteps)
        drainRemovals()
    }

    mutating func readSettings() {
        let version = UInt64(bitPattern: Int64(group.get(.settingsVersion)))
        if version != settingsVersion {
            settingsVersion = version
            live.idleTimeoutMs = group.get(.idleTimeoutSeconds) * 1000
            readSlowSettings()
            live.outputLimit = group.get(.outputLimitBytes)
            live.stallMs = UInt64(max(0, group.get(.stallMilliseconds)))
            live.ttlMs = group.get(.ttlMilliseconds)
            live.spinNs = UInt64(max(0, group.get(.spinMicroseconds))) * 1000
            live.trackingKeysMax = max(1, group.get(.trackingKeysMax) / group.shards)
            _ = l1.setPolicy(EvictionPolicyKind.allCases[group.get(.policy)])
            let entries = group.get(.entriesMax)
            l1.setEntriesMax(entries == 0 ? nil : max(1, entries / group.shards))
        }
    }

    mutating func publishGauges() {
        let memory = l1.statistics()
        stats.set(.entries, memory.entries)
        stats.set(.sizeBytes, memory.payloadBytes)
        stats.set(.maxSizeBytes, memory.memoryBytesMax)
        stats.set(.slabAssignedBytes, memory.slabBytes)
        stats.set(.arenaBytes, memory.memoryBytes)
        stats.set(.indexBytes, memory.indexBytes + memory.entryTableBytes)
        stats.set(.connectionBytes, pool.bytesUsed + memory.outsideBytes)
        stats.set(.pinnedEntries, memory.detachedEntries)
        stats.set(.connections, connectionCount)
        publishDeltas(memory)
        followers.publish(to: stats)
    }

    // MARK: Ending

    /// Whether everything has been answered after a stop request. A shard that serves nobody any
    /// more goes on for the clients of others: they may be waiting for its keys.
    var hasEnded: Bool {
        isStopping
            && (group.get(.connections) == 0 && !hasRequests || nowNs > stopDeadlineNs)
    }

    /// Whether requests of other shards are still to be served, those that wait for memory too.
    private var hasRequests: Bool {
        for other in 0..<group.shards where other != index {
            if requestsIn[other].hasMessages { return true }
        }
        return false
    }

    /// Stops accepting; connections end when their replies have left, 5 s at most.
    private mutating func beginStop() {
        isStopping = true
        stopDeadlineNs = nowNs &+ 5_000_000_000
        for listener in listeners.indices {
            engine.cancel(Token(.accept, slot: listener, generation: 0))
        }
        for place in 0..<connections.count
        where connections[place].flags.contains(.open) {
            closeWhenAnswered(Int32(place), .shutdown)
        }
    }

    mutating func finish() {
        for place in 0..<connections.count
        where connections[place].flags.contains(.open) {
            abort(Int32(place), .shutdown)
        }
        engine.turn(waitNanoseconds: 0)
        publishGauges()
        group.words.add(ShardGroup.Word.ended.rawValue, 1)
    }
}
