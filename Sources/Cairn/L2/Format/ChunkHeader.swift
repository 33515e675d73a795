/// The head of a chunk, which is one write: header, records, and behind them the entries.
///
///     0 header 64 B | 64 records, 32 B each | zeros to a unit | entries, each at a unit
///
/// The checksum covers header and records; every entry has its own.
struct ChunkHeader: Equatable, BitwiseCopyable {
    static let bytes = 64
    static let recordsMax = Int(UInt16.max)
    static let magic = UInt32(littleEndianText: "CCH1")

    enum At {
        static let magic = 0
        static let checksum = 4
        static let generation = 8
        static let sequence = 16
        static let durableSequence = 24
        static let timeMs = 32
        static let bootCount = 40
        static let segment = 44
        static let unit = 48
        static let totalUnits = 52
        static let recordCount = 56
        static let headerUnits = 58
        static let version = 60
        static let flags = 61
        static let stream = 62
        static let reserved = 63
    }

    /// Its segment's.
    var generation: UInt64
    /// Grows by one with each chunk of the lane.
    var sequence: UInt64
    /// The highest sequence known durable with all before it when this chunk was built: a damaged
    /// chunk up to it was acknowledged, one beyond it may be torn.
    var durableSequence: UInt64
    /// Milliseconds since 1970.
    var timeMs: UInt64
    var bootCount: UInt32
    var segment: UInt32
    /// Where the chunk starts, in units from the start of the segment.
    var unit: UInt32
    /// With the header and all entries.
    var totalUnits: UInt32
    var recordCount: UInt16
    var headerUnits: UInt16
    /// No bit has a meaning yet.
    var flags: UInt8
    var stream: SegmentStream

    /// Header and records.
    var coveredBytes: Int { Self.bytes + Int(recordCount) * Record.bytes }

    /// Where record `index` belongs in the chunk's memory.
    @inline(__always)
    static func place(_ record: Record, _ index: Int, in chunk: MutableBytes) {
        record.encode(into: chunk.slice(bytes &+ index &* Record.bytes, Record.bytes))
    }

    /// Completes the head in `chunk`, where `recordCount` records have been placed.
    func encode(into chunk: MutableBytes, unit unitBytes: Int, salt: StoreSalt) {
        let head = chunk.slice(0, Int(headerUnits) * unitBytes)
        head.store(Self.magic, at: At.magic)
        head.store(generation, at: At.generation)
        head.store(sequence, at: At.sequence)
        head.store(durableSequence, at: At.durableSequence)
        head.store(timeMs, at: At.timeMs)
        head.store(bootCount, at: At.bootCount)
        head.store(segment, at: At.segment)
        head.store(unit, at: At.unit)
        head.store(totalUnits, at: At.totalUnits)
        head.store(recordCount, at: At.recordCount)
        head.store(headerUnits, at: At.headerUnits)
        head.store(DiskFormat.version, at: At.version)
        head.store(flags, at: At.flags)
        head.store(stream.rawValue, at: At.stream)
        head.store(0 as UInt8, at: At.reserved)
        head.dropping(coveredBytes).fill(0)
        head.store(Self.checksum(head.bytes, coveredBytes, salt), at: At.checksum)
    }

    static func checksum(_ head: Bytes, _ covered: Int, _ salt: StoreSalt) -> UInt32 {
        CRC32C.of(
            head.slice(At.generation, covered - At.generation),
            after: CRC32C.of(head.slice(At.magic, 4), after: salt.checksum))
    }

    /// The head of the chunk at the start of `chunk`, which lies at `unit` of segment `number`.
    /// Whether its generation and sequence are those expected is for the caller to see.
    static func decode(
        _ chunk: Bytes, at unit: Int, segment number: Int, in geometry: SegmentGeometry,
        salt: StoreSalt
    ) throws(FormatFault) -> ChunkHeader {
        guard chunk.count >= bytes else { throw .truncated(needed: bytes) }
        let head = chunk.slice(0, bytes)
        guard head.load(At.magic, as: UInt32.self) == magic else {
            throw head.isBlank ? .blank : .wrongMagic
        }
        let count = Int(head.load(At.recordCount, as: UInt16.self))
        let covered = bytes + count * Record.bytes
        guard chunk.count >= covered else { throw .truncated(needed: covered) }
        guard head.load(At.checksum, as: UInt32.self) == checksum(chunk, covered, salt) else {
            throw .badChecksum
        }
        guard head[At.version] == DiskFormat.version else {
            throw .unsupportedVersion(UInt32(head[At.version]))
        }
        let header = try fields(of: head)
        guard Int(header.segment) == number else { throw .impossible(.segment) }
        guard Int(header.unit) == unit else { throw .impossible(.chunkUnit) }
        guard Int(header.headerUnits) * geometry.unit >= covered else {
            throw .impossible(.headerUnits)
        }
        guard header.totalUnits >= UInt32(header.headerUnits),
            unit + Int(header.totalUnits) < geometry.units
        else { throw .impossible(.totalUnits) }
        return header
    }

    private static func fields(of head: Bytes) throws(FormatFault) -> ChunkHeader {
        guard let stream = SegmentStream(rawValue: head[At.stream]) else {
            throw .impossible(.stream)
        }
        guard head[At.flags] == 0 else { throw .impossible(.flags) }
        guard head[At.reserved] == 0 else { throw .impossible(.reserved) }
        return ChunkHeader(
            generation: head.load(At.generation, as: UInt64.self),
            sequence: head.load(At.sequence, as: UInt64.self),
            durableSequence: head.load(At.durableSequence, as: UInt64.self),
            timeMs: head.load(At.timeMs, as: UInt64.self),
            bootCount: head.load(At.bootCount, as: UInt32.self),
            segment: head.load(At.segment, as: UInt32.self),
            unit: head.load(At.unit, as: UInt32.self),
            totalUnits: head.load(At.totalUnits, as: UInt32.self),
            recordCount: head.load(At.recordCount, as: UInt16.self),
            headerUnits: head.load(At.headerUnits, as: UInt16.self),
            flags: head[At.flags], stream: stream)
    }

    /// The records of the chunk, from the bytes that were decoded.
    func records(in chunk: Bytes) -> RecordTable {
        RecordTable(chunk.dropping(Self.bytes), count: Int(recordCount))
    }
}
