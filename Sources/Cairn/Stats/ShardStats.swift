import CShims

/// One shard's counters, gauges, histograms and slab table, in cache lines of their own.
///
/// A handle of one pointer. The shard's thread writes with plain adds (relaxed, one writer: an
/// `add` to memory, no lock prefix); every other thread only reads, and may see counts of one
/// request without each other, never a torn number.
///
/// - The memory is zeroed at `allocate`, 64-byte aligned, padded to whole cache-line pairs so that
///   no two shards share one (the hardware prefetches lines in pairs).
/// - `deallocate` comes after the shard's thread ended and the last reader let go; a server never
///   calls it (its statistics outlive its shards), tests and the simulation do.
@safe
package struct ShardStats: @unchecked Sendable {
    /// Size classes the slab table holds, at most.
    package static let slabClassesMax = 64

    /// Where things lie, in words. Computed properties of literals: a stored constant that calls
    /// `allCases` would put a lazy-initialisation check into every count.
    enum Word {
        @inline(__always) static var counters: Int { 0 }
        @inline(__always) static var gauges: Int { 128 }
        @inline(__always) static var slab: Int { 160 }
        /// Chunk bytes, pages, chunks in use, chunks.
        @inline(__always) static var slabWords: Int { 4 }
        @inline(__always) static var turn: Int { 416 }
        /// Sum, maximum, then 234 buckets, to whole pairs of cache lines (16 words).
        @inline(__always) static var histogramWords: Int { 240 }
        @inline(__always) static var latency: Int { 656 }
        @inline(__always) static var tiers: Int { 5 }
        /// Eight classes of five tiers.
        @inline(__always) static var calls: Int { latency + 8 * tiers * histogramWords }
        /// One word for each command there may be.
        @inline(__always) static var callsMax: Int { 128 }
        /// Commands that failed while they ran, and that were refused before, in the same order.
        @inline(__always) static var failed: Int { calls + callsMax }
        @inline(__always) static var rejected: Int { failed + callsMax }
        /// Error replies by their first word.
        @inline(__always) static var errors: Int { rejected + callsMax }
        @inline(__always) static var count: Int { errors + 16 }
    }

    private let base: UnsafeMutablePointer<UInt64>

    /// Bytes one shard's statistics take.
    package static var bytes: Int { Word.count * 8 }

    // SAFETY: a fresh allocation, wholly initialised; freed by `deallocate` alone.
    /// Statistics of a new shard, all zero.
    package static func allocate() -> ShardStats {
        ensure(Counter.allCases.count <= Word.gauges, "more counters than words")
        ensure(Gauge.allCases.count <= Word.slab - Word.gauges, "more gauges than words")
        ensure(LatencyBuckets.count + 2 <= Word.histogramWords, "more buckets than words")
        ensure(Tier.allCases.count == Word.tiers, "tiers and words")
        ensure(CommandClass.allCases.count == 8, "classes and words")
        ensure(
            ErrorKind.allCases.count <= Word.count - Word.errors, "more kinds of errors than words")
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 128)
        let base = unsafe raw.bindMemory(to: UInt64.self, capacity: Word.count)
        unsafe base.initialize(repeating: 0, count: Word.count)
        return unsafe ShardStats(base: base)
    }

    // SAFETY: the caller promises that nobody uses this handle any more.
    /// Frees the memory.
    package func deallocate() { unsafe base.deallocate() }

    // MARK: Written by the shard's thread

    // SAFETY: the offset follows from the enum, inside the allocation; one writer.
    /// Counts `amount` more.
    @inline(__always)
    package func add(_ counter: Counter, _ amount: Int = 1) {
        unsafe cairn_counter_add(
            base + (Word.counters &+ counter.rawValue), UInt64(truncatingIfNeeded: amount))
    }

    // SAFETY: as `add`.
    /// States a gauge's value.
    @inline(__always)
    package func set(_ gauge: Gauge, _ value: Int) {
        unsafe cairn_counter_set(
            base + (Word.gauges &+ gauge.rawValue), UInt64(truncatingIfNeeded: value))
    }

    // SAFETY: each bucket index is below `LatencyBuckets.count`, and class and tier are enums: the
    // words lie inside the allocation.
    /// Records `count` requests of one class that took `nanoseconds` each, and counts them as
    /// commands.
    @inline(__always)
    package func record(
        _ commandClass: CommandClass, _ tier: Tier, nanoseconds: UInt64, count: Int = 1
    ) {
        // The first eight counters are the classes, in their order.
        unsafe cairn_counter_add(
            base + commandClass.rawValue, UInt64(truncatingIfNeeded: count))
        let slot = commandClass.rawValue &* Word.tiers &+ tier.rawValue
        record(at: Word.latency &+ slot &* Word.histogramWords, nanoseconds, count)
    }

    /// Records one turn of the loop: its work, without the wait in the kernel.
    @inline(__always)
    package func recordTurn(nanoseconds: UInt64) {
        add(.loopTurns)
        record(at: Word.turn, nanoseconds, 1)
        if value(.longestTurn) < nanoseconds {
            set(.longestTurn, Int(truncatingIfNeeded: nanoseconds))
        }
    }

    // SAFETY: `word` starts a histogram inside the allocation; its buckets follow the two words.
    @inline(__always)
    private func record(at word: Int, _ nanoseconds: UInt64, _ count: Int) {
        let amount = UInt64(truncatingIfNeeded: count)
        let histogram = unsafe base + word
        unsafe cairn_counter_add(histogram, nanoseconds &* amount)
        if unsafe cairn_counter_get(histogram + 1) < nanoseconds {
            unsafe cairn_counter_set(histogram + 1, nanoseconds)
        }
        unsafe cairn_counter_add(histogram + (2 &+ LatencyBuckets.index(nanoseconds)), amount)
    }

    // SAFETY: the command is checked against the table's bound; one writer.
    /// Counts executed commands by their number; of which kind they are the reader knows.
    @inline(__always)
    package func countCalls(_ command: Int, _ count: Int = 1) {
        ensure(UInt(bitPattern: command) < UInt(bitPattern: Word.callsMax), "command in stats")
        unsafe cairn_counter_add(
            base + (Word.calls &+ command), UInt64(truncatingIfNeeded: count))
    }

    // SAFETY: the kind is an enum, the command is checked against the table's bound; one writer.
    /// Counts one error reply, and the command it answered where that is known.
    package func countError(_ kind: ErrorKind, command: Int?, isRejection: Bool = false) {
        add(.commandsFailed)
        unsafe cairn_counter_add(base + (Word.errors &+ kind.rawValue), 1)
        guard let command else { return }
        ensure(UInt(bitPattern: command) < UInt(bitPattern: Word.callsMax), "command in stats")
        let table = isRejection ? Word.rejected : Word.failed
        unsafe cairn_counter_add(base + (table &+ command), 1)
    }

    // SAFETY: class and tier are enums: the words lie inside the allocation.
    /// Records how long `count` commands took, without counting them.
    @inline(__always)
    package func recordLatency(
        _ commandClass: CommandClass, _ tier: Tier, nanoseconds: UInt64, _ count: Int = 1
    ) {
        let slot = commandClass.rawValue &* Word.tiers &+ tier.rawValue
        record(at: Word.latency &+ slot &* Word.histogramWords, nanoseconds, count)
    }

    // SAFETY: the class is checked against the table's bound.
    /// States one slab class; a few times a second, not per request.
    package func setSlabClass(_ index: Int, _ state: SlabClassState) {
        ensure(UInt(bitPattern: index) < UInt(Self.slabClassesMax), "slab class in stats")
        let row = unsafe base + (Word.slab + index * Word.slabWords)
        unsafe cairn_counter_set(row, UInt64(state.chunkBytes))
        unsafe cairn_counter_set(row + 1, UInt64(state.pages))
        unsafe cairn_counter_set(row + 2, UInt64(state.chunksUsed))
        unsafe cairn_counter_set(row + 3, UInt64(state.chunks))
    }

    // SAFETY: words of the own allocation; the shard's thread is the only writer.
    /// Sets counters, histograms and the longest turn to zero (`CONFIG RESETSTAT`). Gauges of state
    /// and the slab table stay. On the shard's thread only.
    package func reset() {
        for word in Word.counters..<Word.gauges { unsafe cairn_counter_set(base + word, 0) }
        for word in Word.turn..<Word.count { unsafe cairn_counter_set(base + word, 0) }
        set(.longestTurn, 0)
    }

    // MARK: Read by anybody

    // SAFETY: as `add`; a relaxed load of a word that one thread writes.
    package func value(_ counter: Counter) -> UInt64 {
        unsafe cairn_counter_get(base + (Word.counters &+ counter.rawValue))
    }

    // SAFETY: as `value(_:)`.
    @inline(__always)
    package func value(_ gauge: Gauge) -> UInt64 {
        unsafe cairn_counter_get(base + (Word.gauges &+ gauge.rawValue))
    }

    // SAFETY: as `countCalls`.
    /// Executed commands of one number.
    package func calls(_ command: Int) -> UInt64 {
        ensure(UInt(bitPattern: command) < UInt(bitPattern: Word.callsMax), "command in stats")
        return unsafe cairn_counter_get(base + (Word.calls &+ command))
    }

    // SAFETY: as `countCalls`.
    /// Commands of one number that were answered with an error while they ran.
    package func failed(_ command: Int) -> UInt64 {
        ensure(UInt(bitPattern: command) < UInt(bitPattern: Word.callsMax), "command in stats")
        return unsafe cairn_counter_get(base + (Word.failed &+ command))
    }

    // SAFETY: as `countCalls`.
    /// Commands of one number that were refused before they ran.
    package func rejected(_ command: Int) -> UInt64 {
        ensure(UInt(bitPattern: command) < UInt(bitPattern: Word.callsMax), "command in stats")
        return unsafe cairn_counter_get(base + (Word.rejected &+ command))
    }

    // SAFETY: the kind is an enum: the word lies inside the allocation.
    /// Error replies of one kind.
    package func errors(_ kind: ErrorKind) -> UInt64 {
        unsafe cairn_counter_get(base + (Word.errors &+ kind.rawValue))
    }

    /// Everything at this moment. About 10,000 relaxed loads; for the stats thread.
    package func snapshot() -> StatsSnapshot {
        var snapshot = StatsSnapshot()
        for counter in Counter.allCases { snapshot.counters[counter.rawValue] = value(counter) }
        for gauge in Gauge.allCases { snapshot.gauges[gauge.rawValue] = value(gauge) }
        for index in snapshot.latencies.indices {
            snapshot.latencies[index] = histogram(Word.latency + index * Word.histogramWords)
        }
        snapshot.turns = histogram(Word.turn)
        snapshot.slabClasses = slabClasses()
        return snapshot
    }

    // SAFETY: the caller passes a histogram's first word.
    private func histogram(_ word: Int) -> LatencySnapshot {
        var snapshot = LatencySnapshot()
        unsafe snapshot.sum = cairn_counter_get(base + word)
        unsafe snapshot.maximum = cairn_counter_get(base + word + 1)
        for index in 0..<LatencyBuckets.count {
            unsafe snapshot.buckets[index] = cairn_counter_get(base + word + 2 + index)
        }
        return snapshot
    }

    // SAFETY: rows of the slab table only.
    private func slabClasses() -> [SlabClassState] {
        var classes: [SlabClassState] = []
        for index in 0..<Self.slabClassesMax {
            let row = unsafe base + (Word.slab + index * Word.slabWords)
            let chunkBytes = unsafe Int(cairn_counter_get(row))
            if chunkBytes == 0 { continue }
            unsafe classes.append(
                SlabClassState(
                    chunkBytes: chunkBytes,
                    pages: Int(cairn_counter_get(row + 1)),
                    chunksUsed: Int(cairn_counter_get(row + 2)),
                    chunks: Int(cairn_counter_get(row + 3))))
        }
        return classes
    }
}
