/// Channels, patterns and key prefixes that clients of one shard follow, and who follows them.
///
/// A topic is one followed name; a link is one client following it. Both tables are bounded, and so
/// are the bytes of the names (a pool of their own: a client that subscribes without end must not
/// take the memory other clients' replies need).
///
/// - Invariant: a topic exists as long as it has a link.
/// - Limits: names of 4 KiB; 8,192 topics whose names take 256 bytes each (2 MiB), and 32,768
///   links: four followers for each topic, or 32 topics for each of 1,024 followers.
struct TopicTable: ~Copyable {
    enum Kind: UInt8, BitwiseCopyable { case channel, pattern, prefix }

    enum Outcome { case added, present, full }

    struct Topic: BitwiseCopyable {
        var hash: UInt64 = 0
        var name = BufferPool.Block.none
        var length: Int32 = 0
        var firstLink: Int32 = -1
        /// Followers.
        var count: Int32 = 0
        var kind = Kind.channel
        var nextInBucket: Int32 = -1
        /// Neighbours among the topics of its kind.
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    struct Link: BitwiseCopyable {
        var topic: Int32 = -1
        var follower: Int32 = -1
        var nextOfTopic: Int32 = -1
        var previousOfTopic: Int32 = -1
        var nextOfFollower: Int32 = -1
        var previousOfFollower: Int32 = -1
    }

    private var topics: SlotPool<Topic>
    private var links: SlotPool<Link>
    private var names: BufferPool
    private var buckets: FixedArray<Int32>
    /// First topic of each kind.
    private var kinds = FixedArray<Int32>(repeating: -1, count: 3)
    /// First link of each follower and kind, and how many there are.
    private var heads: FixedArray<Int32>
    private var counts: FixedArray<Int32>
    private var kindCounts = FixedArray<Int32>(repeating: 0, count: 3)

    static var topicsMax: Int { 8192 }
    static var linksMax: Int { 32_768 }
    static var nameBytesMax: Int { 4096 }
    private static var poolBytes: Int { topicsMax * BufferPool.unitBytes }

    /// `nil`: the kernel refused the names' memory.
    init?(followers: Int) {
        guard let names = BufferPool(bytes: Self.poolBytes) else { return nil }
        self.names = names
        topics = SlotPool(repeating: Topic(), count: Self.topicsMax)
        links = SlotPool(repeating: Link(), count: Self.linksMax)
        buckets = FixedArray(repeating: -1, count: Self.topicsMax * 2)
        heads = FixedArray(repeating: -1, count: followers * 3)
        counts = FixedArray(repeating: 0, count: followers * 3)
    }

    static func footprint(followers: Int) -> Int {
        topicsMax * (MemoryLayout<Topic>.stride + 8 + 8) + linksMax
            * (MemoryLayout<Link>.stride + 8)
            + poolBytes + poolBytes / 256 * 9 + followers * 24
    }

    subscript(topic: Int32) -> Topic { topics[topic] }
    func link(_ index: Int32) -> Link { links[index] }

    func name(_ topic: Int32) -> Bytes {
        let record = topics[topic]
        if record.length == 0 { return .empty }
        return names.bytes(record.name).bytes.slice(0, Int(record.length))
    }

    /// The first of all topics of a kind; the others follow by `next`.
    func first(_ kind: Kind) -> Int32 { kinds[Int(kind.rawValue)] }

    /// Number of links of a kind, over all followers.
    func linkCount(_ kind: Kind) -> Int { Int(kindCounts[Int(kind.rawValue)]) }

    /// How many topics of a kind a follower has.
    func count(_ follower: Int32, _ kind: Kind) -> Int { Int(counts[place(follower, kind)]) }

    /// A follower's first link of a kind; the others follow by `nextOfFollower`.
    func firstLink(_ follower: Int32, _ kind: Kind) -> Int32 { heads[place(follower, kind)] }

    @inline(__always)
    private func place(_ follower: Int32, _ kind: Kind) -> Int {
        Int(follower) * 3 + Int(kind.rawValue)
    }

    @inline(__always)
    private func bucket(_ hash: UInt64, _ kind: Kind) -> Int {
        Int(truncatingIfNeeded: hash &+ UInt64(kind.rawValue)) & (buckets.count - 1)
    }

    func find(_ kind: Kind, _ name: Bytes, hash: UInt64) -> Int32? {
        var index = buckets[bucket(hash, kind)]
        while index >= 0 {
            let topic = topics[index]
            if topic.hash == hash, topic.kind == kind, self.name(index) == name { return index }
            index = topic.nextInBucket
        }
        return nil
    }

    // MARK: Changing

