/// The record of one cached object, and the small types that describe it.

/// The place of an entry in its shard's entry table.
///
/// Valid until the next mutating call of `L1`, or as long as the entry is pinned or reserved: an
/// unpinned entry may be evicted by any reservation, and moved to another place by `maintain`.
package struct EntryID: Equatable, Hashable, Sendable, BitwiseCopyable {
    package let raw: UInt32

    @inlinable @inline(__always)
    package init(_ raw: UInt32) { self.raw = raw }

    /// No entry.
    @inlinable
    package static var none: EntryID { EntryID(UInt32.max) }
}

/// What an object is (seed: the cache entry's type). Everything but `block` is metadata, which
/// block traffic doesn't evict.
package enum EntryType: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case block, metadata, directory, inode, xattr
}

/// Where an entry stands in its life.
package enum EntryState: UInt8, Sendable {
    /// In the free list of the table.
    case free
    /// Memory allocated, being filled by its owner, not to be found by anyone.
    case reserved
    /// In the index and in the eviction policy's lists.
    case live
    /// Removed or overwritten while pinned: its memory is freed at the last unpin.
    case detached
}

/// Why an entry left the cache.
package enum RemovalReason: UInt8, Sendable, CaseIterable {
    /// A client deleted it.
    case deleted
    /// A newer value took its place.
    case overwritten
    /// Its time to live was over.
    case expired
    /// Its memory, or its place under `max_entries`, was needed.
    case evicted
    /// FLUSHALL.
    case flushed
}
