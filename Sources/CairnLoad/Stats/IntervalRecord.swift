import Cairn
import Synchronization

/// What one load thread counted in one interval.
package struct LoadCounts: BitwiseCopyable, Sendable, Equatable {
    package var reads: UInt64 = 0
    package var writes: UInt64 = 0
    package var hits: UInt64 = 0
    package var misses: UInt64 = 0
    /// Error replies, timeouts and lost connections, by request.
    package var errors: UInt64 = 0
    package var mismatches: UInt64 = 0
    /// Value bytes that came and went.
    package var bytesRead: UInt64 = 0
    package var bytesWritten: UInt64 = 0

    package init() {}

    /// Requests answered without an error.
    package var requests: UInt64 { reads + writes }

    package static func += (a: inout LoadCounts, b: LoadCounts) {
        a.reads += b.reads
        a.writes += b.writes
        a.hits += b.hits
        a.misses += b.misses
        a.errors += b.errors
        a.mismatches += b.mismatches
        a.bytesRead += b.bytesRead
        a.bytesWritten += b.bytesWritten
    }
}

/// Counters and latencies of one thread in one interval of a run.
struct IntervalRecord: ~Copyable {
    var counts = LoadCounts()
    var readLatency = LatencyTable()
    var writeLatency = LatencyTable()
    /// Number of the interval since the measured phase began.
    var interval = 0

    mutating func reset() {
        counts = LoadCounts()
        readLatency.reset()
        writeLatency.reset()
    }
}

/// How a thread's part of a run ended.
struct ThreadEnding: Sendable {
    var failure: LoadError?
    /// End of the last measured request, monotonic nanoseconds.
    var lastCompletion: UInt64 = 0
    /// Processor time of the load thread in the measured phase.
    var cpuNanoseconds: UInt64 = 0
    /// Requests the schedule of an open loop held and that were never sent.
    var unsent: UInt64 = 0
    var scheduled: UInt64 = 0
    var connectionsLost = 0
    var errors: [(text: String, count: Int)] = []
    var mismatches: [Mismatch] = []
}

/// Hands intervals from a load thread to the reporting thread: two records change places, so that
/// neither allocates.
///
/// The load thread takes the lock once an interval; if the last interval was not collected yet it
/// keeps counting into the same record and hands over a longer one.
final class IntervalExchange: @unchecked Sendable {
    // Everything below is read and written under the lock only. It stands beside the lock because
    // a region-checked `Mutex` value can't change places with a record of the load thread.
    private let lock = Mutex(())
    private var slot = IntervalRecord()
    private var isFull = false
    private var finished: ThreadEnding?

    /// Load thread: hands `record` over and takes an empty one; false when the slot is full.
    func publish(_ record: inout IntervalRecord) -> Bool {
        lock.withLock { _ in
            if isFull { return false }
            swap(&slot, &record)
            isFull = true
            return true
        }
    }

    /// Load thread: says how it ended, after its last `publish`.
    func finish(_ ending: ThreadEnding) {
        lock.withLock { _ in finished = ending }
    }

    /// Reporting thread: visits the record handed over, if there is one.
    func collect(_ visit: (borrowing IntervalRecord) -> Void) {
        lock.withLock { _ in
            guard isFull else { return }
            visit(slot)
            slot.reset()
            isFull = false
        }
    }

    /// How the thread ended, once it has and everything it handed over was collected.
    var ending: ThreadEnding? {
        lock.withLock { _ in isFull ? nil : finished }
    }
}
