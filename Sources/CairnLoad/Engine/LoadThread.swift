import Cairn

/// What all load threads of a run share: read-only, alive for the whole run.
final class LoadPlan: Sendable {
    let options: LoadOptions
    let pool: ValuePool
    let files: FileSet?
    let features: RingFeatures
    let gate: StartGate

    init(
        _ options: LoadOptions, pool: ValuePool, files: FileSet?, features: RingFeatures,
        gate: StartGate
    ) {
        self.options = options
        self.pool = pool
        self.files = files
        self.features = features
        self.gate = gate
    }
}

/// One load thread: an io_uring, its connections, and the loop that keeps them busy.
///
/// A turn of the loop: enter the kernel once (submits all sends, takes all completions), consume
/// replies where they lie in the receive buffers, write new commands into the send areas of the
/// connections that may send, one send per connection. All memory is allocated before the start.
///
/// Latency is measured from the intended start: in an open loop the schedule's time, in a closed
/// loop the turn that wrote the request. The end is the turn that received the reply's last byte.
/// Both are the clock reading of a turn, so a latency includes the client's own delay of at most a
/// turn.
struct LoadThread: ~Copyable {
    let plan: LoadPlan
    let options: LoadOptions
    let index: Int
    let exchange: IntervalExchange
    var engine: RingEngine
    var connections: Table<LoadConnection>
    let capacity: Int

    // Memory of the connections.
    var flights: Table<InFlight>
    var areas: Table<UInt8>
    let areaBytes: Int
    var segments: Table<Segment>
    let segmentsPerQueue: Int
    var carries: Table<UInt8>

    // What to send.
    let writer: CommandWriter
    let namer: KeyNamer
    let model: ValueModel
    var picker: KeyPicker
    var random: LoadRandom
    var arrivals: Arrivals
    let isOpenLoop: Bool
    let readThreshold: UInt64
    /// Measured requests this thread may still issue.
    var allowance: Int

    // Connections that take requests (a ring of indexes) and those with bytes to send (a stack).
    var listed: Table<Int32>
    var listedHead = 0
    var listedCount = 0
    var dirty: Table<Int32>
    var dirtyCount = 0

    // The clock of the run.
    var measureStart = UInt64.max
    var issueEnd = UInt64.max
    var nextTick: UInt64 = 0
    var isIssuing = false
    var outstanding = 0
    var alive = 0
    var cpuAtStart: UInt64 = 0

    // What was counted.
    var record = IntervalRecord()
    var ending = ThreadEnding()
    var errors = ErrorTally()

    /// Writes up to this length are copied behind their command; longer ones are sent from where
    /// they lie. Copying 2 KiB costs about as much as one more piece of a vectored send.
    static let inlineValueMax = 2048
    /// Housekeeping (timeouts, reconnects, intervals) at least this often.
    static let tickNanoseconds: UInt64 = 50_000_000
    static let intervalNanoseconds: UInt64 = 1_000_000_000

    init(_ plan: LoadPlan, index: Int, exchange: IntervalExchange) throws(MachineError) {
        let options = plan.options
        self.plan = plan
        self.options = options
        self.index = index
        self.exchange = exchange
        let share = KeyPicker.slice(
            keys: options.connections, thread: index, threads: options.threads)
        let count = share.count
        engine = try RingEngine(
            Self.shape(options, connections: count), features: plan.features,
            peers: RingDirectory(shards: 1), shard: 0)
        connections = Table(
            repeating: LoadConnection(options.protocolKind), count: count)
        capacity = max(options.pipeline, 2)
        writer = CommandWriter(
            options.protocolKind, keySize: plan.files == nil ? options.keySize : nil,
            ttlMilliseconds: options.ttlMilliseconds)
        let keyMax = plan.files?.pathMax ?? options.keySize
        let valueMax =
            plan.files == nil ? min(options.sizes.maximum, Self.inlineValueMax) : 0
        areaBytes = max(
            capacity * (writer.overhead + keyMax + max(valueMax, ValueModel.headerBytes)), 2048)
        flights = Table(repeating: InFlight(), count: count * capacity)
        areas = Table(repeating: 0, count: count * 2 * areaBytes)
        segmentsPerQueue = 2 * capacity + 1
        segments = Table(repeating: Segment(), count: count * 2 * segmentsPerQueue)
        carries = Table(repeating: 0, count: count * ReplyParser.carryBytes)
        listed = Table(repeating: 0, count: count)
        dirty = Table(repeating: 0, count: count)
        namer = KeyNamer(size: options.keySize)
        model = ValueModel(pool: plan.pool, sizes: options.sizes, seed: options.seed)
        var random = LoadRandom(seed: mixed(options.seed) ^ UInt64(index))
        let keys = plan.files?.count ?? options.keys
        picker = KeyPicker(
            options.activity == .mixed ? options.distribution : .sequential, keys: keys,
            thread: index, threads: options.threads)
        allowance = Self.allowance(options, keys: keys, index: index)
        isOpenLoop = options.rate != nil
        arrivals = Arrivals(
            options.arrival, rate: options.rate ?? 1, start: 0, thread: index,
            threads: options.threads, random: &random)
        self.random = random
        switch options.activity {
        case .fill: readThreshold = 0
        case .readAll: readThreshold = 1 << 32
        case .mixed:
            readThreshold = UInt64(
                Double(options.reads) / Double(options.reads + options.writes) * 0x1p32)
        }
    }

