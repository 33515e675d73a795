/// Ways out of the cache, and pins, which delay the last step.
extension L1 {
    /// Removes a live entry. Pinned: it is detached, and its memory freed at the last unpin.
    package mutating func remove(_ id: EntryID, _ reason: RemovalReason) {
        drop(id.raw, reason)
    }

    /// Removes a live entry without asking the log: the caller knows of it.
    mutating func drop(_ id: UInt32, _ reason: RemovalReason) {
        ensure(entries[id].meta.state == .live, "removing an entry that is not live")
        let hash = entries[id].hash
        index.remove(index.position(of: id, hash: hash), hash: hash)
        if index.wantsMerge { _ = index.merge(reserved: reservedCount) }
        leave(id, reason)
    }

    /// Everything of a removal but the index: order, counts, memory.
    mutating func leave(_ id: UInt32, _ reason: RemovalReason) {
        eviction.remove(id, bytes: footprint(id), &entries)
        if entries[id].meta.epoch == epoch {
            liveCount -= 1
            if entries[id].meta.expires { counters.expiringEntries -= 1 }
            counters.payloadBytes -= payload(id)
        }
        counters.count(reason)
        if entries[id].pins > 0 {
            pinnedCount -= 1
            detachedCount += 1
            entries[id].meta.state = .detached
        } else {
            release(id)
        }
    }

    borrowing func payload(_ id: UInt32) -> Int {
        Int(entries[id].keyLength) &+ Int(entries[id].valueLength)
    }

    /// Evicts or expires: recorded if somebody listens. False: no room in the log, nothing done.
    mutating func removeUnasked(_ id: UInt32, _ reason: RemovalReason) -> Bool {
        let meta = entries[id].meta
        if meta.epoch != epoch {
            drop(id, .flushed)
            return true
        }
        if log.wants(tracked: meta.isTracked) {
            let key = keyBytes(id)
            guard log.hasRoom(key.count) else { return false }
            log.append(key, reason, tracked: meta.isTracked)
        }
        drop(id, reason)
        return true
    }

    /// Evicts the policy's next victim. False: there is none now.
    mutating func evictOne() -> Bool {
        guard let id = eviction.nextVictim(&entries) else { return false }
        prefetchBehind(id)
        return removeUnasked(id, .evicted)
    }

    /// Loads what the evictions after this one will touch: the bucket and the owner of the next
    /// victim, whose record was asked for one eviction earlier, and the record of the one behind
    /// it.
    @inline(__always)
    private borrowing func prefetchBehind(_ id: UInt32) {
        let next = entries[id].previous
        guard next != PolicyList.none else { return }
        index.prefetch(entries[next].hash)
        slab.prefetchOwner(entries[next].head)
        let afterNext = entries[next].previous
        if afterNext != PolicyList.none { entries.prefetch(afterNext) }
    }

    /// Whether any entry can be evicted at all.
    var hasEvictable: Bool { eviction.count > pinnedCount }

    /// Frees an entry's chunks and its record.
    mutating func release(_ id: UInt32) {
        if Int(entries[id].valueLength) >= SizeClasses.unit {
            for extent in 0..<layout(id).extents {
                let chunk = extentHandle(id, extent)
                // A value that was given up has no memory behind the bytes that came.
                if chunk != .none { slab.free(chunk) }
            }
        }
        slab.free(entries[id].head)
        entries.free(id)
    }

    // MARK: Pins

    /// Keeps the entry's bytes in place until `unpin`. False: its 65,535 pins are in use; copy.
    package mutating func pin(_ id: EntryID) -> Bool {
        ensure(entries[id.raw].meta.state != .free, "pinning a free entry")
        if entries[id.raw].pins == UInt16.max { return false }
        if entries[id.raw].pins == 0, entries[id.raw].meta.state == .live { pinnedCount += 1 }
        entries[id.raw].pins += 1
        return true
    }

    package mutating func unpin(_ id: EntryID) {
        ensure(entries[id.raw].pins > 0, "unpinning an entry without pins")
        entries[id.raw].pins -= 1
        guard entries[id.raw].pins == 0 else { return }
        switch entries[id.raw].meta.state {
        case .live: pinnedCount -= 1
        case .detached:
            detachedCount -= 1
            release(id.raw)
        case .reserved: break
        case .free: ensureFailed("unpinning a free entry", #fileID, #line)
        }
    }

    // MARK: Expiry and flush

    /// Removes expired entries among the next `entriesMax` places of the table; returns how many.
    package mutating func sweepExpired(nowMs: UInt64, entriesMax: Int) -> Int {
        advance(nowMs)
        var removed = 0
        for _ in 0..<min(entriesMax, entries.top) {
            if sweepCursor >= entries.top { sweepCursor = 0 }
            let id = UInt32(sweepCursor)
            sweepCursor += 1
            let meta = entries[id].meta
            guard meta.state == .live, !isCurrent(id, nowMs) else { continue }
            if removeUnasked(id, .expired) { removed += 1 }
        }
        return removed
    }

    /// Empties the level in constant time: no entry of before is ever found again. Their memory
    /// comes back by slices in `maintain`. False: three flushes are still being swept; call again
    /// in the next turn.
    package mutating func clear() -> Bool {
        if liveCount == 0 { return true }
        guard epochsPending < 3 else { return false }
        epoch = (epoch + 1) & 3
        epochsPending += 1
        flushCursor = 0
        liveCount = 0
        counters.expiringEntries = 0
        counters.payloadBytes = 0
        return true
    }

    /// Removes entries of earlier epochs; returns the work left.
    mutating func sweepFlushed(_ work: Int) -> Int {
        var work = work
        while epochsPending > 0, work > 0 {
            if flushCursor >= entries.top {
                epochsPending = 0
                break
            }
            let id = UInt32(flushCursor)
            flushCursor += 1
            work -= 1
            if entries[id].meta.state == .live, entries[id].meta.epoch != epoch {
                drop(id, .flushed)
            }
        }
        return work
    }
}
