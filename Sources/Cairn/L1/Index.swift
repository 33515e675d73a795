/// From a key's hash to entry ids: linear hashing (W. Litwin, VLDB 1980) over cache-line buckets.
///
/// The table grows and shrinks by one bucket at a time, so no insertion ever waits for a rehash,
/// and it sits in reserved address space, so it never moves. A bucket is chosen by the hash's low
/// bits, its slots are told apart by a tag from bits 32-47. Buckets that overflow chain to buckets
/// of a second table.
///
/// Load: split above 5 entries a bucket of 10 slots, merge below 4.4. That is 12.8 to 14.5 bytes an
/// entry and about 0.5 more for overflow; the fullest buckets (about to be split) hold 10 on
/// average, the others less, so that about one entry in fifty sits in an overflow bucket.
///
/// - Invariant: `spare` overflow buckets can be had without growing, so that an insertion prepared
///   by `prepare` cannot fail.
struct Index: ~Copyable {
    private let addressOnly = AddressOnly()
    private var primary: BucketTable
    private var overflow: BucketTable
    /// Buckets in use, a power of two plus the number of splits since.
    private(set) var bucketCount = Index.bucketsMin
    /// Covers the larger power of two: `hash & mask` is the bucket, once it exists.
    private var mask = Index.bucketsMin * 2 - 1
    /// Entries in the index.
    private(set) var count = 0
    private(set) var overflowUsed = 0
    private var overflowTop = 0
    /// 1 + first free overflow bucket.
    private var overflowFree: UInt32 = 0

    static var bucketsMin: Int { 16 }
    static var splitAbove: Int { 50 }
    static var mergeBelow: Int { 44 }

    /// A slot: a bucket (overflow buckets are negative: `~number`) and its place in it.
    struct Position: Equatable {
        var bucket: Int
        var slot: Int
    }

    init(entriesMax: Int, node: Int?, _ budget: inout MemoryBudget) throws(AddressRange.Failure) {
        let capacity = Swift.max(1024, entriesMax / 4)
        var primary = try BucketTable(capacity: capacity, node: node)
        let overflow = try BucketTable(capacity: capacity, node: node)
        ensure(primary.grow(&budget), "budget too small for the first buckets")
        self.primary = primary
        self.overflow = overflow
    }

    var committedBytes: Int { primary.committedBytes + overflow.committedBytes }

    // MARK: Finding

    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt16 {
        // 0 marks a free slot.
        let bits = UInt16(truncatingIfNeeded: hash >> 32)
        return bits == 0 ? 1 : bits
    }

    /// The bucket where entries of this hash belong.
    @inline(__always)
    func bucket(_ hash: UInt32) -> Int {
        let full = Int(hash) & mask
        return full < bucketCount ? full : full & (mask >> 1)
    }

    @inline(__always)
    func prefetch(_ hash: UInt32) { primary.prefetch(bucket(hash)) }

    /// `matches` of a primary bucket.
    @inline(__always)
    func homeMatches(_ bucket: Int, _ tag: UInt16) -> UInt32 { primary.matches(bucket, tag) }

    /// `id` of a primary bucket.
    @inline(__always)
    func homeID(_ bucket: Int, _ slot: Int) -> UInt32 { primary.id(bucket, slot) }

    /// Whether a primary bucket has overflowed.
    @inline(__always)
    func isChained(_ bucket: Int) -> Bool { primary.link(bucket) != 0 }

    @inline(__always)
    func matches(_ bucket: Int, _ tag: UInt16) -> UInt32 {
        bucket >= 0 ? primary.matches(bucket, tag) : overflow.matches(~bucket, tag)
    }

    @inline(__always)
    func id(_ bucket: Int, _ slot: Int) -> UInt32 {
        bucket >= 0 ? primary.id(bucket, slot) : overflow.id(~bucket, slot)
    }

    /// The bucket chained behind this one; nil at the end.
    @inline(__always)
    func following(_ bucket: Int) -> Int? {
        let link = bucket >= 0 ? primary.link(bucket) : overflow.link(~bucket)
        return link == 0 ? nil : ~Int(link - 1)
    }