    mutating func add(_ follower: Int32, _ kind: Kind, _ name: Bytes, hash: UInt64) -> Outcome {
        let known = find(kind, name, hash: hash)
        if let known, link(of: follower, to: known) != nil { return .present }
        guard links.freeCount > 0 else { return .full }
        guard let topic = known ?? makeTopic(kind, name, hash) else { return .full }
        let head = heads[place(follower, kind)]
        let after = topics[topic].firstLink
        guard
            let index = links.take(
                Link(
                    topic: topic, follower: follower, nextOfTopic: after, nextOfFollower: head))
        else { return .full }
        if after >= 0 { links.update(after) { $0.previousOfTopic = index } }
        if head >= 0 { links.update(head) { $0.previousOfFollower = index } }
        heads[place(follower, kind)] = index
        counts[place(follower, kind)] += 1
        kindCounts[Int(kind.rawValue)] += 1
        topics.update(topic) {
            $0.firstLink = index
            $0.count += 1
        }
        return .added
    }

    /// Whether the follower had followed that name.
    mutating func remove(_ follower: Int32, _ kind: Kind, _ name: Bytes, hash: UInt64) -> Bool {
        guard let topic = find(kind, name, hash: hash), let index = link(of: follower, to: topic)
        else { return false }
        removeLink(index)
        return true
    }

    mutating func removeLink(_ index: Int32) {
        let link = links[index]
        let kind = topics[link.topic].kind
        if link.nextOfTopic >= 0 {
            links.update(link.nextOfTopic) { $0.previousOfTopic = link.previousOfTopic }
        }
        if link.nextOfFollower >= 0 {
            links.update(link.nextOfFollower) { $0.previousOfFollower = link.previousOfFollower }
        }
        if link.previousOfFollower >= 0 {
            links.update(link.previousOfFollower) { $0.nextOfFollower = link.nextOfFollower }
        } else {
            heads[place(link.follower, kind)] = link.nextOfFollower
        }
        if link.previousOfTopic >= 0 {
            links.update(link.previousOfTopic) { $0.nextOfTopic = link.nextOfTopic }
        } else {
            topics.update(link.topic) { $0.firstLink = link.nextOfTopic }
        }
        counts[place(link.follower, kind)] -= 1
        kindCounts[Int(kind.rawValue)] -= 1
        topics.update(link.topic) { $0.count -= 1 }
        links.give(index)
        if topics[link.topic].count == 0 { dropTopic(link.topic) }
    }

    private func link(of follower: Int32, to topic: Int32) -> Int32? {
        // Along the shorter list: a channel with many followers, or a follower of many channels.
        let kind = topics[topic].kind
        if Int(topics[topic].count) <= count(follower, kind) {
            var index = topics[topic].firstLink
            while index >= 0 {
                if links[index].follower == follower { return index }
                index = links[index].nextOfTopic
            }
            return nil
        }
        var index = firstLink(follower, kind)
        while index >= 0 {
            if links[index].topic == topic { return index }
            index = links[index].nextOfFollower
        }
        return nil
    }

    private mutating func makeTopic(_ kind: Kind, _ name: Bytes, _ hash: UInt64) -> Int32? {
        guard topics.freeCount > 0, name.count <= Self.nameBytesMax else { return nil }
        var topic = Topic(hash: hash, length: Int32(name.count), kind: kind)
        if !name.isEmpty {
            guard let block = names.allocate(name.count) else { return nil }
            names.bytes(block).copy(name)
            topic.name = block
        }
        let bucket = bucket(hash, kind)
        topic.nextInBucket = buckets[bucket]
        let head = kinds[Int(kind.rawValue)]
        topic.next = head
        guard let index = topics.take(topic) else { return nil }
        buckets[bucket] = index
        if head >= 0 { topics.update(head) { $0.previous = index } }
        kinds[Int(kind.rawValue)] = index
        return index
    }

    private mutating func dropTopic(_ index: Int32) {
        let topic = topics[index]
        let bucket = bucket(topic.hash, topic.kind)
        if buckets[bucket] == index {
            buckets[bucket] = topic.nextInBucket
        } else {
            var before = buckets[bucket]
            while topics[before].nextInBucket != index { before = topics[before].nextInBucket }
            topics.update(before) { $0.nextInBucket = topic.nextInBucket }
        }
        if topic.next >= 0 { topics.update(topic.next) { $0.previous = topic.previous } }
        if topic.previous >= 0 {
            topics.update(topic.previous) { $0.next = topic.next }
        } else {
            kinds[Int(topic.kind.rawValue)] = topic.next
        }
        if topic.name != .none { names.free(topic.name) }
        topics.give(index)
    }
}
