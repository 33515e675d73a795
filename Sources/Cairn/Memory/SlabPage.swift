/// The place of a chunk: 17 bits of page, 15 bits of slot. Stays good until its chunk is freed or
/// moved, which only the chunk's owner is told of.
package struct ChunkHandle: Equatable, BitwiseCopyable {
    package let raw: UInt32

    @inline(__always)
    package init(raw: UInt32) { self.raw = raw }

    @inline(__always)
    init(page: Int, slot: Int) {
        raw = UInt32(truncatingIfNeeded: page) << 15 | UInt32(truncatingIfNeeded: slot)
    }

    /// No chunk: page 131,071, slot 32,767, which no class has.
    package static var none: ChunkHandle { ChunkHandle(raw: UInt32.max) }

    @inline(__always)
    package var page: Int { Int(raw >> 15) }
    @inline(__always)
    package var slot: Int { Int(raw & 0x7FFF) }
}

/// What the slab knows of a page: 32 bytes, two a cache line.
struct SlabPage: BitwiseCopyable {
    enum State: UInt8, BitwiseCopyable { case unused, active, draining }

    /// Neighbours in the list of equally full pages of the class.
    var previous: UInt32 = Self.none
    var next: UInt32 = Self.none
    var chunkBytes: UInt32 = 0
    /// The turn of `maintain` from which it may be chosen for draining again.
    var retryTurn: UInt32 = 0
    /// Chunks in the page.
    var slots: UInt16 = 0
    /// Chunks in use.
    var live: UInt16 = 0
    /// First free slot, or `noSlot`.
    var freeHead: UInt16 = Self.noSlot
    /// Slots from here on were never used since the page joined its class.
    var fresh: UInt16 = 0
    var sizeClass: UInt8 = 0
    var state: State = .unused
    /// The list it is in.
    var list: UInt8 = 0
    /// `live >> shift` is 0 ... 15: the page's fullness.
    var shift: UInt8 = 0

    static var none: UInt32 { UInt32.max }
    static var noSlot: UInt16 { 0x7FFF }

    var fullness: UInt8 {
        live == slots ? UInt8(Slab.fullList) : UInt8(truncatingIfNeeded: live >> UInt16(shift))
    }

    mutating func start(sizeClass: Int, chunkBytes: Int, slots: Int) {
        self = SlabPage()
        self.chunkBytes = UInt32(chunkBytes)
        self.slots = UInt16(slots)
        self.sizeClass = UInt8(sizeClass)
        state = .active
        shift = UInt8(Swift.max(0, Int.bitWidth - slots.leadingZeroBitCount - 4))
    }
}

/// Totals of a size class.
package struct SlabClassLists: BitwiseCopyable, Sendable {
    /// Pages, the draining one included.
    package var pages = 0
    /// Chunks in use.
    package var liveChunks = 0
    /// Free chunks in active pages.
    package var freeSlots = 0
    /// The slab's `pagesTaken` at the class's last allocation.
    package var lastUsed: UInt32 = 0
}
