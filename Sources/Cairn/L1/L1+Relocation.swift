/// Moving what nobody holds: chunks out of a page that is being emptied, records out of the end of
/// the entry table.
extension L1 {
    /// Empties the page under `drain` by at most `work`; returns the work left.
    ///
    /// A chunk moves to another page of its class; where there is none its entry is evicted; a
    /// pinned or reserved entry's chunk stays, and the page with it.
    mutating func drainSlice(_ work: Int) -> Int {
        guard var state = drain else { return work }
        var work = work
        while work > 0 {
            guard slab.pages[state.page].state == .draining else {
                // Its last chunk was freed, by this walk or by its owner.
                counters.pagesEmptied += 1
                drain = nil
                return work
            }
            guard let chunk = slab.nextLive(state.page, from: state.slot) else {
                slab.endDrain(state.page, retry: turn &+ Work.retryTurns)
                drain = nil
                return work
            }
            work -= 1 + slab.size(chunk) / SizeClasses.unit
            let id = slab.owner(chunk)
            state.slot = chunk.slot + 1
            if entries[id].meta.state == .live, entries[id].pins == 0 {
                if !move(chunk, of: id), removeUnasked(id, .evicted) { counters.purged += 1 }
            }
            drain = state
        }
        return work
    }

    /// Moves one chunk of an entry to another page. False: its class has no free chunk.
    private mutating func move(_ chunk: ChunkHandle, of id: UInt32) -> Bool {
        let index = Int(slab.pages[chunk.page].sizeClass)
        guard let target = slab.allocate(index, owner: id) else { return false }
        let layout = self.layout(id)
        var bytes = 0
        if chunk == entries[id].head {
            bytes = 4 * layout.extents + Int(entries[id].keyLength) + layout.inlineBytes
            entries[id].head = target
        } else {
            var extent = 0
            while extentHandle(id, extent) != chunk { extent += 1 }
            let start = layout.offset(ofExtent: extent)
            bytes = min(
                layout.bytes(ofExtent: extent), Int(entries[id].valueLength) - start)
            slab.bytes(entries[id].head).store(target.raw, at: 4 * extent)
        }
        slab.bytes(target).copy(slab.bytes(chunk).slice(0, bytes).bytes)
        slab.free(chunk)
        counters.chunksMoved += 1
        counters.bytesMoved += UInt64(bytes)
        return true
    }

    // MARK: Tables

    /// Shrinks tables that have become too large; returns the work left.
    mutating func shrinkTables(_ work: Int) -> Int {
        var work = work
        while work > 0, index.wantsMerge {
            work -= 8
            if !index.merge(reserved: reservedCount) { break }
        }
        if work > 0, index.releaseEnd(&budget) { work -= 16 }
        while work > 0, entries.isSparse {
            let cut = entries.cutFreeEnd(limit: work)
            work -= cut
            if cut > 0 { continue }
            work -= 4
            if !relocateLast() { break }
        }
        if work > 0, entries.releaseEnd(&budget) { work -= 16 }
        return max(0, work)
    }

    /// Moves the table's last record to a free place. False: it is pinned or reserved, stay.
    private mutating func relocateLast() -> Bool {
        let old = UInt32(entries.top - 1)
        guard entries[old].meta.state == .live, entries[old].pins == 0 else { return false }
        let new = entries.allocate()
        ensure(new < old, "a free record behind the last one in use")
        entries[new] = entries[old]
        let hash = entries[new].hash
        index.replace(index.position(of: old, hash: hash), with: new)
        eviction.renamed(old, to: new, &entries)
        slab.setOwner(entries[new].head, new)
        for extent in 0..<layout(new).extents { slab.setOwner(extentHandle(new, extent), new) }
        entries.free(old)
        counters.recordsMoved += 1
        return true
    }
}
