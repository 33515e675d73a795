/// Least recently used first.
///
/// One list for each band. A use moves the entry to the head, except when it already moved there in
/// the same second and the list's tail was last used at least `exactSeconds` ago: then the entry is
/// surely among the newest, and the two cache lines of its neighbours stay untouched. What that
/// costs: among entries used within one second, the order is that of their first use in it; no
/// entry is ever evicted that would not have been within a second of its turn. Small caches that
/// turn over within `exactSeconds` are exact.
package struct LRU: ~Copyable {
    private var lists = FixedArray<PolicyList>(
        repeating: PolicyList(), count: EvictionBand.count)

    static var exactSeconds: UInt32 { 4 }

    package init() {}

    @inline(__always)
    package mutating func insert<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, now: UInt32, _ table: inout Table
    ) {
        table[lastAccess: id] = now
        lists[table.band(id).index].pushFront(id, &table)
    }

    @inline(__always)
    package mutating func touch<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, now: UInt32, _ table: inout Table
    ) {
        let band = table.band(id).index
        let frequency = table[frequency: id]
        if frequency < UInt8.max { table[frequency: id] = frequency &+ 1 }
        if table[lastAccess: id] == now,
            now &- table[lastAccess: lists[band].tail] >= Self.exactSeconds,
            table[lastAccess: lists[band].tail] <= now
        {
            return
        }
        table[lastAccess: id] = now
        lists[band].moveToFront(id, &table)
    }

    @inline(__always)
    package mutating func remove<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        lists[table.band(id).index].remove(id, &table)
    }

    /// The entry to evict next of a band.
    package func victim(_ band: EvictionBand) -> UInt32? {
        let tail = lists[band.index].tail
        return tail == PolicyList.none ? nil : tail
    }

    /// Takes an entry that can't be evicted now out of the way: it is in use, hence recent.
    package mutating func passOver<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        lists[table.band(id).index].moveToFront(id, &table)
    }

    /// An entry's record has moved.
    package mutating func renamed<Table: PolicyTable & ~Copyable>(
        _ old: UInt32, to new: UInt32, _ table: inout Table
    ) {
        lists[table.band(new).index].renamed(old, to: new, &table)
    }

    /// Number of entries linked here, after checking that each is where it belongs: for tests.
    package func validate<Table: PolicyTable & ~Copyable>(_ table: borrowing Table) -> Int {
        var count = 0
        for band in 0..<lists.count {
            lists[band].validate(table) { id in
                count += 1
                ensure(table[linked: id] == .lru && table.band(id).index == band, "LRU list")
            }
        }
        return count
    }
}
