/// What a record says about its hash.
enum RecordKind: UInt8, CaseIterable, BitwiseCopyable {
    /// An entry lies at the record's unit.
    case value = 1
    /// No record of this hash with a lower version may live. Has no entry.
    case tombstone
    /// The record of this hash with this very version is dead. Has no entry.
    case kill
}

/// 32 bytes that describe an entry: in its chunk's header, and again in its segment's footer, which
/// is all a restart reads.
struct Record: Equatable, BitwiseCopyable {
    static let bytes = 32

    enum At {
        static let hash = 0
        static let version = 8
        static let kind = 16
        static let flags = 17
        static let keyLength = 18
        static let unit = 20
        static let valueLength = 24
        static let expirySeconds = 28
    }

    var hash: UInt64
    var version: UInt64
    var kind: RecordKind
    /// Those of the entry.
    var flags: EntryFlags
    var keyLength: UInt16
    /// Where the entry starts, in units from the start of the segment.
    var unit: UInt32
    var valueLength: UInt32
    /// Seconds since 1970, rounded up; 0: none. The entry knows it to the millisecond.
    var expirySeconds: UInt32

    /// Writes the first 32 bytes of `out`.
    @inline(__always)
    func encode(into out: MutableBytes) {
        let out = out.slice(0, Self.bytes)
        out.store(hash, at: At.hash)
        out.store(version, at: At.version)
        out.store(kind.rawValue, at: At.kind)
        out.store(flags.rawValue, at: At.flags)
        out.store(keyLength, at: At.keyLength)
        out.store(unit, at: At.unit)
        out.store(valueLength, at: At.valueLength)
        out.store(expirySeconds, at: At.expirySeconds)
    }

    /// The record in the first 32 bytes, whose checksum is its table's.
    @inline(__always)
    static func decode(_ bytes: Bytes) throws(FormatFault) -> Record {
        guard bytes.count >= Self.bytes else { throw .truncated(needed: Self.bytes) }
        let bytes = bytes.slice(0, Self.bytes)
        guard let kind = RecordKind(rawValue: bytes[At.kind]) else { throw .impossible(.kind) }
        let flags = EntryFlags(rawValue: bytes[At.flags])
        guard flags.isSubset(of: .known) else { throw .impossible(.flags) }
        return Record(
            hash: bytes.load(At.hash, as: UInt64.self),
            version: bytes.load(At.version, as: UInt64.self), kind: kind, flags: flags,
            keyLength: bytes.load(At.keyLength, as: UInt16.self),
            unit: bytes.load(At.unit, as: UInt32.self),
            valueLength: bytes.load(At.valueLength, as: UInt32.self),
            expirySeconds: bytes.load(At.expirySeconds, as: UInt32.self))
    }
}

/// Records side by side in memory that somebody else owns, their checksum verified.
struct RecordTable: BitwiseCopyable {
    let bytes: Bytes
    let count: Int

    init(_ bytes: Bytes, count: Int) {
        self.bytes = bytes.slice(0, count * Record.bytes)
        self.count = count
    }

    /// Record `index`; throws if a program wrote what can't be.
    @inline(__always)
    func record(_ index: Int) throws(FormatFault) -> Record {
        try Record.decode(bytes.slice(index &* Record.bytes, Record.bytes))
    }
}