    /// A ring that fits the run: receive buffers are cycled through, so fewer and smaller ones stay
    /// in the cache; large values get large buffers, so that a mebibyte takes 16 completions.
    private static func shape(_ options: LoadOptions, connections: Int) -> RingEngine.Shape {
        var shape = RingEngine.Shape()
        let reply = min(options.sizes.maximum, 1 << 20) + 32
        let batch = min(reply * options.pipeline, 64 << 10)
        var bytes = 4096
        while bytes < batch { bytes *= 2 }
        var buffers = 16
        while buffers < min(connections * 2, (8 << 20) / bytes) { buffers *= 2 }
        shape.receiveBufferBytes = bytes
        shape.receiveBuffers = buffers
        shape.sockets = connections
        return shape
    }

    private static func allowance(_ options: LoadOptions, keys: Int, index: Int) -> Int {
        if options.activity != .mixed {
            return KeyPicker.slice(keys: keys, thread: index, threads: options.threads).count
        }
        switch options.bound {
        case .duration: return Int.max
        case .requests(let all):
            return KeyPicker.slice(keys: all, thread: index, threads: options.threads).count
        }
    }

    // MARK: The run

    /// Connects, waits for the common start, runs, and hands the result over.
    mutating func run() {
        do throws(LoadError) {
            try connectAll()
            try greetAll()
        } catch {
            ending.failure = error
        }
        plan.gate.arrive(ending.failure)
        if ending.failure == nil, let start = plan.gate.waitForStart() {
            begin(at: start)
            do throws(LoadError) {
                try work()
            } catch {
                ending.failure = error
            }
        }
        finish()
    }

    private mutating func begin(at start: UInt64) {
        measureStart = start + options.warmupNanoseconds
        if options.activity == .mixed, case .duration(let duration) = options.bound {
            issueEnd = measureStart + duration
        }
        if let rate = options.rate {
            arrivals = Arrivals(
                options.arrival, rate: rate, start: start, thread: index,
                threads: options.threads, random: &random)
        }
        isIssuing = true
    }

    private mutating func work() throws(LoadError) {
        while isIssuing || outstanding > 0 {
            engine.turn(waitNanoseconds: waitTime())
            let now = engine.now
            while let completion = engine.nextCompletion() { try handle(completion, now) }
            if now >= nextTick { try tick(now) }
            if isIssuing { issue(now) }
            flush()
        }
    }

    /// How long the next kernel entry may wait: until the next tick, in an open loop until shortly
    /// before the next intended start, which is then polled for (a timer is late by 50 µs and
    /// more).
    private func waitTime() -> UInt64 {
        let now = engine.preciseNow()
        if isIssuing && !isOpenLoop && listedCount > 0 { return 0 }
        var until = nextTick
        if isOpenLoop && isIssuing && listedCount > 0 {
            let next = arrivals.next
            if next <= now + Self.pollNanoseconds { return 0 }
            until = min(until, next - Self.pollNanoseconds)
        }
        return until > now ? until - now : 0
    }

    /// Before an intended start the thread polls instead of sleeping.
    private static let pollNanoseconds: UInt64 = 80_000

    /// Housekeeping.
    private mutating func tick(_ now: UInt64) throws(LoadError) {
        nextTick = now + Self.tickNanoseconds
        if cpuAtStart == 0 && now >= measureStart { cpuAtStart = Clock.threadCPU() }
        if isIssuing && (now >= issueEnd || allowance <= 0) { stopIssuing(now) }
        if now >= measureStart && isIssuing {
            let interval = Int((now - measureStart) / Self.intervalNanoseconds)
            if interval > record.interval && exchange.publish(&record) {
                record.interval = interval
            }
            nextTick = min(nextTick, issueEnd)
        } else if now < measureStart {
            nextTick = min(nextTick, measureStart)
        }
        try checkConnections(now)
    }

    /// Ends the issuing part: what the schedule still holds was never sent.
    mutating func stopIssuing(_ now: UInt64) {
        isIssuing = false
        while isOpenLoop && arrivals.next < issueEnd && allowance > 0 {
            if arrivals.next >= measureStart {
                ending.unsent += 1
                ending.scheduled += 1
            }
            if issueEnd == .max { break }
            arrivals.advance(&random)
        }
    }

    private mutating func finish() {
        if cpuAtStart > 0 { ending.cpuNanoseconds = Clock.threadCPU() - cpuAtStart }
        ending.errors = errors.all
        // The last interval must arrive: the reporting thread collects many times a second.
        while !exchange.publish(&record) { StartGate.pause() }
        exchange.finish(ending)
    }
}
