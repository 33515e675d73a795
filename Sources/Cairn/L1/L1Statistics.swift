/// Numbers of one shard's RAM level: a copy, for the registry and for tests.
package struct L1Statistics: Sendable {
    /// Live entries.
    package var entries = 0
    /// Live entries that expire.
    package var expiringEntries = 0
    /// Bytes of keys and values of live entries.
    package var payloadBytes = 0
    /// Bytes charged: slabs, tables, outside charges; never above `memoryBytesMax`.
    package var memoryBytes = 0
    package var memoryBytesMax = 0
    /// Bytes of pages in use by size classes.
    package var slabBytes = 0
    /// Bytes of chunks in use.
    package var chunkBytes = 0
    package var indexBytes = 0
    package var entryTableBytes = 0
    package var outsideBytes = 0
    /// Pages in the free reserve.
    package var freePages = 0
    package var detachedEntries = 0
    package var reservedEntries = 0
    /// Bytes of values that have not wholly arrived.
    package var growingBytes = 0
    package var pinnedEntries = 0
    /// Removals by reason.
    package var deleted: UInt64 = 0
    package var overwritten: UInt64 = 0
    package var expired: UInt64 = 0
    package var evicted: UInt64 = 0
    package var flushed: UInt64 = 0
    /// Reservations that were refused for good, and for this turn.
    package var refused: UInt64 = 0
    package var busy: UInt64 = 0
    /// What the rebalancer did.
    package var chunksMoved: UInt64 = 0
    package var bytesMoved: UInt64 = 0
    package var pagesEmptied: UInt64 = 0
    /// Entries evicted because their page had to be emptied and nothing could take them in.
    package var purged: UInt64 = 0
    /// Entry records moved to shrink the table.
    package var recordsMoved: UInt64 = 0

    mutating func count(_ reason: RemovalReason) {
        switch reason {
        case .deleted: deleted += 1
        case .overwritten: overwritten += 1
        case .expired: expired += 1
        case .evicted: evicted += 1
        case .flushed: flushed += 1
        }
    }
}

/// Totals of one size class, for statistics.
package struct L1ClassStatistics: Sendable {
    package var chunkBytes = 0
    package var pages = 0
    package var chunksUsed = 0
    package var chunksFree = 0
}

extension L1 {
    package borrowing func statistics() -> L1Statistics {
        var result = counters
        result.entries = liveCount
        result.memoryBytes = budget.used
        result.memoryBytesMax = budget.limit
        result.slabBytes = slab.arena.usedCount * Arena.pageBytes
        for index in 0..<slab.classes.count {
            result.chunkBytes +=
                slab.classStates[index].liveChunks * slab.classes.chunkBytes(index)
        }
        result.indexBytes = index.committedBytes
        result.entryTableBytes = entries.committedBytes
        result.outsideBytes = outsideBytes
        result.freePages = slab.arena.freeCount
        result.detachedEntries = detachedCount
        result.reservedEntries = reservedCount
        result.growingBytes = growingBytes
        result.pinnedEntries = pinnedCount
        return result
    }

    /// Number of size classes.
    package var classCount: Int { slab.classes.count }

    /// Totals of size class `index`.
    package borrowing func classStatistics(_ index: Int) -> L1ClassStatistics {
        let state = slab.classStates[index]
        return L1ClassStatistics(
            chunkBytes: slab.classes.chunkBytes(index), pages: state.pages,
            chunksUsed: state.liveChunks, chunksFree: state.freeSlots)
    }
}
