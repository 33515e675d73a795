@testable import Cairn

/// A level beside a dictionary that says what it must hold, driven by random operations.
///
/// Evictions and expiries are not predicted: the removal log tells of them, and the model checks
/// that each was allowed (the key was there, not pinned, due). Everything the log doesn't tell of
/// must still be there, byte for byte.
struct L1Model: ~Copyable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    struct Object {
        var length: Int
        var seed: UInt64
        var expiry: UInt64
    }

    struct Pinned {
        var id: EntryID
        var object: Object
    }

    struct Held {
        var id: EntryID
        var key: [UInt8]
        var object: Object
        /// Bytes that have come, of a value that grows.
        var filled: Int
    }

    /// What a run does.
    struct Plan {
        var seed: UInt64
        var steps: Int
        var keys = 2000
        var mebibytes = 16
        var policy = EvictionPolicyKind.lru
        /// Upper bounds of value lengths; the plan changes between them.
        var lengths = [100, 3000, 20_000, 300_000]
        var largest = 3 << 20
        /// Steps between checks of everything.
        var checkEvery = 5000
    }

    let plan: Plan
    var cache: TestCache
    var random: Random
    var objects: [[UInt8]: Object] = [:]
    var pinned: [Pinned] = []
    var held: [Held] = []
    var charged = 0
    var step = 0
    var lengthMax = 100
    /// Counts that the run reports, so that a test can tell it did something.
    var evicted = 0
    var expired = 0
    var refused = 0

    init(_ plan: Plan) {
        self.plan = plan
        random = Random(seed: plan.seed)
        cache = TestCache(mebibytes: plan.mebibytes, policy: plan.policy)
        cache.l1.recordRemovals(.all)
    }

    mutating func run() throws(Failure) {
        while step < plan.steps {
            step += 1
            if step % 3000 == 0 { lengthMax = plan.lengths[random.below(plan.lengths.count)] }
            try act(random.below(1000))
            try drainLog()
            if step % 4 == 0 { cache.l1.maintain(nowMs: cache.nowMs, work: 64) }
            try drainLog()
            if cache.l1.count != objects.count {
                throw failure("count \(cache.l1.count), expected \(objects.count)")
            }
            if step % plan.checkEvery == 0 { try checkAll() }
        }
        try checkAll()
        try wind()
    }

    private mutating func act(_ dice: Int) throws(Failure) {
        switch dice {
        case ..<420: try put(randomKey())
        case ..<600: try get(randomKey())
        case ..<680: delete(randomKey())
        case ..<740: try resize(randomKey())
        case ..<780: expire(randomKey())
        case ..<820: cache.nowMs += UInt64(random.below(3000))
        case ..<840: _ = cache.l1.sweepExpired(nowMs: cache.nowMs, entriesMax: 300)
        case ..<880: pin(randomKey())
        case ..<920: try unpin()
        case ..<930: try hold(randomKey())
        case ..<940: try begin(randomKey())
        case ..<950: growSome()
        case ..<970: try letGo()
        case ..<980: charge()
        case ..<985: try draw()
        case ..<990: setBounds()
        case ..<991: flush()
        default: cache.l1.maintain(nowMs: cache.nowMs, work: 1 + random.below(2000))
        }
    }

    // MARK: Operations

    private mutating func randomKey() -> [UInt8] {
        let number = random.below(plan.keys)
        // Some keys are long, so that heads outgrow small chunks.
        let prefix = number % 50 == 0 ? String(repeating: "k", count: number * 7 % 9000) : "k:"
        return testKey(number, prefix: prefix)
    }

    private mutating func randomLength() -> Int {
        if random.below(200) == 0 { return random.below(plan.largest + 1) }
        return random.below(lengthMax + 1)
    }

    private mutating func reserve(_ key: [UInt8], _ length: Int) throws(Failure) -> EntryID? {
        for _ in 0..<5000 {
            switch cache.reserve(key, length: length, priority: random.below(11)) {
            case .entry(let id):
                return id
            case .busy:
                cache.l1.maintain(nowMs: cache.nowMs)
                try drainLog()
                // Pins and held entries may be what stands in the way.
                if random.below(50) == 0 { try giveUpSome() }
            case .blocked:
                // They are what stands in the way, or the charge from outside.
                if pinned.isEmpty, held.isEmpty, charged == 0 { throw failure("blocked by nobody") }
                try giveUpSome()
                cache.l1.release(charged)
                charged = 0
                cache.l1.maintain(nowMs: cache.nowMs)
                try drainLog()
            case .refused:
                refused += 1
                return nil
            }
        }
        throw failure("busy for 5,000 turns, length \(length)")
    }

    private mutating func giveUpSome() throws(Failure) {
        try unpin()
        try letGo()
    }

    private mutating func put(_ key: [UInt8]) throws(Failure) {
        let length = randomLength()
        guard let id = try reserve(key, length) else { return }
        var object = Object(length: length, seed: random.next(), expiry: 0)
        cache.fill(id, seed: object.seed)
        cache.l1.setVersion(id, object.seed)
        if random.below(4) == 0 {
            object.expiry = cache.nowMs + UInt64(random.below(20_000))
            cache.l1.setExpiry(id, object.expiry)
        }
        try commit(id, key, object)
    }

    private mutating func commit(
        _ id: EntryID, _ key: [UInt8], _ object: Object
    ) throws(Failure) {
        try drainLog()
        let before = objects[key]
        let expected = before.map { $0.expiry == 0 || $0.expiry > cache.nowMs } ?? false
        if cache.l1.commit(id, nowMs: cache.nowMs) != expected {
            throw failure("commit should have said \(expected)")
        }
        objects[key] = object
    }

    private mutating func get(_ key: [UInt8]) throws(Failure) {
        let id = cache.find(key)
        try drainLog()
        guard let id else {
            if let object = objects[key], object.expiry == 0 || object.expiry > cache.nowMs {
                throw failure("a key is missing")
            }
            return
        }
        cache.l1.touch(id, nowMs: cache.nowMs)
        try check(id, key)
    }

    private func check(_ id: EntryID, _ key: [UInt8]) throws(Failure) {
        guard let object = objects[key] else { throw failure("found a key that is not there") }
        guard cache.holds(id, length: object.length, seed: object.seed) else {
            throw failure("bytes differ, length \(object.length)")
        }
        guard cache.l1.expiry(of: id) == object.expiry, cache.l1.version(of: id) == object.seed
        else { throw failure("attributes differ") }
    }

    private mutating func delete(_ key: [UInt8]) {
        guard let id = cache.find(key) else { return }
        cache.l1.remove(id, .deleted)
        objects[key] = nil
    }

    private mutating func resize(_ key: [UInt8]) throws(Failure) {
        guard let id = cache.find(key), var object = objects[key] else { return }
        let length = max(0, object.length + random.below(200) - 100)
        guard cache.l1.resize(id, valueLength: length) else { return }
        object.length = length
        object.seed = random.next()
        cache.l1.setVersion(id, object.seed)
        cache.fill(id, seed: object.seed)
        objects[key] = object
    }

    private mutating func expire(_ key: [UInt8]) {
        guard let id = cache.find(key) else { return }
        let expiry = random.below(3) == 0 ? 0 : cache.nowMs + UInt64(random.below(60_000))
        cache.l1.setExpiry(id, expiry)
        objects[key]?.expiry = expiry
    }

    private mutating func pin(_ key: [UInt8]) {
        guard pinned.count < 20, let id = cache.find(key), let object = objects[key] else { return }
        if cache.l1.pin(id) { pinned.append(Pinned(id: id, object: object)) }
    }

    private mutating func unpin() throws(Failure) {
        guard !pinned.isEmpty else { return }
        let item = pinned.remove(at: random.below(pinned.count))
        guard cache.holds(item.id, length: item.object.length, seed: item.object.seed) else {
            throw failure("the bytes of a pinned entry changed")
        }
        cache.l1.unpin(item.id)
    }

    private mutating func hold(_ key: [UInt8]) throws(Failure) {
        guard held.count < 10, let id = try reserve(key, randomLength()) else { return }
        let object = Object(length: cache.l1.valueLength(of: id), seed: random.next(), expiry: 0)
        cache.fill(id, seed: object.seed)
        cache.l1.setVersion(id, object.seed)
        held.append(Held(id: id, key: key, object: object, filled: object.length))
    }

    /// A value of which only the announcement has come.
    private mutating func begin(_ key: [UInt8]) throws(Failure) {
        guard held.count < 10 else { return }
        let object = Object(length: randomLength(), seed: random.next(), expiry: 0)
        let made = cache.reserveGrowing(key, length: object.length)
        try drainLog()
        guard case .entry(let id) = made else { return }
        cache.l1.setVersion(id, object.seed)
        held.append(Held(id: id, key: key, object: object, filled: 0))
    }

    /// More bytes of a held value come, if there is memory for them.
    private mutating func growSome() {
        guard !held.isEmpty else { return }
        let place = random.below(held.count)
        let item = held[place]
        let end = min(item.object.length, item.filled + random.below(1 << 20))
        if cache.growAndFill(item.id, from: item.filled, to: end, seed: item.object.seed) {
            held[place].filled = end
        }
    }

    private mutating func letGo() throws(Failure) {
        guard !held.isEmpty else { return }
        let item = held.remove(at: random.below(held.count))
        let isWhole =
            item.filled == item.object.length
            || cache.growAndFill(
                item.id, from: item.filled, to: item.object.length, seed: item.object.seed)
        try drainLog()
        if !isWhole {
            cache.l1.abandon(item.id)
            return
        }
        guard cache.holds(item.id, length: item.object.length, seed: item.object.seed) else {
            throw failure("the bytes of a reserved entry changed")
        }
        if random.below(3) == 0 {
            cache.l1.abandon(item.id)
        } else {
            try commit(item.id, item.key, item.object)
        }
    }

    private mutating func charge() {
        if charged > 0, random.below(2) == 0 {
            let part = 1 + random.below(charged)
            cache.l1.release(part)
            charged -= part
        } else if charged < 4 << 20 {
            let bytes = random.below(300_000)
            if cache.l1.tryCharge(bytes) { charged += bytes }
        }
    }

    private mutating func draw() throws(Failure) {
        if let id = cache.l1.randomEntry(&random, nowMs: cache.nowMs) {
            try check(id, cache.l1.key(of: id).array)
        }
    }

    private mutating func setBounds() {
        let policies: [EvictionPolicyKind] = [.lru, .lfu, .ttl]
        _ = cache.l1.setPolicy(policies[random.below(3)])
        cache.l1.setEntriesMax(random.below(3) == 0 ? 100 + random.below(plan.keys) : nil)
    }

    private mutating func flush() {
        if cache.l1.clear() { objects.removeAll() }
    }

    // MARK: Checks

    private mutating func drainLog() throws(Failure) {
        while let removal = cache.l1.nextRemoval() {
            let key = removal.key.array
            guard let object = objects[key] else {
                throw failure("\(removal.reason) of a key that is not there")
            }
            if removal.reason == .expired {
                expired += 1
                guard object.expiry != 0, object.expiry <= cache.nowMs else {
                    throw failure("expired too early")
                }
            } else {
                evicted += 1
            }
            objects[key] = nil
        }
    }

    private mutating func checkAll() throws(Failure) {
        cache.l1.validate()
        for (key, object) in objects {
            let hasher = cache.hasher
            let nowMs = cache.nowMs
            let id = withBytes(key) { cache.l1.peek($0, hash: hasher.hash($0), nowMs: nowMs) }
            if let id {
                try check(id, key)
            } else if object.expiry == 0 || object.expiry > nowMs {
                throw failure("a key is missing in the check of everything")
            }
        }
        let bytes = objects.reduce(0) { $0 + $1.key.count + $1.value.length }
        guard cache.l1.statistics().payloadBytes == bytes else { throw failure("payload bytes") }
        try checkScan()
    }

    /// With nothing changing, a scan visits every entry exactly once.
    private mutating func checkScan() throws(Failure) {
        var seen: [[UInt8]: Int] = [:]
        var cursor: UInt64 = 0
        repeat {
            cursor = cache.l1.scan(cursor, leavesMax: 3, nowMs: cache.nowMs) { l1, id in
                seen[l1.key(of: id).array, default: 0] += 1
            }
        } while cursor != 0
        let expected = objects.filter { $0.value.expiry == 0 || $0.value.expiry > cache.nowMs }
        guard seen.count == expected.count, seen.allSatisfy({ $0.value == 1 }) else {
            throw failure("a scan saw \(seen.count) keys of \(expected.count)")
        }
    }

    /// Lets everything go: nothing may be left.
    private mutating func wind() throws(Failure) {
        while !pinned.isEmpty { try unpin() }
        while !held.isEmpty { try letGo() }
        try drainLog()
        for key in objects.keys {
            let id = cache.find(key)
            if let id { cache.l1.remove(id, .deleted) }
        }
        cache.l1.release(charged)
        objects.removeAll()
        for _ in 0..<100 { cache.l1.maintain(nowMs: cache.nowMs, work: 4096) }
        while cache.l1.nextRemoval() != nil {}
        cache.l1.validate()
        let statistics = cache.l1.statistics()
        guard statistics.chunkBytes == 0, statistics.entries == 0, statistics.slabBytes == 0 else {
            throw failure("\(statistics.chunkBytes) bytes of chunks are left")
        }
    }

    private func failure(_ text: String) -> Failure {
        Failure(description: "seed \(plan.seed), step \(step): \(text)")
    }
}
