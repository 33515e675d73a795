/// LATENCY: spikes over `latency-monitor-threshold`, and the histograms of the statistics.
///
/// Events: `command` (one command took long) and `loop` (one turn of a shard's loop did: all its
/// clients waited).
extension Shard where Engine: ~Copyable {
    mutating func latencyCommand(_ input: Bytes, _ sub: SubcommandID) {
        switch sub {
        case .latencyLatest: latencyLatest()
        case .latencyHistory: latencyHistory(event(input, at: 2))
        case .latencyReset: latencyReset(input)
        case .latencyGraph: latencyGraph(event(input, at: 2))
        case .latencyDoctor:
            Array(latencyDiagnosis().utf8).withBytes { emitVerbatim($0) }
        default: latencyHistogram(input)
        }
    }

    private func event(_ input: Bytes, at position: Int) -> String {
        arguments.argument(position, in: input).text
    }

    private mutating func latencyLatest() {
        let events = group.texts.latencyEvents.sorted { $0.key < $1.key }
        var reply = ControlReply(context.version)
        reply.array(events.count)
        for (name, history) in events {
            reply.array(4)
            reply.bulk(name)
            reply.integer(history.samples.last?.second ?? 0)
            reply.integer(history.samples.last?.milliseconds ?? 0)
            reply.integer(history.maximum)
        }
        emitReply(reply)
    }

    private mutating func latencyHistory(_ event: String) {
        let samples = group.texts.latencyEvents[event]?.samples ?? []
        var reply = ControlReply(context.version)
        reply.array(samples.count)
        for sample in samples {
            reply.array(2)
            reply.integer(sample.second)
            reply.integer(sample.milliseconds)
        }
        emitReply(reply)
    }

    private mutating func latencyReset(_ input: Bytes) {
        let names = (2..<arguments.count).map { event(input, at: $0) }
        emitInteger(group.texts.resetLatency(names))
    }

    private mutating func latencyGraph(_ event: String) {
        guard let history = group.texts.latencyEvents[event], !history.samples.isEmpty else {
            emitError(.noLatencySamples(argument: 2))
            return
        }
        let text = LatencyGraph(
            event: event, history: history, now: Int(nowMs / 1000)
        ).text
        Array(text.utf8).withBytes { emitVerbatim($0) }
    }

    private func latencyDiagnosis() -> String {
        let threshold = group.get(.latencyThresholdMs)
        if threshold == 0 {
            return "Latency monitoring is off. CONFIG SET latency-monitor-threshold "
                + "<milliseconds> turns it on.\n"
        }
        let events = group.texts.latencyEvents.sorted { $0.key < $1.key }
        if events.isEmpty {
            return "No latency spike over \(threshold) ms was seen since the last reset.\n"
        }
        var text = "Spikes over \(threshold) ms:\n"
        for (name, history) in events {
            let times = history.samples.map(\.milliseconds)
            let mean = times.reduce(0, +) / max(1, times.count)
            text +=
                "\(name): \(times.count) seconds with spikes, mean \(mean) ms, "
                + "worst ever \(history.maximum) ms.\n"
        }
        text +=
            "SLOWLOG GET shows slow commands; `loop` alone points to a busy or stolen "
            + "processor.\n"
        return text
    }

    /// Calls are those of the command; the distribution is that of its class.
    private mutating func latencyHistogram(_ input: Bytes) {
        var wanted: [CommandID] = []
        for position in 2..<arguments.count {
            if let id = CommandTable.lookup(arguments.argument(position, in: input)),
                !wanted.contains(id)
            {
                wanted.append(id)
            }
        }
        if arguments.count == 2 { wanted = CommandID.allCases }
        let facts = InfoFacts(group: group, shardsNow: nowMs)
        wanted.removeAll { facts.calls($0) == 0 }
        let snapshot = StatsSnapshot.merged(group.stats.map { $0.snapshot() })
        var reply = ControlReply(context.version)
        reply.map(wanted.count)
        for id in wanted {
            reply.bulk(CommandTable.spec(id).name)
            reply.map(2)
            reply.bulk("calls")
            reply.integer(Int(facts.calls(id)))
            reply.bulk("histogram_usec")
            let steps = Self.steps(snapshot.latency(id.statisticsClass))
            reply.map(steps.count)
            for step in steps {
                reply.integer(step.microseconds)
                reply.integer(step.count)
            }
        }
        emitReply(reply)
    }

    /// Counts up to each power of two of microseconds where they grow.
    private static func steps(_ latency: LatencySnapshot) -> [(microseconds: Int, count: Int)] {
        var steps: [(microseconds: Int, count: Int)] = []
        var sum = 0
        var bound = 1
        for (index, bucket) in latency.buckets.enumerated() where bucket > 0 {
            let upper = LatencyBuckets.upperBound(index)
            let micros = upper == .max ? 1 << 27 : Int((upper + 999) / 1000)
            while bound < micros { bound *= 2 }
            sum += Int(bucket)
            if steps.last?.microseconds == bound {
                steps[steps.count - 1].count = sum
            } else {
                steps.append((bound, sum))
            }
        }
        return steps
    }
}

/// LATENCY GRAPH: the last spikes of an event as four rows of characters, oldest first.
struct LatencyGraph {
    let event: String
    let history: ServerTexts.LatencyEvent
    /// Unix seconds.
    let now: Int

    private static let columnsMax = 80
    private static let rows = 4

    var text: String {
        let samples = history.samples.suffix(Self.columnsMax)
        let high = samples.map(\.milliseconds).max() ?? 0
        let low = samples.map(\.milliseconds).min() ?? 0
        var text =
            "\(event) - high \(high) ms, low \(low) ms (all time high "
            + "\(history.maximum) ms)\n"
        text += String(repeating: "-", count: Self.columnsMax) + "\n"
        // Heights 1 ... 3 * rows: three characters of rising weight a row.
        let heights = samples.map { sample in
            1 + (sample.milliseconds - low) * (3 * Self.rows - 1) / max(1, high - low)
        }
        for row in (0..<Self.rows).reversed() {
            let line = heights.map { height -> Character in
                switch height - 3 * row {
                case ...0: " "
                case 1: "_"
                case 2: "o"
                default: "#"
                }
            }
            text += String(line) + "\n"
        }
        if let first = samples.first, let last = samples.last {
            text += "\nfrom \(now - first.second) s to \(now - last.second) s ago\n"
        }
        return text
    }
}
