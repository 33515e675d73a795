import Synchronization

/// Why a server cannot start, in words a person can act on.
package struct StartError: Error, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    init(_ text: String) { self.text = text }
    init(_ error: MachineError) { text = error.text }
}

/// A running data path: its shards' threads, and the few things the control plane asks of it.
///
/// `start` returns when all ports answer. The control plane holds this object; the shards hold only
/// their `ShardGroup`.
package final class CacheServer: Sendable {
    /// How the memory limit is divided, in bytes.
    package struct Budget: Sendable {
        package var limit = 0
        /// The program itself and the control plane, measured, with a margin.
        package var process = 0
        /// Tables, rings and receive buffers of one shard.
        package var tablesPerShard = 0
        package var mailboxes = 0
        /// What a shard's entries, index and partial commands share.
        package var cachePerShard = 0
    }

    package let group: ShardGroup
    package let budget: Budget
    package let features: RingFeatures
    package let processors: [Topology.Processor]
    private let threads: [PinnedThread]
    private let ports: [UInt16]

    /// Statistics of each shard, readable from any thread.
    package var shardStats: [ShardStats] { group.stats }
    /// TCP ports in force, in the order of `ServerSettings.listen`.
    package var boundPorts: [UInt16] { ports }

    /// Resident bytes of the program before it caches anything: code, Swift's runtime, the stats
    /// port. Measured 31 MiB; the margin is for threads' stacks and the page's clients.
    static let processBytes = 48 << 20

    private init(
        group: ShardGroup, budget: Budget, features: RingFeatures,
        processors: [Topology.Processor], threads: [PinnedThread], ports: [UInt16]
    ) {
        self.group = group
        self.budget = budget
        self.features = features
        self.processors = processors
        self.threads = threads
        self.ports = ports
    }

    // MARK: Start

    /// Starts all shards; they serve when this returns.
    package static func start(_ settings: ServerSettings) throws(StartError) -> CacheServer {
        do throws(MachineError) {
            let features = try RingFeatures.probe()
            let processors = try place(settings)
            let count = processors.count
            let wanted = settings.maxConnections + count * 64 + 128
            let allowed = Sockets.raiseOpenFiles(to: wanted)
            if allowed < settings.maxConnections + 64 {
                throw .openFiles(allowed: allowed, wanted: wanted)
            }
            let group = try ShardGroup(
                settings, shards: count, seed: Entropy.word(),
                startedMs: Clock.wallMilliseconds())
            let shape = engineShape(settings, shards: count)
            let capacity = shardCapacity(settings, shards: count)
            let budget = try divide(settings, shape, capacity, group)
            let listeners = try Listeners(settings)
            group.set(.port, Int(listeners.ports.first ?? 0))
            let gate = StartGate(shards: count)
            var threads: [PinnedThread] = []
            for (index, processor) in processors.enumerated() {
                let body = ShardThread(
                    group: group, index: index, processor: processor, features: features,
                    shape: shape, capacity: capacity, cacheBytes: budget.cachePerShard,
                    listeners: listeners, gate: gate)
                threads.append(
                    try PinnedThread(name: "shard-\(index)", cpu: processor.id) { body.run() })
            }
            if let failure = gate.wait() {
                group.requestStop()
                gate.open()
                for thread in threads { thread.join() }
                throw failure
            }
            gate.open()
            return CacheServer(
                group: group, budget: budget, features: features, processors: processors,
                threads: threads, ports: listeners.ports)
        } catch {
            throw StartError(error)
        }
    }

    /// The processors of the shards: those named, or what the topology suggests.
    private static func place(_ settings: ServerSettings) throws(MachineError)
        -> [Topology.Processor]
    {
        let topology = Topology.ofMachine()
        guard let named = settings.cpus else { return topology.placement(count: settings.shards) }
        var chosen: [Topology.Processor] = []
        for id in named {
            guard let processor = topology.processors.first(where: { $0.id == id }) else {
                throw .thread(cpu: id, errno: 22)
            }
            chosen.append(processor)
        }
        let count = settings.shards ?? chosen.count
        return (0..<count).map { chosen[$0 % chosen.count] }
    }

    private static func engineShape(_ settings: ServerSettings, shards: Int) -> RingEngine.Shape {
        var shape = RingEngine.Shape()
        shape.sockets = connectionsPerShard(settings, shards)
        // A quarter of a small limit may go to receive buffers at most.
        while shape.receiveBuffers > 32,
            shape.receiveBuffers * shape.receiveBufferBytes * shards > settings.memoryLimit / 16
        {
            shape.receiveBuffers /= 2
        }
        return shape
    }

    /// Connections are dealt out in turn, but they end as they like: room for a quarter more.
    private static func connectionsPerShard(_ settings: ServerSettings, _ shards: Int) -> Int {
        shards == 1
            ? settings.maxConnections + 16
            : min(settings.maxConnections, settings.maxConnections / shards * 5 / 4) + 64
    }

    private static func shardCapacity(
        _ settings: ServerSettings, shards: Int
    ) -> Shard<RingEngine>.Capacity {
        var capacity = Shard<RingEngine>.Capacity()
        capacity.connections = connectionsPerShard(settings, shards)
        capacity.poolBytes = min(max(settings.memoryLimit / 16 / shards, 2 << 20), 256 << 20)
        capacity.segments = min(65_536, max(8192, capacity.connections * 4))
        if shards == 1 { capacity.calls = 64 }
        capacity.followers = min(capacity.connections, 16_384)
        return capacity
    }

    /// Divides the memory limit; what is left for the cache must be worth starting.
    private static func divide(
        _ settings: ServerSettings, _ shape: RingEngine.Shape,
        _ capacity: Shard<RingEngine>.Capacity, _ group: ShardGroup
    ) throws(MachineError) -> Budget {
        var budget = Budget()
        budget.limit = settings.memoryLimit
        budget.process = processBytes
        budget.mailboxes = group.grid.bytes
        budget.tablesPerShard =
            shape.footprint + Shard<RingEngine>.footprint(capacity) + ShardStats.bytes
        let fixed = budget.process + budget.mailboxes + budget.tablesPerShard * group.shards
        let left = max(0, budget.limit - fixed) / group.shards
        let allowed = settings.l1.maxSize.map { min(left, $0 / group.shards) } ?? left
        // Whole pages of 2 MiB, so that the last one is never promised in part.
        budget.cachePerShard = allowed / (2 << 20) * (2 << 20)
        if budget.cachePerShard < L1.memoryBytesMin {
            throw .budget(
                limit: budget.limit, fixed: fixed, shards: group.shards,
                needed: fixed + L1.memoryBytesMin * group.shards + (2 << 20) * group.shards)
        }
        return budget
    }

    // MARK: Asking and ending

    /// Lines for the start log: what was found and how memory is divided.
    package func describe() -> [String] {
        let mib = { (bytes: Int) in "\(bytes >> 20) MiB" }
        let cpus = processors.map { String($0.id) }.joined(separator: ",")
        let nodes = Set(processors.map(\.node)).count
        return [
            "kernel \(features.kernelRelease); \(group.shards) shard(s) on processors \(cpus), "
                + "\(nodes) memory node(s)",
            "memory limit \(mib(budget.limit)): process \(mib(budget.process)), tables, rings and "
                + "buffers \(mib(budget.tablesPerShard * group.shards + budget.mailboxes)), "
                + "entries and index \(mib(budget.cachePerShard * group.shards))",
        ]
    }

    /// Applies the settings that can change while the server runs; the shards read them within a
    /// tenth of a second.
    package func reconfigure(_ settings: ServerSettings) {
        group.apply(settings)
        group.texts.setPassword(settings.password.map { Array($0.utf8) })
    }

    /// Asks the shards to end: they stop accepting, answer what has arrived, and leave.
    package func stop() { group.requestStop() }

    /// Waits until all shards have ended.
    package func waitUntilStopped() {
        for thread in threads { thread.join() }
    }
}

