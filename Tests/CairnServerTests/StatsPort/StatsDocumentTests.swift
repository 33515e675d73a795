import Cairn
import Foundation
import Testing

@testable import CairnServer

@Suite struct StatsDocumentTests {
    let state = syntheticState()
    var all: StatsSnapshot { StatsSnapshot.merged(state.shards) }

    @Test func `the fields of the original design are there under their own names`() throws {
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(StatsDocument(state).json)) as? [String: Any])
        let numbers = json.compactMapValues { ($0 as? NSNumber)?.doubleValue }
        #expect(numbers["hits"] == Double(all.hits))
        #expect(numbers["misses"] == Double(all.misses))
        #expect(numbers["evictions"] == Double(all.evictions))
        #expect(numbers["total_size"] == Double(all[.sizeBytes]))
        #expect(numbers["max_size"] == Double(all[.maxSizeBytes]))
        #expect(numbers["entry_count"] == Double(all[.entries]))
        #expect(abs((numbers["hit_ratio"] ?? 2) - all.hitRatio) < 1e-12)
        #expect(numbers["prefetch_hits"] == Double(all[.prefetchHits]))
        #expect(numbers["write_coalescing"] == Double(all[.writeCoalescing]))
        #expect(numbers["coherence_updates"] == Double(all[.coherenceUpdates]))
    }

    @Test func `the document reads back, and holds every counter, class and shard`() throws {
        let document = try JSONDecoder().decode(
            StatsDocument.self, from: Data(StatsDocument(state).json))
        #expect(document.shards.count == 2)
        #expect(document.commands == 4_000)
        #expect(document.shards.map(\.commands) == state.shards.map(\.commands))
        #expect(document.counters["misses"]?["absent"] == all[.missesAbsent])
        #expect(document.counters["kernel_entries"]?[""] == all[.kernelEntries])
        let counted = document.counters.values.reduce(0) { $0 + $1.count }
        #expect(counted == Counter.allCases.count)
        #expect(document.gauges.count == Gauge.allCases.count)
        #expect(document.gauges["loop_turn_longest_ns"] == all[.longestTurn])
        #expect(Set(document.classes.keys) == Set(CommandClass.allCases.map(\.label)))
        #expect(document.slab_classes.map(\.chunk_bytes) == [64, 4_096])
        #expect(document.memory.limit_bytes == 1 << 30)
    }

    @Test func `the page can compute the same percentiles from the buckets`() throws {
        let document = StatsDocument(state)
        for commandClass in CommandClass.allCases {
            let latency = try #require(document.classes[commandClass.label]?.latency)
            #expect(latency.buckets.reduce(0) { $0 + $1[1] } == latency.count)
            var seen: UInt64 = 0
            let rank = UInt64((Double(latency.count) * 0.99).rounded(.up))
            let bucket = latency.buckets.first { pair in
                seen += pair[1]
                return seen >= rank
            }
            let edge = document.bucket_edges_ns[Int(try #require(bucket)[0])]
            #expect(min(edge, latency.max_ns) == latency.p99_ns)
        }
    }

    @Test func `a server without any request has a document without nonsense`() throws {
        var empty = state
        empty.shards = [StatsSnapshot()]
        let document = StatsDocument(empty)
        #expect(document.hit_ratio == 0)
        #expect(document.classes["get"]?.latency.p99_ns == 0)
        #expect(document.slab_classes.isEmpty)
    }

    @Test func `the page asks only for fields that the document has`() throws {
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(StatsDocument(state).json)) as? [String: Any])
        let page = String(decoding: PackageResources.index_html, as: UTF8.self)
        let asked = Set(page.matches(of: /\b(?:now|before|last)\.([a-z_]+)/).map { String($0.1) })
        #expect(asked.count > 10)
        #expect(asked.subtracting(json.keys) == [])
        let memory = try #require(json["memory"] as? [String: Any])
        let parts = Set(page.matches(of: /\bm\.([a-z_]+)/).map { String($0.1) })
        #expect(parts.subtracting(memory.keys) == [])
        let gauges = try #require(json["gauges"] as? [String: Any])
        let stated = Set(page.matches(of: /now\.gauges\.([a-z_]+)/).map { String($0.1) })
        #expect(stated.subtracting(gauges.keys) == [])
        let counters = try #require(json["counters"] as? [String: Any])
        let counted = Set(page.matches(of: /counter\("([a-z_]+)"/).map { String($0.1) })
        #expect(counted.count >= 4)
        #expect(counted.subtracting(counters.keys) == [])
    }

    @Test func `the page loads nothing from elsewhere`() {
        let page = String(decoding: PackageResources.index_html, as: UTF8.self)
        let places = page.matches(of: /(?:src|href)\s*=\s*"([^"]*)"/).map { String($0.1) }
        #expect(places.allSatisfy { $0.hasPrefix("/") || $0.hasPrefix("data:") })
        #expect(!page.contains("@import"))
        #expect(page.matches(of: /https?:\/\/[^\s'"]+/).allSatisfy { $0.0.contains("www.w3.org") })
    }
}
