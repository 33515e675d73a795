/// One cached object's record: 48 bytes.
///
/// ```
///  0  previous 4   next 4   last use s 4   frequency 1   policy state 1   pins 2
/// 16  hash 4   head chunk 4   value length 4   key length 2   meta 2
/// 32  expiry ms 8   version 8
/// ```
///
/// Records lie 48 bytes apart, so half of them straddle two cache lines; the middle group, which a
/// lookup needs, always shares a line with one of the others.
struct Entry: BitwiseCopyable {
    /// Links of the policy's list, of the free list, or (reserved) the upper half of the hash.
    var previous: UInt32 = 0
    var next: UInt32 = 0
    /// Seconds; or (reserved) the units of 4 KiB that a growing value has taken.
    var lastAccess: UInt32 = 0
    var frequency: UInt8 = 0
    var policyState: UInt8 = 0
    var pins: UInt16 = 0
    /// Lower half of the key's hash: its place in the index.
    var hash: UInt32 = 0
    var head = ChunkHandle.none
    var valueLength: UInt32 = 0
    var keyLength: UInt16 = 0
    var meta = EntryMeta()
    var expiry: UInt64 = 0
    var version: UInt64 = 0
}

/// The small fields of an entry in 16 bits.
///
/// ```
/// bit 0-1 state  2-3 epoch  4-6 type  7-10 priority  11-13 policy link  14 tracked  15 expires
/// ```
struct EntryMeta: BitwiseCopyable {
    private var bits: UInt16 = 0

    @inline(__always)
    private func field(_ shift: UInt16, _ mask: UInt16) -> UInt8 {
        UInt8(truncatingIfNeeded: bits >> shift & mask)
    }

    @inline(__always)
    private mutating func set(_ shift: UInt16, _ mask: UInt16, _ value: UInt8) {
        bits = bits & ~(mask << shift) | (UInt16(value) & mask) << shift
    }

    var state: EntryState {
        @inline(__always) get {
            switch field(0, 3) {
            case 0: .free
            case 1: .reserved
            case 2: .live
            default: .detached
            }
        }
        @inline(__always) set { set(0, 3, newValue.rawValue) }
    }

    /// The flush period the entry was committed in, modulo 4.
    var epoch: UInt8 {
        @inline(__always) get { field(2, 3) }
        @inline(__always) set { set(2, 3, newValue) }
    }

    var type: EntryType {
        get { EntryType(rawValue: field(4, 7)) ?? .block }
        set { set(4, 7, newValue.rawValue) }
    }

    var priority: Int {
        get { Int(field(7, 15)) }
        set { set(7, 15, UInt8(newValue)) }
    }

    var link: PolicyLink {
        @inline(__always) get {
            switch field(11, 7) {
            case 1: .lru
            case 2: .lfu
            case 3: .ttl
            default: .none
            }
        }
        @inline(__always) set { set(11, 7, newValue.rawValue) }
    }

    var isTracked: Bool {
        get { field(14, 1) != 0 }
        set { set(14, 1, newValue ? 1 : 0) }
    }

    /// Whether `expiry` is set: spares a lookup the record's last group.
    var expires: Bool {
        @inline(__always) get { field(15, 1) != 0 }
        set { set(15, 1, newValue ? 1 : 0) }
    }
}

/// All records of a shard, at stable places as long as nobody shrinks the table.
///
/// Free records form a doubly linked list, so that any of them can leave it when the table's end
/// is cut off; those in the lower half are handed out first, which lets the end run empty.
struct EntryTable: ~Copyable {
    private var entries: ReservedTable<Entry>
    /// Records ever used since the table last shrank: all below are linked, free or in use.
    private(set) var top = 0
    private(set) var freeCount = 0
    private var freeList = PolicyList()
    /// Where `allocateLow` searches on.
    private var lowCursor = 0

    init(capacity: Int, node: Int?) throws(AddressRange.Failure) {
        // Ids stay below 2^31: the slab marks free chunks with the highest bit.
        entries = try ReservedTable(capacity: Swift.min(capacity, Int(Int32.max)), node: node)
    }

    /// Records in use.
    var usedCount: Int { top - freeCount }
    var committedBytes: Int { entries.committedBytes }

    subscript(id: UInt32) -> Entry {
        @inline(__always) _read { yield entries[Int(id)] }
        @inline(__always) _modify { yield &entries[Int(id)] }
    }

