/// The RAM level of one shard: keys to values, in a budget of bytes that is a promise.
///
/// One thread owns it. After `init` it allocates nothing from the heap; what it commits from its
/// reserved address ranges is counted in its `MemoryBudget`.
package struct L1: ~Copyable {
    /// What a shard's RAM level is told at start.
    package struct Options: Sendable {
        /// Bytes that slabs, tables and other charges of this shard may hold together; at least
        /// `L1.memoryBytesMin`.
        package var memoryBytes: Int
        /// Largest number of entries (`max_entries` of this shard); `nil`: memory alone decides.
        package var entriesMax: Int?
        /// Largest value in bytes.
        package var valueBytesMax: Int = 64 << 20
        /// NUMA node to prefer; `nil`: the kernel chooses.
        package var node: Int?
        package var policy: EvictionPolicyKind = .lru
        /// Percent of `memoryBytes` that entries of priority 8-10 may hold before they compete.
        package var highPercent = 50
        /// Percent of `memoryBytes` that metadata entries may hold before they compete.
        package var metadataPercent = 10
        /// Seed of the random decisions (LFU increments, `randomEntry`).
        package var seed: UInt64 = 1
        package init(memoryBytes: Int) { self.memoryBytes = memoryBytes }
    }

    /// Why a level cannot start.
    package enum StartError: Error, Equatable, Sendable {
        /// `memoryBytes` is below the least a shard can work in.
        case memoryTooSmall(bytes: Int, bytesMin: Int)
        /// The kernel refused address space; `errno`.
        case addressSpace(bytes: Int, code: Int32)
        /// The policy is not built yet.
        case policyUnavailable(EvictionPolicyKind)
    }

    /// What became of a request for memory.
    package enum Reservation: Equatable, Sendable {
        /// An entry in state `.reserved`: fill it, then `commit` or `abandon`.
        case entry(EntryID)
        /// The bounded work of one call did not free enough: call again in the next loop turn,
        /// after `maintain`.
        case busy
        /// It can't be had; answer `-OOM` and count it.
        case refused(Refusal)
    }

    package enum Refusal: UInt8, Sendable {
        /// Larger than this level can hold at all.
        case tooLarge
        /// Memory is full of pinned or reserved entries.
        case nothingEvictable
        /// `entriesMax` reached, and nothing can be evicted.
        case entriesMax
    }

    package static var memoryBytesMin: Int { 16 << 20 }

    package init(_ options: Options) throws(StartError) { fatalError("under construction") }

    // MARK: Lookup

    /// The live entry of `key`, or nil. An expired entry is removed on the way (reason `.expired`).
    /// Does not count as a use: call `touch`.
    package mutating func find(_ key: Bytes, hash: UInt64, nowMs: UInt64) -> EntryID? {
        fatalError("under construction")
    }

    /// Like `find`, without removing an expired entry.
    package borrowing func peek(_ key: Bytes, hash: UInt64, nowMs: UInt64) -> EntryID? {
        fatalError("under construction")
    }

    /// Asks the processor to load the index bucket of `hash`: for batches, some keys ahead.
    package borrowing func prefetch(hash: UInt64) { fatalError("under construction") }

    /// Tells the eviction policy of a use at `nowMs`.
    package mutating func touch(_ id: EntryID, nowMs: UInt64) { fatalError("under construction") }

    // MARK: Attributes

    package borrowing func state(of id: EntryID) -> EntryState { fatalError("under construction") }
    package borrowing func version(of id: EntryID) -> UInt64 { fatalError("under construction") }
    /// Unix milliseconds at which the entry expires; 0: never.
    package borrowing func expiry(of id: EntryID) -> UInt64 { fatalError("under construction") }
    package borrowing func type(of id: EntryID) -> EntryType { fatalError("under construction") }
    package borrowing func priority(of id: EntryID) -> Int { fatalError("under construction") }
    package borrowing func valueLength(of id: EntryID) -> Int { fatalError("under construction") }
    /// The key's bytes in place.
    package borrowing func key(of id: EntryID) -> Bytes { fatalError("under construction") }
    /// Seconds since the last touch (or the commit).
    package borrowing func idleSeconds(of id: EntryID, nowMs: UInt64) -> Int {
        fatalError("under construction")
    }
    /// The policy's frequency counter, 0 ... 255 (logarithmic under LFU).
    package borrowing func frequency(of id: EntryID) -> Int { fatalError("under construction") }
    /// Bytes of memory the entry holds: chunks and its record.
    package borrowing func memoryBytes(of id: EntryID) -> Int { fatalError("under construction") }
    package borrowing func isTracked(_ id: EntryID) -> Bool { fatalError("under construction") }

    package mutating func setVersion(_ id: EntryID, _ version: UInt64) {
        fatalError("under construction")
    }
    /// Unix milliseconds; 0: never expires. Allowed for reserved and live entries.
    package mutating func setExpiry(_ id: EntryID, _ expiryMs: UInt64) {
        fatalError("under construction")
    }
    /// Marks the entry as one whose removal somebody waits for (client tracking).
    package mutating func setTracked(_ id: EntryID, _ tracked: Bool) {
        fatalError("under construction")
    }

    // MARK: Values

    /// The value's bytes from `offset` to the end of the contiguous piece that holds them (at most
    /// 1 MiB). Writing is for the owner of a reservation, or in place of an unpinned live entry.
    package borrowing func segment(of id: EntryID, at offset: Int) -> MutableBytes {
        fatalError("under construction")
    }

    /// The whole value when it is a single inline piece (below 4,096 bytes): the fast path.
    package borrowing func inlineValue(_ id: EntryID) -> MutableBytes {
        fatalError("under construction")
    }

    // MARK: Writing

    /// Allocates an entry with room for key and value, evicting by bounded work where needed. The
    /// key is copied; the value is uninitialised. Nobody finds the entry before `commit`.
    package mutating func reserve(
        _ key: Bytes, hash: UInt64, valueLength: Int, type: EntryType = .block, priority: Int = 5,
        nowMs: UInt64
    ) -> Reservation { fatalError("under construction") }

    /// Publishes a reserved entry. An entry of the same key is removed (`.overwritten`); nothing of
    /// it is kept, so set version and expiry before. Cannot fail. Returns whether one was replaced.
    @discardableResult
    package mutating func commit(_ id: EntryID, nowMs: UInt64) -> Bool {
        fatalError("under construction")
    }

    /// Gives a reserved entry back.
    package mutating func abandon(_ id: EntryID) { fatalError("under construction") }

    /// Changes the length of a live, unpinned entry's value in place, where its chunks allow it: the
    /// fast path of overwriting, APPEND and SETRANGE. New bytes are uninitialised. False: nothing
    /// changed; reserve a new entry.
    package mutating func resize(_ id: EntryID, valueLength: Int) -> Bool {
        fatalError("under construction")
    }

    // MARK: Removal and pins

    /// Removes a live entry. Pinned: it is detached, and its memory freed at the last unpin.
    package mutating func remove(_ id: EntryID, _ reason: RemovalReason) {
        fatalError("under construction")
    }

    /// Keeps the entry's bytes in place until `unpin`. False: its 65,535 pins are in use; copy.
    package mutating func pin(_ id: EntryID) -> Bool { fatalError("under construction") }
    package mutating func unpin(_ id: EntryID) { fatalError("under construction") }

    /// Removes expired entries among the next `entriesMax` places of the table; returns how many.
    package mutating func sweepExpired(nowMs: UInt64, entriesMax: Int) -> Int {
        fatalError("under construction")
    }

    /// Empties the level in constant time: no entry of before is ever found again. Their memory
    /// comes back by slices in `maintain`. False: three flushes are still being swept; call again
    /// in the next turn.
    package mutating func clear() -> Bool { fatalError("under construction") }

    // MARK: Housekeeping

    /// One bounded slice of upkeep: free pages for the reserve, sweeping flushed entries, policy
    /// migration, shrinking tables. `work` counts entries touched (4 KiB copied counts as one).
    /// Call once a loop turn. Returns the work left: 0 means there is more to do.
    @discardableResult
    package mutating func maintain(nowMs: UInt64, work: Int = 512) -> Int {
        fatalError("under construction")
    }

    /// Counts `bytes` held outside (connection buffers) against this shard's budget, giving slab
    /// pages back where it must. False: no room now; `maintain` works towards it.
    package mutating func tryCharge(_ bytes: Int) -> Bool { fatalError("under construction") }
    package mutating func release(_ bytes: Int) { fatalError("under construction") }

    /// Changes the eviction policy; entries move over by slices in `maintain`.
    package mutating func setPolicy(_ kind: EvictionPolicyKind) -> Bool {
        fatalError("under construction")
    }
    /// Changes `max_entries`; surplus entries are evicted by slices.
    package mutating func setEntriesMax(_ entries: Int?) { fatalError("under construction") }

    // MARK: Iteration

    /// Visits whole leaves of the index from `cursor` (0: start) and returns the cursor to go on
    /// from (0: done; else below 2^40). An entry present during the whole iteration is visited at
    /// least once, whatever is inserted, removed or moved meanwhile. Expired entries are skipped.
    package borrowing func scan(
        _ cursor: UInt64, leavesMax: Int, nowMs: UInt64,
        _ visit: (borrowing L1, EntryID) -> Void
    ) -> UInt64 { fatalError("under construction") }

    /// A live entry drawn at random, or nil when there is none.
    package borrowing func randomEntry(_ random: inout Random, nowMs: UInt64) -> EntryID? {
        fatalError("under construction")
    }

    /// Live entries (DBSIZE).
    package var count: Int { fatalError("under construction") }

    // MARK: Removal log

    /// Which removals that the caller did not ask for (`.expired`, `.evicted`) are recorded.
    package mutating func recordRemovals(_ scope: RemovalScope) { fatalError("under construction") }

    /// The oldest recorded removal, taken from the log. The key's bytes are good until the next
    /// mutating call. While the log is full, nothing is evicted or expired: drain it every turn.
    package mutating func nextRemoval() -> Removal? { fatalError("under construction") }

    // MARK: Statistics

    package borrowing func statistics() -> L1Statistics { fatalError("under construction") }
}

