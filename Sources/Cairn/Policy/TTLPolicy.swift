/// Nearest expiry first; entries without an expiry last, least recently used first among them.
///
/// Expiries lie in a timing wheel without cascades (after T. Gleixner's timer wheel in Linux 4.8):
/// ten levels of 64 slots, each level eight times as coarse as the one below, starting at 128 ms.
/// An entry stays in the slot it was put in, so order is exact to an eighth of the time the entry
/// had left when it came, or 128 ms. All operations are O(1): at most ten levels are looked at.
///
/// ```
/// level 0   64 slots of 128 ms        up to 7 s away
/// level 1   64 slots of 1.02 s        up to 57 s away
/// ...
/// level 9   64 slots of 199 days      up to 30 years away; what is further waits in a list
/// ```
///
/// - Invariant: a level's window is the 64 slots from its base; base is the slot number (not
///   modulo 64) of no later than its first entry. What does not fit the window goes a level up.
package struct TTLPolicy: ~Copyable {
    private var lists = FixedArray<PolicyList>(
        repeating: PolicyList(), count: EvictionBand.count * TTLPolicy.listsPerBand)
    /// Slots with entries, for each band and level.
    private var occupied = FixedArray<UInt64>(
        repeating: 0, count: EvictionBand.count * TTLPolicy.levels)
    private var bases = FixedArray<UInt64>(
        repeating: 0, count: EvictionBand.count * TTLPolicy.levels)

    static var levels: Int { 10 }
    private static var farLevel: UInt8 { 10 }
    private static var noExpiry: UInt8 { 11 }
    private static var farList: Int { levels * 64 }
    private static var noExpiryList: Int { levels * 64 + 1 }
    private static var listsPerBand: Int { levels * 64 + 2 }

    /// Heap bytes of the lists.
    package static var overheadBytes: Int { EvictionBand.count * (listsPerBand * 8 + levels * 16) }

    package init() {}

    package mutating func insert<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table
    ) {
        table[lastAccess: id] = UInt32(truncatingIfNeeded: nowMs / 1000)
        let band = table.band(id).index
        table[policyState: id] = place(table.expiry(id), band: band, nowMs: nowMs)
        let index = listIndex(id, table)
        lists[index].pushFront(id, &table)
        let level = Int(table[policyState: id])
        if level < Self.levels {
            let slot = Self.slot(table.expiry(id), level: level)
            occupied[band * Self.levels + level] |= 1 << (slot & 63)
        }
    }

    package mutating func touch<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table
    ) {
        let frequency = table[frequency: id]
        if frequency < UInt8.max { table[frequency: id] = frequency + 1 }
        table[lastAccess: id] = UInt32(truncatingIfNeeded: nowMs / 1000)
        if table[policyState: id] == Self.noExpiry {
            lists[listIndex(id, table)].moveToFront(id, &table)
        }
    }

    package mutating func remove<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        let index = listIndex(id, table)
        lists[index].remove(id, &table)
        let level = Int(table[policyState: id])
        guard level < Self.levels, lists[index].isEmpty else { return }
        let word = table.band(id).index * Self.levels + level
        occupied[word] &= ~(1 << (Self.slot(table.expiry(id), level: level) & 63))
    }

    package mutating func victim(_ band: EvictionBand) -> UInt32? {
        var best: UInt64 = UInt64.max
        var bestList = -1
        for level in 0..<Self.levels {
            let word = band.index * Self.levels + level
            guard occupied[word] != 0 else { continue }
            tighten(word)
            let start = bases[word] << UInt64(3 * level)
            if start < best {
                best = start
                bestList = level * 64 + Int(bases[word] & 63)
            }
        }
        let first = band.index * Self.listsPerBand
        if bestList >= 0 { return lists[first + bestList].tail }
        if !lists[first + Self.farList].isEmpty { return lists[first + Self.farList].tail }
        let tail = lists[first + Self.noExpiryList].tail
        return tail == PolicyList.none ? nil : tail
    }

    /// In use now: waits behind the wheel, with the entries that expire far away.
    package mutating func passOver<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        if Int(table[policyState: id]) < Self.levels {
            remove(id, &table)
            table[policyState: id] = Self.farLevel
            lists[listIndex(id, table)].pushFront(id, &table)
        } else {
            lists[listIndex(id, table)].moveToFront(id, &table)
        }
    }

    package mutating func renamed<Table: PolicyTable & ~Copyable>(
        _ old: UInt32, to new: UInt32, _ table: inout Table
    ) {
        lists[listIndex(new, table)].renamed(old, to: new, &table)
    }

    // MARK: The wheel

    /// Slot number at a level: granules of 128 ms, three bits coarser each level.
    private static func slot(_ expiryMs: UInt64, level: Int) -> UInt64 {
        expiryMs >> UInt64(7 + 3 * level)
    }

    /// Chooses the level for an expiry and makes its window cover it.
    private mutating func place(_ expiryMs: UInt64, band: Int, nowMs: UInt64) -> UInt8 {
        if expiryMs == 0 { return Self.noExpiry }
        let distance = expiryMs > nowMs ? expiryMs - nowMs : 0
        for level in 0..<Self.levels {
            // Eight slots of the window are left for entries that are already overdue.
            if distance >> UInt64(7 + 3 * level) >= 56 { continue }
            let word = band * Self.levels + level
            let slot = Self.slot(expiryMs, level: level)
            if occupied[word] == 0 {
                bases[word] = slot
                return UInt8(level)
            }
            tighten(word)
            if slot >= bases[word] {
                if slot - bases[word] < 64 { return UInt8(level) }
                continue
            }
            let last = bases[word] + UInt64(63 - window(word).leadingZeroBitCount)
            if last - slot < 64 {
                bases[word] = slot
                return UInt8(level)
            }
        }
        return Self.farLevel
    }

    /// The occupied slots of a window, its base at bit 0.
    private func window(_ word: Int) -> UInt64 {
        let shift = bases[word] & 63
        let bits = occupied[word]
        return shift == 0 ? bits : bits >> shift | bits << (64 - shift)
    }

    /// Moves the base to the first occupied slot. The window must not be empty.
    private mutating func tighten(_ word: Int) {
        bases[word] += UInt64(window(word).trailingZeroBitCount)
    }

    private func listIndex<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: borrowing Table
    ) -> Int {
        let first = table.band(id).index * Self.listsPerBand
        let level = table[policyState: id]
        if level == Self.noExpiry { return first + Self.noExpiryList }
        if level == Self.farLevel { return first + Self.farList }
        let slot = Self.slot(table.expiry(id), level: Int(level))
        return first + Int(level) * 64 + Int(slot & 63)
    }

    /// Number of entries linked here, after checking that each is where it belongs: for tests.
    package func validate<Table: PolicyTable & ~Copyable>(_ table: borrowing Table) -> Int {
        var count = 0
        for index in 0..<lists.count {
            lists[index].validate(table) { id in
                count += 1
                ensure(table[linked: id] == .ttl && listIndex(id, table) == index, "TTL list")
            }
            let (band, list) = (index / Self.listsPerBand, index % Self.listsPerBand)
            if list < Self.levels * 64 {
                let bits = occupied[band * Self.levels + list / 64]
                let isMarked = bits & 1 << UInt64(list % 64) != 0
                ensure(isMarked != lists[index].isEmpty, "TTL occupancy")
            }
        }
        return count
    }
}
