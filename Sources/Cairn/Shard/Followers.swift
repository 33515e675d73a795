/// A client of this shard that tracks keys, follows channels, or receives for one that tracks.
struct Follower: BitwiseCopyable {
    var place: Int32 = -1
    /// The connection's client id.
    var id: UInt64 = 0
    var mode: TrackingOptions.Mode = []
    /// The redirection's target has gone.
    var isBroken = false
    /// It has tracked keys by reading them: their owners may remember it.
    var hasTracked = false
    /// Client id that invalidations go to; 0: this one.
    var redirect: UInt64 = 0
    /// A client id another shard was asked for, and its answer.
    var askedFor: UInt64 = 0
    var askedExists = false
    /// Pushes that wait for the end of the reply being written: segments.
    var pendingHead: Int32 = -1
    var pendingTail: Int32 = -1
    var nextInBucket: Int32 = -1

    var tracks: Bool { mode.contains(.on) }
}

/// A message with several receivers on one shard: its bytes are kept once.
struct SharedPayload: BitwiseCopyable {
    var large: Int32 = -1
    var references: Int32 = 0
}

/// Everything a shard knows of followers of keys and channels.
///
/// - As the home of clients: who of them follows what (`clients`, `topics`).
/// - As the owner of keys: which clients of any shard have read which (`tracking`), and which
///   prefixes are followed where (`broadcast`, this shard's copy of the group's registry).
/// - Between the two: notices that wait for room in a lane (`notices`).
struct Followers: ~Copyable {
    var clients: SlotPool<Follower>
    private var buckets: FixedArray<Int32>
    var topics: TopicTable
    var tracking: TrackingTable
    var broadcast: BroadcastPrefixes
    var notices: NoticeQueue
    var payloads: SlotPool<SharedPayload>
    /// Where a push is put together: kind, key of at most 16 KiB, and what stands around it.
    var staging: FixedArray<UInt8>
    /// Whether any change of a key may have to be told: the one thing writes look at.
    private(set) var isActive = false

    static var stagingBytes: Int { 20 << 10 }
    static var payloadsMax: Int { 1024 }

    init(capacity: Int, shards: Int, node: Int?) throws(MachineError) {
        guard let topics = TopicTable(followers: capacity) else {
            throw .outOfMemory(what: "names of channels", bytes: TopicTable.footprint(followers: 0))
        }
        let tracking = try Self.makeTracking(node)
        self.topics = topics
        self.tracking = tracking
        staging = FixedArray(repeating: 0, count: Self.stagingBytes)
        clients = SlotPool(repeating: Follower(), count: capacity)
        buckets = FixedArray(repeating: -1, count: 4096)
        broadcast = BroadcastPrefixes()
        notices = NoticeQueue(shards: shards)
        payloads = SlotPool(repeating: SharedPayload(), count: Self.payloadsMax)
    }

    private static func makeTracking(_ node: Int?) throws(MachineError) -> TrackingTable {
        do throws(AddressRange.Failure) {
            return try TrackingTable(node: node)
        } catch {
            throw .outOfMemory(what: "the table of tracked keys", bytes: error.bytes)
        }
    }

    static func footprint(capacity: Int) -> Int {
        capacity * (MemoryLayout<Follower>.stride + 8) + 4096 * 4
            + TopicTable.footprint(followers: capacity) + TrackingTable.footprint
            + BroadcastPrefixes.footprint + NoticeQueue.ringBytes
            + payloadsMax * (MemoryLayout<SharedPayload>.stride + 8) + stagingBytes
    }

    /// Whether turns have to go on although nothing arrives.
    var hasWork: Bool {
        notices.hasBacklog || tracking.goneCount > 0 || tracking.isAbandoned
    }

    /// What must be recorded of removals that nobody asked for.
    mutating func refreshActivity() -> RemovalScope {
        isActive = tracking.count > 0 || broadcast.count > 0
        return broadcast.count > 0 ? .all : tracking.count > 0 ? .tracked : .none
    }

    func publish(to stats: ShardStats) {
        stats.set(.subscriptions, topics.linkCount(.channel) + topics.linkCount(.pattern))
        stats.set(.trackedKeys, tracking.count)
    }

    // MARK: Clients

    private func bucket(_ id: UInt64) -> Int {
        Int(truncatingIfNeeded: id) & (buckets.count - 1)
    }

    func find(_ id: UInt64) -> Int32? {
        var index = buckets[bucket(id)]
        while index >= 0 {
            if clients[index].id == id { return index }
            index = clients[index].nextInBucket
        }
        return nil
    }

    mutating func add(_ place: Int32, id: UInt64) -> Int32? {
        let bucket = bucket(id)
        guard
            let index = clients.take(
                Follower(place: place, id: id, nextInBucket: buckets[bucket]))
        else { return nil }
        buckets[bucket] = index
        return index
    }

    /// Frees a follower's place; its links and pushes are gone already.
    mutating func remove(_ index: Int32) {
        let follower = clients[index]
        let bucket = bucket(follower.id)
        if buckets[bucket] == index {
            buckets[bucket] = follower.nextInBucket
        } else {
            var before = buckets[bucket]
            while clients[before].nextInBucket != index { before = clients[before].nextInBucket }
            clients.update(before) { $0.nextInBucket = follower.nextInBucket }
        }
        clients.give(index)
    }
}
