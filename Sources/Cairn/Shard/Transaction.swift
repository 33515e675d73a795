/// A client's MULTI block and the keys it watches.
///
/// - Invariant: `queue` and `watched` are growing buffers of this transaction alone.
struct Transaction: BitwiseCopyable {
    enum Phase: UInt8, BitwiseCopyable {
        /// Commands are queued, or only keys are watched.
        case open
        /// Locks are being taken, in ascending order of shards.
        case locking
        /// All locks are held; watched keys of other shards are being looked at.
        case checking
        /// Commands run.
        case running
    }
    var phase = Phase.open
    /// Queued commands: id u8, arguments u32, bytes u32, then each argument's length and bytes.
    var queue: Int32 = -1
    var count: Int32 = 0
    /// Watched keys: hash u64, version u64, owner u32, length u32, key.
    var watched: Int32 = -1
    var watchedCount = 0
    /// Answers of other shards that are missing.
    var pending: Int32 = 0
    /// A watched key has changed.
    var conflict = false
    /// Place of the next command to run, in bytes of the queue.
    var next = 0
    var started = false
    var id: UInt64 = 0
    /// One command that takes locks of its own, without MULTI.
    var isImplicit = false
    /// The client's own transaction (it watches keys) while an implicit one stands before it; -1:
    /// none.
    var outer: Int32 = -1
    /// A value on its way, of a command over two keys.
    var transfer = Transfer()
    var participants = ShardSet()
    var held = ShardSet()
}

/// A set of shards, at most 256.
struct ShardSet: BitwiseCopyable, Equatable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static func == (a: ShardSet, b: ShardSet) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
            && a.words.3 == b.words.3
    }

    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    func contains(_ shard: Int) -> Bool { word(shard >> 6) & (1 << UInt64(shard & 63)) != 0 }

    mutating func insert(_ shard: Int) {
        set(shard >> 6, word(shard >> 6) | 1 << UInt64(shard & 63))
    }

    mutating func formUnion(_ other: ShardSet) {
        for index in 0..<4 { set(index, word(index) | other.word(index)) }
    }

    mutating func remove(_ shard: Int) {
        set(shard >> 6, word(shard >> 6) & ~(1 << UInt64(shard & 63)))
    }

    private mutating func set(_ index: Int, _ value: UInt64) {
        switch index {
        case 0: words.0 = value
        case 1: words.1 = value
        case 2: words.2 = value
        default: words.3 = value
        }
    }

    /// The lowest member that `other` lacks.
    func first(notIn other: ShardSet) -> Int? {
        for index in 0..<4 {
            let left = word(index) & ~other.word(index)
            if left != 0 { return index * 64 + left.trailingZeroBitCount }
        }
        return nil
    }

    var isEmpty: Bool { self == ShardSet() }
}
