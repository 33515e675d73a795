import Cairn
import Testing

@testable import CairnServer

@Suite struct MetricsTextTests {
    let state = syntheticState()
    var all: StatsSnapshot { StatsSnapshot.merged(state.shards) }

    @Test func `the page is well formed, and every family of the catalogue is on it`() throws {
        let page = try PrometheusText(MetricsText.render(state))
        #expect(Set(page.types.keys) == Set(MetricCatalogue.all.map(\.name)))
        for family in MetricCatalogue.all {
            #expect(page.types[family.name] == family.kind.rawValue)
            #expect(page.helps[family.name] == family.help)
        }
    }

    @Test func `every sample has the labels of its family`() throws {
        let page = try PrometheusText(MetricsText.render(state))
        for family in MetricCatalogue.all where family.kind != .histogram {
            let samples = page.samples.filter { $0.name == family.name }
            #expect(!samples.isEmpty, "\(family.name)")
            for sample in samples { #expect(Set(sample.labels.keys) == Set(family.labels)) }
        }
    }

    @Test func `counters and gauges show what was counted`() throws {
        let page = try PrometheusText(MetricsText.render(state))
        for (info, value) in Counter.allCases.map({ ($0.info, all[$0]) })
            + Gauge.allCases.map({ ($0.info, all[$0]) })
        {
            let labels = info.label.map { [$0.name: $0.value] } ?? [:]
            #expect(page.value(info.name, labels) == Double(value) * info.scale, "\(info.name)")
        }
        #expect(page.value("cairn_build_info", ["version": "1.2.3"]) == 1)
        #expect(page.value("process_resident_memory_bytes") == 123_456_789)
        #expect(page.value("process_cpu_seconds_total") == 1.25)
        #expect(page.value("cairn_slab_class_chunks_used", ["chunk_bytes": "64"]) == 200)
        #expect(
            page.value("cairn_shard_commands_total", ["shard": "1"])
                == Double(state.shards[1].commands))
        #expect(page.value("cairn_ready") == 1)
        let stopping = try PrometheusText(
            MetricsText.render(syntheticState(notReady: ["stopping"])))
        #expect(stopping.value("cairn_ready") == 0)
    }

    @Test func `histograms are cumulative, end at infinity and count exactly at each edge`() throws
    {
        let page = try PrometheusText(MetricsText.render(state))
        let latency = all[.get, .ram]
        #expect(latency.count > 0)
        let buckets = page.samples.filter {
            $0.name == "cairn_command_duration_seconds_bucket" && $0.labels["class"] == "get"
                && $0.labels["tier"] == "ram"
        }
        #expect(buckets.count == MetricsText.edges.count + 1)
        #expect(buckets.last?.labels["le"] == "+Inf")
        #expect(buckets.last?.value == Double(latency.count))
        var before = 0.0
        for (sample, edge) in zip(buckets, MetricsText.edges) {
            #expect(sample.labels["le"] == edge.le)
            #expect(sample.value >= before)
            before = sample.value
            let below = latency.buckets[...edge.bucket].reduce(0, +)
            #expect(sample.value == Double(below))
            // The edge is what the label says, in seconds.
            let bound = Double(LatencyBuckets.upperBound(edge.bucket))
            #expect(abs((Double(edge.le) ?? 0) - bound * 1e-9) < bound * 1e-15)
        }
        let labels = ["class": "get", "tier": "ram"]
        #expect(
            page.value("cairn_command_duration_seconds_count", labels) == Double(latency.count))
        #expect(
            page.value("cairn_command_duration_seconds_sum", labels)
                == Double(latency.sum) * 1e-9)
        #expect(page.value("cairn_loop_turn_duration_seconds_count") == 4_000)
    }

    @Test func `edges are half octaves from a microsecond to a minute`() {
        #expect(MetricsText.edges.count == 53)
        #expect(MetricsText.edges.first?.le == "0.000001024")
        #expect(MetricsText.edges.last?.le == "68.719476736")
        #expect(MetricsText.seconds(1_000_000_000) == "1")
        #expect(MetricsText.seconds(1) == "0.000000001")
    }

    @Test func `a class nobody used has no histogram yet`() throws {
        var empty = state
        empty.shards = [StatsSnapshot()]
        let page = try PrometheusText(MetricsText.render(empty))
        #expect(!page.samples.contains { $0.name == "cairn_command_duration_seconds_bucket" })
        #expect(page.value("cairn_loop_turn_duration_seconds_count") == 0)
    }
}