    /// Where the entry `id` of this hash is; it must be there.
    func position(of id: UInt32, hash: UInt32) -> Position {
        var bucket = self.bucket(hash)
        while true {
            var used = ~matches(bucket, 0) & 0x3FF
            while used != 0 {
                let slot = used.trailingZeroBitCount
                if self.id(bucket, slot) == id { return Position(bucket: bucket, slot: slot) }
                used &= used - 1
            }
            guard let next = following(bucket) else {
                ensureFailed("an entry is missing from the index", #fileID, #line)
            }
            bucket = next
        }
    }

    // MARK: Changing

    /// Overflow buckets that can be taken without growing.
    var spare: Int { overflow.count - overflowUsed }

    /// Makes `insertions` later insertions certain to succeed. False: the budget is exhausted.
    mutating func prepare(_ insertions: Int, _ budget: inout MemoryBudget) -> Bool {
        while spare < insertions {
            if !overflow.grow(&budget) { return false }
        }
        return true
    }

    /// Adds an entry that is not there. Needs a spare overflow bucket at worst.
    mutating func insert(_ id: UInt32, hash: UInt32, tag: UInt16) {
        add(id, tag: tag, to: bucket(hash))
        count += 1
    }

    /// Puts another id in the place of one (same key, or the entry's record has moved).
    mutating func replace(_ position: Position, with id: UInt32) {
        let tag = self.tag(position)
        set(position, tag: tag, id: id)
    }

    mutating func remove(_ position: Position, hash: UInt32) {
        takeOut(position, from: bucket(hash))
        count -= 1
    }

    func tag(_ position: Position) -> UInt16 {
        position.bucket >= 0
            ? primary.tag(position.bucket, position.slot)
            : overflow.tag(~position.bucket, position.slot)
    }

    private mutating func set(_ position: Position, tag: UInt16, id: UInt32) {
        if position.bucket >= 0 {
            primary.set(position.bucket, position.slot, tag: tag, id: id)
        } else {
            overflow.set(~position.bucket, position.slot, tag: tag, id: id)
        }
    }

    private mutating func setLink(_ bucket: Int, _ link: UInt32) {
        if bucket >= 0 { primary.setLink(bucket, link) } else { overflow.setLink(~bucket, link) }
    }

    private mutating func add(_ id: UInt32, tag: UInt16, to home: Int) {
        var bucket = home
        while true {
            let free = matches(bucket, 0)
            if free != 0 {
                set(Position(bucket: bucket, slot: free.trailingZeroBitCount), tag: tag, id: id)
                return
            }
            if let next = following(bucket) {
                bucket = next
            } else {
                let fresh = takeOverflow()
                setLink(bucket, UInt32(fresh) + 1)
                overflow.set(fresh, 0, tag: tag, id: id)
                return
            }
        }
    }

    /// Frees a slot and fills the hole from the end of the chain, so that chains stay short.
    private mutating func takeOut(_ position: Position, from home: Int) {
        var last = home
        var beforeLast: Int?
        while let next = following(last) {
            beforeLast = last
            last = next
        }
        let used = ~matches(last, 0) & 0x3FF
        let end = Position(bucket: last, slot: 31 - used.leadingZeroBitCount)
        if end != position { set(position, tag: tag(end), id: id(end.bucket, end.slot)) }
        set(end, tag: 0, id: 0)
        if let beforeLast, used & (used - 1) == 0 {
            setLink(beforeLast, 0)
            giveOverflow(~last)
        }
    }

    private mutating func takeOverflow() -> Int {
        overflowUsed += 1
        if overflowFree != 0 {
            let number = Int(overflowFree - 1)
            overflowFree = overflow.link(number)
            overflow.clear(number)
            return number
        }
        ensure(overflowTop < overflow.count, "an insertion was not prepared")
        overflowTop += 1
        overflow.clear(overflowTop - 1)
        return overflowTop - 1
    }

    private mutating func giveOverflow(_ number: Int) {
        overflowUsed -= 1
        overflow.clear(number)
        if overflowUsed == 0 {
            overflowFree = 0
            overflowTop = 0
        } else {
            overflow.setLink(number, overflowFree)
            overflowFree = UInt32(number) + 1
        }
    }

    // MARK: Growing and shrinking

    var wantsSplit: Bool { count * 10 > bucketCount * Self.splitAbove }
    var wantsMerge: Bool {
        bucketCount > Self.bucketsMin && count * 10 < bucketCount * Self.mergeBelow
    }

    /// Whether a split has its new bucket committed already.
    var canSplit: Bool { bucketCount < primary.count }

    mutating func growPrimary(_ budget: inout MemoryBudget) -> Bool { primary.grow(&budget) }

    /// Splits the next bucket in two. Needs `canSplit`, and `reserved + 2` spare overflow buckets;
    /// false: not enough of them, the chains stay longer until there are.
    mutating func split(reserved: Int, _ entries: borrowing EntryTable) -> Bool {
        guard spare >= reserved + 2 else { return false }
        let fresh = bucketCount
        let old = fresh & (mask >> 1)
        let bit = UInt32((mask >> 1) + 1)
        primary.clear(fresh)
        bucketCount += 1
        if bucketCount > mask { mask = mask << 1 | 1 }
        var bucket = old
        var slot = 0
        prefetchEntries(old, entries)
        while true {
            // A slot that was refilled from the chain's end is looked at again.
            if matches(bucket, 0) & 1 << UInt32(slot) == 0,
                entries[id(bucket, slot)].hash & bit != 0
            {
                let position = Position(bucket: bucket, slot: slot)
                let (id, tag) = (self.id(bucket, slot), self.tag(position))
                let isEnd = isChainEnd(position)
                takeOut(position, from: old)
                add(id, tag: tag, to: fresh)
                if isEnd { break }
                continue
            }
            slot += 1
            if slot == BucketTable.slots {
                guard let next = following(bucket) else { break }
                bucket = next
                slot = 0
            }
        }
        return true
    }

    /// Merges the last bucket into the one it was split from. False as in `split`.
    mutating func merge(reserved: Int) -> Bool {
        guard spare >= reserved + 4, bucketCount > Self.bucketsMin else { return false }
        let last = bucketCount - 1
        // The bucket it was split from differs in the highest bit alone.
        let home = last ^ (1 << (Int.bitWidth - 1 - last.leadingZeroBitCount))
        while true {
            var end = last
            while let next = following(end) { end = next }
            let used = ~matches(end, 0) & 0x3FF
            if used == 0 { break }
            let position = Position(bucket: end, slot: 31 - used.leadingZeroBitCount)
            let (id, tag) = (self.id(end, position.slot), self.tag(position))
            takeOut(position, from: last)
            add(id, tag: tag, to: home)
        }
        bucketCount -= 1
        if bucketCount <= mask >> 1 { mask >>= 1 }
        return true
    }

    /// Gives committed steps behind the last bucket back; true if there was one.
    mutating func releaseEnd(_ budget: inout MemoryBudget) -> Bool {
        let slack = primary.nextStepBytes / BucketTable.bucketBytes
        if primary.shrink(to: bucketCount + slack, &budget) { return true }
        return overflow.shrink(to: overflowTop + overflow.nextStepBytes / 64, &budget)
    }

    private func isChainEnd(_ position: Position) -> Bool {
        let used = ~matches(position.bucket, 0) & 0x3FF
        return following(position.bucket) == nil
            && position.slot == 31 - used.leadingZeroBitCount
    }

    private func prefetchEntries(_ bucket: Int, _ entries: borrowing EntryTable) {
        var used = ~matches(bucket, 0) & 0x3FF
        while used != 0 {
            entries.prefetch(id(bucket, used.trailingZeroBitCount))
            used &= used - 1
        }
    }

    // MARK: Scanning

    /// The leaf that covers a position in bit-reversed hash space, and where the next one starts
    /// (2^32 behind the last).
    func leaf(at position: UInt64) -> (bucket: Int, next: UInt64) {
        let hash = UInt32(truncatingIfNeeded: position).bitSwapped
        let home = bucket(hash)
        // A bucket that has been split, or was made by a split, is told apart by one more bit.
        let half = mask >> 1
        let isDeep = home > half || home + half + 1 < bucketCount
        let bits = (isDeep ? mask : half).nonzeroBitCount
        let start = UInt64(UInt32(home).bitSwapped)
        return (home, start + 1 << UInt64(32 - bits))
    }
}

extension UInt32 {
    /// The bits in reverse order.
    var bitSwapped: UInt32 {
        var x = self
        x = x >> 1 & 0x5555_5555 | (x & 0x5555_5555) << 1
        x = x >> 2 & 0x3333_3333 | (x & 0x3333_3333) << 2
        x = x >> 4 & 0x0F0F_0F0F | (x & 0x0F0F_0F0F) << 4
        return x.byteSwapped
    }
}
