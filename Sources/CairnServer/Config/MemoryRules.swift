/// The arithmetic of `memory_limit` before the server starts. The exact budget, line by line, is
/// the data path's; these are the bounds below which it cannot work out.
package enum MemoryRules {
    /// Program, Swift's runtime, control plane: `CacheServer`'s own number.
    package static let processBytes = 48 << 20
    /// A shard's rings, buffers and tables (13 MiB at the smallest limit) and its smallest arena
    /// (16 MiB, and 2 MiB that rounding to slab pages may lose).
    package static let shardBytes = 32 << 20
    /// Least `memory_limit`: one shard.
    package static let limitMin = processBytes + shardBytes
    /// The default is never less than this, unless the machine has less.
    static let defaultMin = 256 << 20

    /// Least limit that `shards` shards can work with.
    package static func least(shards: Int) -> Int { processBytes + shards * shardBytes }

    /// The default limit: a quarter of the machine's memory, rounded down to whole MiB.
    package static func standard(machineBytes: Int, l1MaxSize: Int?, shards: Int) -> Int {
        let quarter = (machineBytes / 4) & ~((1 << 20) - 1)
        let floor = max(quarter, min(defaultMin, machineBytes / 2), least(shards: shards))
        return max(floor, l1MaxSize.map { holding($0, shards: shards) } ?? 0)
    }

    /// The limit that surely holds `size` bytes of entries: a quarter more for the rounding of the
    /// size classes and the index, besides the shards' own needs.
    package static func holding(_ size: Int, shards: Int) -> Int {
        let quarter = size / 4
        let sum = size.addingReportingOverflow(quarter + least(shards: shards))
        return sum.overflow ? .max : sum.partialValue
    }

    /// Largest value a shard's share can hold beside others: half of it.
    package static func valueMax(limit: Int, shards: Int) -> Int {
        let share = (limit - processBytes) / max(1, shards)
        return (share / 2) & ~((1 << 20) - 1)
    }
}
