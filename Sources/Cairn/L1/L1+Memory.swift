/// Getting memory: chunks for reservations, steps for tables, pages for the reserve.
///
/// Order of means, cheapest first: a free chunk of the class; a page beyond the reserve; the chunk
/// of a victim (in the policy's order, whatever its class: what it frees in other classes is used
/// by their next insertions); a page of the reserve. `maintain` fills the reserve up again: it
/// evicts until some class has a page's worth of free chunks, and empties that class's emptiest
/// page.
extension L1 {
    /// What one reservation has spent, and what it may take.
    struct Effort {
        /// Whole pages the value needs for itself: the part of the demand that is its own.
        var pages: Int
        var evictions = 0
    }

    /// Pages kept free for reservations: 1 %, at least 2; fewer in a tiny cache.
    var reservePages: Int {
        let pages = slab.arena.pagesMax
        return pages < 32 ? 1 : max(2, pages / 100)
    }

    /// Pages that can be had at once: free ones, and room in the budget.
    var availablePages: Int {
        let fresh = min(
            budget.left / Arena.pageBytes, slab.arena.pagesMax - slab.arena.committedCount)
        return slab.arena.freeCount + fresh
    }

    var currentDemand: Int {
        Int32(bitPattern: demandUntil &- turn) > 0 ? demandPages : 0
    }

    mutating func demand(_ pages: Int) {
        demandPages = max(currentDemand, min(pages, slab.arena.pagesMax / 2 + reservePages))
        demandUntil = turn &+ Work.demandTurns
    }

    /// Whole pages of a value's extents, rounded up.
    borrowing func pagesNeeded(_ layout: ValueLayout) -> Int {
        layout.extentBytes / Arena.pageBytes
    }

    /// Checks early that many extents can be had, rather than evict for a part of them.
    mutating func prepareExtents(_ layout: ValueLayout, _ effort: inout Effort) -> Bool {
        guard layout.full > 1 else { return true }
        let index = slab.classes.index(for: SizeClasses.chunkBytesMax)
        let perPage = slab.classes.slotsPerPage(index)
        let missing = layout.full - slab.classStates[index].freeSlots
        let pages = (missing + perPage - 1) / perPage
        if pages <= availablePages { return true }
        demand(pages)
        _ = gather(Work.gatherPerReserve, target: pages + 1)
        return pages <= availablePages
    }

    /// A chunk of the class, by the order of means above; nil: not within this call's work.
    mutating func obtain(_ index: Int, owner: UInt32, _ effort: inout Effort) -> ChunkHandle? {
        if let chunk = slab.allocate(index, owner: owner) { return chunk }
        let floor = reservePages + max(0, currentDemand - effort.pages)
        if availablePages > floor, slab.addPage(index, &budget) {
            return slab.allocate(index, owner: owner)
        }
        if drain == nil, !slab.hasMovablePage {
            var tries = 0
            while tries < Work.evictionsPerChunk, effort.evictions < Work.evictionsPerReserve {
                tries += 1
                effort.evictions += 1
                if !evictOne() { break }
                if let chunk = slab.allocate(index, owner: owner) { return chunk }
                if slab.arena.freeCount > reservePages || slab.hasMovablePage { break }
            }
        }
        if slab.addPage(index, &budget) { return slab.allocate(index, owner: owner) }
        _ = gather(Work.gatherPerReserve, target: 1)
        if let chunk = slab.allocate(index, owner: owner) { return chunk }
        if slab.addPage(index, &budget) { return slab.allocate(index, owner: owner) }
        return nil
    }

    // MARK: Tables

    /// Makes sure that one more reservation, and its commit, find room in the tables.
    mutating func growTables() -> Bool {
        while !entries.hasRoom {
            if !entries.grow(&budget), !giveTables(1 << 21) { return false }
        }
        while !index.prepare(reservedCount + 4, &budget) {
            if !giveTables(1 << 21) { return false }
        }
        return true
    }

    /// Frees a slab page for a table. False: none could be freed within this call's work.
    private mutating func giveTables(_ bytes: Int) -> Bool {
        if slab.arena.trim(&budget) { return true }
        _ = gather(Work.gatherPerReserve, target: 1)
        return slab.arena.trim(&budget)
    }