/// Which removals are recorded for the shard to tell clients of.
package enum RemovalScope: UInt8, Sendable { case none, tracked, all }

/// A removal the caller did not ask for.
package struct Removal {
    package let key: Bytes
    package let reason: RemovalReason
    /// Whether `setTracked` had marked the entry.
    package let tracked: Bool
}

/// Counters of one shard's RAM level: a copy of plain numbers.
package struct L1Statistics: Sendable {
    package var entries = 0
    /// Bytes of keys and values of live entries.
    package var payloadBytes = 0
    /// Bytes committed and charged: slabs, tables, outside charges.
    package var memoryBytes = 0
    package var memoryBytesMax = 0
    package var slabBytes = 0
    package var indexBytes = 0
    package var entryTableBytes = 0
    package var outsideBytes = 0
    package var freePages = 0
    package var detachedEntries = 0
    package var reservedEntries = 0
    package var deleted: UInt64 = 0
    package var overwritten: UInt64 = 0
    package var expired: UInt64 = 0
    package var evicted: UInt64 = 0
    package var flushed: UInt64 = 0
    package var refused: UInt64 = 0
    package var busy: UInt64 = 0
    package var chunksMoved: UInt64 = 0
    package var bytesMoved: UInt64 = 0
    package var pagesEmptied: UInt64 = 0
}