    /// Asks the processor to load the groups of a record that a lookup and a use touch: half of the
    /// records straddle two cache lines.
    @inline(__always)
    func prefetch(_ id: UInt32) {
        if holds(id) { entries.prefetch(Int(id), bytes: 32) }
    }

    /// Whether there is a record with this id, free or in use.
    @inline(__always)
    func holds(_ id: UInt32) -> Bool { Int(id) < entries.count }

    /// Whether `allocate` can succeed without growing.
    var hasRoom: Bool { freeCount > 0 || top < entries.count }

    mutating func grow(_ budget: inout MemoryBudget) -> Bool { entries.grow(&budget) }

    /// A record in state `.free`, its other fields undefined. There must be room.
    mutating func allocate() -> UInt32 {
        if freeCount > 0 {
            let id = freeList.head
            leaveFreeList(id)
            return id
        }
        let id = UInt32(top)
        top += 1
        entries[Int(id)] = Entry()
        return id
    }

    /// A free record near the start of the table, for one that moves there from its end; nil: none
    /// within 256 places of where the last search ended. The free list's head would be of no use:
    /// records are freed in runs, so it is often right below the end.
    mutating func allocateLow() -> UInt32? {
        if lowCursor >= top / 2 { lowCursor = 0 }
        for place in lowCursor..<min(lowCursor + 256, top - 1) {
            lowCursor = place + 1
            if entries[place].meta.state == .free {
                leaveFreeList(UInt32(place))
                return UInt32(place)
            }
        }
        return nil
    }

    mutating func free(_ id: UInt32) {
        entries[Int(id)] = Entry()
        freeCount += 1
        var list = freeList
        if Int(id) < top / 2 { list.pushFront(id, &self) } else { list.pushBack(id, &self) }
        freeList = list
    }

    private mutating func leaveFreeList(_ id: UInt32) {
        var list = freeList
        list.remove(id, &self)
        freeList = list
        freeCount -= 1
    }

    // MARK: Shrinking

    /// Whether so many records are free that cutting the end off is worth the work.
    var isSparse: Bool { freeCount > 1024 && freeCount > top / 4 }

    /// Cuts free records off the end, at most `limit`; returns how many.
    mutating func cutFreeEnd(limit: Int) -> Int {
        var cut = 0
        while cut < limit, top > 0, entries[top - 1].meta.state == .free {
            leaveFreeList(UInt32(top - 1))
            top -= 1
            cut += 1
        }
        return cut
    }

    /// Gives a committed step behind the last record back.
    mutating func releaseEnd(_ budget: inout MemoryBudget) -> Bool {
        // A step of slack keeps a table that hovers at a boundary from thrashing.
        let slack = entries.nextStepBytes / MemoryLayout<Entry>.stride
        return entries.shrink(to: top + slack, &budget)
    }
}

extension EntryTable: PolicyTable {
    subscript(next id: UInt32) -> UInt32 {
        @inline(__always) get { entries[Int(id)].next }
        @inline(__always) set { entries[Int(id)].next = newValue }
    }
    subscript(previous id: UInt32) -> UInt32 {
        @inline(__always) get { entries[Int(id)].previous }
        @inline(__always) set { entries[Int(id)].previous = newValue }
    }
    subscript(lastAccess id: UInt32) -> UInt32 {
        @inline(__always) get { entries[Int(id)].lastAccess }
        @inline(__always) set { entries[Int(id)].lastAccess = newValue }
    }
    subscript(frequency id: UInt32) -> UInt8 {
        @inline(__always) get { entries[Int(id)].frequency }
        @inline(__always) set { entries[Int(id)].frequency = newValue }
    }
    subscript(policyState id: UInt32) -> UInt8 {
        @inline(__always) get { entries[Int(id)].policyState }
        @inline(__always) set { entries[Int(id)].policyState = newValue }
    }
    subscript(linked id: UInt32) -> PolicyLink {
        @inline(__always) get { entries[Int(id)].meta.link }
        @inline(__always) set { entries[Int(id)].meta.link = newValue }
    }
    @inline(__always)
    func expiry(_ id: UInt32) -> UInt64 { entries[Int(id)].expiry }
    @inline(__always)
    func isPinned(_ id: UInt32) -> Bool { entries[Int(id)].pins > 0 }
    @inline(__always)
    func band(_ id: UInt32) -> EvictionBand {
        let meta = entries[Int(id)].meta
        return meta.type == .block ? .ofPriority(meta.priority) : .metadata
    }
}
