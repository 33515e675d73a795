/// What one shard tells another about followers, one way.
struct Notice: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        /// A key that `client` tracks has changed.
        case key
        /// A key under a followed prefix has changed; `client` changed it and wants no notice (0:
        /// tell all).
        case broadcast
        /// Everything the receiver's clients track at this shard may have changed.
        case flush
        /// `client` has ended: what it tracked here is to be forgotten.
        case gone
        /// Forget all clients of this shard and answer with a flush: a notice was lost.
        case reset
        /// `other` redirects its invalidations to `client`: this key.
        case redirected
        /// As `redirected`: everything.
        case redirectedFlush
        /// The target of `client`'s redirection is not there.
        case broken
    }
    var kind = Kind.key
    var client: UInt64 = 0
    var other: UInt64 = 0
}

/// Notices that wait for room in their lanes, in order, in a ring of fixed size.
///
/// What doesn't fit is replaced by something coarser that needs no room: a bit for each shard that
/// is to be told "everything" later. So a client may hear too much, never too little.
///
/// ```
/// [bytes u32][shard u8][kind u8][2 unused][client u64][other u64][key]    in one piece
/// [0]                                       the rest of the ring's end is unused
/// ```
struct NoticeQueue: ~Copyable {
    struct Lost: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let keys = Lost(rawValue: 1)
        static let redirects = Lost(rawValue: 2)
        static let gone = Lost(rawValue: 4)
    }

    /// 5,000 notices of keys of 28 bytes, or 15 of the longest keys.
    static var ringBytes: Int { 256 << 10 }
    private static var headerBytes: Int { 24 }

    private var ring = FixedArray<UInt8>(repeating: 0, count: NoticeQueue.ringBytes)
    private var head = 0
    private var tail = 0
    private var used = 0
    private var lost: FixedArray<UInt8>
    private var lostCount = 0

    init(shards: Int) { lost = FixedArray(repeating: 0, count: shards) }

    var hasBacklog: Bool { used > 0 || lostCount > 0 }
    /// Whether a notice would overtake others.
    var isEmpty: Bool { used == 0 && lostCount == 0 }

    mutating func push(_ notice: Notice, _ key: Bytes, to shard: Int) {
        let needed = (Self.headerBytes + key.count + 7) & ~7
        let toEnd = Self.ringBytes - tail
        let total = toEnd < needed ? toEnd + needed : needed
        guard used + total <= Self.ringBytes else {
            lose(notice.kind, shard)
            return
        }
        let bytes = ring.bytes
        if toEnd < needed {
            bytes.store(UInt32(0), at: tail)
            used += toEnd
            tail = 0
        }
        bytes.store(UInt32(Self.headerBytes + key.count), at: tail)
        bytes[tail + 4] = UInt8(shard)
        bytes[tail + 5] = notice.kind.rawValue
        bytes.store(notice.client, at: tail + 8)
        bytes.store(notice.other, at: tail + 16)
        bytes.copy(key, at: tail + Self.headerBytes)
        tail += needed
        used += needed
        if tail == Self.ringBytes { tail = 0 }
    }

    private mutating func lose(_ kind: Notice.Kind, _ shard: Int) {
        let bit: Lost =
            switch kind {
            case .key, .broadcast, .flush: .keys
            case .redirected, .redirectedFlush: .redirects
            case .gone, .reset: .gone
            // The next invalidation finds out again.
            case .broken: []
            }
        if bit.isEmpty { return }
        if lost[shard] == 0 { lostCount += 1 }
        lost[shard] |= bit.rawValue
    }

    /// The oldest notice, its key good until the next `push`. It stays until `pop`.
    func peek() -> (notice: Notice, key: Bytes, shard: Int)? {
        if used == 0 { return nil }
        let bytes = ring.bytes.bytes
        var at = head
        if bytes.load(at, as: UInt32.self) == 0 { at = 0 }
        let length = Int(bytes.load(at, as: UInt32.self))
        guard let kind = Notice.Kind(rawValue: bytes[at + 5]) else {
            ensureFailed("notice of no kind", #fileID, #line)
        }
        let notice = Notice(
            kind: kind, client: bytes.load(at + 8, as: UInt64.self),
            other: bytes.load(at + 16, as: UInt64.self))
        let key = bytes.slice(at + Self.headerBytes, length - Self.headerBytes)
        return (notice, key, Int(bytes[at + 4]))
    }

    mutating func pop() {
        let bytes = ring.bytes.bytes
        if bytes.load(head, as: UInt32.self) == 0 {
            used -= Self.ringBytes - head
            head = 0
        }
        let needed = (Int(bytes.load(head, as: UInt32.self)) + 7) & ~7
        head += needed
        used -= needed
        if head == Self.ringBytes { head = 0 }
    }

    /// A shard that is still to be told of losses, once the queue is empty.
    func firstLost() -> (shard: Int, what: Lost)? {
        guard used == 0, lostCount > 0 else { return nil }
        for shard in 0..<lost.count where lost[shard] != 0 {
            return (shard, Lost(rawValue: lost[shard]))
        }
        return nil
    }

    mutating func clearLost(_ shard: Int) {
        if lost[shard] != 0 { lostCount -= 1 }
        lost[shard] = 0
    }
}
