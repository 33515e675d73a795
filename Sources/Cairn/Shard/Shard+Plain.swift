/// Plain GETs and SETs of this shard's keys, served in runs: the way most requests take.
///
/// What each of them does is what `dispatch` would do; what is decided once a run instead of once a
/// command is everything that a plain command can't change: the connection's state, the locks, the
/// slow log, room for replies.
extension Shard where Engine: ~Copyable {
    /// Whether commands of this connection may take this way now.
    @inline(__always)
    private func servesPlainly(_ place: Int32) -> Bool {
        let flags = connections[Int(place)].flags
        return flags.intersection(Self.notPlainFlags) == .authenticated && !context.tracks
            && !isLockedOut && !(live.slowlogOn && live.timesFast)
            && group.get(.pauseUntilMs) == 0 && hasReplyRoom(place)
    }

    private static var notPlainFlags: ConnectionFlags {
        specialFlags.union([.paused, .closing, .dead, .pushPending, .cachingNext])
    }

    /// Serves plain commands from `position` on; where the first one starts that was not served.
    @inline(__always)
    mutating func servePlain(_ place: Int32, _ input: Bytes, from position: Int) -> Int {
        if plainRun.continues(at: position) {
            return servesPlainly(place) ? serveRun(place, input, from: position) : position
        }
        guard servesPlainly(place),
            plainRun.collect(input, from: position, valueMax: limits.bulkBytesMax) > 0
        else { return position }
        loadRun(input)
        return serveRun(place, input, from: position)
    }

    /// Finds the owners of a run's keys and loads what the run will touch, in three passes, so that
    /// the loads of a pass overlap and the next pass finds them done.
    @inline(__always)
    private mutating func loadRun(_ input: Bytes) {
        let count = plainRun.count
        for index in 0..<count {
            let command = plainRun[index]
            let key = input.slice(Int(command.keyStart), Int(command.keyCount))
            let hash = group.hasher.hash(key)
            plainRun.setKey(
                index, hash: hash, isLocal: group.owner(of: key, hash: hash) == self.index)
            if count > 1 { l1.prefetch(hash: hash) }
        }
        // A lone command is served at once: it would wait for the same memory either way.
        if count < 3 { return }
        for index in 0..<count where plainRun[index].isLocal {
            plainRun.setGuess(index, l1.prefetchEntry(hash: plainRun[index].hash))
        }
        for index in 0..<count where plainRun[index].isLocal {
            l1.prefetchHead(plainRun[index].guess, hash: plainRun[index].hash)
        }
    }

    /// Serves what was read ahead, up to the first command that is another shard's, has to wait, or
    /// stops the connection.
    private mutating func serveRun(_ place: Int32, _ input: Bytes, from position: Int) -> Int {
        var position = position
        var gets = 0
        var sets = 0
        context.input = input
        while plainRun.next < plainRun.count {
            let command = plainRun[plainRun.next]
            plainRun.drop()
            if !command.isLocal { break }
            let key = input.slice(Int(command.keyStart), Int(command.keyCount))
            if command.valueCount < 0 {
                readValue(key, hash: command.hash, guess: command.guess)
                gets &+= 1
            } else {
                let value = input.slice(Int(command.valueStart), Int(command.valueCount))
                let stored = store(
                    key, hash: command.hash, value: value, WriteOptions(), guess: command.guess)
                if stored == .busy { break }
                if _fastPath(stored == .stored) { emitOK() } else { emitError(.outOfMemory) }
                sets &+= 1
            }
            position = Int(command.end)
            connections[Int(place)].lastCommand = command.valueCount < 0 ? .get : .set
            if _slowPath(!goesOn(place)) { break }
        }
        countRun(place, gets: gets, sets: sets)
        return position
    }

    @inline(__always)
    private mutating func countRun(_ place: Int32, gets: Int, sets: Int) {
        connections[Int(place)].commands &+= UInt64(truncatingIfNeeded: gets &+ sets)
        if gets > 0 { stats.countCalls(Int(CommandID.get.rawValue), gets) }
        if sets > 0 { stats.countCalls(Int(CommandID.set.rawValue), sets) }
    }
}
