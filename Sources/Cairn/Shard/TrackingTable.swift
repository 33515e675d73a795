/// Which clients have read which keys of this shard (CLIENT TRACKING without BCAST).
///
/// A node is one client that read one key. Keys are known by their 64-bit hash: two keys with one
/// hash (1 in 10^7 with a million keys) cost a superfluous invalidation, never a missing one. Nodes
/// hang in buckets of a linear hash table that grows by one bucket at a time, in reserved address
/// space, so that neither grows by copying.
///
/// - Invariant: each node is in one bucket and in the list of its client.
/// - Limits: `nodesMax` nodes; the shard's memory budget; `clientsMax` clients. 24 bytes a node and
///   4 for its bucket.
struct TrackingTable: ~Copyable {
    struct Node: BitwiseCopyable {
        var hash: UInt64 = 0
        var next: Int32 = -1
        /// -1: the node is free.
        var client: Int32 = -1
        var nextOfClient: Int32 = -1
        var previousOfClient: Int32 = -1
    }

    /// A client, maybe of another shard, that has read keys of this one.
    struct Client: BitwiseCopyable {
        var id: UInt64 = 0
        var home: UInt8 = 0
        /// It has ended; its nodes are freed by slices.
        var isGone = false
        var firstNode: Int32 = -1
        var nextInBucket: Int32 = -1
    }

    enum Outcome { case added, present, full, noMemory }

    static var nodesMax: Int { 4 << 20 }
    static var clientsMax: Int { 4096 }
    private static var bucketsMin: Int { 1024 }

    private var nodes: ReservedTable<Node>
    /// 1 + the first node of a bucket; 0: none (what fresh memory holds).
    private var buckets: ReservedTable<Int32>
    /// The level charges for these tables before they grow.
    private var budget = MemoryBudget(limit: Int.max)
    private var bucketCount = 0
    private var mask = 0
    private var top = 0
    private var freeNode: Int32 = -1
    private var clients: SlotPool<Client>
    private var clientBuckets: FixedArray<Int32>
    /// Nodes in use.
    private(set) var count = 0
    /// Clients that have ended and whose nodes are not all freed.
    private(set) var goneCount = 0
    private var goneCursor = 0

    init(node: Int?) throws(AddressRange.Failure) {
        let nodes = try ReservedTable<Node>(capacity: Self.nodesMax, node: node)
        let buckets = try ReservedTable<Int32>(capacity: Self.nodesMax, node: node)
        self.nodes = nodes
        self.buckets = buckets
        clients = SlotPool(repeating: Client(), count: Self.clientsMax)
        clientBuckets = FixedArray(repeating: -1, count: Self.clientsMax)
    }

    static var footprint: Int { clientsMax * (MemoryLayout<Client>.stride + 12) }

    // MARK: Room

    /// Bytes to charge to the shard's memory before `grow`; 0: one more node fits already.
    var bytesWanted: Int {
        var bytes = 0
        if freeNode < 0, top == nodes.count, top < nodes.capacity { bytes += nodes.nextStepBytes }
        if bucketCount < Self.bucketsMin {
            bytes += buckets.count < Self.bucketsMin ? buckets.nextStepBytes : 0
        } else if bucketCount == buckets.count, bucketCount < buckets.capacity {
            bytes += buckets.nextStepBytes
        }
        return bytes
    }

    /// Makes room for one more node; the caller has charged `bytesWanted`.
    mutating func grow() {
        if freeNode < 0, top == nodes.count { _ = nodes.grow(&budget) }
        if bucketCount < Self.bucketsMin {
            while buckets.count < Self.bucketsMin, buckets.grow(&budget) {}
            bucketCount = Self.bucketsMin
            mask = Self.bucketsMin - 1
        } else if bucketCount == buckets.count {
            _ = buckets.grow(&budget)
        }
    }

    // MARK: Clients

    private func clientBucket(_ id: UInt64) -> Int {
        Int(truncatingIfNeeded: id) & (clientBuckets.count - 1)
    }

    private func client(_ id: UInt64) -> Int32? {
        var index = clientBuckets[clientBucket(id)]
        while index >= 0 {
            if clients[index].id == id { return index }
            index = clients[index].nextInBucket
        }
        return nil
    }

    private mutating func makeClient(_ id: UInt64, home: Int) -> Int32? {
        if let known = client(id) { return known }
        let bucket = clientBucket(id)
        guard
            let index = clients.take(
                Client(id: id, home: UInt8(home), nextInBucket: clientBuckets[bucket]))
        else { return nil }
        clientBuckets[bucket] = index
        return index
    }

    /// Takes a client's record out of reach by its id.
    private mutating func hide(_ index: Int32) {
        let client = clients[index]
        let bucket = clientBucket(client.id)
        if clientBuckets[bucket] == index {
            clientBuckets[bucket] = client.nextInBucket
        } else {
            var before = clientBuckets[bucket]
            while clients[before].nextInBucket != index { before = clients[before].nextInBucket }
            clients.update(before) { $0.nextInBucket = client.nextInBucket }
        }
    }

    /// Forgets a client: its nodes no longer count, and are freed by `sweepGone`.
    private mutating func retire(_ index: Int32) {
        hide(index)
        clients.update(index) { $0.isGone = true }
        goneCount += 1
    }

    /// A client has ended.
    mutating func leave(_ id: UInt64) {
        if let index = client(id) { retire(index) }
    }

    /// All clients of a shard (-1: of every shard) are forgotten.
    mutating func leaveAll(home: Int) {
        for index in 0..<Int32(clients.capacity) {
            let client = clients[index]
            if client.id != 0, !client.isGone, home < 0 || client.home == UInt8(home) {
                retire(index)
            }
        }
    }

