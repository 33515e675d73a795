/// Finding entries, and reading and setting what is known of them.
extension L1 {
    /// The live entry of `key`, or nil. An expired entry is removed on the way (reason `.expired`).
    /// Does not count as a use: call `touch`. `guess`: what `prefetchEntry` said; it may be wrong
    /// or out of date.
    @inline(__always)
    package mutating func find(
        _ key: Bytes, hash: UInt64, nowMs: UInt64, guess: EntryID = .none
    ) -> EntryID? {
        advance(nowMs)
        let id = isLive(guess, key, hash) ? guess.raw : lookup(key, hash)
        if id == EntryID.none.raw { return nil }
        if _fastPath(isCurrent(id, nowMs)) { return EntryID(id) }
        removeStale(id, nowMs)
        return nil
    }

    /// Like `find`, without removing an expired entry.
    package borrowing func peek(_ key: Bytes, hash: UInt64, nowMs: UInt64) -> EntryID? {
        let id = lookup(key, hash)
        if id == EntryID.none.raw || !isCurrent(id, nowMs) { return nil }
        return EntryID(id)
    }

    /// A live entry whose key seems to have this hash (48 bits are compared), or nil: for callers
    /// that remember hashes alone.
    package borrowing func entry(hash: UInt64, nowMs: UInt64) -> EntryID? {
        let low = UInt32(truncatingIfNeeded: hash)
        let tag = Index.tag(hash)
        var bucket = index.bucket(low)
        while true {
            var matches = index.matches(bucket, tag)
            while matches != 0 {
                let id = index.id(bucket, matches.trailingZeroBitCount)
                if entries[id].hash == low, isCurrent(id, nowMs) { return EntryID(id) }
                matches &= matches &- 1
            }
            guard let next = index.following(bucket) else { return nil }
            bucket = next
        }
    }

    /// Asks the processor to load the index bucket of `hash`: for batches, some keys ahead.
    package borrowing func prefetch(hash: UInt64) {
        index.prefetch(UInt32(truncatingIfNeeded: hash))
    }

    /// The next stage: loads the entry the bucket most likely names, and says which. Its bucket was
    /// asked for before.
    @inline(__always)
    package borrowing func prefetchEntry(hash: UInt64) -> EntryID {
        let home = index.bucket(UInt32(truncatingIfNeeded: hash))
        let matches = index.homeMatches(home, Index.tag(hash))
        if matches == 0 { return .none }
        let id = index.homeID(home, matches.trailingZeroBitCount)
        entries.prefetch(id)
        return EntryID(id)
    }

    /// The last stage: the chunk with the key and value of what `prefetchEntry` named.
    @inline(__always)
    package borrowing func prefetchHead(_ guess: EntryID, hash: UInt64) {
        if guess == .none || entries[guess.raw].hash != UInt32(truncatingIfNeeded: hash) { return }
        slab.prefetch(entries[guess.raw].head)
    }

    /// Whether a guess is the entry in the index with this key. There is at most one that is live.
    @inline(__always)
    private borrowing func isLive(_ guess: EntryID, _ key: Bytes, _ hash: UInt64) -> Bool {
        guess != .none && entries.holds(guess.raw) && entries[guess.raw].meta.state == .live
            && isEntry(guess.raw, key, UInt32(truncatingIfNeeded: hash))
    }

    /// The entry in the index with this key, whatever its expiry and epoch; `EntryID.none.raw`.
    @inline(__always)
    borrowing func lookup(_ key: Bytes, _ hash: UInt64) -> UInt32 {
        let low = UInt32(truncatingIfNeeded: hash)
        let tag = Index.tag(hash)
        let home = index.bucket(low)
        var matches = index.homeMatches(home, tag)
        while matches != 0 {
            let id = index.homeID(home, matches.trailingZeroBitCount)
            if isEntry(id, key, low) { return id }
            matches &= matches &- 1
        }
        return _fastPath(!index.isChained(home))
            ? EntryID.none.raw : lookupOverflow(home, key, hash)
    }

    /// The rest of a lookup, in the buckets chained behind `home`: one entry in fifty.
    @inline(never)
    private borrowing func lookupOverflow(_ home: Int, _ key: Bytes, _ hash: UInt64) -> UInt32 {
        let low = UInt32(truncatingIfNeeded: hash)
        var bucket = home
        while let next = index.following(bucket) {
            bucket = next
            var matches = index.matches(bucket, Index.tag(hash))
            while matches != 0 {
                let id = index.id(bucket, matches.trailingZeroBitCount)
                if isEntry(id, key, low) { return id }
                matches &= matches &- 1
            }
        }
        return EntryID.none.raw
    }

    @inline(__always)
    private borrowing func isEntry(_ id: UInt32, _ key: Bytes, _ low: UInt32) -> Bool {
        entries[id].hash == low && Int(entries[id].keyLength) == key.count && keyBytes(id) == key
    }

    /// Neither expired nor flushed.
    @inline(__always)
    borrowing func isCurrent(_ id: UInt32, _ nowMs: UInt64) -> Bool {
        let meta = entries[id].meta
        if meta.epoch != epoch { return false }
        return !meta.expires || entries[id].expiry > nowMs
    }

    /// Removes an entry that is expired or flushed, unless its removal can't be recorded now.
    @inline(never)
    mutating func removeStale(_ id: UInt32, _ nowMs: UInt64) {
        if entries[id].meta.epoch != epoch {
            drop(id, .flushed)
        } else {
            expiredFinds &+= 1
            _ = removeUnasked(id, .expired)
        }
    }

    @inline(__always)
    borrowing func keyBytes(_ id: UInt32) -> Bytes {
        if _slowPath(Int(entries[id].valueLength) >= SizeClasses.unit) { return largeKeyBytes(id) }
        return slab.bytes(entries[id].head).slice(0, Int(entries[id].keyLength)).bytes
    }

