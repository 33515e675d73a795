/// A command, or several that belong together: their bytes, and what each reply must be.
struct SimulatedCommand {
    var bytes: [UInt8]
    var expectations: [SimulatedExpectation]

    /// One command of these words.
    init(words: [[UInt8]], expectation: SimulatedExpectation) {
        bytes = Self.encode(words)
        expectations = [expectation]
    }

    init(_ commands: [(words: [[UInt8]], expectation: SimulatedExpectation)]) {
        bytes = commands.flatMap { Self.encode($0.words) }
        expectations = commands.map(\.expectation)
    }

    /// A command as an array of bulk strings.
    static func encode(_ words: [[UInt8]]) -> [UInt8] {
        var result = Array("*\(words.count)\r\n".utf8)
        for word in words {
            result += Array("$\(word.count)\r\n".utf8)
            result += word
            result += [13, 10]
        }
        return result
    }
}

/// Draws commands for one client. The order of a write's effects is that of the drawing.
struct SimulatedWorkload {
    let client: Int
    let valueBytesMax: Int
    /// Unix milliseconds: when what is drawn next begins.
    var wallMs: UInt64 = 0
    /// The connection, and how many messages it has published.
    var connection = 0
    var published = 0

    func word(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A random command; its writes begin with it.
    mutating func next(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        switch random.below(27) {
        case 0...7: read(keys, &random)
        case 8: multipleGet(keys, &random)
        case 9...15: write(keys, keys.own(client, &random), &random)
        case 16: multipleSet(keys, &random)
        case 17: transaction(keys, &random)
        case 18: SimulatedCommand(words: [word("PING")], expectation: .exactly(.ok("PONG")))
        case 19: twoKeys(keys, &random)
        case 20: groupWrite(keys, &random)
        case 21: groupRead(keys, &random)
        case 22: count(keys, &random)
        case 23: look(keys, &random)
        case 24: removeSeveral(keys, &random)
        case 25: publish(&random)
        default: echo(&random)
        }
    }

    /// Bytes of a value: mostly few, sometimes enough for a block of its own or for streaming; any
    /// bytes, ends of lines among them.
    func value(_ random: inout Random) -> [UInt8] {
        let bound = [40, 40, 40, 200, 5_000, valueBytesMax][random.below(6)]
        let count = random.below(max(min(bound, valueBytesMax), 1))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 10)
        while bytes.count < count {
            let word = random.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
            if word % 8 == 0 { bytes += [13, 10] }
        }
        return Array(bytes.prefix(count))
    }

    /// ECHO, of what fits into the pool of replies with room to spare.
    func echo(_ random: inout Random) -> SimulatedCommand {
        let bytes = Array(value(&random).prefix(100_000))
        return SimulatedCommand(words: [word("ECHO"), bytes], expectation: .exactly(.bulk(bytes)))
    }

    // MARK: Reads

    func moment(_ keys: SimulatedKeyspace, _ key: Int) -> KeyMoment {
        KeyMoment(floor: keys.histories[key].floor, wallMs: wallMs)
    }

    private func read(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        let key = keys.any(&random)
        let history = keys.histories[key]
        let from = random.below(60)
        let to = from + random.below(100)
        let (words, reading): ([[UInt8]], SimulatedReading) =
            switch random.below(7) {
            case 0: ([word("STRLEN"), history.name], .length)
            case 1: ([word("EXISTS"), history.name], .existence)
            case 2:
                (
                    [word("GETRANGE"), history.name, word("\(from)"), word("\(to)")],
                    .range(from: from, to: to)
                )
            default: ([word("GET"), history.name], .whole)
            }
        return SimulatedCommand(
            words: words, expectation: .read(key: key, moment(keys, key), reading))
    }

