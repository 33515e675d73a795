/// The invariants of a level, checked by walking everything: for tests and post-mortems. Takes time
/// in proportion to the cache; never called on the data path.
extension L1 {
    /// Crashes with the name of the first invariant that doesn't hold.
    package borrowing func validate() {
        validateBudget()
        let found = validateEntries()
        ensure(eviction.validate(entries) == found.live, "linked entries are the live ones")
        validateIndex(found.live)
        validateSlab(found.chunks)
    }

    private borrowing func validateBudget() {
        let committed =
            fixedBytes + slab.arena.committedCount * Arena.pageBytes + slab.ownerTableBytes
            + entries.committedBytes + index.committedBytes + outsideBytes
        ensure(budget.used == committed, "everything committed is charged")
        ensure(budget.used <= budget.limit, "the budget is a promise")
    }

    /// Counts the records by state against the counters, and their chunks.
    private borrowing func validateEntries() -> (live: Int, chunks: Int) {
        var (free, reserved, live, current, detached, pinned, chunks) = (0, 0, 0, 0, 0, 0, 0)
        var payloadBytes = 0
        var expiring = 0
        var growing = 0
        var bandBytes = InlineArray<4, Int>(repeating: 0)
        for place in 0..<entries.top {
            let id = UInt32(place)
            let entry = entries[id]
            switch entry.meta.state {
            case .free:
                free += 1
                continue
            case .reserved:
                reserved += 1
                growing += Int(entry.lastAccess) * SizeClasses.unit
            case .detached:
                detached += 1
                ensure(entry.pins > 0, "a detached entry is pinned")
            case .live:
                live += 1
                if entry.pins > 0 { pinned += 1 }
                if entry.meta.epoch == epoch {
                    current += 1
                    if entry.meta.expires { expiring += 1 }
                    payloadBytes += payload(id)
                }
                ensure(entry.meta.expires == (entry.expiry != 0), "expiry flag")
                bandBytes[entries.band(id).index] += footprint(id)
                _ = index.position(of: id, hash: entry.hash)
            }
            ensure(slab.owner(entry.head) == id, "owner of a head chunk")
            let layout = self.layout(id)
            chunks += 1
            for extent in 0..<layout.extents {
                let chunk = extentHandle(id, extent)
                if chunk == .none, entry.meta.state != .live { continue }
                chunks += 1
                ensure(slab.owner(chunk) == id, "owner of an extent")
                ensure(slab.size(chunk) == layout.bytes(ofExtent: extent), "size of an extent")
            }
        }
        ensure(free == entries.freeCount, "free records")
        ensure(reserved == reservedCount, "reserved entries")
        ensure(growing == growingBytes, "bytes of growing values")
        ensure(detached == detachedCount, "detached entries")
        ensure(pinned == pinnedCount, "pinned entries")
        ensure(current == liveCount, "live entries")
        ensure(payloadBytes == counters.payloadBytes, "payload bytes")
        ensure(expiring == counters.expiringEntries, "expiring entries")
        for band in EvictionBand.allCases {
            ensure(bandBytes[band.index] == eviction.bytes(band), "bytes of a band")
        }
        return (live, chunks)
    }

    private borrowing func validateIndex(_ live: Int) {
        var found = 0
        var overflow = 0
        for home in 0..<index.bucketCount {
            var bucket = home
            while true {
                for slot in 0..<BucketTable.slots where index.matches(bucket, 0) >> slot & 1 == 0 {
                    found += 1
                    let id = index.id(bucket, slot)
                    ensure(entries[id].meta.state == .live, "the index knows live entries only")
                    ensure(index.bucket(entries[id].hash) == home, "an entry is in its bucket")
                }
                guard let next = index.following(bucket) else { break }
                ensure(index.matches(bucket, 0) == 0, "a bucket with a chain is full")
                bucket = next
                overflow += 1
                ensure(index.matches(bucket, 0) != 0x3FF, "an overflow bucket is not empty")
            }
        }
        ensure(found == index.count && found == live, "the index holds the live entries")
        ensure(overflow == index.overflowUsed, "overflow buckets in use")
    }

    private borrowing func validateSlab(_ chunks: Int) {
        var live = 0
        for page in 0..<slab.arena.pagesMax {
            let record = slab.pages[page]
            guard record.state != .unused else { continue }
            var used = 0
            var next = slab.nextLive(page, from: 0)
            while let chunk = next {
                used += 1
                next = slab.nextLive(page, from: chunk.slot + 1)
            }
            ensure(used == Int(record.live) && used > 0, "chunks in use on a page")
            live += used
        }
        ensure(live == chunks, "every chunk in use belongs to an entry")
        slab.validate()
    }
}
