import Cairn

/// The protocols the load generator speaks.
package enum LoadProtocol: String, Sendable, CaseIterable {
    case resp, memcached
}

/// Where the server under load is.
package enum LoadTarget: Sendable, Equatable {
    case tcp(ListenAddress)
    case unix(String)

    package var text: String {
        switch self {
        case .tcp(let address): "\(address.host):\(address.port)"
        case .unix(let path): path
        }
    }
}

/// When a run ends.
package enum LoadBound: Sendable, Equatable {
    /// After so many measured requests.
    case requests(Int)
    /// After so many nanoseconds of measuring.
    case duration(UInt64)
}

/// What a run does.
package enum LoadActivity: Sendable, Equatable {
    /// Reads and writes in the ratio of the options.
    case mixed
    /// Writes every key once, in order.
    case fill
    /// Reads every key once, in order.
    case readAll
}

/// Everything one run of the load generator is told: plain values, checked by whoever makes them.
package struct LoadOptions: Sendable {
    package var target = LoadTarget.tcp(ListenAddress(host: "127.0.0.1", port: 6390))
    package var protocolKind = LoadProtocol.resp
    package var user: String?
    package var password: String?
    /// Speak RESP3 (`HELLO 3`).
    package var resp3 = false

    package var connections = 50
    /// Connections that are opened and say nothing, to see what they cost.
    package var idleConnections = 0
    package var threads = 1
    /// Processors the load threads are pinned to, in turn; empty: not pinned.
    package var cpus: [Int] = []
    package var pipeline = 1
    package var bound = LoadBound.duration(10_000_000_000)
    package var warmupNanoseconds: UInt64 = 0
    /// Requests a second of an open loop; `nil`: closed loop.
    package var rate: Double?
    package var arrival = ArrivalKind.poisson
    /// A request that gets no reply for this long fails, with its connection.
    package var timeoutNanoseconds: UInt64 = 10_000_000_000

    package var activity = LoadActivity.mixed
    package var keys = 100_000
    package var keySize = 16
    package var distribution = KeyDistribution.uniform
    package var sizes = ValueSizes(fixed: 64)
    package var reads = 1
    package var writes = 0
    /// Time to live of written keys; 0: none.
    package var ttlMilliseconds = 0
    /// Check every byte of every value read.
    package var verify = false
    /// A miss is an error.
    package var expectHits = false
    /// Drives every random choice: the same seed makes the same requests and values.
    package var seed: UInt64 = 1

    package init() {}

    /// Requests a thread must never exceed in flight on one connection.
    package static let pipelineMax = 4096

    /// What is wrong with the combination of options, as a sentence; `nil` when nothing is.
    package var fault: String? {
        if connections < 1 || connections > 60_000 { return "--connections takes 1 to 60000" }
        if threads < 1 || threads > 256 { return "--threads takes 1 to 256" }
        if connections < threads { return "--connections must be at least --threads" }
        if pipeline < 1 || pipeline > Self.pipelineMax {
            return "--pipeline takes 1 to \(Self.pipelineMax)"
        }
        if keys < 1 { return "--keys must be at least 1" }
        if keySize > KeyNamer.sizeMax { return "--key-size takes at most \(KeyNamer.sizeMax)" }
        if protocolKind == .memcached && keySize > 250 {
            return "memcached keys have at most 250 bytes"
        }
        let needed = KeyNamer.sizeMin(keys: keys)
        if keySize < needed { return "--key-size must be at least \(needed) for \(keys) keys" }
        if reads < 0 || writes < 0 || reads + writes == 0 {
            return "--ratio takes READS:WRITES, not both zero"
        }
        if let rate, rate <= 0 { return "--rate must be above 0" }
        return nil
    }
}

/// What ends a run before it has a result.
package enum LoadError: Error, Equatable {
    case usage(String)
    case connect(String)
    case machine(String)
    case refused(String)

    package var text: String {
        switch self {
        case .usage(let text), .connect(let text), .machine(let text), .refused(let text): text
        }
    }
}
