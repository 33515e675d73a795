import Cairn
import Foundation

/// What a run measured in one second.
package struct LoadSample: Sendable {
    /// Seconds since the measured phase began, at the end of the interval.
    package var second = 0
    package var counts = LoadCounts()
    package var latency = LatencyHistogram()
}

/// What a run measured.
package struct LoadResult: Sendable {
    package var options: LoadOptions
    package var counts = LoadCounts()
    package var readLatency = LatencyHistogram()
    package var writeLatency = LatencyHistogram()
    package var samples: [LoadPoint] = []
    /// From the start of the measured phase to its last reply.
    package var elapsedNanoseconds: UInt64 = 0
    package var errors: [String: Int] = [:]
    package var mismatches: [Mismatch] = []
    package var connectionsLost = 0
    /// Open loop: requests the schedule held, and those of them that could not be sent in time.
    package var scheduled: UInt64 = 0
    package var unsent: UInt64 = 0
    package var serverCPUNanoseconds: UInt64?
    package var clientCPUNanoseconds: UInt64 = 0

    var seconds: Double { max(Double(elapsedNanoseconds) / 1e9, 1e-9) }
    /// Answered requests a second.
    package var requestsPerSecond: Double { Double(counts.requests) / seconds }
    package var latency: LatencyHistogram {
        var all = readLatency
        all.add(writeLatency)
        return all
    }
    /// Whether every byte and every reply was as it should be.
    package var isClean: Bool { counts.errors == 0 && counts.mismatches == 0 }
}

/// A second of a run as reports show it.
package struct LoadPoint: Sendable, Codable {
    package var second: Int
    /// Measured time of this point: 1, less for the last one.
    package var seconds = 1.0
    package var requests: UInt64
    package var hits: UInt64
    package var misses: UInt64
    package var errors: UInt64
    package var p50Microseconds: Double
    package var p99Microseconds: Double
    package var p999Microseconds: Double
    package var maxMicroseconds: Double
}

