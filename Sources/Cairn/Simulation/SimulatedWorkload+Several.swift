/// Commands over several keys, and transactions.
extension SimulatedWorkload {
    func multipleSet(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        var words = [word("MSET")]
        var written: [SimulatedWrite] = []
        for _ in 0...random.below(4) {
            let key = keys.own(client, &random)
            if written.contains(where: { $0.key == key }) { continue }
            let new = value(&random)
            words += [keys.histories[key].name, new]
            let version = keys.histories[key].write(new, Self.stays(keys))
            written.append(SimulatedWrite(key: key, version: version))
        }
        return SimulatedCommand(words: words, expectation: .written([.ok("OK")], written))
    }

    /// MULTI, two commands on one key, EXEC: sent as one, answered by four replies.
    func transaction(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        guard let key = keys.stable(client, &random) else { return echo(&random) }
        let name = keys.histories[key].name
        let new = value(&random)
        let version = keys.histories[key].write(new)
        let queued = SimulatedExpectation.exactly(.ok("QUEUED"))
        return SimulatedCommand([
            ([word("MULTI")], .exactly(.ok("OK"))),
            ([word("SET"), name, new], queued),
            ([word("STRLEN"), name], queued),
            (
                [word("EXEC")],
                .written(
                    [.array([.ok("OK"), .integer(Int64(new.count))])],
                    [SimulatedWrite(key: key, version: version)])
            ),
        ])
    }

    /// DEL of some keys of this client.
    func removeSeveral(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        var words = [word("DEL")]
        var written: [SimulatedWrite] = []
        var present = 0
        for _ in 0...random.below(4) {
            guard let key = keys.stable(client, &random) else { return echo(&random) }
            if written.contains(where: { $0.key == key }) { continue }
            words.append(keys.histories[key].name)
            present += keys.histories[key].content == nil ? 0 : 1
            written.append(SimulatedWrite(key: key, version: keys.histories[key].write(nil)))
        }
        return SimulatedCommand(
            words: words, expectation: .written([.integer(Int64(present))], written))
    }

    /// A question to every shard, whose answer nobody can know: it has to come, in its place.
    /// None whose length depends on the process: a seed must give the same history each time.
    func look(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        let questions = [
            ["DBSIZE"], ["KEYS", "key:*"], ["SCAN", "0", "COUNT", "3"], ["RANDOMKEY"],
            ["INFO", "keyspace"], ["CLIENT", "LIST"], ["PUBSUB", "NUMSUB", "news"],
            ["SLOWLOG", "GET"],
            ["CLIENT", "INFO"], ["COMMAND", "COUNT"], ["LATENCY", "LATEST"],
        ]
        let words = questions[random.below(questions.count)].map { word($0) }
        return SimulatedCommand(words: words, expectation: .anything)
    }

    /// A message that tells who sent it, and its number.
    mutating func publish(_ random: inout Random) -> SimulatedCommand {
        published += 1
        return SimulatedCommand(
            words: [
                word("PUBLISH"), word("news"), word("\(client) \(connection) \(published)"),
            ], expectation: .anything)
    }

    // MARK: Two keys

    /// RENAME, RENAMENX, COPY or MSETNX of two keys of this client, wherever they live.
    func twoKeys(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        guard let source = keys.stable(client, &random),
            let target = keys.stable(client, &random), source != target
        else { return echo(&random) }
        let from = keys.histories[source].name
        let to = keys.histories[target].name
        let content = keys.histories[source].content
        let targetExists = keys.histories[target].content != nil
        let kind = random.below(4)
        if kind == 3 { return setBoth(keys, source, target, &random) }
        if kind == 2 {
            let happens = content != nil
            let version = happens ? keys.histories[target].write(content) : nil
            return SimulatedCommand(
                words: [word("COPY"), from, to, word("REPLACE")],
                expectation: .written(
                    [.integer(happens ? 1 : 0)],
                    version.map { [SimulatedWrite(key: target, version: $0)] } ?? []))
        }
        let onlyNew = kind == 1
        let words = [word(onlyNew ? "RENAMENX" : "RENAME"), from, to]
        guard let content else {
            return SimulatedCommand(
                words: words, expectation: .exactly(.error(word("ERR no such key"))))
        }
        let happens = !onlyNew || !targetExists
        var written: [SimulatedWrite] = []
        if happens {
            written = [
                SimulatedWrite(key: source, version: keys.histories[source].write(nil)),
                SimulatedWrite(key: target, version: keys.histories[target].write(content)),
            ]
        }
        let reply: SimulatedReply = onlyNew ? .integer(happens ? 1 : 0) : .ok("OK")
        return SimulatedCommand(words: words, expectation: .written([reply], written))
    }

    private func setBoth(
        _ keys: SimulatedKeyspace, _ first: Int, _ second: Int, _ random: inout Random
    ) -> SimulatedCommand {
        let values = [value(&random), value(&random)]
        let words = [
            word("MSETNX"), keys.histories[first].name, values[0], keys.histories[second].name,
            values[1],
        ]
        let happens = keys.histories[first].content == nil && keys.histories[second].content == nil
        let written =
            happens
            ? zip([first, second], values).map {
                SimulatedWrite(key: $0, version: keys.histories[$0].write($1))
            } : []
        return SimulatedCommand(
            words: words, expectation: .written([.integer(happens ? 1 : 0)], written))
    }

    // MARK: Isolation

    /// Writes one value to every key of the group, in a transaction. All clients do.
    func groupWrite(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        let new = value(&random)
        let queued = SimulatedExpectation.exactly(.ok("QUEUED"))
        return SimulatedCommand(
            [(words: [word("MULTI")], expectation: .exactly(.ok("OK")))]
                + keys.group.map { (words: [word("SET"), $0, new], expectation: queued) }
                + [(words: [word("EXEC")], expectation: .groupWrite)])
    }

    /// Reads every key of the group in a transaction: all must hold the same.
    func groupRead(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        let queued = SimulatedExpectation.exactly(.ok("QUEUED"))
        return SimulatedCommand(
            [(words: [word("MULTI")], expectation: .exactly(.ok("OK")))]
                + keys.group.map { (words: [word("GET"), $0], expectation: queued) }
                + [(words: [word("EXEC")], expectation: .groupRead)])
    }

    // MARK: Counters

    /// One step of the counter that is counted by INCR.
    func count(_ keys: SimulatedKeyspace, _ random: inout Random) -> SimulatedCommand {
        if keys.decay == .eviction { return echo(&random) }
        let floor = keys.incremented.done
        keys.incremented.underWay += 1
        return SimulatedCommand(
            words: [word("INCR"), keys.incremented.name], expectation: .counted(floor: floor))
    }

    /// Looks at the counter that is counted by WATCH and EXEC.
    func watchCounter(_ keys: SimulatedKeyspace) -> SimulatedCommand {
        SimulatedCommand([
            ([word("WATCH"), keys.watched.name], .exactly(.ok("OK"))),
            ([word("GET"), keys.watched.name], .counterRead(floor: keys.watched.done)),
        ])
    }

    /// One step of it, from the value that was seen.
    func stepCounter(_ keys: SimulatedKeyspace, from value: Int) -> SimulatedCommand {
        keys.watched.underWay += 1
        return SimulatedCommand([
            ([word("MULTI")], .exactly(.ok("OK"))),
            (
                [word("SET"), keys.watched.name, word("\(value + 1)")], .exactly(.ok("QUEUED"))
            ),
            ([word("EXEC")], .counterStep),
        ])
    }
}
