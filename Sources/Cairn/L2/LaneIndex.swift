/// What the RAM index knows of a value on the device.
package struct DevicePlace: Equatable, BitwiseCopyable {
    /// Where its entry starts, in units from the start of the lane.
    package var address: UInt32 = 0
    /// Bytes of the value as the client knows it.
    package var valueLength: UInt32 = 0
    /// Uses since it was written there, 0 ... 3.
    package var heat: UInt8 = 0

    package init(address: UInt32, valueLength: UInt32, heat: UInt8 = 0) {
        self.address = address
        self.valueLength = valueLength
        self.heat = heat
    }
}

/// From a key's hash to its place on the device, for one lane: 12 bytes a value in buckets of 128.
///
/// ```
/// word  0 ... 9   10 ... 19   20 ... 29               30      31
///       tags      addresses   length << 2 | heat      link    used: a bit a slot
/// ```
///
/// Linear hashing (W. Litwin, VLDB 1980), as the RAM level's index: it grows by one bucket at a
/// time and never moves. Buckets that overflow chain to buckets of a second table; since a hit
/// costs a device read anyway, buckets may be fuller here and chains a little longer.
///
/// The index is a filter, not the truth: a slot says "a key with these bits of hash may be there".
/// The entry on the device holds the whole key, and whoever reads it compares. Two keys that share
/// bucket and tag (32 bits beyond the smallest bucket number) take one slot: the older is
/// forgotten, which a cache may do. No deleted value can come back that way: forgetting is all it
/// does.
///
/// - Limit: 2^36 buckets, then a split would need bits that the tag doesn't hold.
package struct LaneIndex: ~Copyable {
    private let addressOnly = AddressOnly()
    private var primary: ReservedTable<UInt32>
    private var overflow: ReservedTable<UInt32>
    private var bucketCount = LaneIndex.bucketsMin
    private var mask = LaneIndex.bucketsMin * 2 - 1
    /// Values in the index.
    package private(set) var count = 0
    private var overflowTop = 0
    private var overflowUsed = 0
    /// 1 + first free overflow bucket.
    private var overflowFree: UInt32 = 0

    package static var slots: Int { 10 }
    package static var bucketBytes: Int { 128 }
    static var bucketsMin: Int { 16 }
    /// Mean entries of a bucket, times ten, above which one is split.
    static var splitAbove: Int { 80 }

    private static var words: Int { 32 }
    private static var addressWord: Int { 10 }
    private static var lengthWord: Int { 20 }
    private static var linkWord: Int { 30 }
    private static var usedWord: Int { 31 }

    /// A slot: a bucket (overflow buckets are negative: `~number`) and its place in it.
    private struct Position {
        var bucket: Int
        var slot: Int
    }

    /// An index of at most `valuesMax` values; nil: the budget can't pay for its first buckets.
    package init?(
        valuesMax: Int, node: Int?, _ budget: inout MemoryBudget
    ) throws(AddressRange.Failure) {
        let capacity = (Swift.max(1024, valuesMax) / 5) * Self.words
        var primary = try ReservedTable<UInt32>(capacity: capacity, node: node)
        let overflow = try ReservedTable<UInt32>(capacity: capacity, node: node)
        guard primary.grow(&budget) else { return nil }
        self.primary = primary
        self.overflow = overflow
    }

    /// Bytes charged to the budget.
    package var committedBytes: Int { primary.committedBytes + overflow.committedBytes }

    // MARK: Finding

    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 4) }

    @inline(__always)
    private func home(_ hash: UInt64) -> Int {
        let full = Int(truncatingIfNeeded: hash) & mask
        return full < bucketCount ? full : full & (mask >> 1)
    }

    /// Asks the processor to load the bucket of `hash`.
    @inline(__always)
    package borrowing func prefetch(hash: UInt64) {
        primary.prefetch(home(hash) &* Self.words, bytes: Self.bucketBytes)
    }

    /// Where a value with this hash may be, or nil.
    package borrowing func find(hash: UInt64) -> DevicePlace? {
        position(hash).map { place(at: $0) }
    }

    private borrowing func position(_ hash: UInt64) -> Position? {
        let tag = Self.tag(hash)
        var bucket = home(hash)
        while true {
            var used = word(bucket, Self.usedWord)
            while used != 0 {
                let slot = used.trailingZeroBitCount
                if word(bucket, slot) == tag { return Position(bucket: bucket, slot: slot) }
                used &= used &- 1
            }
            guard let next = following(bucket) else { return nil }
            bucket = next
        }
    }

    private borrowing func place(at position: Position) -> DevicePlace {
        let length = word(position.bucket, Self.lengthWord + position.slot)
        return DevicePlace(
            address: word(position.bucket, Self.addressWord + position.slot),
            valueLength: length >> 2, heat: UInt8(length & 3))
    }

    // MARK: Changing

    /// What became of an insertion.
    package enum Insertion: Equatable, Sendable {
        case added
        /// A value with the same bits was there: its slot was taken.
        case replaced(DevicePlace)
        /// There is no memory for another slot.
        case full
    }

    /// Puts a value's place into the index.
    package mutating func insert(
        hash: UInt64, _ place: DevicePlace, _ budget: inout MemoryBudget
    ) -> Insertion {
        ensure(place.valueLength < 1 << 30, "value length in the index of the device")
        if let position = position(hash) {
            let old = self.place(at: position)
            set(position, tag: Self.tag(hash), place)
            return .replaced(old)
        }
        guard add(Self.tag(hash), place, to: home(hash), &budget) else { return .full }
        count += 1
        grow(&budget)
        return .added
    }

    /// Forgets the value of `hash` if it is at `address`; whether it was.
    @discardableResult
    package mutating func remove(hash: UInt64, at address: UInt32) -> Bool {
        guard let position = position(hash), place(at: position).address == address else {
            return false
        }
        takeOut(position, from: home(hash))
        count -= 1
        return true
    }

    /// Counts a use.
    package mutating func heat(hash: UInt64) {
        guard let position = position(hash) else { return }
        let at = Self.lengthWord + position.slot
        let word = self.word(position.bucket, at)
        if word & 3 < 3 { setWord(position.bucket, at, word + 1) }
    }

    private mutating func set(_ position: Position, tag: UInt32, _ place: DevicePlace) {
        setWord(position.bucket, position.slot, tag)
        setWord(position.bucket, Self.addressWord + position.slot, place.address)
        setWord(
            position.bucket, Self.lengthWord + position.slot,
            place.valueLength << 2 | UInt32(place.heat & 3))
        let used = word(position.bucket, Self.usedWord)
        setWord(position.bucket, Self.usedWord, used | 1 << UInt32(position.slot))
    }

    private mutating func add(
        _ tag: UInt32, _ place: DevicePlace, to home: Int, _ budget: inout MemoryBudget
    ) -> Bool {
        var bucket = home
        while true {
            let free = ~word(bucket, Self.usedWord) & 0x3FF
            if free != 0 {
                set(Position(bucket: bucket, slot: free.trailingZeroBitCount), tag: tag, place)
                return true
            }
            if let next = following(bucket) {
                bucket = next
                continue
            }
            guard let fresh = takeOverflow(&budget) else { return false }
            setWord(bucket, Self.linkWord, UInt32(fresh) + 1)
            set(Position(bucket: ~fresh, slot: 0), tag: tag, place)
            return true
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
        let used = word(last, Self.usedWord)
        let end = 31 - used.leadingZeroBitCount
        if last != position.bucket || end != position.slot {
            set(position, tag: word(last, end), place(at: Position(bucket: last, slot: end)))
        }
        setWord(last, Self.usedWord, used & ~(1 << UInt32(end)))
        if let beforeLast, used & (used - 1) == 0 {
            setWord(beforeLast, Self.linkWord, 0)
            giveOverflow(~last)
        }
    }

    // MARK: Growing

    /// Splits the next bucket when buckets are too full on average. Without memory the chains stay
    /// longer.
    private mutating func grow(_ budget: inout MemoryBudget) {
        guard count * 10 > bucketCount * Self.splitAbove else { return }
        if (bucketCount + 1) * Self.words > primary.count, !primary.grow(&budget) { return }
        split(&budget)
    }

    /// Entries of a bucket go where one more bit of their hash sends them. The chain is rebuilt in
    /// place: it needs no more overflow buckets than before but at most one.
    private mutating func split(_ budget: inout MemoryBudget) {
        if overflowFree == 0, overflowTop * Self.words >= overflow.count,
            !overflow.grow(&budget)
        {
            return
        }
        let fresh = bucketCount
        let old = fresh & (mask >> 1)
        // The tag starts at bit 4 of the hash; the smallest table uses the four below.
        let bit = UInt32(truncatingIfNeeded: (UInt64(mask >> 1) + 1) >> 4)
        for word in 0..<Self.words { setWord(fresh, word, 0) }
        bucketCount += 1
        if bucketCount > mask { mask = mask << 1 | 1 }
        var bucket = old
        var slot = 0
        while true {
            if word(bucket, Self.usedWord) >> UInt32(slot) & 1 == 1, word(bucket, slot) & bit != 0 {
                let position = Position(bucket: bucket, slot: slot)
                let tag = word(bucket, slot)
                let place = self.place(at: position)
                let isEnd =
                    following(bucket) == nil
                    && slot == 31 - word(bucket, Self.usedWord).leadingZeroBitCount
                takeOut(position, from: old)
                ensure(add(tag, place, to: fresh, &budget), "a split without overflow buckets")
                if isEnd { return }
                continue
            }
            slot += 1
            if slot == Self.slots {
                guard let next = following(bucket) else { return }
                bucket = next
                slot = 0
            }
        }
    }

    private mutating func takeOverflow(_ budget: inout MemoryBudget) -> Int? {
        let number: Int
        if overflowFree != 0 {
            number = Int(overflowFree - 1)
            overflowFree = word(~number, Self.linkWord)
        } else {
            if overflowTop * Self.words >= overflow.count, !overflow.grow(&budget) { return nil }
            number = overflowTop
            overflowTop += 1
        }
        overflowUsed += 1
        for word in 0..<Self.words { setWord(~number, word, 0) }
        return number
    }

    private mutating func giveOverflow(_ number: Int) {
        overflowUsed -= 1
        setWord(~number, Self.linkWord, overflowFree)
        setWord(~number, Self.usedWord, 0)
        overflowFree = UInt32(number) + 1
    }

    // MARK: Words

    @inline(__always)
    private borrowing func word(_ bucket: Int, _ word: Int) -> UInt32 {
        bucket >= 0
            ? primary[bucket &* Self.words &+ word] : overflow[~bucket &* Self.words &+ word]
    }

    @inline(__always)
    private mutating func setWord(_ bucket: Int, _ word: Int, _ value: UInt32) {
        if bucket >= 0 {
            primary[bucket &* Self.words &+ word] = value
        } else {
            overflow[~bucket &* Self.words &+ word] = value
        }
    }

    /// The bucket chained behind this one; nil at the end.
    @inline(__always)
    private borrowing func following(_ bucket: Int) -> Int? {
        let link = word(bucket, Self.linkWord)
        return link == 0 ? nil : ~Int(link - 1)
    }

    /// Checks that every slot is where its tag belongs and the counts hold: for tests.
    package borrowing func validate() {
        var sum = 0
        var chained = 0
        for number in 0..<bucketCount {
            var bucket = number
            while true {
                let used = word(bucket, Self.usedWord)
                ensure(used < 1 << 10, "used slots of a bucket")
                sum += used.nonzeroBitCount
                for slot in 0..<Self.slots where used >> UInt32(slot) & 1 == 1 {
                    let hash = UInt64(word(bucket, slot)) << 4 | UInt64(number & 15)
                    ensure(home(hash) == number, "a slot in the wrong bucket")
                }
                guard let next = following(bucket) else { break }
                chained += 1
                ensure(word(next, Self.usedWord) != 0, "an empty bucket in a chain")
                bucket = next
            }
        }
        ensure(sum == count && chained == overflowUsed, "counts of the index of the device")
    }
}
