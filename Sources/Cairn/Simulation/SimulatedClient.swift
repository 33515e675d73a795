/// A RESP client in a simulated world: random commands in pipelines, cut at random byte boundaries,
/// every reply checked.
///
/// It connects, sends, reads in its own time, now and then crashes in the middle of a command or
/// ends its direction and waits for the rest, and connects again until its commands are used up.
/// One that tracks its keys keeps what it reads and drops what is invalidated; it stays connected
/// until `depart`, so that what it has kept can be compared with what is stored.
package final class SimulatedClient {
    /// How a client behaves.
    package struct Behaviour {
        package var commands = 60
        /// Most commands sent and not answered.
        package var depth = 8
        package var valueBytesMax = 300
        /// With this chance it crashes soon after a command.
        package var crash = Chance.never
        /// With this chance it ends its direction after a command, and waits for what it is owed.
        package var finish = Chance.percent(5)
        /// Each time it runs, it leaves what has arrived unread.
        package var lazyRead = Chance.percent(20)
        /// A new connection asks for RESP3.
        package var asksForRESP3 = Chance.percent(30)
        /// A new connection asks for RESP3 and for invalidations of what it reads.
        package var tracks = Chance.never
        /// A new connection asks for RESP3 and listens to what all clients publish.
        package var subscribes = Chance.never
        /// Instead of a command it begins a step of the counter that WATCH guards.
        package var counts = Chance.never
        /// The server may end a connection that asks for more memory than there is.
        package var mayBeClosed = false
        /// Most bytes it writes at a time.
        package var writeBytesMax = 2_000
        /// Longest pause until it runs again, virtual nanoseconds.
        package var pauseMax = 100_000
        package init() {}
    }

    private enum CounterPhase { case idle, reading, seen(Int), stepping }

    package let number: Int
    /// What went wrong, in words.
    package private(set) var failures: [String] = []
    /// Replies that were as they must be.
    package private(set) var repliesChecked = 0
    /// Connections that broke.
    package private(set) var broken = 0
    /// Writes refused for want of memory.
    package private(set) var refused = 0
    /// Messages of other clients received.
    package private(set) var heard = 0
    /// Invalidations received.
    package private(set) var invalidated = 0
    /// It has nothing more to say. It may still be connected, see `depart`.
    package private(set) var isDone = false
    /// The server was told to end: it may end the stream when it likes.
    package var serverStops = false

    let keys: SimulatedKeyspace
    private let behaviour: Behaviour
    private var workload: SimulatedWorkload
    private var random: Random
    private var commandsLeft: Int
    private var connection: SimulatedConnection?
    private var reader = ReplyReader()
    private var expected: [SimulatedExpectation] = []
    private var outgoing: [UInt8] = []
    private var outgoingStart = 0
    private var hasFinished = false
    /// How often it runs before it crashes.
    private var runsUntilCrash: Int?
    private var counterPhase = CounterPhase.idle
    private var isTracking = false
    private var isSubscribed = false
    /// The number of the last message by who sent it.
    private var lastHeard: [String: Int] = [:]
    /// What the tracking connection has read and was not told to drop.
    private var kept: [[UInt8]: [UInt8]?] = [:]
    private let stage = FixedArray(repeating: 0 as UInt8, count: 64 << 10)

    package init(
        number: Int, keys: SimulatedKeyspace, seed: UInt64, behaviour: Behaviour
    ) {
        self.number = number
        self.keys = keys
        self.behaviour = behaviour
        workload = SimulatedWorkload(client: number, valueBytesMax: behaviour.valueBytesMax)
        random = Random(seed: seed &+ UInt64(number) &* 0x9E37)
        commandsLeft = behaviour.commands
    }

    /// What a tracking connection that is still there believes to be stored.
    package var beliefs: [(name: [UInt8], content: [UInt8]?)] {
        isTracking && connection != nil ? kept.map { ($0.key, $0.value) } : []
    }

    /// The world named this client: it does the next thing.
    package func act(_ world: SimulatedWorld, listenerShard: Int) {
        guard let connection else {
            if commandsLeft == 0 || serverStops { return isDone = true }
            return connect(world, listenerShard)
        }
        let arrived = world.view(connection)
        if arrived != .open || isDone || !random.happens(behaviour.lazyRead) {
            reader.append(world.read(connection))
            checkReplies(world)
        }
        switch world.view(connection) {
        case .reset: return lose(world, connection)
        case .ended: return ended(world, connection)
        case .open: break
        }
        if let runs = runsUntilCrash {
            if runs == 0 { return lose(world, connection) }
            runsUntilCrash = runs - 1
        }
        if commandsLeft == 0, isTracking {
            if expected.isEmpty, outgoing.isEmpty { isDone = true }
        } else if commandsLeft == 0 {
            hasFinished = true
        }
        write(world, connection)
        // Somebody may have to be woken by nothing but time: an unread reply, a half-written
        // command. Who only listens is woken by what arrives.
        if isDone, outgoing.isEmpty, !hasFinished { return }
        world.scheduleClient(number, after: UInt64(1 + random.below(behaviour.pauseMax)))
    }

    /// Ends a connection that was kept for its invalidations.
    package func depart(_ world: SimulatedWorld) {
        hasFinished = true
        world.scheduleClient(number, after: 1)
    }

    // MARK: Connections

    private func connect(_ world: SimulatedWorld, _ shard: Int) {
        connection = world.connect(client: number, shard: shard)
        reader = ReplyReader()
        expected = []
        outgoing = []
        outgoingStart = 0
        hasFinished = false
        runsUntilCrash = nil
        counterPhase = .idle
        kept = [:]
        workload.connection += 1
        workload.published = 0
        lastHeard = [:]
        isTracking = random.happens(behaviour.tracks)
        isSubscribed = random.happens(behaviour.subscribes)
        if isTracking || isSubscribed || random.happens(behaviour.asksForRESP3) {
            outgoing = SimulatedCommand.encode([Array("HELLO".utf8), Array("3".utf8)])
            expected = [.anything]
        }
        if isTracking {
            let words = ["CLIENT", "TRACKING", "ON"].map { Array($0.utf8) }
            outgoing += SimulatedCommand.encode(words)
            expected.append(.exactly(.ok("OK")))
        }
        if isSubscribed {
            // Answered by a push.
            outgoing += SimulatedCommand.encode(["SUBSCRIBE", "news"].map { Array($0.utf8) })
        }
        world.scheduleClient(number, after: 1_000)
    }

    /// The connection is gone, and with it the knowledge of what its writes came to.
    private func lose(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        broken += 1
        for expectation in expected { forget(expectation) }
        leave(world, connection)
    }

    /// What was asked for may have happened, or may happen yet.
    private func forget(_ expectation: SimulatedExpectation) {
        switch expectation {
        case .written(_, let writes): keys.leave(number, Set(writes.map(\.key)))
        case .counted:
            keys.incremented.underWay -= 1
            keys.incremented.uncertain += 1
        case .counterStep:
            keys.watched.underWay -= 1
            keys.watched.uncertain += 1
        case .groupWrite where keys.decay == .eviction: keys.groupIsSpoiled = true
        default: break
        }
    }

    private func leave(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        world.close(connection)
        self.connection = nil
        isTracking = false
        world.scheduleClient(number, after: UInt64(random.below(50_000)))
    }

    /// The server ended the stream: it may once it has answered everything and we have finished.
    private func ended(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        if serverStops || behaviour.mayBeClosed { return lose(world, connection) }
        if !expected.isEmpty || !hasFinished || reader.hasLeftovers {
            fail("the stream ended with \(expected.count) replies owed")
        }
        leave(world, connection)
    }

    private func write(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        workload.wallMs = world.wallMilliseconds
        while !hasFinished, commandsLeft > 0, expected.count < 1 + random.below(behaviour.depth),
            let command = nextCommand()
        {
            commandsLeft -= 1
            outgoing += command.bytes
            expected += command.expectations
            if random.happens(behaviour.finish) { hasFinished = true }
            if random.happens(behaviour.crash) { runsUntilCrash = random.below(40) }
        }
        let waiting = outgoing.count - outgoingStart
        if waiting > 0 {
            let bound = min(waiting, behaviour.writeBytesMax, stage.count)
            let count = 1 + random.below(bound)
            for offset in 0..<count { stage.bytes[offset] = outgoing[outgoingStart + offset] }
            outgoingStart += world.write(connection, stage.bytes.slice(0, count).bytes)
        }
        if outgoingStart == outgoing.count {
            outgoing.removeAll(keepingCapacity: true)
            outgoingStart = 0
            if hasFinished { world.finish(connection) }
        }
    }

    /// What to send next; nothing while a step of the counter waits for an answer, since another
    /// EXEC would end its WATCH.
    private func nextCommand() -> SimulatedCommand? {
        switch counterPhase {
        case .reading, .stepping: return nil
        case .seen(let value):
            counterPhase = .stepping
            return workload.stepCounter(keys, from: value)
        case .idle:
            if keys.decay != .eviction, random.happens(behaviour.counts) {
                counterPhase = .reading
                return workload.watchCounter(keys)
            }
            return workload.next(keys, &random)
        }
    }

    // MARK: Replies

    private func checkReplies(_ world: SimulatedWorld) {
        while let reply = reader.next() {
            if case .push(let parts) = reply {
                pushed(parts)
                continue
            }
            guard !expected.isEmpty else {
                return fail("a reply nobody asked for: \(reply.text)")
            }
            let expectation = expected.removeFirst()
            if let problem = check(reply, expectation, world.wallMilliseconds) {
                fail(problem)
                forget(expectation)
            } else {
                repliesChecked += 1
            }
        }
        if reader.isBroken { fail("bytes that are no reply") }
    }

    private func fail(_ text: String) {
        if failures.count < 5 { failures.append("client \(number): \(text)") }
    }

    private func pushed(_ parts: [SimulatedReply]) {
        if isSubscribed, parts.count == 3, parts[1] == .bulk(Array("news".utf8)) {
            return heard(parts[2])
        }
        // An invalidation: these keys, or all.
        guard isTracking, parts.first == .bulk(Array("invalidate".utf8)), parts.count == 2 else {
            return fail("a push nobody asked for: \(SimulatedReply.push(parts).text)")
        }
        invalidated += 1
        guard case .array(let names) = parts[1] else { return kept = [:] }
        for case .bulk(let name) in names { kept[name] = nil }
    }

    /// A message: the messages of one connection come in order, and none is left out.
    private func heard(_ message: SimulatedReply) {
        // The answer to SUBSCRIBE: how many channels.
        if message == .integer(1) { return }
        guard case .bulk(let bytes) = message else { return fail("no message: \(message.text)") }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let serial = Int(words[2]) else {
            return fail("not what was published: \(message.text)")
        }
        heard += 1
        let sender = "\(words[0]) \(words[1])"
        if let last = lastHeard[sender], serial != last + 1 {
            fail("message \(serial) of \(sender) came after \(last)")
        }
        lastHeard[sender] = serial
    }

    /// What is wrong with a reply, or `nil`.
    private func check(
        _ reply: SimulatedReply, _ expectation: SimulatedExpectation, _ wallMs: UInt64
    ) -> String? {
        switch expectation {
        case .exactly(let wanted):
            return reply == wanted ? nil : "got \(reply.text) instead of \(wanted.text)"
        case .written(let wanted, let writes):
            return checkWrite(reply, wanted, writes, wallMs)
        case .read(let key, let start, let reading):
            return checkRead(reply, key, start, reading, wallMs)
        case .all(let parts):
            guard case .array(let replies) = reply, replies.count == parts.count else {
                return "got \(reply.text) instead of \(parts.count) replies"
            }
            return zip(replies, parts).lazy.compactMap { self.check($0, $1, wallMs) }.first
        case .groupWrite, .groupRead: return checkGroup(reply, expectation)
        case .counterRead, .counterStep, .counted: return checkCounter(reply, expectation)
        case .anything:
            if case .error(let text) = reply { return String(decoding: text, as: UTF8.self) }
            return nil
        }
    }

    private func checkWrite(
        _ reply: SimulatedReply, _ wanted: [SimulatedReply], _ writes: [SimulatedWrite],
        _ wallMs: UInt64
    ) -> String? {
        if keys.decay == .eviction, reply.isRefusal {
            // What was there may have stayed, or parts were written.
            refused += 1
            keys.leave(number, Set(writes.map(\.key)))
            return nil
        }
        guard wanted.contains(reply) else {
            return "a write got \(reply.text) instead of \(wanted[0].text)"
        }
        for write in writes {
            keys.histories[write.key].acknowledge(
                write.version, lifetimeMs: write.lifetimeMs, wallMs: wallMs)
        }
        return nil
    }

    private func checkRead(
        _ reply: SimulatedReply, _ key: Int, _ start: KeyMoment, _ reading: SimulatedReading,
        _ wallMs: UInt64
    ) -> String? {
        let mayBe = keys.histories[key].mayRead(
            from: start, now: wallMs, clockJumps: keys.clockJumps
        ) { reading.reply(for: $0) == reply }
        let history = keys.histories[key]
        let name = String(decoding: history.name, as: UTF8.self)
        guard mayBe else {
            return "\(reading) of \(name) got \(reply.text), which is no state from "
                + "\(start.floor) to \(2 * history.latest + 1)"
        }
        if isTracking, case .whole = reading {
            if case .bulk(let bytes) = reply {
                kept[history.name] = .some(bytes)
            } else {
                kept[history.name] = .some(nil)
            }
        }
        return nil
    }

    private func checkGroup(
        _ reply: SimulatedReply, _ expectation: SimulatedExpectation
    ) -> String? {
        guard case .array(let replies) = reply, replies.count == keys.group.count else {
            return "EXEC got \(reply.text)"
        }
        if case .groupWrite = expectation {
            if replies.allSatisfy({ $0 == .ok("OK") }) { return nil }
            guard keys.decay == .eviction, replies.contains(where: \.isRefusal) else {
                return "EXEC got \(reply.text)"
            }
            refused += 1
            keys.groupIsSpoiled = true
            return nil
        }
        if keys.groupIsSpoiled { return nil }
        let seen = keys.decay == .eviction ? replies.filter { $0 != .null } : replies
        return seen.allSatisfy { $0 == seen[0] }
            ? nil : "a transaction saw a part of another: \(reply.text)"
    }

    private func checkCounter(
        _ reply: SimulatedReply, _ expectation: SimulatedExpectation
    ) -> String? {
        switch expectation {
        case .counterRead(let floor):
            guard let value = reply.number, keys.watched.allows(value, from: floor) else {
                return "the watched counter is \(reply.text), of \(keys.watched)"
            }
            counterPhase = .seen(value)
        case .counterStep:
            keys.watched.underWay -= 1
            counterPhase = .idle
            if reply == .null { return nil }
            keys.watched.done += 1
            if reply != .array([.ok("OK")]) { return "EXEC got \(reply.text)" }
        case .counted(let floor):
            guard let value = reply.number, keys.incremented.allows(value, from: floor + 1),
                keys.incremented.seen.insert(value).inserted
            else { return "INCR got \(reply.text), of \(keys.incremented)" }
            keys.incremented.underWay -= 1
            keys.incremented.done += 1
        default: break
        }
        return nil
    }
}
