/// Writing: reserve, fill, commit.
extension L1 {
    /// What became of a request for memory.
    package enum Reservation: Equatable, Sendable {
        /// An entry in state `.reserved`: fill it, then `commit` or `abandon`.
        case entry(EntryID)
        /// The bounded work of one call did not free enough: call again in the next loop turn,
        /// after `maintain`.
        case busy
        /// What is missing is pinned, reserved, or the share of growing values: it comes back when
        /// others let go of it. Call again a little later, not for ever.
        case blocked
        /// It can't be had; answer `-OOM` and count it.
        case refused(Refusal)
    }

    package enum Refusal: UInt8, Sendable {
        /// Larger than `valueBytesMax`, or than this level can hold at all.
        case tooLarge
        /// Memory is full of pinned or reserved entries.
        case nothingEvictable
        /// `entriesMax` reached, and nothing can be evicted.
        case entriesMax
    }

    /// Allocates an entry with room for key and value, evicting by bounded work where needed. The
    /// key is copied; the value is uninitialised. Nobody finds the entry before `commit`.
    ///
    /// Any unpinned entry may be evicted by this call: pin what is still needed.
    package mutating func reserve(
        _ key: Bytes, hash: UInt64, valueLength: Int, type: EntryType = .block, priority: Int = 5,
        nowMs: UInt64
    ) -> Reservation {
        ensure(key.count >= 1 && key.count <= Self.keyBytesMax, "key length")
        ensure(priority >= 0 && priority <= 10 && valueLength >= 0, "priority or value length")
        advance(nowMs)
        let layout = ValueLayout(length: valueLength, classes: slab.classes)
        return reserve(
            key, hash: hash, valueLength, layout, extents: layout.extents, type, priority)
    }

    /// As `reserve`, with memory for the first `extents` extents alone.
    mutating func reserve(
        _ key: Bytes, hash: UInt64, _ valueLength: Int, _ layout: ValueLayout, extents: Int,
        _ type: EntryType, _ priority: Int
    ) -> Reservation {
        guard valueLength <= options.valueBytesMax, layout.extentBytes <= valueCapacity else {
            counters.refused += 1
            return .refused(.tooLarge)
        }
        if liveCount + reservedCount >= entriesMax, !makeEntryRoom(key, hash) {
            return turnDown(.entriesMax)
        }
        guard growTables() else { return turnDown(.nothingEvictable) }
        let id = entries.allocate()
        guard allocateChunks(id, keyLength: key.count, layout, extents: extents) else {
            entries.free(id)
            return turnDown(.nothingEvictable)
        }
        entries[id].hash = UInt32(truncatingIfNeeded: hash)
        // Until the commit the entry has no neighbours: the link keeps the hash's other half.
        entries[id].previous = UInt32(truncatingIfNeeded: hash >> 32)
        entries[id].valueLength = UInt32(valueLength)
        entries[id].keyLength = UInt16(key.count)
        entries[id].meta.type = type
        entries[id].meta.priority = priority
        entries[id].meta.state = .reserved
        // While it is reserved: the units of 4 KiB that count as a growing value's.
        entries[id].lastAccess = 0
        reservedCount += 1
        slab.bytes(entries[id].head).copy(key, at: 4 &* layout.extents)
        return .entry(EntryID(id))
    }

    /// Changes type and priority of a reserved entry: options that came behind a streamed value.
    package mutating func setClass(_ id: EntryID, type: EntryType, priority: Int) {
        ensure(entries[id.raw].meta.state == .reserved, "class of an entry that is not reserved")
        ensure(priority >= 0 && priority <= 10, "priority")
        entries[id.raw].meta.type = type
        entries[id.raw].meta.priority = priority
    }

    /// `.busy` while anything can be evicted (now or after the log was drained), `.blocked` while
    /// others hold what they will give back, else a refusal.
    mutating func turnDown(_ refusal: Refusal) -> Reservation {
        if hasEvictable || drain != nil || epochsPending > 0 {
            counters.busy += 1
            return .busy
        }
        if reservedCount > 0 || detachedCount > 0 || pinnedCount > 0 || outsideBytes > 0 {
            return .blocked
        }
        counters.refused += 1
        return .refused(refusal)
    }

    /// Most bytes of extents that one value may have: all pages but four for everything else.
    private var valueCapacity: Int { (slab.arena.pagesMax - 4) * Arena.pageBytes }

    /// At `entriesMax`: overwriting needs no room, anything else evicts an entry.
    private mutating func makeEntryRoom(_ key: Bytes, _ hash: UInt64) -> Bool {
        if lookup(key, hash) != EntryID.none.raw { return true }
        for _ in 0..<Work.evictionsPerChunk {
            if liveCount + reservedCount < entriesMax { return true }
            if !evictOne() { return false }
        }
        return liveCount + reservedCount < entriesMax
    }

