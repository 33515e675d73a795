import Foundation
import Testing

@testable import CairnLoad

/// The saturation search on a queue whose knee is known.
struct SaturationSearchTests {
    /// p99 of an M/M/1 queue in nanoseconds: -ln(0.01) / (service rate - arrival rate).
    private func p99(rate: Double, service: Double) -> UInt64 {
        rate >= service ? .max : UInt64(-log(0.01) / (service - rate) * 1e9)
    }

    @Test(arguments: [37.0, 1_000, 52_345, 1_000_000, 9_999_999])
    func `the knee of a queue is found within the precision`(service: Double) {
        let target = LatencyTarget(percentile: 99, limitNanoseconds: 1_000_000_000)
        // p99 = 1 s at service - 4.6; nothing holds below that.
        let knee = service + log(0.01)
        var search = SaturationSearch(startingAt: 10_000)
        var trials = 0
        while let rate = search.next {
            trials += 1
            let latency = p99(rate: rate, service: service)
            search.record(
                held: SaturationSearch.judge(
                    target, scheduled: 100, onTime: 100, latency: latency, errors: 0) == nil)
            #expect(trials < 40)
        }
        #expect(search.knee <= knee)
        #expect(search.knee * SaturationSearch.precision >= knee)
    }

    @Test func `a server that holds nothing has no knee`() {
        var search = SaturationSearch(startingAt: 1000)
        var trials = 0
        while search.next != nil {
            search.record(held: false)
            trials += 1
        }
        #expect(search.knee == 0)
        #expect(trials < 15)
    }

    @Test func `errors, unsent requests and latency each fail a rate`() {
        let target = LatencyTarget(percentile: 99, limitNanoseconds: 100)
        func judge(_ onTime: UInt64, _ latency: UInt64, _ errors: UInt64) -> String? {
            SaturationSearch.judge(
                target, scheduled: 1000, onTime: onTime, latency: latency, errors: errors)
        }
        #expect(judge(1000, 100, 0) == nil)
        #expect(judge(990, 100, 0) == nil)
        #expect(judge(989, 100, 0) != nil)
        #expect(judge(1000, 101, 0) == "latency")
        #expect(judge(1000, 100, 1) == "1 errors")
    }

    @Test func `latency targets are read as people write them`() throws {
        #expect(
            try LatencyTarget(parsing: "p99.9=500us")
                == LatencyTarget(percentile: 99.9, limitNanoseconds: 500_000))
        #expect(try LatencyTarget(parsing: "max=20ms").percentile == 100)
        for text in ["p99", "99=1ms", "p0=1ms", "p101=1ms", "p99=fast"] {
            #expect(throws: LoadError.self) { try LatencyTarget(parsing: text) }
        }
    }

    @Test func `a result survives JSON, and pages show it escaped`() throws {
        var result = LoadResult(options: LoadOptions())
        result.elapsedNanoseconds = 1_000_000_000
        result.counts.reads = 10
        result.errors = ["<script>": 1]
        var document = BenchDocument(LoadOptions(), label: "a & b")
        document.result = BenchDocument.Measurement(result)
        let text = try document.json()
        let path = NSTemporaryDirectory() + "cairn-bench-\(UInt64.random(in: 0...UInt64.max)).json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let again = try BenchDocument(contentsOf: path)
        #expect(try again.json() == text)
        let page = HTMLReport.page([again, document])
        #expect(page.contains("a &amp; b") && page.contains("&lt;script&gt;"))
        #expect(!page.contains("<script"))
    }

    /// A finished run of ten reads, all hits.
    private func finished(verify: Bool, mismatches: UInt64 = 0) -> BenchDocument.Measurement {
        var options = LoadOptions()
        options.verify = verify
        var result = LoadResult(options: options)
        result.elapsedNanoseconds = 1_000_000_000
        result.counts.reads = 10
        result.counts.hits = 10
        result.counts.mismatches = mismatches
        return BenchDocument.Measurement(result)
    }

    @Test func `a verified run says so, and says when bytes were wrong`() {
        #expect(
            TextReport.summary("run", finished(verify: true))
                .contains("10 values: every byte right"))
        #expect(
            TextReport.summary("run", finished(verify: true, mismatches: 2))
                .contains("10 values: 2 WRONG"))
        #expect(!TextReport.summary("run", finished(verify: false)).contains("verified"))
    }

    @Test func `nothing is divided by the requests of a run without an answer`() {
        var result = LoadResult(options: LoadOptions())
        result.elapsedNanoseconds = 1_000_000
        result.clientCPUNanoseconds = 5_000_000
        result.counts.errors = 3
        let text = TextReport.summary("fill", BenchDocument.Measurement(result))
        #expect(!text.contains("CPU"))
        #expect(text.contains("errors: 3"))
    }

    @Test func `a page tells runs of one name apart, and shows a search with its limit`() {
        var document = BenchDocument(LoadOptions(), label: "same")
        document.result = finished(verify: false)
        var searched = document
        searched.search = BenchDocument.Search(
            percentile: 99, limitMicroseconds: 1000, kneePerSecond: 2000,
            points: [
                SearchPoint(
                    offeredPerSecond: 2000, achievedPerSecond: 2000, microseconds: 500,
                    p50Microseconds: 50, errors: 0, held: true, reason: nil),
                SearchPoint(
                    offeredPerSecond: 4000, achievedPerSecond: 3900, microseconds: 5000,
                    p50Microseconds: 50, errors: 0, held: false, reason: "latency"),
            ])
        let page = HTMLReport.page([document, searched])
        #expect(page.contains("same (2)"))
        #expect(page.contains("limit 1.00 ms") && page.contains("stroke-dasharray"))
        #expect(page.contains("knee 2,000 requests/s"))
        #expect(page.contains("circle class=\"r1\""), "the rate that failed is a ring")
    }
}
