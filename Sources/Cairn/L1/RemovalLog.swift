/// The removals a shard's clients must hear of, in order, with their keys.
///
/// A ring of bytes of fixed size: 4 bytes of header and the key for each. Nothing is ever dropped:
/// whoever removes asks `hasRoom` first and leaves the entry alone while there is none.
///
/// ```
/// [key length 2][reason 1][tracked 1][key]     a record lies in one piece
/// [65535]                                      the rest of the ring's end is unused
/// ```
struct RemovalLog: ~Copyable {
    private var ring = FixedArray<UInt8>(repeating: 0, count: RemovalLog.capacity)
    private var head = 0
    private var used = 0
    private var tail = 0
    /// What is recorded.
    var scope = RemovalScope.none

    /// Eight of the longest keys, or 4,000 of 60 bytes: the removals of a loop turn or two.
    static var capacity: Int { 256 << 10 }
    private static var headerBytes: Int { 4 }
    private static var wrapMark: UInt16 { UInt16.max }

    init() {}

    var isEmpty: Bool { used == 0 }

    /// Whether an entry's removal has to be recorded.
    func wants(tracked: Bool) -> Bool {
        switch scope {
        case .none: false
        case .tracked: tracked
        case .all: true
        }
    }

    /// Whether a record with a key of this length fits.
    func hasRoom(_ keyLength: Int) -> Bool {
        let needed = Self.headerBytes + keyLength
        let toEnd = Self.capacity - tail
        return used + (toEnd < needed ? toEnd + needed : needed) <= Self.capacity
    }

    /// Adds a record. There must be room.
    mutating func append(_ key: Bytes, _ reason: RemovalReason, tracked: Bool) {
        ensure(hasRoom(key.count), "removal log is full")
        let needed = Self.headerBytes + key.count
        let toEnd = Self.capacity - tail
        if toEnd < needed {
            if toEnd >= 2 { ring.bytes.store(Self.wrapMark, at: tail) }
            used += toEnd
            tail = 0
        }
        let bytes = ring.bytes
        bytes.store(UInt16(key.count), at: tail)
        bytes[tail + 2] = reason.rawValue
        bytes[tail + 3] = tracked ? 1 : 0
        bytes.copy(key, at: tail + Self.headerBytes)
        tail += needed
        used += needed
        if tail == Self.capacity { tail = 0 }
    }

    /// Takes the oldest record; its key is good until the next `append`.
    mutating func next() -> Removal? {
        if used == 0 { return nil }
        let toEnd = Self.capacity - head
        if toEnd < 2 || ring.bytes.bytes.load(head, as: UInt16.self) == Self.wrapMark {
            used -= toEnd
            head = 0
        }
        let bytes = ring.bytes.bytes
        let length = Int(bytes.load(head, as: UInt16.self))
        guard let reason = RemovalReason(rawValue: bytes[head + 2]) else {
            ensureFailed("removal log: reason", #fileID, #line)
        }
        let removal = Removal(
            key: bytes.slice(head + Self.headerBytes, length), reason: reason,
            tracked: bytes[head + 3] != 0)
        head += Self.headerBytes + length
        used -= Self.headerBytes + length
        if head == Self.capacity { head = 0 }
        return removal
    }
}
