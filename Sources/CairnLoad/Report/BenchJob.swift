import Cairn
import Foundation

/// One invocation of `cairn bench`: the phases in order, and what is written at the end.
package struct BenchJob {
    package var options: LoadOptions
    package var fillsFirst = false
    package var filesDirectory: String?
    package var filesBytesMax = 256 << 20
    package var target: LatencyTarget?
    package var serverPID: Int?
    package var label: String?
    package var isQuiet = false
    package var jsonPath: String?
    package var htmlPath: String?
    package var hdrPath: String?

    package init(_ options: LoadOptions) { self.options = options }

    /// Runs everything; false when replies were errors or values were wrong.
    package func run() throws(LoadError) -> Bool {
        if let fault = options.fault { throw .usage(fault) }
        if let serverPID, ProcessCPU.nanoseconds(pid: serverPID) == nil {
            throw .usage("there is no process \(serverPID) whose processor time can be read")
        }
        let pool = ValuePool(seed: options.seed)
        var document = BenchDocument(options, label: label)
        var histogram: LatencyHistogram?
        var isClean = true
        if let filesDirectory {
            isClean = try runFiles(filesDirectory, pool, &document, &histogram)
        } else {
            if fillsFirst {
                let filled = try phase("fill", activity(.fill), pool)
                document.fill = BenchDocument.Measurement(filled)
                isClean = filled.isClean
            }
            if let target {
                document.search = try search(target, pool, &document, &histogram)
            } else {
                let result = try phase("run", options, pool)
                document.result = BenchDocument.Measurement(result)
                histogram = result.latency
                isClean = isClean && result.isClean
            }
        }
        try write(document, histogram)
        return isClean
    }

    private func activity(_ activity: LoadActivity) -> LoadOptions {
        var changed = options
        changed.activity = activity
        changed.rate = nil
        changed.warmupNanoseconds = 0
        return changed
    }

    private func say(_ text: String) {
        if isQuiet { return }
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    private func phase(
        _ name: String, _ options: LoadOptions, _ pool: ValuePool, files: FileSet? = nil
    ) throws(LoadError) -> LoadResult {
        say("\(name): \(options.connections) connections to \(options.target.text)")
        var run = try LoadRun(options, pool: pool, files: files)
        let result = try run.run(serverPID: serverPID) { say(TextReport.progress($0)) }
        let text = TextReport.summary(name, BenchDocument.Measurement(result))
        // JSON on standard output is for programs: the table then goes beside the progress.
        if jsonPath == "-" { say(text) } else { print(text) }
        return result
    }

    /// Stores a directory's files and reads all of them back, every byte compared.
    private func runFiles(
        _ directory: String, _ pool: ValuePool, _ document: inout BenchDocument,
        _ histogram: inout LatencyHistogram?
    ) throws(LoadError) -> Bool {
        let files = try FileSet(
            directory: directory, bytesMax: filesBytesMax, kind: options.protocolKind)
        say("\(files.count) files, \(files.contentBytes) bytes; left out: \(files.skipped)")
        let stored = try phase("store", activity(.fill), pool, files: files)
        document.fill = BenchDocument.Measurement(stored)
        var reading = activity(.readAll)
        reading.verify = true
        reading.expectHits = options.expectHits
        let read = try phase("read back", reading, pool, files: files)
        document.result = BenchDocument.Measurement(read)
        histogram = read.latency
        return stored.isClean && read.isClean
    }

    /// Tries rates in an open loop until the highest that holds the target is found.
    private func search(
        _ target: LatencyTarget, _ pool: ValuePool, _ document: inout BenchDocument,
        _ histogram: inout LatencyHistogram?
    ) throws(LoadError) -> BenchDocument.Search {
        // A search loads in an open loop, whatever the options would do without it.
        document.workload.loop = options.arrival.rawValue
        var search = SaturationSearch(startingAt: options.rate ?? 10_000)
        var points: [SearchPoint] = []
        while let rate = search.next {
            // A disturbance of the machine fails a rate as well as the server does: only a rate
            // that fails twice in a row has failed.
            var tried = try trial(target, rate, pool)
            if !tried.point.held {
                points.append(tried.point)
                tried = try trial(target, rate, pool)
            }
            points.append(tried.point)
            search.record(held: tried.point.held)
            if tried.point.held {
                document.workload.ratePerSecond = rate
                document.result = BenchDocument.Measurement(tried.result)
                histogram = tried.result.latency
            }
        }
        let found = BenchDocument.Search(
            percentile: target.percentile,
            limitMicroseconds: Double(target.limitNanoseconds) / 1000, kneePerSecond: search.knee,
            points: points)
        let text = TextReport.search(found)
        if jsonPath == "-" { say(text) } else { print(text) }
        return found
    }

    /// One rate of a search, judged.
    private func trial(
        _ target: LatencyTarget, _ rate: Double, _ pool: ValuePool
    ) throws(LoadError) -> (point: SearchPoint, result: LoadResult) {
        var options = options
        options.rate = rate
        var run = try LoadRun(options, pool: pool)
        let result = try run.run(serverPID: serverPID)
        let latency = result.latency
        let percentile = latency.percentile(target.percentile)
        let errors = result.counts.errors + result.counts.mismatches
        let reason = SaturationSearch.judge(
            target, scheduled: result.scheduled,
            onTime: result.scheduled - min(result.unsent, result.scheduled),
            latency: percentile, errors: errors)
        let point = SearchPoint(
            offeredPerSecond: rate, achievedPerSecond: result.requestsPerSecond,
            microseconds: Double(percentile) / 1000,
            p50Microseconds: Double(latency.percentile(50)) / 1000, errors: errors,
            held: reason == nil, reason: reason)
        say(
            "\(Format.grouped(rate))/s: \(Format.latency(Double(percentile) / 1000)) "
                + (reason.map { "failed (\($0))" } ?? "held"))
        return (point, result)
    }

    private func write(
        _ document: BenchDocument, _ histogram: LatencyHistogram?
    ) throws(LoadError) {
        if let jsonPath {
            let text = try document.json()
            if jsonPath == "-" { print(text, terminator: "") } else { try save(text, jsonPath) }
        }
        if let htmlPath { try HTMLReport.write([document], to: htmlPath) }
        if let hdrPath, let histogram { try save(histogram.percentileText(), hdrPath) }
    }

    private func save(_ text: String, _ path: String) throws(LoadError) {
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .machine("cannot write \(path): \(error.localizedDescription)")
        }
    }
}

extension LatencyHistogram {
    /// HdrHistogram's percentile text, in microseconds: for its plotters.
    package func percentileText() -> String {
        var text = ""
        counts.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1000)
        return text
    }
}
