/// Walking over all entries while they change.
extension L1 {
    /// Visits whole leaves of the index from `cursor` (0: start) and returns the cursor to go on
    /// from (0: done; else at most 2^32). An entry present during the whole iteration is visited at
    /// least once, whatever is inserted, removed or moved meanwhile. Expired entries are skipped.
    ///
    /// The cursor is a position in bit-reversed hash space: everything whose reversed hash lies
    /// below it has been visited. A split or a merge divides or joins a leaf's range of that space,
    /// and never moves an entry in it (the idea of Redis's `dictScan`, by P. Noordhuis).
    package borrowing func scan(
        _ cursor: UInt64, leavesMax: Int, nowMs: UInt64,
        _ visit: (borrowing L1, EntryID) -> Void
    ) -> UInt64 {
        var position = cursor
        for _ in 0..<leavesMax {
            guard position < 1 << 32 else { return 0 }
            let leaf = index.leaf(at: position)
            var bucket = leaf.bucket
            while true {
                var used = ~index.matches(bucket, 0) & 0x3FF
                while used != 0 {
                    let id = index.id(bucket, used.trailingZeroBitCount)
                    used &= used - 1
                    // A merged leaf may begin before the cursor: that part has been visited.
                    let at = UInt64(entries[id].hash.bitSwapped)
                    if at >= position, isCurrent(id, nowMs) { visit(self, EntryID(id)) }
                }
                guard let next = index.following(bucket) else { break }
                bucket = next
            }
            position = leaf.next
        }
        return position < 1 << 32 ? position : 0
    }

    /// A live entry drawn at random, or nil when there is none.
    ///
    /// Draws places of the entry table, which favours nobody; where the table is nearly empty it
    /// takes the next live entry behind the drawn place, and looks at a million places (3 ms) at
    /// most: so many may be left of a flush that is still being swept.
    package borrowing func randomEntry(_ random: inout Random, nowMs: UInt64) -> EntryID? {
        guard liveCount > 0, entries.top > 0 else { return nil }
        for _ in 0..<32 {
            let id = UInt32(random.below(entries.top))
            if entries[id].meta.state == .live, isCurrent(id, nowMs) { return EntryID(id) }
        }
        var place = random.below(entries.top)
        for _ in 0..<min(entries.top, 1 << 20) {
            if place == entries.top { place = 0 }
            let id = UInt32(place)
            if entries[id].meta.state == .live, isCurrent(id, nowMs) { return EntryID(id) }
            place += 1
        }
        return nil
    }
}
