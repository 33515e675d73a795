/// Whose turn it is in a simulated run.
package enum SimulatedStep: Equatable {
    /// This shard's kernel entry returns: let it serve what is there and enter the kernel again.
    case shard(Int)
    /// This client runs: something it waits for happened, or its timer.
    case client(Int)
    /// Nothing will happen any more.
    case finished
}

/// A deliberately planted bug, which the checkers must find: proof that they can fail.
package enum SimulationCanary: Equatable {
    case none
    /// A byte on its way to a client changes.
    case wrongByte
    /// A provided buffer stays free although a completion handed it out.
    case bufferFreedEarly
    /// A send completes and the shard never hears of it.
    case lostCompletion
}

/// Sockets, clocks and threads of several shards and their clients, without a kernel: one seed, one
/// history.
///
/// Whoever drives the run has every shard enter the kernel once, then calls `step` and runs the
/// shard or client it names, until the clients are done. A shard that has entered the kernel sleeps
/// there while others run, as a thread does: what it announced before it slept is all they know of
/// it. All time is virtual; all randomness comes from the seed; everything runs on one thread. The
/// world judges how shards use the engine (`violations`, `leaks`); what they answer is judged by
/// the clients.
package final class SimulatedWorld {
    package let seed: UInt64
    package let faults: FaultPlan
    package let canary: SimulationCanary
    /// Virtual monotonic nanoseconds.
    package private(set) var now: UInt64 = 1_000_000_000
    /// Sums up everything that happened: equal for equal seeds.
    package private(set) var history: UInt64 = 0
    /// Events that happened.
    package private(set) var eventCount = 0
    /// How shards broke the engine's contract.
    package private(set) var violations: [String] = []

    var random: Random
    let ports: [SimulatedPort]
    /// Disks that shards can register, by descriptor.
    var disks: [SimulatedDisk] = []
    private(set) var connections: [SimulatedConnection] = []
    /// Connections that some shard has accepted, and none has adopted or discarded.
    private var accepted: [SimulatedConnection] = []
    private var queue = EventQueue()
    private var clientScheduled: [Bool]
    private var wallOffset: Int64 = 0

    package init(
        seed: UInt64, faults: FaultPlan, shards: Int, clients: Int,
        canary: SimulationCanary = .none
    ) {
        self.seed = seed
        self.faults = faults
        self.canary = canary
        random = Random(seed: seed)
        ports = (0..<shards).map { SimulatedPort(shard: $0, faults: faults) }
        clientScheduled = Array(repeating: false, count: clients)
    }

    /// Operations and their connections name each other: what a run left under way ends here.
    deinit {
        for connection in connections {
            connection.receive = nil
            connection.sends = []
        }
    }

    package var shardCount: Int { ports.count }

    /// Unix milliseconds.
    package var wallMilliseconds: UInt64 {
        UInt64(Int64(1_700_000_000_000 + now / 1_000_000) + wallOffset)
    }

    // MARK: Steps

    /// Lets time pass up to the next moment somebody has something to do.
    package func step() -> SimulatedStep {
        while let (time, event) = queue.next() {
            now = max(now, time)
            switch event {
            case .run(let shard, let stamp):
                guard ports[shard].runStamp == stamp else { continue }
                note(1, UInt64(shard))
                resume(ports[shard])
                return .shard(shard)
            case .client(let client):
                note(2, UInt64(client))
                clientScheduled[client] = false
                return .client(client)
            default:
                happen(event)
            }
        }
        return .finished
    }

    /// The shard's kernel entry returns: completions become visible, the clocks are read.
    private func resume(_ port: SimulatedPort) {
        port.nextRun = nil
        port.visible += port.posted
        port.posted.removeAll(keepingCapacity: true)
        if random.happens(faults.clockJump) {
            wallOffset += Int64(random.below(2 * faults.clockJumpMax)) - Int64(faults.clockJumpMax)
            note(3, UInt64(bitPattern: wallOffset))
        }
        port.now = now
        port.wallMilliseconds = wallMilliseconds
    }

    private func happen(_ event: SimulatedEvent) {
        switch event {
        case .run, .client: break
        case .arrive(let connection): arrive(connection)
        case .deliverToShard(let connection): deliverToShard(connection)
        case .deliverToClient(let connection): deliverToClient(connection)
        case .progress(let operation): progress(operation)
        case .disk(let operation): progress(operation)
        case .cancel(let shard, let target): cancel(target, of: shard)
        case .repeatCompletion(let shard, let completion): post(nil, completion, on: shard)
        case .wake(let shard):
            let token = Token(.wake, slot: 0, generation: 0)
            post(nil, Completion(token: token, result: 0, flags: 0), on: shard)
        }
    }

    // MARK: Scheduling

    /// A delay drawn from the plan: often none to speak of.
    func delay() -> UInt64 {
        if random.happens(faults.immediate) { return UInt64(random.below(100)) }
        return UInt64(random.below(max(faults.delayMax, 1)))
    }

    func schedule(_ event: SimulatedEvent, after nanoseconds: UInt64) {
        queue.schedule(event, at: now &+ nanoseconds, tie: random.next())
    }

    /// Has the shard's thread run at `time`, unless it runs earlier anyway.
    func requestRun(_ shard: Int, at time: UInt64) {
        let port = ports[shard]
        if let next = port.nextRun, next <= time { return }
        port.nextRun = time
        port.runStamp += 1
        queue.schedule(.run(shard: shard, stamp: port.runStamp), at: time, tie: random.next())
    }

    /// Has the client run after `nanoseconds`, unless it is about to run.
    package func scheduleClient(_ client: Int, after nanoseconds: UInt64) {
        if clientScheduled[client] { return }
        clientScheduled[client] = true
        schedule(.client(client), after: nanoseconds)
    }

    // MARK: Records

    /// Adds to the history.
    func note(_ kind: UInt64, _ a: UInt64, _ b: UInt64 = 0) {
        eventCount += 1
        history = KeyHasher.fold(history ^ (kind << 56 | a), (now ^ b << 32) | 1)
    }

    func violation(_ text: String) {
        if violations.count < 20 { violations.append(text) }
    }

    func makeConnection(client: Int, shard: Int) -> SimulatedConnection {
        let connection = SimulatedConnection(
            number: connections.count, client: client, shard: shard,
            capacity: faults.socketBytes)
        connections.append(connection)
        return connection
    }

    /// A shard accepted the connection: the process owns its descriptor.
    func own(_ connection: SimulatedConnection) { accepted.append(connection) }

    /// Takes a descriptor that is owned and not adopted: any shard of the process may.
    func disown(_ descriptor: Int32) -> SimulatedConnection? {
        guard let index = accepted.firstIndex(where: { $0.descriptor == descriptor }) else {
            violation("descriptor \(descriptor) used, which nobody has accepted")
            return nil
        }
        return accepted.remove(at: index)
    }

    /// What shards still hold when the run is over and all their clients are gone.
    package func leaks() -> [String] {
        var found: [String] = []
        for port in ports {
            if port.buffersHandedOut > 0 {
                found.append("shard \(port.shard) kept \(port.buffersHandedOut) receive buffers")
            }
            if !port.backlog.isEmpty {
                found.append("shard \(port.shard) left \(port.backlog.count) connections waiting")
            }
        }
        if !accepted.isEmpty { found.append("\(accepted.count) accepted sockets were forgotten") }
        for connection in connections where connection.slot != nil {
            found.append(
                "shard \(connection.shard) did not close connection \(connection.number) "
                    + "(\(connection.underWay) operations under way)")
        }
        return found
    }
}
