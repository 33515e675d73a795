/// One shard: a pinned thread's whole world. A ring, a slice of the key space with its RAM level,
/// the connections it serves, and mailboxes to the other shards; nothing of it is shared.
///
/// Each request runs to completion inside one loop turn unless it needs another shard, memory that
/// must be freed first, or bytes that have not arrived: then its connection waits and the loop goes
/// on. The way of a request is readable in `Input` -> `Dispatch` -> `ReadPath` / `WritePath` ->
/// `Output`.
///
/// - Invariant: after `init` nothing here allocates from the heap on the data path.
/// - Invariant: replies of a connection leave in the order of its requests.
package struct Shard<Engine: IOEngine & ~Copyable>: ~Copyable {
    /// Sizes of the fixed tables.
    package struct Capacity: Sendable {
        package var connections = 10_240
        /// Output pieces: a connection rarely needs more than three a turn.
        package var segments = 65_536
        /// Bytes of the connections' buffer pool.
        package var poolBytes = 16 << 20
        /// Requests to other shards under way.
        package var calls = 4096
        /// Large values being received.
        package var streams = 1024
        /// Open MULTI blocks.
        package var transactions = 1024
        /// Clients that track keys or follow channels.
        package var followers = 1024
        package init() {}
    }

    let group: ShardGroup
    let index: Int
    var engine: Engine
    var l1: L1
    let stats: ShardStats

    // Connections.
    var connections: FixedArray<Connection>
    var infos: FixedArray<ConnectionInfo>
    var freeConnections: FixedArray<Int32>
    var freeConnectionCount: Int
    var connectionCount = 0
    var runQueue: IndexQueue
    /// Connections that wait for a transaction of somebody else to let go.
    var lockQueue: IndexQueue
    /// Connections that wait for memory or room: tried again every 2 ms.
    var roomQueue: IndexQueue
    /// Connections that wait for room in a lane, or for a call: both come with an answer.
    var laneQueue: IndexQueue
    /// Connections that CLIENT PAUSE holds back.
    var pauseQueue: IndexQueue
    var dirtyQueue: IndexQueue

    // Buffers.
    var pool: BufferPool
    var segments: SegmentTable
    var arguments: ArgumentTable
    var limits = RESPLimits()
    var plainRun = PlainRun()
    let specs = SpecBits.table()
    /// Replies of the connection being served, before they are queued.
    var scratch: FixedArray<UInt8>
    var scratchCount = 0
    var context = RequestContext()
    var largeBuffers: SlotPool<GrowBuffer>
    var spareBuffers = SpareBuffers()

    // Requests in several steps.
    var streams: SlotPool<StreamedValue>
    var calls: SlotPool<RemoteCall>
    var gathers: SlotPool<Gather>
    var transactions: SlotPool<Transaction>
    var lock = ShardLock()

    // Other shards.
    var requestsOut: FixedArray<MailboxLane>
    var requestsIn: FixedArray<MailboxLane>
    var responsesOut: FixedArray<MailboxLane>
    var responsesIn: FixedArray<MailboxLane>
    var wakeWanted: FixedArray<Bool>
    var laneWaits: FixedArray<LaneWait>
    var releases: ReleaseQueue
    /// Calls whose questions wait for room in their lanes.
    var questions: IndexQueue

    // Followers of keys and channels.
    var followers: Followers

    // Time and upkeep.
    var nowMs: UInt64 = 0
    var nowNs: UInt64 = 0
    var nextUpkeepNs: UInt64 = 0
    var expirySweepCarry = 0
    var idleCursor = 0
    var scarcity = Scarcity()
    var listeners: [Int32] = []
    var nextAcceptShard = 0
    var isStopping = false
    var stopDeadlineNs: UInt64 = 0
    var settingsVersion: UInt64 = .max
    var live = LiveSettings()
    var spin = AdaptiveSpin()
    /// Version of the next change: grows with every change of any key of this shard.
    var nextVersion: UInt64
    /// For absent keys that are watched: the version last published in each of 4,096 parts of the
    /// key space. Kept from the first such WATCH on.
    var publishedVersions = FixedArray<UInt64>(repeating: 0, count: 4096)
    var remembersPublished = false
    var random: Random
    var turnCounts = TurnCounts()
    /// The growing buffer of a remote reply beyond the scratch; -1: none.
    var remoteOverflow: Int32 = -1
    var remoteFailed = false
    var l1HasWork = false
    var published = L1Statistics()
    var admin = AdminState()

    /// Makes a shard. Called on its own thread, so that what it touches first is local to its node.
    package init(
        group: ShardGroup, index: Int, engine: consuming Engine, l1: consuming L1,
        capacity: Capacity, node: Int?, seed: UInt64
    ) throws(MachineError) {
        guard let pool = BufferPool(bytes: capacity.poolBytes, node: node) else {
            throw .outOfMemory(what: "connection buffers", bytes: capacity.poolBytes)
        }
        let followers = try Followers(
            capacity: capacity.followers, shards: group.shards, node: node)
        self.pool = pool
        self.group = group
        self.index = index
        self.engine = engine
        self.l1 = l1
        stats = group.stats[index]
        connections = FixedArray(repeating: Connection(), count: capacity.connections)
        infos = FixedArray(repeating: ConnectionInfo(), count: capacity.connections)
        freeConnections = FixedArray(repeating: 0, count: capacity.connections)
        freeConnectionCount = capacity.connections
        for place in 0..<capacity.connections {
            freeConnections[place] = Int32(capacity.connections - 1 - place)
        }
        runQueue = IndexQueue(capacity: capacity.connections)
        lockQueue = IndexQueue(capacity: capacity.connections)
        roomQueue = IndexQueue(capacity: capacity.connections)
        laneQueue = IndexQueue(capacity: capacity.connections)
        pauseQueue = IndexQueue(capacity: capacity.connections)
        dirtyQueue = IndexQueue(capacity: capacity.connections)
        segments = SegmentTable(count: capacity.segments)
        arguments = ArgumentTable()
        scratch = FixedArray(repeating: 0, count: Self.scratchBytes)
        largeBuffers = SlotPool(repeating: GrowBuffer(), count: 512)
        streams = SlotPool(repeating: StreamedValue(), count: capacity.streams)
        calls = SlotPool(repeating: RemoteCall(), count: capacity.calls)
        gathers = SlotPool(repeating: Gather(), count: capacity.calls)
        transactions = SlotPool(repeating: Transaction(), count: capacity.transactions)
        let blank =
            group.shards > 1
            ? group.grid.lane(from: index, to: index == 0 ? 1 : 0, .request) : nil
        func lanes(_ kind: MailboxGrid.Kind, outgoing: Bool) -> FixedArray<MailboxLane> {
            guard let blank else { return FixedArray(emptyOf: MailboxLane.self) }
            var lanes = FixedArray(repeating: blank, count: group.shards)
            for other in 0..<group.shards where other != index {
                lanes[other] = group.grid.lane(
                    from: outgoing ? index : other, to: outgoing ? other : index, kind)
            }
            return lanes
        }
        requestsOut = lanes(.request, outgoing: true)
        requestsIn = lanes(.request, outgoing: false)
        responsesOut = lanes(.response, outgoing: true)
        responsesIn = lanes(.response, outgoing: false)
        wakeWanted = FixedArray(repeating: false, count: group.shards)
        laneWaits = FixedArray(repeating: LaneWait(), count: group.shards)
        questions = IndexQueue(capacity: capacity.calls)
        releases = ReleaseQueue(capacity: Self.releasesMax(capacity, group.shards))
        self.followers = followers
        limits.bulkBytesMax = min(512 << 20, group.settings.maxValueSize)
        random = Random(seed: seed)
        // Versions grow across restarts too: they start at the wall clock's microseconds.
        nextVersion = group.startedMs &* 1000
    }

    static var scratchBytes: Int { 64 << 10 }

    /// Releases that may wait for room: each was a piece of output, a call under way, or what a
    /// stream or transaction held. No call is made while as many wait as calls can be under way.
    private static func releasesMax(_ capacity: Capacity, _ shards: Int) -> Int {
        if shards == 1 { return 64 }
        return capacity.segments + 2 * capacity.calls + capacity.streams
            + 2 * capacity.transactions + 64
    }

    /// Memory the fixed tables of a shard take, the engine and the RAM level apart.
    package static func footprint(_ capacity: Capacity) -> Int {
        capacity.connections
            * (MemoryLayout<Connection>.stride + MemoryLayout<ConnectionInfo>.stride + 36)
            + capacity.segments * MemoryLayout<OutputSegment>.stride
            + capacity.poolBytes + capacity.poolBytes / 256 * 9
            + capacity.calls * (MemoryLayout<RemoteCall>.stride + MemoryLayout<Gather>.stride + 52)
            + capacity.streams * MemoryLayout<StreamedValue>.stride
            + releasesMax(capacity, 2) * MemoryLayout<PendingRelease>.stride
            + capacity.transactions * MemoryLayout<Transaction>.stride
            + Followers.footprint(capacity: capacity.followers)
            + scratchBytes + (1 << 20) + (64 << 10)
    }
}

