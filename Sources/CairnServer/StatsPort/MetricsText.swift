import Cairn

/// `/metrics`: the Prometheus text format, version 0.0.4.
package struct MetricsText {
    private var lines: [String] = []

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The whole page.
    package static func render(_ state: ServerState) -> String {
        var text = MetricsText()
        let all = StatsSnapshot.merged(state.shards)
        for metric in ServerMetric.allCases {
            text.head(metric.family)
            let labels = metric == .build ? [("version", state.version)] : []
            text.sample(metric.family.name, labels, metric.value(state))
        }
        text.stored(Counter.allCases.map { ($0.info, all[$0]) }, MetricCatalogue.fromCounters)
        text.stored(Gauge.allCases.map { ($0.info, all[$0]) }, MetricCatalogue.fromGauges)
        text.histograms(all)
        for metric in ShardMetric.allCases {
            text.head(metric.family)
            for (index, shard) in state.shards.enumerated() {
                text.sample(metric.family.name, [("shard", "\(index)")], metric.value(shard))
            }
        }
        for metric in SlabMetric.allCases {
            text.head(metric.family)
            for slab in all.slabClasses {
                text.sample(
                    metric.family.name, [("chunk_bytes", "\(slab.chunkBytes)")], metric.value(slab))
            }
        }
        return text.lines.joined(separator: "\n") + "\n"
    }

    private mutating func head(_ family: MetricFamily) {
        lines.append("# HELP \(family.name) \(family.help)")
        lines.append("# TYPE \(family.name) \(family.kind.rawValue)")
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        lines.append("\(name)\(Self.labelText(labels)) \(Self.number(value))")
    }

    /// Counters or gauges; the series of a family stand together, as the format asks.
    private mutating func stored(_ series: [(MetricInfo, UInt64)], _ families: [MetricFamily]) {
        for family in families {
            head(family)
            for (info, value) in series where info.name == family.name {
                let labels = info.label.map { [($0.name, $0.value)] } ?? []
                sample(family.name, labels, Double(value) * info.scale)
            }
        }
    }

    private mutating func histograms(_ all: StatsSnapshot) {
        let family = MetricCatalogue.commandDuration
        head(family)
        for commandClass in CommandClass.allCases {
            for tier in Tier.allCases {
                let latency = all[commandClass, tier]
                if latency.count == 0 { continue }
                histogram(
                    family.name, [("class", commandClass.label), ("tier", tier.label)], latency)
            }
        }
        head(MetricCatalogue.turnDuration)
        histogram(MetricCatalogue.turnDuration.name, [], all.turns)
    }

    private mutating func histogram(
        _ name: String, _ labels: [(String, String)], _ latency: LatencySnapshot
    ) {
        var cumulative: UInt64 = 0
        var next = 0
        for edge in Self.edges {
            while next <= edge.bucket {
                cumulative &+= latency.buckets[next]
                next += 1
            }
            sample(name + "_bucket", labels + [("le", edge.le)], Double(cumulative))
        }
        // Counted here once: a count read anew could be behind the buckets above.
        while next < latency.buckets.count {
            cumulative &+= latency.buckets[next]
            next += 1
        }
        sample(name + "_bucket", labels + [("le", "+Inf")], Double(cumulative))
        sample(name + "_sum", labels, Double(latency.sum) * 1e-9)
        sample(name + "_count", labels, Double(cumulative))
    }

    /// Every half octave from 1.024 us to 68.7 s: 53 of the 234 edges. A quantile estimated from
    /// them is off by at most a half of its value; the page uses all edges.
    static let edges: [(bucket: Int, le: String)] = (0..<LatencyBuckets.count - 1).compactMap {
        let bound = LatencyBuckets.upperBound($0)
        let shift = UInt64(62 - bound.leadingZeroBitCount)
        let isHalfOctave = bound & ((1 << shift) - 1) == 0
        return bound >= 1_024 && isHalfOctave ? ($0, seconds(bound)) : nil
    }

    /// Nanoseconds as decimal seconds, exactly: `0.000001024`.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        let digits = String(repeating: "0", count: 9 - fraction.count) + fraction
        let trimmed = String(digits.reversed().drop { $0 == "0" }.reversed())
        let whole = "\(nanoseconds / 1_000_000_000)"
        return trimmed.isEmpty ? whole : "\(whole).\(trimmed)"
    }

    private static func labelText(_ labels: [(String, String)]) -> String {
        if labels.isEmpty { return "" }
        let pairs = labels.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name)=\"\(escaped)\""
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 9e15 ? "\(Int(value))" : "\(value)"
    }
}