    /// Frees up to `limit` nodes of clients that have ended.
    mutating func sweepGone(_ limit: Int) {
        var work = limit
        while goneCount > 0, work > 0 {
            goneCursor = goneCursor + 1 < clients.capacity ? goneCursor + 1 : 0
            work -= 1
            let index = Int32(goneCursor)
            guard clients[index].isGone else { continue }
            while work > 0, clients[index].firstNode >= 0 {
                unlink(clients[index].firstNode)
                work -= 1
            }
            if clients[index].firstNode < 0 {
                clients.give(index)
                goneCount -= 1
            } else {
                goneCursor -= 1
            }
        }
    }

    /// Shards whose living clients have nodes here.
    func homes() -> ShardSet {
        var set = ShardSet()
        if count == 0 { return set }
        for index in 0..<Int32(clients.capacity)
        where clients[index].firstNode >= 0 && !clients[index].isGone {
            set.insert(Int(clients[index].home))
        }
        return set
    }

    // MARK: Nodes

    @inline(__always)
    private func bucket(_ hash: UInt64) -> Int {
        let full = Int(truncatingIfNeeded: hash) & mask
        return full < bucketCount ? full : full & (mask >> 1)
    }

    /// Remembers that a client has read a key. `.noMemory` asks for `grow`.
    mutating func add(_ hash: UInt64, id: UInt64, home: Int, nodesMax: Int) -> Outcome {
        if bucketCount > 0 {
            var index = buckets[bucket(hash)] - 1
            while index >= 0 {
                let node = nodes[Int(index)]
                if node.hash == hash {
                    let client = clients[node.client]
                    if client.id == id, !client.isGone { return .present }
                }
                index = node.next
            }
        }
        if count >= min(nodesMax, Self.nodesMax) { return .full }
        if bytesWanted > 0 { return .noMemory }
        guard let client = makeClient(id, home: home) else { return .full }
        let index = takeNode()
        let place = bucket(hash)
        let first = clients[client].firstNode
        nodes[Int(index)] = Node(
            hash: hash, next: buckets[place] - 1, client: client, nextOfClient: first)
        buckets[place] = index + 1
        if first >= 0 { nodes[Int(first)].previousOfClient = index }
        clients.update(client) { $0.firstNode = index }
        count += 1
        if count > bucketCount { split() }
        return .added
    }

    private mutating func takeNode() -> Int32 {
        if freeNode >= 0 {
            let index = freeNode
            freeNode = nodes[Int(index)].next
            return index
        }
        top += 1
        return Int32(top - 1)
    }

    /// Adds a bucket and moves to it what belongs there.
    private mutating func split() {
        guard bucketCount < buckets.count else { return }
        let target = bucketCount
        if target > mask { mask = mask * 2 + 1 }
        bucketCount += 1
        let source = target & (mask >> 1)
        var index = buckets[source] - 1
        var stay: Int32 = -1
        var move: Int32 = -1
        while index >= 0 {
            let next = nodes[Int(index)].next
            if bucket(nodes[Int(index)].hash) == target {
                nodes[Int(index)].next = move
                move = index
            } else {
                nodes[Int(index)].next = stay
                stay = index
            }
            index = next
        }
        buckets[source] = stay + 1
        buckets[target] = move + 1
    }

    /// Forgets one client that read the key and says which: called until `nil`. Clients that have
    /// ended are left out.
    mutating func take(_ hash: UInt64) -> (id: UInt64, home: Int)? {
        while bucketCount > 0 {
            var index = buckets[bucket(hash)] - 1
            while index >= 0, nodes[Int(index)].hash != hash { index = nodes[Int(index)].next }
            if index < 0 { return nil }
            let client = clients[nodes[Int(index)].client]
            unlink(index)
            if !client.isGone { return (client.id, Int(client.home)) }
        }
        return nil
    }

    /// Takes a node out of its bucket and of its client's list.
    private mutating func unlink(_ index: Int32) {
        let node = nodes[Int(index)]
        let place = bucket(node.hash)
        var before = buckets[place] - 1
        if before == index {
            buckets[place] = node.next + 1
        } else {
            while nodes[Int(before)].next != index { before = nodes[Int(before)].next }
            nodes[Int(before)].next = node.next
        }
        if node.nextOfClient >= 0 {
            nodes[Int(node.nextOfClient)].previousOfClient = node.previousOfClient
        }
        if node.previousOfClient >= 0 {
            nodes[Int(node.previousOfClient)].nextOfClient = node.nextOfClient
        } else {
            clients.update(node.client) { $0.firstNode = node.nextOfClient }
        }
        let client = node.client
        nodes[Int(index)] = Node(next: freeNode)
        freeNode = index
        count -= 1
        if clients[client].firstNode < 0, !clients[client].isGone {
            hide(client)
            clients.give(client)
        }
    }

    /// The hash of a node chosen by `draw`, for a table that is full; `nil`: none at that place.
    func hash(at draw: Int) -> UInt64? {
        guard top > 0 else { return nil }
        let node = nodes[draw % top]
        return node.client >= 0 ? node.hash : nil
    }

    /// Nobody tracks anything, and the tables hold memory.
    var isAbandoned: Bool { bucketCount > 0 && clients.usedCount == 0 }

    /// Gives the tables' memory back when they are empty; the bytes to release.
    mutating func shrink() -> Int {
        guard count == 0, bucketCount > 0, goneCount == 0 else { return 0 }
        let before = nodes.committedBytes + buckets.committedBytes
        while nodes.shrink(to: 0, &budget) {}
        while buckets.shrink(to: 0, &budget) {}
        bucketCount = 0
        mask = 0
        top = 0
        freeNode = -1
        return before - nodes.committedBytes - buckets.committedBytes
    }
}
