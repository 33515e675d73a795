/// The bytes one shard may hold, and what it holds now.
///
/// Everything a shard commits is charged here before it is touched: slab pages, steps of tables,
/// and what others hold for it (connection buffers). The sum never exceeds the limit, so that
/// resident memory stays below it as well: what is charged may not be resident yet, what is
/// resident has been charged.
///
/// Owned and used by its shard's thread alone.
package struct MemoryBudget: ~Copyable {
    /// Bytes that may be charged together.
    package let limit: Int
    /// Bytes charged now.
    package private(set) var used = 0

    package init(limit: Int) {
        ensure(limit >= 0, "budget limit")
        self.limit = limit
    }

    /// Bytes that can still be charged.
    package var left: Int { limit - used }

    /// Charges `bytes` if they fit.
    package mutating func tryCharge(_ bytes: Int) -> Bool {
        ensure(bytes >= 0, "negative charge")
        guard bytes <= limit - used else { return false }
        used += bytes
        return true
    }

    /// Gives back what was charged.
    package mutating func release(_ bytes: Int) {
        ensure(bytes >= 0 && bytes <= used, "more released than charged")
        used -= bytes
    }
}
