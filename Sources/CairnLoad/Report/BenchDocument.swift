import Cairn
import Foundation

/// What `--json` writes: a stable contract, described in docs/BENCHMARKS.md. A change of meaning
/// changes `schema`; new keys may come at any time.
package struct BenchDocument: Codable, Sendable {
    package static let schemaName = "cairn-bench/1"

    package var schema = BenchDocument.schemaName
    /// A name for reports: `--label`, or the target.
    package var label: String
    /// Start of the run, ISO 8601 in UTC.
    package var started: String
    package var target: String
    package var workload: Workload
    /// The phase that wrote all keys (`--fill`, `--files`), if there was one.
    package var fill: Measurement?
    package var result: Measurement?
    package var search: Search?

    /// The settings that made the load.
    package struct Workload: Codable, Sendable {
        package var `protocol`: String
        package var connections: Int
        package var idleConnections: Int
        package var threads: Int
        package var cpus: [Int]
        package var pipeline: Int
        /// `closed`, `poisson` or `uniform`.
        package var loop: String
        package var ratePerSecond: Double?
        package var warmupSeconds: Double
        package var keys: Int
        package var keySize: Int
        package var distribution: String
        package var valueBytesMin: Int
        package var valueBytesMax: Int
        package var reads: Int
        package var writes: Int
        package var ttlMilliseconds: Int
        package var verify: Bool
        package var seed: UInt64
    }

    /// What one phase measured.
    package struct Measurement: Codable, Sendable {
        package var seconds: Double
        package var requests: UInt64
        package var reads: UInt64
        package var writes: UInt64
        package var hits: UInt64
        package var misses: UInt64
        package var hitRatio: Double
        package var errors: UInt64
        package var errorTexts: [String: Int]
        /// Values compared byte for byte, with `--verify` and `--files`.
        package var verified: UInt64?
        package var mismatches: UInt64
        package var mismatchDetails: [Mismatch]
        package var connectionsLost: Int
        package var requestsPerSecond: Double
        package var valueBytesReadPerSecond: Double
        package var valueBytesWrittenPerSecond: Double
        package var offeredPerSecond: Double?
        package var scheduled: UInt64?
        package var unsent: UInt64?
        package var serverCPUMicrosecondsPerRequest: Double?
        package var clientCPUMicrosecondsPerRequest: Double
        package var latency: Latencies
        package var series: [LoadPoint]
    }

    package struct Latencies: Codable, Sendable {
        package var all: Latency
        package var reads: Latency
        package var writes: Latency
    }

    /// Latencies in microseconds.
    package struct Latency: Codable, Sendable {
        package var count: UInt64
        package var mean: Double
        package var p50: Double
        package var p90: Double
        package var p99: Double
        package var p99_9: Double
        package var p99_99: Double
        package var max: Double
        /// The percentile curve: percentile and microseconds.
        package var curve: [[Double]]
    }

    /// A saturation search.
    package struct Search: Codable, Sendable {
        package var percentile: Double
        package var limitMicroseconds: Double
        /// The highest rate that held, 0 when none did.
        package var kneePerSecond: Double
        package var points: [SearchPoint]
    }
}

extension BenchDocument {
    package init(_ options: LoadOptions, label: String?) {
        self.label = label ?? options.target.text
        started = Date().ISO8601Format()
        target = options.target.text
        workload = Workload(
            protocol: options.protocolKind.rawValue, connections: options.connections,
            idleConnections: options.idleConnections, threads: options.threads, cpus: options.cpus,
            pipeline: options.pipeline,
            loop: options.rate == nil ? "closed" : options.arrival.rawValue,
            ratePerSecond: options.rate,
            warmupSeconds: Double(options.warmupNanoseconds) / 1e9, keys: options.keys,
            keySize: options.keySize, distribution: options.distribution.text,
            valueBytesMin: options.sizes.minimum, valueBytesMax: options.sizes.maximum,
            reads: options.reads, writes: options.writes,
            ttlMilliseconds: options.ttlMilliseconds, verify: options.verify, seed: options.seed)
    }

    /// The document as JSON text with sorted keys.
    package func json() throws(LoadError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw .machine("cannot write the result as JSON: \(error)")
        }
    }

    /// Reads a document that `--json` wrote.
    package init(contentsOf path: String) throws(LoadError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .usage("cannot read \(path)")
        }
        do {
            self = try JSONDecoder().decode(BenchDocument.self, from: data)
        } catch {
            throw .usage("\(path) is no result of cairn bench (written with --json)")
        }
        guard schema == Self.schemaName else {
            throw .usage("\(path) has schema \(schema); this program reads \(Self.schemaName)")
        }
    }
}

extension BenchDocument.Measurement {
    package init(_ result: LoadResult) {
        let counts = result.counts
        let seconds = result.seconds
        let answered = Double(max(counts.requests, 1))
        self.seconds = seconds
        requests = counts.requests
        reads = counts.reads
        writes = counts.writes
        hits = counts.hits
        misses = counts.misses
        hitRatio = counts.reads == 0 ? 0 : Double(counts.hits) / Double(counts.reads)
        errors = counts.errors
        errorTexts = result.errors
        if result.options.verify { verified = counts.hits }
        mismatches = counts.mismatches
        mismatchDetails = result.mismatches
        connectionsLost = result.connectionsLost
        requestsPerSecond = result.requestsPerSecond
        valueBytesReadPerSecond = Double(counts.bytesRead) / seconds
        valueBytesWrittenPerSecond = Double(counts.bytesWritten) / seconds
        if let rate = result.options.rate {
            offeredPerSecond = rate
            scheduled = result.scheduled
            unsent = result.unsent
        }
        serverCPUMicrosecondsPerRequest = result.serverCPUNanoseconds.map {
            Double($0) / 1000 / answered
        }
        clientCPUMicrosecondsPerRequest = Double(result.clientCPUNanoseconds) / 1000 / answered
        latency = BenchDocument.Latencies(
            all: BenchDocument.Latency(result.latency),
            reads: BenchDocument.Latency(result.readLatency),
            writes: BenchDocument.Latency(result.writeLatency))
        series = result.samples
    }
}

extension BenchDocument.Latency {
    /// Percentiles of the curve, ten to a decade of 1 / (1 - p).
    package static let curvePercentiles: [Double] = (0...60).map { step in
        100 * (1 - pow(10, -Double(step) / 10))
    }

    package init(_ histogram: LatencyHistogram) {
        let fixed = [50, 90, 99, 99.9, 99.99]
        let values = histogram.percentiles(fixed).map { Double($0) / 1000 }
        count = histogram.total
        mean = histogram.mean / 1000
        p50 = values[0]
        p90 = values[1]
        p99 = values[2]
        p99_9 = values[3]
        p99_99 = values[4]
        max = Double(histogram.maximum) / 1000
        // Beyond 1 - 1/count the curve would only repeat the maximum.
        let finest = 100 * (1 - 1 / Double(Swift.max(histogram.total, 1)))
        let percents = Self.curvePercentiles.filter { $0 <= finest }
        curve =
            histogram.total == 0
            ? [] : zip(percents, histogram.percentiles(percents)).map { [$0, Double($1) / 1000] }
    }
}