    /// Splits buckets until the load is right, as far as memory allows; at most two at a time.
    mutating func growIndex() {
        for _ in 0..<2 {
            guard index.wantsSplit else { return }
            if !index.canSplit, !index.growPrimary(&budget) {
                // Longer chains until the next page is free.
                guard slab.arena.freeCount > 0, slab.arena.trim(&budget),
                    index.growPrimary(&budget)
                else { return }
            }
            guard index.split(reserved: reservedCount, entries) else { return }
        }
    }

    // MARK: Charges from outside

    /// Counts `bytes` held outside (connection buffers) against this shard's budget, giving slab
    /// pages back where it must. False: no room now; `maintain` works towards it, unless such
    /// charges together would pass half of the level.
    package mutating func tryCharge(_ bytes: Int) -> Bool {
        if outsideBytes + bytes > options.memoryBytes / 2 { return false }
        var hasGathered = false
        while !budget.tryCharge(bytes) {
            if slab.arena.trim(&budget) { continue }
            if hasGathered {
                demand(1 + bytes / Arena.pageBytes)
                return false
            }
            hasGathered = true
            _ = gather(Work.gatherPerCharge, target: 1 + bytes / Arena.pageBytes)
        }
        outsideBytes += bytes
        return true
    }

    package mutating func release(_ bytes: Int) {
        outsideBytes -= bytes
        budget.release(bytes)
    }

    // MARK: Upkeep

    /// One bounded slice of upkeep: free pages for the reserve, sweeping flushed entries, policy
    /// migration, shrinking tables. `work` counts entries touched (4 KiB copied counts as one).
    /// Call once a loop turn. Returns the work left: 0 means there is more to do.
    @discardableResult
    package mutating func maintain(nowMs: UInt64, work: Int = 512) -> Int {
        advance(nowMs)
        turn &+= 1
        var work = work
        if epochsPending > 0 { work = sweepFlushed(work) }
        while liveCount > entriesMax, work > 0 {
            work -= 1
            if !evictOne() { break }
        }
        // Tables that have become too large get their share first: they may hold what is missing.
        work -= work / 2 - shrinkTables(work / 2)
        if work > 0 { work = gather(work, target: reservePages + currentDemand) }
        if migrationCursor != nil, work > 0 { work = migratePolicy(work) }
        if work > 0 { work = shrinkTables(work) }
        return work
    }

    /// Works until `target` pages are available, or the work is used up; returns what is left.
    mutating func gather(_ work: Int, target: Int) -> Int {
        var work = work
        while work > 0, availablePages < target {
            if drain != nil {
                work = drainSlice(work)
                continue
            }
            switch Rebalancer.decide(shape(), canEvict: hasEvictable) {
            case .empty(let index):
                guard let page = slab.emptiestPage(index, turn: turn) else { return work }
                slab.beginDrain(page)
                drain = Drain(page: page)
            case .evict:
                // A few at a time: a decision costs as much as some evictions.
                for _ in 0..<16 where work > 0 {
                    work -= 1
                    if !evictOne() { return work }
                }
            case .rest:
                return work
            }
        }
        return work
    }

    /// The slab as the rebalancer sees it.
    borrowing func shape() -> SlabShape {
        var shape = SlabShape()
        for index in 0..<slab.classes.count where slab.classStates[index].pages > 0 {
            guard let page = slab.emptiestPage(index, turn: turn) else { continue }
            shape.add(
                ClassShape(
                    sizeClass: UInt8(index), chunkBytes: UInt32(slab.classes.chunkBytes(index)),
                    slotsPerPage: UInt32(slab.classes.slotsPerPage(index)),
                    freeSlots: UInt32(clamping: slab.classStates[index].freeSlots),
                    emptiestLive: UInt32(slab.pages[page].live), isIdle: slab.isIdle(index)))
        }
        return shape
    }

    private mutating func migratePolicy(_ work: Int) -> Int {
        var work = work
        while let cursor = migrationCursor, work > 0 {
            if cursor >= entries.top {
                // Records moved to lower places meanwhile are met in another pass.
                migrationCursor = eviction.foreignCount > 0 ? 0 : nil
                return work
            }
            if entries[UInt32(cursor)].meta.state == .live {
                eviction.migrate(UInt32(cursor), nowMs: clockMs, &entries)
            }
            migrationCursor = cursor + 1
            work -= 1
        }
        return work
    }
}
