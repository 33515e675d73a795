/// The index's buckets: one cache line each, ten slots of a 16-bit tag and a 32-bit entry id.
///
/// ```
/// word  0        1        2              3 ... 7
///       tag 0-3  tag 4-7  tag 8-9, link  id 0-9 (two a word, the lower half first)
/// ```
///
/// A tag of 0 means the slot is free. The link is 1 + the number of an overflow bucket, 0: none.
/// Tags are compared four at a time inside a word (SWAR: exact zero-lane detection, after
/// H. Warren, Hacker's Delight, 6-1), which costs three loads and no SIMD register traffic.
package struct BucketTable: ~Copyable {
    private var words: ReservedTable<UInt64>

    package static var slots: Int { 10 }
    package static var bucketBytes: Int { 64 }
    private static var wordsPerBucket: Int { 8 }
    private static var firstIdWord: Int { 3 }

    package init(capacity: Int, node: Int?) throws(AddressRange.Failure) {
        words = try ReservedTable(capacity: capacity * Self.wordsPerBucket, node: node)
    }

    /// Buckets that may be used.
    package var count: Int { words.count / Self.wordsPerBucket }
    package var committedBytes: Int { words.committedBytes }
    package var nextStepBytes: Int { words.nextStepBytes }

    package mutating func grow(_ budget: inout MemoryBudget) -> Bool { words.grow(&budget) }
    package mutating func shrink(to needed: Int, _ budget: inout MemoryBudget) -> Bool {
        words.shrink(to: needed * Self.wordsPerBucket, &budget)
    }

    @inline(__always)
    package func prefetch(_ bucket: Int) { words.prefetch(bucket &* Self.wordsPerBucket) }

    /// Bit `i` is set where slot `i` holds `tag`; with tag 0, where slot `i` is free.
    @inline(__always)
    package func matches(_ bucket: Int, _ tag: UInt16) -> UInt32 {
        let pattern = UInt64(tag) &* 0x0001_0001_0001_0001
        let first = bucket &* Self.wordsPerBucket
        let a = Self.zeroLanes(words[first] ^ pattern)
        let b = Self.zeroLanes(words[first &+ 1] ^ pattern)
        // The upper half of the third word is the link: shift it out.
        let c = Self.zeroLanes(words[first &+ 2] ^ pattern) << 32
        return Self.pack(a) | Self.pack(b) << 4 | (Self.pack(c) >> 2) << 8
    }

    /// Bit `i` is set where slot `i` is in use.
    @inline(__always)
    package func used(_ bucket: Int) -> UInt32 { ~matches(bucket, 0) & 0x3FF }

    @inline(__always)
    private static func zeroLanes(_ x: UInt64) -> UInt64 {
        let low: UInt64 = 0x7FFF_7FFF_7FFF_7FFF
        return ~(((x & low) &+ low) | x | low)
    }

    /// The four high bits of the lanes, side by side.
    @inline(__always)
    private static func pack(_ lanes: UInt64) -> UInt32 {
        // Bits 15, 31, 47, 63 move to 60 ... 63 of the product.
        UInt32(truncatingIfNeeded: ((lanes >> 15) &* 0x1000_2000_4000_8000) >> 60)
    }

    @inline(__always)
    package func id(_ bucket: Int, _ slot: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: words[idWord(bucket, slot)] >> UInt64((slot & 1) << 5))
    }

    @inline(__always)
    package func tag(_ bucket: Int, _ slot: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: words[tagWord(bucket, slot)] >> UInt64((slot & 3) << 4))
    }

    /// Fills, changes or (tag 0) frees a slot.
    @inline(__always)
    package mutating func set(_ bucket: Int, _ slot: Int, tag: UInt16, id: UInt32) {
        let idShift = UInt64((slot & 1) << 5)
        let ids = words[idWord(bucket, slot)] & ~(0xFFFF_FFFF << idShift)
        words[idWord(bucket, slot)] = ids | UInt64(id) << idShift
        let tagShift = UInt64((slot & 3) << 4)
        let tags = words[tagWord(bucket, slot)] & ~(0xFFFF << tagShift)
        words[tagWord(bucket, slot)] = tags | UInt64(tag) << tagShift
    }

    @inline(__always)
    private func idWord(_ bucket: Int, _ slot: Int) -> Int {
        ensure(UInt(bitPattern: slot) < UInt(Self.slots), "bucket slot")
        return bucket &* Self.wordsPerBucket &+ Self.firstIdWord &+ slot >> 1
    }

    @inline(__always)
    private func tagWord(_ bucket: Int, _ slot: Int) -> Int {
        ensure(UInt(bitPattern: slot) < UInt(Self.slots), "bucket slot")
        return bucket &* Self.wordsPerBucket &+ slot >> 2
    }

    @inline(__always)
    private func linkWord(_ bucket: Int) -> Int { bucket &* Self.wordsPerBucket &+ 2 }

    /// 1 + the number of the overflow bucket behind this one; 0: none.
    @inline(__always)
    package func link(_ bucket: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: words[linkWord(bucket)] >> 32)
    }

    package mutating func setLink(_ bucket: Int, _ link: UInt32) {
        let tags = words[linkWord(bucket)] & 0xFFFF_FFFF
        words[linkWord(bucket)] = tags | UInt64(link) << 32
    }

    package mutating func clear(_ bucket: Int) {
        for word in 0..<Self.wordsPerBucket { words[bucket &* Self.wordsPerBucket &+ word] = 0 }
    }
}