    /// Publishes a reserved entry. An entry of the same key is removed (`.overwritten`); nothing of
    /// it is kept but its frequency, so set version and expiry before. Cannot fail. Returns whether
    /// a live entry was replaced.
    @discardableResult
    package mutating func commit(_ id: EntryID, nowMs: UInt64) -> Bool {
        advance(nowMs)
        let raw = id.raw
        ensure(entries[raw].meta.state == .reserved, "committing an entry that is not reserved")
        let low = entries[raw].hash
        let hash = UInt64(entries[raw].previous) << 32 | UInt64(low)
        reservedCount -= 1
        endGrowth(raw)
        entries[raw].meta.epoch = epoch
        entries[raw].frequency = 0
        let old = lookup(keyBytes(raw), hash)
        var replaced = false
        if old != EntryID.none.raw {
            replaced = isCurrent(old, nowMs)
            if replaced { entries[raw].frequency = entries[old].frequency }
            index.replace(index.position(of: old, hash: low), with: raw)
            leave(
                old,
                replaced ? .overwritten : entries[old].meta.epoch != epoch ? .flushed : .expired)
        } else {
            index.insert(raw, hash: low, tag: Index.tag(hash))
            growIndex()
        }
        entries[raw].meta.state = .live
        liveCount += 1
        if entries[raw].meta.expires { counters.expiringEntries += 1 }
        counters.payloadBytes += payload(raw)
        if entries[raw].pins > 0 { pinnedCount += 1 }
        eviction.insert(raw, bytes: footprint(raw), nowMs: nowMs, &entries)
        return replaced
    }

    /// Gives a reserved entry back.
    package mutating func abandon(_ id: EntryID) {
        ensure(entries[id.raw].meta.state == .reserved, "abandoning an entry that is not reserved")
        reservedCount -= 1
        endGrowth(id.raw)
        if entries[id.raw].pins > 0 {
            entries[id.raw].meta.state = .detached
            detachedCount += 1
        } else {
            release(id.raw)
        }
    }

    /// Changes the length of a live, unpinned entry's value in place, where its chunks allow it:
    /// the fast path of overwriting, APPEND and SETRANGE. New bytes are uninitialised. False:
    /// nothing changed; reserve a new entry. Not done where it would leave more than half a chunk
    /// unused.
    package mutating func resize(_ id: EntryID, valueLength: Int) -> Bool {
        let raw = id.raw
        ensure(entries[raw].meta.state == .live, "resizing an entry that is not live")
        let before = Int(entries[raw].valueLength)
        if before == valueLength { return entries[raw].pins == 0 }
        guard entries[raw].pins == 0, valueLength <= options.valueBytesMax else { return false }
        let old = layout(raw)
        let new = ValueLayout(length: valueLength, classes: slab.classes)
        guard old.full == new.full, old.firstBytes == new.firstBytes,
            old.secondBytes == new.secondBytes
        else { return false }
        let head = 4 * new.extents + Int(entries[raw].keyLength) + new.inlineBytes
        let chunk = slab.size(entries[raw].head)
        guard head <= chunk, head >= chunk / 2 || chunk <= 128 else { return false }
        entries[raw].valueLength = UInt32(valueLength)
        if entries[raw].meta.epoch == epoch { counters.payloadBytes += valueLength - before }
        return true
    }

    // MARK: Chunks of a new entry

    /// Gives a fresh record its head chunk and its first `extents` extents, or nothing.
    private mutating func allocateChunks(
        _ id: UInt32, keyLength: Int, _ layout: ValueLayout, extents: Int
    ) -> Bool {
        let headBytes = 4 * layout.extents + keyLength + layout.inlineBytes
        var effort = Effort(pages: extents == layout.extents ? pagesNeeded(layout) : 1)
        if extents > 1, !prepareExtents(layout, &effort) { return false }
        guard
            let head = obtain(slab.classes.index(for: headBytes), owner: id, &effort)
        else { return false }
        entries[id].head = head
        for extent in 0..<extents {
            let index = slab.classes.index(for: layout.bytes(ofExtent: extent))
            guard let chunk = obtain(index, owner: id, &effort) else {
                for done in 0..<extent { slab.free(extentHandle(id, done)) }
                slab.free(head)
                return false
            }
            slab.bytes(head).store(chunk.raw, at: 4 * extent)
        }
        for extent in extents..<layout.extents {
            slab.bytes(head).store(ChunkHandle.none.raw, at: 4 * extent)
        }
        if effort.pages >= demandPages { demandPages = 0 }
        return true
    }
}
