/// A RESP client in a simulated world: random commands in pipelines, cut at random byte boundaries,
/// every reply checked.
///
/// It connects, sends, reads in its own time, now and then crashes in the middle of a command or
/// ends its direction and waits for the rest, and connects again until its commands are used up.
package final class SimulatedClient {
    /// How a client behaves.
    package struct Behaviour {
        package var commands = 60
        /// Most commands sent and not answered.
        package var depth = 8
        package var valueBytesMax = 300
        /// Each time it runs, it crashes with this chance.
        package var crash = Chance.never
        /// Each time it runs, it ends its direction and waits for what it is owed.
        package var finish = Chance.percent(1)
        /// Each time it runs, it leaves what has arrived unread.
        package var lazyRead = Chance.percent(20)
        /// A new connection asks for RESP3.
        package var asksForRESP3 = Chance.percent(30)
        /// Most bytes it writes at a time.
        package var writeBytesMax = 2_000
        package init() {}
    }

    package let number: Int
    /// What went wrong, in words.
    package private(set) var failures: [String] = []
    /// Replies that were as they must be.
    package private(set) var repliesChecked = 0
    /// Connections that broke.
    package private(set) var broken = 0
    package private(set) var isDone = false

    private let keys: SimulatedKeyspace
    private let behaviour: Behaviour
    private let workload: SimulatedWorkload
    private var random: Random
    private var commandsLeft: Int
    private var connection: SimulatedConnection?
    private var reader = ReplyReader()
    private var expected: [SimulatedExpectation] = []
    private var outgoing: [UInt8] = []
    private var outgoingStart = 0
    private var hasFinished = false
    private let stage = FixedArray(repeating: 0 as UInt8, count: 2_048)

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

    /// The world named this client: it does the next thing.
    package func act(_ world: SimulatedWorld, listenerShard: Int) {
        guard let connection else {
            if commandsLeft == 0 { return isDone = true }
            return connect(world, listenerShard)
        }
        let arrived = world.view(connection)
        if arrived != .open || !random.happens(behaviour.lazyRead) {
            reader.append(world.read(connection))
            checkReplies()
        }
        switch world.view(connection) {
        case .reset: return lose(world, connection)
        case .ended: return ended(world, connection)
        case .open: break
        }
        if random.happens(behaviour.crash) { return lose(world, connection) }
        if commandsLeft == 0 || random.happens(behaviour.finish) { hasFinished = true }
        write(world, connection)
        // Somebody may have to be woken by nothing but time: an unread reply, a half-written
        // command.
        world.scheduleClient(number, after: UInt64(1 + random.below(100_000)))
    }

    // MARK: Connections

    private func connect(_ world: SimulatedWorld, _ shard: Int) {
        connection = world.connect(client: number, shard: shard)
        reader = ReplyReader()
        expected = []
        outgoing = []
        outgoingStart = 0
        hasFinished = false
        if random.happens(behaviour.asksForRESP3) {
            outgoing = SimulatedCommand.encode([Array("HELLO".utf8), Array("3".utf8)])
            expected = [.anything]
        }
        world.scheduleClient(number, after: 1_000)
    }

    /// The connection is gone, and with it the knowledge of what its writes came to.
    private func lose(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        broken += 1
        var uncertain = Set<Int>()
        for case .written(_, let versions) in expected { uncertain.formUnion(versions.map(\.key)) }
        keys.leave(number, uncertain)
        leave(world, connection)
    }

    private func leave(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        world.close(connection)
        self.connection = nil
        world.scheduleClient(number, after: UInt64(random.below(50_000)))
    }

    /// The server ended the stream: it may once it has answered everything and we have finished.
    private func ended(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        if !expected.isEmpty || !hasFinished || reader.hasLeftovers {
            fail("the stream ended with \(expected.count) replies owed")
        }
        leave(world, connection)
    }

    private func write(_ world: SimulatedWorld, _ connection: SimulatedConnection) {
        while !hasFinished, commandsLeft > 0, expected.count < 1 + random.below(behaviour.depth) {
            commandsLeft -= 1
            let command = workload.next(keys, &random)
            outgoing += command.bytes
            expected += command.expectations
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

    // MARK: Replies

    private func checkReplies() {
        while let reply = reader.next() {
            guard !expected.isEmpty else {
                return fail("a reply nobody asked for: \(Self.text(reply))")
            }
            let expectation = expected.removeFirst()
            if let problem = check(reply, expectation) {
                fail(problem)
            } else {
                repliesChecked += 1
            }
        }
        if reader.isBroken { fail("bytes that are no reply") }
    }

    private func fail(_ text: String) {
        if failures.count < 5 { failures.append("client \(number): \(text)") }
    }

    /// What is wrong with a reply, or `nil`.
    private func check(
        _ reply: SimulatedReply, _ expectation: SimulatedExpectation
    ) -> String? {
        switch expectation {
        case .exactly(let wanted):
            return reply == wanted
                ? nil : "got \(Self.text(reply)) instead of \(Self.text(wanted))"
        case .written(let wanted, let versions):
            guard reply == wanted else {
                return "a write got \(Self.text(reply)) instead of \(Self.text(wanted))"
            }
            for (key, version) in versions { keys.histories[key].acknowledge(version) }
            return nil
        case .read(let key, let floor, let reading):
            let mayBe = keys.histories[key].mayRead(from: floor) { reading.reply(for: $0) == reply }
            if mayBe { return nil }
            let name = String(decoding: keys.histories[key].name, as: UTF8.self)
            return "\(reading) of \(name) got \(Self.text(reply)), which is no version from "
                + "\(floor) to \(keys.histories[key].latest)"
        case .all(let parts):
            guard case .array(let replies) = reply, replies.count == parts.count else {
                return "got \(Self.text(reply)) instead of \(parts.count) replies"
            }
            return zip(replies, parts).lazy.compactMap { self.check($0, $1) }.first
        case .anything:
            if case .error(let text) = reply { return String(decoding: text, as: UTF8.self) }
            return nil
        }
    }

    private static func text(_ reply: SimulatedReply) -> String {
        switch reply {
        case .simple(let text): return "+" + String(decoding: text.prefix(60), as: UTF8.self)
        case .error(let text): return "-" + String(decoding: text.prefix(100), as: UTF8.self)
        case .integer(let value): return ":\(value)"
        case .bulk(let bytes): return "\(bytes.count) bytes \(bytes.prefix(12))"
        case .null: return "null"
        case .array(let items), .other(let items):
            return "[" + items.prefix(4).map { text($0) }.joined(separator: ", ") + "]"
        }
    }
}
