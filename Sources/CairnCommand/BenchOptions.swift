import ArgumentParser
import Cairn
import CairnLoad

extension LoadProtocol: ExpressibleByArgument {}
extension ArrivalKind: ExpressibleByArgument {}

/// Where the server is and how to speak to it.
struct TargetOptions: ParsableArguments {
    @Option(name: .customLong("protocol"), help: "resp or memcached.")
    var protocolKind = LoadProtocol.resp
    @Option(help: "Numeric address of the server.") var host = "127.0.0.1"
    @Option(help: "Port of the server (RESP 6390, memcached 11211).") var port: UInt16?
    @Option(help: "Path of a unix socket, instead of host and port.") var unix: String?
    @Option(help: "User for AUTH.") var user: String?
    @Option(help: "Password for AUTH.") var password: String?
    @Option(help: "RESP version: 2 or 3.") var resp = 2
    @Option(help: "A request without a reply for this long is an error.") var timeout = "10s"

    func apply(to options: inout LoadOptions) throws(LoadError) {
        if let unix {
            options.target = .unix(unix)
        } else {
            let fallback: UInt16 = protocolKind == .memcached ? 11_211 : 6390
            options.target = .tcp(
                ListenAddress(
                    host: host == "localhost" ? "127.0.0.1" : host, port: port ?? fallback))
        }
        options.protocolKind = protocolKind
        guard resp == 2 || resp == 3 else { throw .usage("--resp takes 2 or 3") }
        if protocolKind == .memcached && (password != nil || resp == 3) {
            throw .usage("--password and --resp are for RESP")
        }
        if user != nil && password == nil { throw .usage("--user needs --password") }
        options.user = user
        options.password = password
        options.resp3 = resp == 3
        options.timeoutNanoseconds = try Units.nanoseconds(timeout)
    }
}

/// How much load, and when.
struct WorkloadOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "Connections of all threads.") var connections = 50
    @Option(help: "Further connections that say nothing.") var idle = 0
    @Option(help: "Load threads.") var threads = 1
    @Option(help: "Processors to pin the threads to, such as 1 or 0,2-4.") var cpus: String?
    @Option(name: [.customShort("P"), .long], help: "Requests in flight on a connection.")
    var pipeline = 1
    @Option(name: [.customShort("n"), .long], help: "Stop after so many requests.")
    var requests: Int?
    @Option(name: [.short, .long], help: "Stop after this time (default 10s).")
    var duration: String?
    @Option(help: "Run this long before measuring.") var warmup = "0s"
    @Option(help: "Open loop: requests a second of all threads.") var rate: Double?
    @Option(help: "Open loop: poisson or uniform.") var arrival = ArrivalKind.poisson
    @Option(help: "Search the highest rate that holds a target, such as p99=1ms.")
    var slo: String?

    func apply(to options: inout LoadOptions) throws(LoadError) {
        if requests != nil && duration != nil {
            throw .usage("--requests and --duration exclude each other")
        }
        options.connections = connections
        options.idleConnections = idle
        options.threads = threads
        if let cpus {
            options.cpus = try Units.list(cpus)
            let usable = Set(Topology.ofMachine().processors.map(\.id))
            if let wrong = options.cpus.first(where: { !usable.contains($0) }) {
                throw .usage("processor \(wrong) is not usable here: \(usable.sorted())")
            }
        }
        options.pipeline = pipeline
        if let requests {
            guard requests > 0 else { throw .usage("--requests must be above 0") }
            options.bound = .requests(requests)
        } else {
            // A trial of a search is short: some twenty of them find the knee.
            let bound = try Units.nanoseconds(duration ?? (slo == nil ? "10s" : "3s"))
            guard bound >= 1_000_000 else { throw .usage("--duration must be at least 1ms") }
            options.bound = .duration(bound)
        }
        options.warmupNanoseconds = try Units.nanoseconds(warmup)
        options.rate = rate
        options.arrival = arrival
        if slo != nil, case .requests = options.bound {
            throw .usage("--slo needs --duration, the time of each trial")
        }
    }

    var latencyTarget: LatencyTarget? {
        get throws(LoadError) {
            guard let slo else { return nil }
            return try LatencyTarget(parsing: slo)
        }
    }
}

/// Which keys and values.
struct DataOptions: ParsableArguments {
    @Option(help: "Number of keys.") var keys = 100_000
    @Option(help: "Bytes of a key.") var keySize = 16
    @Option(help: "uniform, zipf:0.99, sequential, strided:16, hotspot:0.1:0.9.")
    var distribution = "uniform"
    @Option(name: [.customShort("s"), .long], help: "64, 64..4096, 64:50,4096:30,64KiB:20.")
    var valueSize = "64"
    @Option(help: "READS:WRITES.") var ratio = "1:0"
    @Option(help: "Time to live of written keys, such as 60s.") var ttl: String?
    @Flag(help: "Write every key once before the run.") var fill = false
    @Flag(help: "Check every byte of every value read.") var verify = false
    @Flag(help: "A miss is an error.") var expectHits = false
    @Option(help: "Seed of all random choices.") var seed: UInt64 = 1
    @Option(help: "Store the files of this directory and read all back, byte by byte.")
    var files: String?
    @Option(help: "At most so many bytes of files.") var filesBytes = "256MiB"

    func apply(to options: inout LoadOptions) throws(LoadError) {
        options.keys = keys
        options.keySize = keySize
        options.distribution = try KeyDistribution(parsing: distribution)
        options.sizes = try ValueSizes(parsing: valueSize)
        let parts = ratio.split(separator: ":").map { Int($0) ?? -1 }
        guard parts.count == 2, parts.allSatisfy({ $0 >= 0 && $0 <= 1_000_000 }) else {
            throw .usage("--ratio takes READS:WRITES, such as 90:10")
        }
        options.reads = parts[0]
        options.writes = parts[1]
        if let ttl {
            options.ttlMilliseconds = Int(try Units.nanoseconds(ttl) / 1_000_000)
            guard options.ttlMilliseconds > 0 else { throw .usage("--ttl is at least 1ms") }
        }
        options.verify = verify
        options.expectHits = expectHits
        options.seed = seed
    }
}

/// What is told, and where.
struct OutputOptions: ParsableArguments {
    @Option(help: "Write the result as JSON (- for standard output).") var json: String?
    @Option(help: "Write a page with plots.") var html: String?
    @Option(help: "Write the latencies as HdrHistogram percentile text.") var hdr: String?
    @Option(help: "Name of this run in reports.") var label: String?
    @Option(help: "Process of the server: report its processor time a request.")
    var serverPid: Int?
    @Flag(name: [.short, .long], help: "No progress.") var quiet = false
}