    @inline(never)
    private borrowing func largeKeyBytes(_ id: UInt32) -> Bytes {
        slab.bytes(entries[id].head).slice(4 &* layout(id).extents, Int(entries[id].keyLength))
            .bytes
    }

    @inline(never)
    borrowing func layout(_ id: UInt32) -> ValueLayout {
        ValueLayout(length: Int(entries[id].valueLength), classes: slab.classes)
    }

    /// Tells the eviction policy of a use at `nowMs`.
    @inline(__always)
    package mutating func touch(_ id: EntryID, nowMs: UInt64) {
        ensure(entries[id.raw].meta.state == .live, "touching an entry that is not live")
        eviction.touch(id.raw, nowMs: nowMs, &entries)
    }

    // MARK: Attributes

    package borrowing func state(of id: EntryID) -> EntryState { entries[id.raw].meta.state }
    package borrowing func version(of id: EntryID) -> UInt64 { entries[id.raw].version }
    /// Unix milliseconds at which the entry expires; 0: never.
    package borrowing func expiry(of id: EntryID) -> UInt64 { entries[id.raw].expiry }
    package borrowing func type(of id: EntryID) -> EntryType { entries[id.raw].meta.type }
    package borrowing func priority(of id: EntryID) -> Int { entries[id.raw].meta.priority }
    @inline(__always)
    package borrowing func valueLength(of id: EntryID) -> Int { Int(entries[id.raw].valueLength) }
    /// The key's bytes in place.
    @inline(__always)
    package borrowing func key(of id: EntryID) -> Bytes { keyBytes(id.raw) }
    /// Seconds since the last touch (or the commit).
    package borrowing func idleSeconds(of id: EntryID, nowMs: UInt64) -> Int {
        max(0, Int(nowMs / 1000) - Int(entries[id.raw].lastAccess))
    }
    /// The policy's frequency counter, 0 ... 255 (logarithmic under LFU).
    package borrowing func frequency(of id: EntryID) -> Int { Int(entries[id.raw].frequency) }
    /// Bytes of memory the entry holds: chunks and its record.
    package borrowing func memoryBytes(of id: EntryID) -> Int { footprint(id.raw) }
    package borrowing func isTracked(_ id: EntryID) -> Bool { entries[id.raw].meta.isTracked }
    package borrowing func isPinned(_ id: EntryID) -> Bool { entries[id.raw].pins > 0 }

    package mutating func setVersion(_ id: EntryID, _ version: UInt64) {
        entries[id.raw].version = version
    }

    /// Unix milliseconds; 0: never expires. Allowed for reserved and live entries.
    package mutating func setExpiry(_ id: EntryID, _ expiryMs: UInt64) {
        let meta = entries[id.raw].meta
        if meta.state == .live, meta.epoch == epoch, meta.expires != (expiryMs != 0) {
            counters.expiringEntries += meta.expires ? -1 : 1
        }
        eviction.expiryChanged(id.raw, nowMs: clockMs, &entries) { entries in
            entries[id.raw].expiry = expiryMs
            entries[id.raw].meta.expires = expiryMs != 0
        }
    }

    /// Marks the entry as one whose removal somebody waits for (client tracking).
    package mutating func setTracked(_ id: EntryID, _ tracked: Bool) {
        entries[id.raw].meta.isTracked = tracked
    }

    // MARK: Values

    /// The value's bytes from `offset` to the end of the contiguous piece that holds them (at most
    /// 1 MiB). Writing is for the owner of a reservation, or in place of an unpinned live entry.
    package borrowing func segment(of id: EntryID, at offset: Int) -> MutableBytes {
        let length = Int(entries[id.raw].valueLength)
        ensure(offset >= 0 && offset <= length, "segment beyond the value")
        if length < SizeClasses.unit { return inlineValue(id).dropping(offset) }
        let layout = self.layout(id.raw)
        if offset == length { return .empty }
        let extent = layout.extent(at: offset)
        let start = layout.offset(ofExtent: extent)
        if extent == layout.extents {
            let tail = 4 * extent + Int(entries[id.raw].keyLength)
            return slab.bytes(entries[id.raw].head).slice(tail, layout.inlineBytes)
                .dropping(offset - start)
        }
        let bytes = min(layout.bytes(ofExtent: extent), length - start)
        return slab.bytes(extentHandle(id.raw, extent)).slice(
            offset - start, bytes - (offset - start))
    }

    /// The whole value when it is a single inline piece (below 4,096 bytes): the fast path.
    @inline(__always)
    package borrowing func inlineValue(_ id: EntryID) -> MutableBytes {
        let length = Int(entries[id.raw].valueLength)
        ensure(length < SizeClasses.unit, "the value is not inline")
        return slab.bytes(entries[id.raw].head).slice(Int(entries[id.raw].keyLength), length)
    }

    /// Pieces of the value that are 4 KiB-aligned chunks; behind them at most one inline tail.
    package borrowing func extentCount(of id: EntryID) -> Int { layout(id.raw).extents }

    borrowing func extentHandle(_ id: UInt32, _ extent: Int) -> ChunkHandle {
        ChunkHandle(
            raw: slab.bytes(entries[id].head).bytes.load(4 * extent, as: UInt32.self))
    }

    /// Bytes that removing the entry frees: its chunks and its record.
    @inline(__always)
    borrowing func footprint(_ id: UInt32) -> Int {
        let head = slab.size(entries[id].head) &+ MemoryLayout<Entry>.stride
        if Int(entries[id].valueLength) < SizeClasses.unit { return head }
        return head &+ layout(id).extentBytes
    }
}
