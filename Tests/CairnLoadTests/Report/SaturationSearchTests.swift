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
}
