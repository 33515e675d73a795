/// What a simulated client expects for a command it has sent.
enum SimulatedExpectation {
    case exactly(SimulatedReply)
    /// The answer to a write: that reply, and these versions are acknowledged by it.
    case written(SimulatedReply, [(key: Int, version: Int)])
    /// The answer to a read of a key, begun when its floor was `floor`.
    case read(key: Int, floor: Int, SimulatedReading)
    /// One answer for each of several.
    case all([SimulatedExpectation])
    /// Whatever is not an error.
    case anything
}

/// How a read's reply follows from a key's content.
enum SimulatedReading {
    case whole
    case length
    case existence
    case range(from: Int, to: Int)

    func reply(for content: [UInt8]?) -> SimulatedReply {
        switch self {
        case .whole: return content.map { .bulk($0) } ?? .null
        case .length: return .integer(Int64(content?.count ?? 0))
        case .existence: return .integer(content == nil ? 0 : 1)
        case .range(let from, let to):
            let bytes = content ?? []
            let end = min(to, bytes.count - 1)
            return .bulk(from <= end ? Array(bytes[from...end]) : [])
        }
    }
}

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

private func ok(_ text: String) -> SimulatedReply { .simple(Array(text.utf8)) }
private func word(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Draws commands for one client.
struct SimulatedWorkload {
    let client: Int
    let valueBytesMax: Int

    /// A random command; its writes begin with it.
    func next(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        switch random.below(20) {
        case 0...7: read(keys, &random)
        case 8: multipleGet(keys, &random)
        case 9...15: write(keys, keys.own(client, &random), &random)
        case 16: multipleSet(keys, &random)
        case 17: transaction(keys, &random)
        case 18: SimulatedCommand(words: [word("PING")], expectation: .exactly(ok("PONG")))
        default: echo(&random)
        }
    }

    /// Bytes of a value: mostly few, sometimes enough for a block of its own or for streaming; any
    /// bytes, ends of lines among them.
    private func value(_ random: inout Random) -> [UInt8] {
        let bound = [40, 40, 40, 200, 5_000, valueBytesMax][random.below(6)]
        let count = random.below(max(min(bound, valueBytesMax), 1))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = random.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
            if word % 8 == 0 { bytes += [13, 10] }
        }
        return Array(bytes.prefix(count))
    }

    private func echo(_ random: inout Random) -> SimulatedCommand {
        let bytes = value(&random)
        return SimulatedCommand(words: [word("ECHO"), bytes], expectation: .exactly(.bulk(bytes)))
    }

    // MARK: Reads

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
            words: words, expectation: .read(key: key, floor: history.floor, reading))
    }

    private func multipleGet(
        _ keys: SimulatedKeyspace, _ random: inout Random
    ) -> SimulatedCommand {
        let list = (0...random.below(6)).map { _ in keys.any(&random) }
        return SimulatedCommand(
            words: [word("MGET")] + list.map { keys.histories[$0].name },
            expectation: .all(
                list.map { .read(key: $0, floor: keys.histories[$0].floor, .whole) }))
    }

    // MARK: Writes

    private func write(
        _ keys: SimulatedKeyspace, _ key: Int, _ random: inout Random
    ) -> SimulatedCommand {
        let name = keys.histories[key].name
        let before = keys.histories[key].content
        let new = value(&random)
        var words: [[UInt8]]
        var after: [UInt8]? = new
        var reply = ok("OK")
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
        return SimulatedCommand(words: words, expectation: .written(reply, [(key, version)]))
    }

    private func overwrite(_ bytes: [UInt8], at offset: Int, _ new: [UInt8]) -> [UInt8] {
        var result = bytes
        if result.count < offset + new.count {
            result += [UInt8](repeating: 0, count: offset + new.count - result.count)
        }
        result.replaceSubrange(offset..<offset + new.count, with: new)
        return result
    }

    private func multipleSet(
        _ keys: SimulatedKeyspace, _ random: inout Random
    ) -> SimulatedCommand {
        var words = [word("MSET")]
        var written: [(key: Int, version: Int)] = []
        for _ in 0...random.below(4) {
            let key = keys.own(client, &random)
            if written.contains(where: { $0.key == key }) { continue }
            let new = value(&random)
            words += [keys.histories[key].name, new]
            written.append((key, keys.histories[key].write(new)))
        }
        return SimulatedCommand(words: words, expectation: .written(ok("OK"), written))
    }

    /// MULTI, two commands on one key, EXEC: sent as one, answered by four replies.
    private func transaction(
        _ keys: SimulatedKeyspace, _ random: inout Random
    ) -> SimulatedCommand {
        let key = keys.own(client, &random)
        let name = keys.histories[key].name
        let new = value(&random)
        let version = keys.histories[key].write(new)
        let queued = SimulatedExpectation.exactly(ok("QUEUED"))
        return SimulatedCommand([
            ([word("MULTI")], .exactly(ok("OK"))),
            ([word("SET"), name, new], queued),
            ([word("STRLEN"), name], queued),
            (
                [word("EXEC")],
                .written(.array([ok("OK"), .integer(Int64(new.count))]), [(key, version)])
            ),
        ])
    }
}