/// Settings that can change while the server runs, as this shard knows them.
struct LiveSettings: BitwiseCopyable {
    var idleTimeoutMs = 0
    /// Commands that take this long are looked at: for the slow log, the latency monitor or both.
    var slowNs: UInt64 = 0
    var slowlogOn = false
    /// Fast commands are timed too: the threshold is below what one of them may take.
    var timesFast = false
    /// 0: the latency monitor is off.
    var latencyNs: UInt64 = 0
    var outputLimit = 0
    var stallMs: UInt64 = 0
    var ttlMs = 0
    /// The longest poll before a sleep; 0: none.
    var spinNs: UInt64 = 0
    var trackingKeysMax = 0
}

/// Commands of one turn by class, recorded together when it ends.
struct TurnCounts: BitwiseCopyable {
    var get = 0
    var getMissed = 0
    var set = 0
    /// Commands of the other classes, by their number.
    private(set) var others = SIMD8<UInt32>.zero

    /// Counts a command of a class that doesn't count itself where it reads or writes a value.
    @inline(__always)
    mutating func note(_ kind: UInt8) {
        if kind > CommandClass.set.rawValue { others[Int(kind & 7)] &+= 1 }
    }
}

/// For whom the command being executed runs.
struct RequestContext: BitwiseCopyable {
    /// The connection's place, or -1 for a request of another shard.
    var connection: Int32 = -1
    var version = RESPVersion.resp2
    /// The transaction on whose behalf the command runs, 0: none.
    var transaction: UInt64 = 0
    var clientID: UInt64 = 0
    /// Whether keys that are read are to be tracked for the client.
    var tracks = false
    /// Changes are not to be told to the client that made them.
    var noLoop = false
    /// Reads leave no trace in the eviction policy (CLIENT NO-TOUCH).
    var noTouch = false
    /// The shard the client is connected to.
    var home: UInt8 = 0
    /// What the arguments were parsed from: errors quote it.
    var input = Bytes.empty
    /// For a request of another shard: the value the reply ends with.
    var lease = ReplyLease()
}

/// A value that leaves from its slab behind the bytes in the scratch buffer.
struct ReplyLease: BitwiseCopyable {
    var entry = EntryID.none
    var offset = 0
    var length = 0
}
