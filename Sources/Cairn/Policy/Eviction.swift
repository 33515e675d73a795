/// Which entry goes next: the policies behind one door, with bands and a change of policy while
/// running.
///
/// An entry is linked in exactly one policy, and says which (`PolicyLink`). Entries of a policy
/// that is no longer current are moved over by `migrate`, a slice at a time; until then they are
/// the first to go.
///
/// - Invariant: `counts` of a policy and band is the number of entries linked there, `bandBytes`
///   the bytes they were inserted with.
package struct Eviction: ~Copyable {
    /// The policy that new entries are linked in.
    package private(set) var current: PolicyLink
    private var lru = LRU()
    private var lfu: LFU
    private var ttl = TTLPolicy()
    private var counts = FixedArray<Int>(
        repeating: 0, count: PolicyLink.allCases.count * EvictionBand.count)
    private var bandBytes = FixedArray<Int>(repeating: 0, count: EvictionBand.count)
    /// Bytes the band may hold before it competes; bands `low` and `normal` always do.
    private var bandBytesMax = FixedArray<Int>(repeating: 0, count: EvictionBand.count)
    /// Entries linked in any policy.
    package private(set) var count = 0

    /// Pinned entries that one search passes over before it gives up.
    static var passOverMax: Int { 32 }

    /// Heap bytes of the policies' lists, for the budget.
    package static var overheadBytes: Int {
        LFU.overheadBytes + TTLPolicy.overheadBytes + 1024
    }

    package init(policy: PolicyLink, highBytesMax: Int, metadataBytesMax: Int, seed: UInt64) {
        ensure(policy != .none, "a policy")
        current = policy
        lfu = LFU(seed: seed)
        bandBytesMax[EvictionBand.high.index] = highBytesMax
        bandBytesMax[EvictionBand.metadata.index] = metadataBytesMax
    }

    /// Entries linked in policies other than the current one.
    package var foreignCount: Int {
        var sum = count
        for band in EvictionBand.allCases { sum -= counts[Self.cell(current, band)] }
        return sum
    }

    /// Bytes linked in a band.
    package func bytes(_ band: EvictionBand) -> Int { bandBytes[band.index] }

    /// Makes `policy` current. Entries stay where they are until they are migrated.
    package mutating func setCurrent(_ policy: PolicyLink) {
        ensure(policy != .none, "a policy")
        current = policy
    }

    // MARK: Entries

    /// Links an entry that was committed; `bytes` is what its removal would free.
    @inline(__always)
    package mutating func insert<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, bytes: Int, nowMs: UInt64, _ table: inout Table
    ) {
        bandBytes[table.band(id).index] &+= bytes
        count &+= 1
        link(id, nowMs: nowMs, &table)
    }

    /// An entry was used.
    @inline(__always)
    package mutating func touch<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table
    ) {
        let now = UInt32(truncatingIfNeeded: nowMs / 1000)
        switch table[linked: id] {
        case .lru: lru.touch(id, now: now, &table)
        case .lfu: lfu.touch(id, now: now, &table)
        case .ttl: ttl.touch(id, nowMs: nowMs, &table)
        case .none: ensureFailed("touching an entry that is not linked", #fileID, #line)
        }
    }

    /// Takes an entry out; `bytes` as it was inserted.
    @inline(__always)
    package mutating func remove<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, bytes: Int, _ table: inout Table
    ) {
        bandBytes[table.band(id).index] &-= bytes
        count &-= 1
        unlink(id, &table)
    }

    /// An entry's bytes changed in place.
    package mutating func resized(_ band: EvictionBand, by bytes: Int) {
        bandBytes[band.index] += bytes
    }

    /// Moves an entry into the current policy, if it is in another.
    package mutating func migrate<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table
    ) {
        guard table[linked: id] != current else { return }
        let used = table[lastAccess: id]
        unlink(id, &table)
        link(id, nowMs: nowMs, &table)
        // The move is no use of the entry.
        table[lastAccess: id] = used
    }

    /// Takes an entry out of its order before its expiry changes; `relink` puts it back. Bytes and
    /// counts stay as they are.
    package mutating func expiryChanged<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table, _ change: (inout Table) -> Void
    ) {
        guard table[linked: id] == .ttl else {
            change(&table)
            return
        }
        let used = table[lastAccess: id]
        unlink(id, &table)
        change(&table)
        link(id, nowMs: nowMs, &table)
        table[lastAccess: id] = used
    }

    /// An entry's record has moved from `old` to `new`, whose fields are a copy.
    package mutating func renamed<Table: PolicyTable & ~Copyable>(
        _ old: UInt32, to new: UInt32, _ table: inout Table
    ) {
        switch table[linked: new] {
        case .lru: lru.renamed(old, to: new, &table)
        case .lfu: lfu.renamed(old, to: new, &table)
        case .ttl: ttl.renamed(old, to: new, &table)
        case .none: break
        }
    }

    // MARK: Victims

    /// The entry to evict next, still linked; nil when none was found among `passOverMax` pinned
    /// ones, or there is none. Order: a band above its share (metadata, then high), else low,
    /// normal, high, metadata; within each, entries of a policy of before first.
    package mutating func nextVictim<Table: PolicyTable & ~Copyable>(
        _ table: inout Table
    ) -> UInt32? {
        var patience = Self.passOverMax
        if isAboveShare(.metadata), let id = victim(.metadata, &patience, &table) { return id }
        if isAboveShare(.high), let id = victim(.high, &patience, &table) { return id }
        if let id = victim(.low, &patience, &table) { return id }
        if let id = victim(.normal, &patience, &table) { return id }
        if let id = victim(.high, &patience, &table) { return id }
        return victim(.metadata, &patience, &table)
    }

    private func isAboveShare(_ band: EvictionBand) -> Bool {
        bandBytes[band.index] > bandBytesMax[band.index]
    }

    private mutating func victim<Table: PolicyTable & ~Copyable>(
        _ band: EvictionBand, _ patience: inout Int, _ table: inout Table
    ) -> UInt32? {
        if current != .lru, let id = victim(.lru, band, &patience, &table) { return id }
        if current != .lfu, let id = victim(.lfu, band, &patience, &table) { return id }
        if current != .ttl, let id = victim(.ttl, band, &patience, &table) { return id }
        return victim(current, band, &patience, &table)
    }

    private mutating func victim<Table: PolicyTable & ~Copyable>(
        _ policy: PolicyLink, _ band: EvictionBand, _ patience: inout Int, _ table: inout Table
    ) -> UInt32? {
        // No more passes than entries: the second time round they are the same ones.
        var passes = min(patience, counts[Self.cell(policy, band)])
        while passes > 0 {
            let candidate: UInt32?
            switch policy {
            case .lru: candidate = lru.victim(band)
            case .lfu: candidate = lfu.victim(band)
            case .ttl: candidate = ttl.victim(band)
            case .none: candidate = nil
            }
            guard let id = candidate else { return nil }
            if !table.isPinned(id) { return id }
            switch policy {
            case .lru: lru.passOver(id, &table)
            case .lfu: lfu.passOver(id, &table)
            case .ttl: ttl.passOver(id, &table)
            case .none: break
            }
            passes -= 1
            patience -= 1
        }
        return nil
    }

    /// Checks all lists; returns the number of linked entries: for tests.
    package func validate<Table: PolicyTable & ~Copyable>(_ table: borrowing Table) -> Int {
        let sum = lru.validate(table) + lfu.validate(table) + ttl.validate(table)
        ensure(sum == count, "eviction: count")
        var cells = 0
        for cell in 0..<counts.count { cells += counts[cell] }
        ensure(cells == count, "eviction: counts by band")
        return sum
    }

    // MARK: Links

    private static func cell(_ policy: PolicyLink, _ band: EvictionBand) -> Int {
        Int(policy.rawValue) * EvictionBand.count + band.index
    }

    @inline(__always)
    private mutating func link<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, nowMs: UInt64, _ table: inout Table
    ) {
        let now = UInt32(truncatingIfNeeded: nowMs / 1000)
        table[linked: id] = current
        counts[Self.cell(current, table.band(id))] &+= 1
        switch current {
        case .lru: lru.insert(id, now: now, &table)
        case .lfu: lfu.insert(id, now: now, &table)
        case .ttl: ttl.insert(id, nowMs: nowMs, &table)
        case .none: break
        }
    }

    @inline(__always)
    private mutating func unlink<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        let policy = table[linked: id]
        counts[Self.cell(policy, table.band(id))] &-= 1
        switch policy {
        case .lru: lru.remove(id, &table)
        case .lfu: lfu.remove(id, &table)
        case .ttl: ttl.remove(id, &table)
        case .none: ensureFailed("unlinking an entry that is not linked", #fileID, #line)
        }
        table[linked: id] = .none
    }
}
