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
@safe
package struct BucketTable: ~Copyable {
    private var words: ReservedTable<BucketWords>

    package static var slots: Int { 10 }
    package static var bucketBytes: Int { 64 }

    package init(capacity: Int, node: Int?) throws(AddressRange.Failure) {
        words = try ReservedTable(capacity: capacity, node: node)
    }

    /// Buckets that may be used.
    package var count: Int { words.count }
    package var committedBytes: Int { words.committedBytes }
    package var capacity: Int { words.capacity }
    package var nextStepBytes: Int { words.nextStepBytes }

    package mutating func grow(_ budget: inout MemoryBudget) -> Bool { words.grow(&budget) }
    package func canShrink(to needed: Int) -> Bool { words.canShrink(to: needed) }
    package mutating func shrink(to needed: Int, _ budget: inout MemoryBudget) -> Bool {
        words.shrink(to: needed, &budget)
    }

    @inline(__always)
    package func prefetch(_ bucket: Int) { words.prefetch(bucket) }

    /// Bit `i` is set where slot `i` holds `tag`; with tag 0, where slot `i` is free.
    @inline(__always)
    package func matches(_ bucket: Int, _ tag: UInt16) -> UInt32 {
        let pattern = UInt64(tag) &* 0x0001_0001_0001_0001
        let a = Self.zeroLanes(words[bucket].tags0 ^ pattern)
        let b = Self.zeroLanes(words[bucket].tags1 ^ pattern)
        // The upper half of the third word is the link: shift it out.
        let c = Self.zeroLanes(words[bucket].tags2 ^ pattern) << 32
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
        ensure(UInt(bitPattern: slot) < 10, "bucket slot")
        return UInt32(truncatingIfNeeded: words[bucket][ids: slot >> 1] >> UInt64((slot & 1) << 5))
    }

    @inline(__always)
    package func tag(_ bucket: Int, _ slot: Int) -> UInt16 {
        ensure(UInt(bitPattern: slot) < 10, "bucket slot")
        return UInt16(
            truncatingIfNeeded: words[bucket][tags: slot >> 2] >> UInt64((slot & 3) << 4))
    }

    /// Fills, changes or (tag 0) frees a slot.
    @inline(__always)
    package mutating func set(_ bucket: Int, _ slot: Int, tag: UInt16, id: UInt32) {
        ensure(UInt(bitPattern: slot) < 10, "bucket slot")
        let idShift = UInt64((slot & 1) << 5)
        let ids = words[bucket][ids: slot >> 1] & ~(0xFFFF_FFFF << idShift)
        words[bucket][ids: slot >> 1] = ids | UInt64(id) << idShift
        let tagShift = UInt64((slot & 3) << 4)
        let tags = words[bucket][tags: slot >> 2] & ~(0xFFFF << tagShift)
        words[bucket][tags: slot >> 2] = tags | UInt64(tag) << tagShift
    }

    /// 1 + the number of the overflow bucket behind this one; 0: none.
    @inline(__always)
    package func link(_ bucket: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: words[bucket].tags2 >> 32)
    }

    package mutating func setLink(_ bucket: Int, _ link: UInt32) {
        words[bucket].tags2 = words[bucket].tags2 & 0xFFFF_FFFF | UInt64(link) << 32
    }

    package mutating func clear(_ bucket: Int) { words[bucket] = BucketWords() }
}

/// One bucket: eight words, one cache line.
struct BucketWords: BitwiseCopyable {
    var tags0: UInt64 = 0
    var tags1: UInt64 = 0
    var tags2: UInt64 = 0
    var ids0: UInt64 = 0
    var ids1: UInt64 = 0
    var ids2: UInt64 = 0
    var ids3: UInt64 = 0
    var ids4: UInt64 = 0

    subscript(tags index: Int) -> UInt64 {
        @inline(__always) get { index == 0 ? tags0 : index == 1 ? tags1 : tags2 }
        @inline(__always) set {
            switch index {
            case 0: tags0 = newValue
            case 1: tags1 = newValue
            default: tags2 = newValue
            }
        }
    }

    subscript(ids index: Int) -> UInt64 {
        @inline(__always) get {
            switch index {
            case 0: ids0
            case 1: ids1
            case 2: ids2
            case 3: ids3
            default: ids4
            }
        }
        @inline(__always) set {
            switch index {
            case 0: ids0 = newValue
            case 1: ids1 = newValue
            case 2: ids2 = newValue
            case 3: ids3 = newValue
            default: ids4 = newValue
            }
        }
    }
}
