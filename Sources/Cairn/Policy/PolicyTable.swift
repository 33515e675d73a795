/// What an eviction policy sees of a table of entries.
///
/// Policies keep their lists in the records of whatever they order, and reach them through this
/// protocol alone, so that the same code orders a shard's entries and a simulator's trace. Nothing
/// here knows keys, values or memory.
///
/// Conformers are structs known at compile time: every call specialises to a load or a store.
package protocol PolicyTable: ~Copyable {
    /// Neighbours in the one list the entry is in; `PolicyList.none` at the ends.
    subscript(next id: UInt32) -> UInt32 { get set }
    subscript(previous id: UInt32) -> UInt32 { get set }
    /// Unix seconds of the last use.
    subscript(lastAccess id: UInt32) -> UInt32 { get set }
    /// A counter of uses: saturating, or logarithmic under LFU.
    subscript(frequency id: UInt32) -> UInt8 { get set }
    /// A byte that belongs to the policy the entry is linked in.
    subscript(policyState id: UInt32) -> UInt8 { get set }
    /// Which policy the entry is linked in.
    subscript(linked id: UInt32) -> PolicyLink { get set }
    /// Unix milliseconds; 0: never. Must not change while the entry is linked.
    func expiry(_ id: UInt32) -> UInt64
    /// The band the entry is evicted with. Must not change while the entry is linked.
    func band(_ id: UInt32) -> EvictionBand
    /// In use: must not be evicted now.
    func isPinned(_ id: UInt32) -> Bool
}

/// The policy that an entry's links belong to.
package enum PolicyLink: UInt8, CaseIterable, Sendable {
    case none, lru, lfu, ttl
}

/// Groups of entries that are evicted one after the other.
package enum EvictionBand: UInt8, CaseIterable, Sendable {
    /// Priority 0-3: goes first.
    case low
    /// Priority 4-7.
    case normal
    /// Priority 8-10: goes when the band holds more than its share, or nothing else is left.
    case high
    /// Metadata of any priority: likewise, with a share of its own.
    case metadata

    package static var count: Int { 4 }
    package var index: Int { Int(rawValue) }

    /// The band of a block of this priority, 0 ... 10.
    package static func ofPriority(_ priority: Int) -> EvictionBand {
        priority < 4 ? .low : priority < 8 ? .normal : .high
    }
}

/// A doubly linked list through the entries' own links: newest at the head.
package struct PolicyList: BitwiseCopyable {
    package var head = PolicyList.none
    package var tail = PolicyList.none

    package static var none: UInt32 { UInt32.max }
    package var isEmpty: Bool { head == Self.none }

    package init() {}

    @inline(__always)
    package mutating func pushFront<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        table[previous: id] = Self.none
        table[next: id] = head
        if head != Self.none { table[previous: head] = id } else { tail = id }
        head = id
    }

    package mutating func pushBack<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        table[previous: id] = tail
        table[next: id] = Self.none
        if tail != Self.none { table[next: tail] = id } else { head = id }
        tail = id
    }

    @inline(__always)
    package mutating func remove<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        let previous = table[previous: id]
        let next = table[next: id]
        if previous != Self.none { table[next: previous] = next } else { head = next }
        if next != Self.none { table[previous: next] = previous } else { tail = previous }
    }

    @inline(__always)
    package mutating func moveToFront<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        if head == id { return }
        remove(id, &table)
        pushFront(id, &table)
    }

    /// Tells the list that its member `old` now lives in record `new`, whose links are a copy.
    package mutating func renamed<Table: PolicyTable & ~Copyable>(
        _ old: UInt32, to new: UInt32, _ table: inout Table
    ) {
        let previous = table[previous: new]
        let next = table[next: new]
        if previous != Self.none { table[next: previous] = new } else { head = new }
        if next != Self.none { table[previous: next] = new } else { tail = new }
    }

    /// Walks the list, checks every link and calls `visit` for each member: for tests.
    func validate<Table: PolicyTable & ~Copyable>(
        _ table: borrowing Table, _ visit: (UInt32) -> Void
    ) {
        var previous = Self.none
        var id = head
        while id != Self.none {
            ensure(table[previous: id] == previous, "policy list: previous link")
            visit(id)
            previous = id
            id = table[next: id]
        }
        ensure(tail == previous, "policy list: tail")
    }
}
