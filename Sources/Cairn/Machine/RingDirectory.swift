import CShims

/// Which ring descriptor belongs to which shard, so that shards can wake each other.
///
/// Written once by each shard at start, read by all afterwards; words are shared with acquire and
/// release order. Lives as long as the process's shards.
@safe
package final class RingDirectory: @unchecked Sendable {
    private let words: UnsafeMutablePointer<UInt64>
    package let count: Int

    // SAFETY: the words belong to this object; all access is atomic.
    package init(shards: Int) {
        count = shards
        unsafe words = .allocate(capacity: shards)
        unsafe words.initialize(repeating: UInt64.max, count: shards)
    }

    // SAFETY: the last reference is gone.
    deinit { unsafe words.deallocate() }

    // SAFETY: a checked index, an atomic store.
    package func set(_ shard: Int, descriptor: Int32) {
        ensure(shard >= 0 && shard < count, "shard")
        unsafe cairn_store_release(words + shard, UInt64(UInt32(bitPattern: descriptor)))
    }

    // SAFETY: a checked index, an atomic load.
    /// The descriptor, or -1 before the shard has started.
    @inline(__always)
    package func descriptor(_ shard: Int) -> Int32 {
        ensure(UInt(bitPattern: shard) < UInt(bitPattern: count), "shard")
        return Int32(truncatingIfNeeded: unsafe cairn_load_acquire(words + shard))
    }
}
