import Testing

@testable import Cairn

@Suite struct InfoTests {
    @Test func `sizes are written for people as Redis writes them`() {
        #expect(InfoText.human(0) == "0B")
        #expect(InfoText.human(1023) == "1023B")
        #expect(InfoText.human(1024) == "1.00K")
        #expect(InfoText.human(1_556_408) == "1.48M")
        #expect(InfoText.human(3 << 30) == "3.00G")
    }

    @Test func `fractions keep their leading zeros and their sign`() {
        #expect(InfoText.decimal(0.005, places: 2) == "0.01")
        #expect(InfoText.decimal(-1.25, places: 2) == "-1.25")
        #expect(InfoText.decimal(12.000_034, places: 6) == "12.000034")
        #expect(InfoText.decimal(.nan, places: 2) == "0")
        #expect(InfoText.decimal(.infinity, places: 2) == "0")
    }

    @Test func `a request for sections finds what it names, and nothing else`() {
        let cpu = InfoSections(word: Bytes("CPU"))
        #expect(cpu.contains(.cpu))
        #expect(!cpu.contains(.server))
        #expect(InfoSections(word: Bytes("nonsense")) == [])
        #expect(!InfoSections(word: Bytes("default")).contains(.commandstats))
        for section in InfoSection.allCases {
            #expect(InfoSections(word: Bytes("everything")).contains(section))
            #expect(InfoSections(word: Bytes(section.name)).contains(section))
        }
    }

    @Test func `a rate window gives the sample of sixteen rounds before`() {
        var window = RateWindow()
        for round in 1...16 {
            var sample = RateWindow.Sample()
            sample.commands = UInt64(round)
            #expect(window.add(sample).commands == 0)
        }
        #expect(window.add(RateWindow.Sample()).commands == 1)
        #expect(window.add(RateWindow.Sample()).commands == 2)
        window.clear()
        #expect(window.add(RateWindow.Sample()).commands == 0)
    }

    @Test func `a latency graph is as wide as its samples and names the extremes`() {
        var history = ServerTexts.LatencyEvent()
        history.samples = (0..<5).map { (second: 100 + $0, milliseconds: 10 * ($0 + 1)) }
        history.maximum = 70
        let text = LatencyGraph(event: "command", history: history, now: 110).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "command - high 50 ms, low 10 ms (all time high 70 ms)")
        #expect(lines[2...5].allSatisfy { $0.count == 5 })
        #expect(lines[5].first == "_")
        #expect(lines[2].last == "#")
        #expect(text.hasSuffix("from 10 s to 6 s ago\n"))
    }
}

@Suite struct ConfigParameterTests {
    private func group(_ settings: ServerSettings = ServerSettings()) throws -> ShardGroup {
        try ShardGroup(settings, shards: 2, seed: 7, startedMs: 1)
    }

    private func number(_ check: ConfigParameter.Check) -> Int? {
        if case .number(let number) = check { return number }
        return nil
    }

    private func refusal(_ check: ConfigParameter.Check) -> ConfigRefusal? {
        if case .refused(let reason) = check { return reason }
        return nil
    }

    @Test func `what was set is what is read`() throws {
        let group = try group()
        let values: [(ConfigParameter, StaticString)] = [
            (.maxclients, "100"), (.timeout, "30"), (.slowlogLogSlowerThan, "-1"),
            (.slowlogMaxLen, "7"), (.latencyMonitorThreshold, "5"), (.maxEntries, "1000"),
            (.ttl, "60000"), (.trackingTableMaxKeys, "12"), (.maxmemoryPolicy, "allkeys-lfu"),
        ]
        for (parameter, value) in values {
            let checked = try #require(number(parameter.check(Bytes(value), group)))
            parameter.apply(checked, group)
            #expect(parameter.value(group) == Bytes(value).text)
        }
    }

    @Test func `a change of a setting is announced to the shards`() throws {
        let group = try group()
        let before = group.get(.settingsVersion)
        ConfigParameter.timeout.apply(5, group)
        #expect(group.get(.settingsVersion) == before + 1)
    }

    @Test func `policies go by Redis's names and by Cairn's`() throws {
        let group = try group()
        for (word, kind) in [
            ("allkeys-lru", EvictionPolicyKind.lru), ("LRU", .lru), ("lfu", .lfu),
            ("volatile-ttl", .ttl), ("ttl", .ttl),
        ] as [(StaticString, EvictionPolicyKind)] {
            let check = ConfigParameter.maxmemoryPolicy.check(Bytes(word), group)
            #expect(number(check) == kind.number)
        }
        let refused = ConfigParameter.maxmemoryPolicy.check(Bytes("noeviction"), group)
        #expect(refusal(refused) == .notEvictionPolicy)
    }

    @Test func `values out of their bounds are refused with the bounds`() throws {
        var settings = ServerSettings()
        settings.maxConnections = 50
        let group = try group(settings)
        #expect(
            refusal(ConfigParameter.maxclients.check(Bytes("51"), group))
                == .outOfRange(from: 1, to: 50))
        #expect(refusal(ConfigParameter.timeout.check(Bytes("abc"), group)) == .notInteger)
        #expect(refusal(ConfigParameter.appendonly.check(Bytes("maybe"), group)) == .notYesNo)
        #expect(refusal(ConfigParameter.appendonly.check(Bytes("yes"), group)) == .immutable)
    }

    @Test func `output limits are read with units, and the normal class counts`() throws {
        let group = try group()
        let parameter = ConfigParameter.clientOutputBufferLimit
        let text: StaticString = "normal 64mb 0 0 slave 0 0 0"
        #expect(number(parameter.check(Bytes(text), group)) == 64 << 20)
        #expect(refusal(parameter.check(Bytes("normal 64mb 0"), group)) == .notMemory)
        #expect(refusal(parameter.check(Bytes("normal 1parsec 0 0"), group)) == .notMemory)
        let none = parameter.check(Bytes("normal 0 0 0"), group)
        #expect(refusal(none) == .outOfRange(from: 1, to: Int64.max))
    }

    @Test func `every name is found in any case and no other`() {
        for parameter in ConfigParameter.allCases {
            let upper = Array(parameter.rawValue.uppercased().utf8)
            #expect(upper.withBytes { ConfigParameter($0) } == parameter)
        }
        #expect(ConfigParameter(Bytes("nonsense")) == nil)
    }
}