/// Random words for hash seeds.
package enum Entropy {
    /// 64 bits from the system's generator.
    package static func word() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

/// The listening sockets of a server, in the order TCP addresses, then the unix socket.
final class Listeners: Sendable {
    private let tcp: [ListenerBox]
    let ports: [UInt16]

    private final class ListenerBox: Sendable {
        let listener: Listener
        init(_ listener: consuming Listener) { self.listener = listener }
    }

    init(_ settings: ServerSettings) throws(MachineError) {
        var boxes: [ListenerBox] = []
        var ports: [UInt16] = []
        for address in settings.listen {
            let box = ListenerBox(try Listener(address))
            ports.append(box.listener.port)
            boxes.append(box)
        }
        if let path = settings.unixPath { boxes.append(ListenerBox(try Listener(unixPath: path))) }
        tcp = boxes
        self.ports = ports
    }

    var descriptors: [Int32] { tcp.map { $0.listener.descriptor } }
}

/// Holds all shards back until every one is ready, and carries the first failure out.
final class StartGate: Sendable {
    private struct State {
        var reported = 0
        var failure: MachineError?
        var isOpen = false
    }
    private let state = Mutex(State())
    private let shards: Int

    init(shards: Int) { self.shards = shards }

    /// A shard is ready, or says why not. Returns when the gate opens.
    func report(_ failure: MachineError?) {
        state.withLock {
            $0.reported += 1
            if $0.failure == nil { $0.failure = failure }
        }
        while !state.withLock({ $0.isOpen }) { PinnedThread.rest() }
    }

    /// Waits for all shards; the first failure.
    func wait() -> MachineError? {
        while state.withLock({ $0.reported }) < shards { PinnedThread.rest() }
        return state.withLock { $0.failure }
    }

    func open() { state.withLock { $0.isOpen = true } }
}

/// What a shard's thread does: makes everything on its own processor, then serves.
struct ShardThread: Sendable {
    let group: ShardGroup
    let index: Int
    let processor: Topology.Processor
    let features: RingFeatures
    let shape: RingEngine.Shape
    let capacity: Shard<RingEngine>.Capacity
    let cacheBytes: Int
    let listeners: Listeners
    let gate: StartGate

    func run() {
        do throws(MachineError) {
            let engine = try RingEngine(
                shape, features: features, peers: group.rings, shard: index)
            var options = L1.Options(memoryBytes: cacheBytes)
            options.entriesMax = group.settings.l1.maxEntries.map { max(1, $0 / group.shards) }
            options.valueBytesMax = group.settings.maxValueSize
            options.node = processor.node
            options.policy = group.settings.l1.evictionPolicy
            options.seed = Entropy.word()
            let l1 = try Self.makeL1(options)
            var shard = try Shard(
                group: group, index: index, engine: engine, l1: l1, capacity: capacity,
                node: processor.node, seed: Entropy.word())
            if index == 0 { shard.listen(on: listeners.descriptors) }
            gate.report(nil)
            shard.run()
        } catch {
            gate.report(error)
        }
    }

    private static func makeL1(_ options: L1.Options) throws(MachineError) -> L1 {
        do throws(L1.StartError) {
            return try L1(options)
        } catch {
            throw .outOfMemory(what: "the RAM level (\(error))", bytes: options.memoryBytes)
        }
    }
}