/// Runs load threads and collects what they measure: the reporting side of a run.
package struct LoadRun {
    private final class Runner {
        var thread: PinnedThread?
        let exchange = IntervalExchange()
        func join() { thread.take()?.join() }
    }

    private let options: LoadOptions
    private let plan: LoadPlan
    private let runners: [Runner]
    private var result: LoadResult
    private var open: [Int: LoadSample] = [:]

    /// Prepares a run. `pool` and `files` may serve several runs.
    package init(_ options: LoadOptions, pool: ValuePool, files: FileSet? = nil) throws(LoadError) {
        if let fault = options.fault { throw .usage(fault) }
        self.options = options
        do throws(MachineError) {
            plan = LoadPlan(
                options, pool: pool, files: files, features: try RingFeatures.probe(),
                gate: StartGate())
        } catch {
            throw .machine(error.text)
        }
        runners = (0..<options.threads).map { _ in Runner() }
        result = LoadResult(options: options)
    }

    /// Runs to the end. `progress` gets each second as it is complete.
    package mutating func run(
        serverPID: Int? = nil, progress: (LoadSample) -> Void = { _ in }
    ) throws(LoadError) -> LoadResult {
        let wanted = options.connections + options.idleConnections + 64
        if Sockets.raiseOpenFiles(to: wanted) < wanted {
            throw .machine("\(wanted) open files are needed: raise the limit (ulimit -n)")
        }
        let idle = try openIdle()
        defer { for descriptor in idle { Sockets.close(descriptor) } }
        try startThreads()
        while plan.gate.arrivals < runners.count { StartGate.pause() }
        if let failure = plan.gate.failure {
            plan.gate.abort()
            for runner in runners { runner.join() }
            throw failure
        }
        let start = Clock.monotonic() + 2_000_000
        plan.gate.open(at: start)
        let measureStart = start + options.warmupNanoseconds
        let cpuBefore = waitForMeasuring(measureStart, serverPID)
        try collectToEnd(measureStart, progress)
        if let serverPID, let cpuBefore, let cpuAfter = ProcessCPU.nanoseconds(pid: serverPID) {
            result.serverCPUNanoseconds = cpuAfter - cpuBefore
        }
        return result
    }

    private func openIdle() throws(LoadError) -> [Int32] {
        var idle: [Int32] = []
        for _ in 0..<options.idleConnections {
            let descriptor: Int32
            switch options.target {
            case .tcp(let address): descriptor = Sockets.connect(address)
            case .unix(let path): descriptor = Sockets.connect(unixPath: path)
            }
            if descriptor < 0 {
                for open in idle { Sockets.close(open) }
                throw .connect(
                    "idle connection \(idle.count + 1) of \(options.idleConnections): "
                        + String(errnoText: -descriptor))
            }
            idle.append(descriptor)
        }
        return idle
    }

    private func startThreads() throws(LoadError) {
        for (index, runner) in runners.enumerated() {
            let cpu = options.cpus.isEmpty ? nil : options.cpus[index % options.cpus.count]
            let plan = plan
            let exchange = runner.exchange
            do throws(MachineError) {
                runner.thread = try PinnedThread(name: "load-\(index)", cpu: cpu) {
                    Self.threadBody(plan, index, exchange)
                }
            } catch {
                plan.gate.abort()
                for runner in runners { runner.join() }
                throw .machine(error.text)
            }
        }
    }

    private static func threadBody(_ plan: LoadPlan, _ index: Int, _ exchange: IntervalExchange) {
        do throws(MachineError) {
            var thread = try LoadThread(plan, index: index, exchange: exchange)
            thread.run()
        } catch {
            var ending = ThreadEnding()
            ending.failure = .machine(error.text)
            exchange.finish(ending)
            plan.gate.arrive(.machine(error.text))
        }
    }

    /// Waits for the measured phase to begin; the server's processor time at that moment.
    private func waitForMeasuring(_ measureStart: UInt64, _ serverPID: Int?) -> UInt64? {
        while true {
            let now = Clock.monotonic()
            if now >= measureStart { break }
            usleep(UInt32(min(20_000, (measureStart - now) / 1000 + 1)))
        }
        return serverPID.flatMap { ProcessCPU.nanoseconds(pid: $0) }
    }

    private mutating func collectToEnd(
        _ measureStart: UInt64, _ progress: (LoadSample) -> Void
    ) throws(LoadError) {
        var endings: [ThreadEnding?] = runners.map { _ in nil }
        while endings.contains(where: { $0 == nil }) {
            usleep(5_000)
            for (index, runner) in runners.enumerated() where endings[index] == nil {
                collectInterval(runner)
                endings[index] = runner.exchange.ending
            }
            let now = Clock.monotonic()
            let complete = Int(now > measureStart ? (now - measureStart) / 1_000_000_000 : 0)
            closeSamples(before: complete - 1, progress)
        }
        for runner in runners { runner.join() }
        closeSamples(before: Int.max, progress)
        var last = measureStart
        for case let ending? in endings {
            if let failure = ending.failure { throw failure }
            last = max(last, ending.lastCompletion)
            merge(ending)
        }
        result.elapsedNanoseconds = last - measureStart
        for index in result.samples.indices {
            let before = Double(result.samples[index].second - 1)
            result.samples[index].seconds = min(1, max(result.seconds - before, 0.001))
        }
    }

    private mutating func collectInterval(_ runner: Runner) {
        runner.exchange.collect { record in
            var sample = open[record.interval] ?? LoadSample()
            sample.second = record.interval + 1
            sample.counts += record.counts
            record.readLatency.add(to: &sample.latency)
            record.writeLatency.add(to: &sample.latency)
            open[record.interval] = sample
            result.counts += record.counts
            record.readLatency.add(to: &result.readLatency)
            record.writeLatency.add(to: &result.writeLatency)
        }
    }

    /// Reports the intervals that all threads are through with.
    private mutating func closeSamples(before limit: Int, _ progress: (LoadSample) -> Void) {
        for second in open.keys.sorted() where second < limit {
            guard let sample = open.removeValue(forKey: second) else { continue }
            if sample.counts.requests + sample.counts.errors == 0 { continue }
            progress(sample)
            let latency = sample.latency.percentiles([50, 99, 99.9]).map { Double($0) / 1000 }
            result.samples.append(
                LoadPoint(
                    second: sample.second, requests: sample.counts.requests,
                    hits: sample.counts.hits, misses: sample.counts.misses,
                    errors: sample.counts.errors,
                    p50Microseconds: latency[0],
                    p99Microseconds: latency[1],
                    p999Microseconds: latency[2],
                    maxMicroseconds: Double(sample.latency.maximum) / 1000))
        }
    }

    private mutating func merge(_ ending: ThreadEnding) {
        result.scheduled += ending.scheduled
        result.unsent += ending.unsent
        result.connectionsLost += ending.connectionsLost
        result.clientCPUNanoseconds += ending.cpuNanoseconds
        for (text, count) in ending.errors { result.errors[text, default: 0] += count }
        let room = 16 - result.mismatches.count
        result.mismatches += ending.mismatches.prefix(max(room, 0))
    }
}
