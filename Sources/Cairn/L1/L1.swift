/// The RAM level of one shard: keys to values, in a budget of bytes that is a promise.
///
/// One thread owns it. After `init` it allocates nothing from the heap; what it commits from its
/// reserved address ranges is counted in its `MemoryBudget`, and what it does in one call is
/// bounded (`Work`), so that neither eviction nor growth is ever a stall.
///
/// ```
/// Index  ──tag, hash──► EntryTable  ──head chunk──► Slab: [extent handles][key][inline value]
/// cache-line buckets     48-byte records                   └──► extents, 4 KiB-aligned, to 1 MiB
///                        linked by Eviction                     owner of each chunk: its entry
/// ```
///
/// - Invariants (walked by `validate`): an entry is found by the index if and only if it is live;
///   it is linked in the eviction policy if and only if it is live; every chunk in use is owned by
///   the entry that holds its handle; everything committed is charged, and never above the limit.
package struct L1: ~Copyable {
    private let addressOnly = AddressOnly()
    var budget: MemoryBudget
    var slab: Slab
    var entries: EntryTable
    var index: Index
    var eviction: Eviction
    var log = RemovalLog()
    let options: Options
    /// Bytes of the heap tables made at start.
    let fixedBytes: Int
    /// Most live entries.
    var entriesMax: Int
    /// The latest time a caller passed.
    var clockMs: UInt64 = 0
    /// Flush period, modulo 4; live entries of another one are as good as removed.
    var epoch: UInt8 = 0
    /// Flush periods whose entries may still be there.
    var epochsPending = 0
    /// Where the walk that removes them stands.
    var flushCursor = 0
    var sweepCursor = 0
    /// Where the walk that moves entries to the current policy stands; nil: none is under way.
    var migrationCursor: Int?
    var liveCount = 0
    var reservedCount = 0
    /// Bytes that values hold which have not wholly arrived.
    var growingBytes = 0
    /// The one of them that may take more than their share leaves; `EntryID.none.raw`: none.
    var growsAhead = EntryID.none.raw
    /// Lookups that found an entry whose time was over.
    package var expiredFinds: UInt64 = 0
    var detachedCount = 0
    /// Live entries with pins.
    var pinnedCount = 0
    /// Bytes charged by others.
    var outsideBytes = 0
    /// The page that is being emptied, and the slot to go on from.
    var drain: Drain?
    /// Turns of `maintain`.
    var turn: UInt32 = 0
    /// Pages that a refused reservation or charge still waits for, and until which turn.
    var demandPages = 0
    var demandUntil: UInt32 = 0
    var counters = L1Statistics()

    struct Drain {
        var page: Int
        var slot = 0
    }

    /// How much one call may do, in entries touched; 4 KiB copied counts as one. 512 of them take
    /// about 50 us, moving 2 MiB about 200 us.
    enum Work {
        /// Victims a reservation evicts to find one chunk.
        static var evictionsPerChunk: Int { 32 }
        /// Victims a reservation evicts in all.
        static var evictionsPerReserve: Int { 128 }
        /// Entries that a reservation without a free page moves or evicts to gain one.
        static var gatherPerReserve: Int { 256 }
        /// The same of a charge from outside: bytes that have come from a client can't wait. Enough
        /// to evict a page of the smallest chunks (31,775 of them, about 3 ms); that happens once a
        /// mebibyte of input that can't be streamed, on a full level.
        static var gatherPerCharge: Int { 32_768 }
        /// Turns for which a demand for pages is remembered.
        static var demandTurns: UInt32 { 1024 }
        /// Turns for which a page with pinned chunks is left alone.
        static var retryTurns: UInt32 { 64 }
    }

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
        /// Seed of the random decisions (LFU increments).
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

    /// Eight slab pages: below that, classes and tables crowd each other out.
    package static var memoryBytesMin: Int { 16 << 20 }
    /// Longest key.
    package static var keyBytesMax: Int { 16_384 }

    package init(_ options: Options) throws(StartError) {
        let bytes = options.memoryBytes
        guard bytes >= Self.memoryBytesMin else {
            throw .memoryTooSmall(bytes: bytes, bytesMin: Self.memoryBytesMin)
        }
        guard let policy = PolicyLink(options.policy) else {
            throw .policyUnavailable(options.policy)
        }
        var budget = MemoryBudget(limit: bytes)
        let fixed =
            Slab.overheadBytes(pages: bytes / Arena.pageBytes) + Eviction.overheadBytes
            + RemovalLog.capacity
        ensure(budget.tryCharge(fixed), "fixed tables exceed the smallest budget")
        // A record of 48 bytes and the smallest chunk, of 64: no more entries than that fit.
        let entriesLimit = bytes / (MemoryLayout<Entry>.stride + 64)
        let node = options.node
        let slab = try Self.reserving { () throws(AddressRange.Failure) in
            try Slab(bytes: bytes, node: node)
        }
        let entries = try Self.reserving { () throws(AddressRange.Failure) in
            try EntryTable(capacity: entriesLimit, node: node)
        }
        let index = try Self.reserving { () throws(AddressRange.Failure) in
            try Index(entriesMax: entriesLimit, node: node, &budget)
        }
        self.budget = budget
        self.slab = slab
        self.entries = entries
        self.index = index
        eviction = Eviction(
            policy: policy, highBytesMax: bytes / 100 * options.highPercent,
            metadataBytesMax: bytes / 100 * options.metadataPercent, seed: options.seed)
        self.options = options
        fixedBytes = fixed
        entriesMax = options.entriesMax ?? Int.max
    }

    private static func reserving<Part: ~Copyable>(
        _ make: () throws(AddressRange.Failure) -> Part
    ) throws(StartError) -> Part {
        do {
            return try make()
        } catch {
            throw .addressSpace(bytes: error.bytes, code: error.code)
        }
    }

    /// Live entries (DBSIZE).
    package var count: Int { liveCount }

    /// Takes the caller's time; a clock that was set back does not turn the cache's clock back.
    @inline(__always)
    mutating func advance(_ nowMs: UInt64) { if nowMs > clockMs { clockMs = nowMs } }

    // MARK: Policy and bounds at run time

    /// Changes the eviction policy; entries move over by slices in `maintain`. False: the policy
    /// isn't available.
    package mutating func setPolicy(_ kind: EvictionPolicyKind) -> Bool {
        guard let policy = PolicyLink(kind) else { return false }
        eviction.setCurrent(policy)
        migrationCursor = eviction.foreignCount > 0 ? 0 : nil
        return true
    }

    /// The policy new entries are ordered by.
    package var policy: EvictionPolicyKind { eviction.current.kind }

    /// Changes `max_entries`; surplus entries are evicted by slices.
    package mutating func setEntriesMax(_ entries: Int?) { entriesMax = entries ?? Int.max }

    // MARK: Removal log

    /// Which removals that the caller did not ask for (`.expired`, `.evicted`) are recorded.
    package mutating func recordRemovals(_ scope: RemovalScope) { log.scope = scope }

    /// The oldest recorded removal, taken from the log. The key's bytes are good until the next
    /// mutating call. While the log is full, nothing is evicted or expired: drain it every turn.
    package mutating func nextRemoval() -> Removal? { log.next() }
}

extension PolicyLink {
    /// Nil for policies that are not built.
    init?(_ kind: EvictionPolicyKind) {
        switch kind {
        case .lru: self = .lru
        case .lfu: self = .lfu
        case .ttl: self = .ttl
        case .adaptive: return nil
        }
    }

    var kind: EvictionPolicyKind {
        switch self {
        case .lru, .none: .lru
        case .lfu: .lfu
        case .ttl: .ttl
        }
    }
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