    private func multipleGet(
        _ keys: SimulatedKeyspace, _ random: inout Random
    ) -> SimulatedCommand {
        let list = (0...random.below(6)).map { _ in keys.any(&random) }
        return SimulatedCommand(
            words: [word("MGET")] + list.map { keys.histories[$0].name },
            expectation: .all(list.map { .read(key: $0, moment(keys, $0), .whole) }))
    }

    // MARK: Writes

    private func write(
        _ keys: SimulatedKeyspace, _ key: Int, _ random: inout Random
    ) -> SimulatedCommand {
        if keys.histories[key].isVolatile { return volatileWrite(keys, key, &random) }
        let name = keys.histories[key].name
        let before = keys.histories[key].content
        let new = value(&random)
        var words: [[UInt8]]
        var after: [UInt8]? = new
        var reply = SimulatedReply.ok("OK")
        switch random.below(10) {
        case 0:
            words = [word("DEL"), name]
            after = nil
            reply = .integer(before == nil ? 0 : 1)
        case 1:
            words = [word("APPEND"), name, new]
            after = (before ?? []) + new
            reply = .integer(Int64(after?.count ?? 0))
        case 2:
            let offset = random.below(50)
            words = [word("SETRANGE"), name, word("\(offset)"), new]
            after = new.isEmpty ? before : overwrite(before ?? [], at: offset, new)
            reply = .integer(Int64(after?.count ?? 0))
        case 3:
            words = [word("GETDEL"), name]
            after = nil
            reply = before.map { .bulk($0) } ?? .null
        case 4:
            words = [word("SET"), name, new, word("GET")]
            reply = before.map { .bulk($0) } ?? .null
        case 5:
            words = [word("SET"), name, new, word("NX")]
            if before != nil {
                after = before
                reply = .null
            }
        case 6: words = [word("SET"), name, new, word("PX"), word("100000000")]
        default: words = [word("SET"), name, new]
        }
        let version = keys.histories[key].write(after)
        return SimulatedCommand(
            words: words,
            expectation: .written([reply], [SimulatedWrite(key: key, version: version)]))
    }

    private func overwrite(_ bytes: [UInt8], at offset: Int, _ new: [UInt8]) -> [UInt8] {
        var result = bytes
        if result.count < offset + new.count {
            result += [UInt8](repeating: 0, count: offset + new.count - result.count)
        }
        result.replaceSubrange(offset..<offset + new.count, with: new)
        return result
    }

    /// A write whose effect does not depend on what was there.
    private func volatileWrite(
        _ keys: SimulatedKeyspace, _ key: Int, _ random: inout Random
    ) -> SimulatedCommand {
        let name = keys.histories[key].name
        let stays = Self.stays(keys)
        if random.below(5) == 0 {
            let version = keys.histories[key].write(nil)
            return SimulatedCommand(
                words: [word("DEL"), name],
                expectation: .written(
                    [.integer(0), .integer(1)], [SimulatedWrite(key: key, version: version)]))
        }
        let new = value(&random)
        if keys.decay == .eviction || random.below(3) == 0 {
            let version = keys.histories[key].write(new, stays)
            return SimulatedCommand(
                words: [word("SET"), name, new],
                expectation: .written(
                    [.ok("OK")], [SimulatedWrite(key: key, version: version)]))
        }
        let lifetime = UInt64(1 + random.below(200))
        let version = keys.histories[key].write(
            new, .expires(from: wallMs + lifetime, until: nil))
        let write = SimulatedWrite(key: key, version: version, lifetimeMs: lifetime)
        let words =
            random.below(2) == 0
            ? [word("SET"), name, new, word("PX"), word("\(lifetime)")]
            : [word("PSETEX"), name, word("\(lifetime)"), new]
        return SimulatedCommand(words: words, expectation: .written([.ok("OK")], [write]))
    }

    /// How an entry without an expiry stays.
    static func stays(_ keys: SimulatedKeyspace) -> Vanishing {
        keys.decay == .eviction ? .anyTime : .never
    }
}
