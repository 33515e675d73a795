/// The last 64 bytes of a sealed segment: they say where its footer's records are and check them.
///
/// A footer is one write: the records of all chunks in their order from a unit on, zeros, and the
/// trailer at the end of the segment. It counts only if its generation is the segment header's.
struct SegmentTrailer: Equatable, BitwiseCopyable {
    static let bytes = 64
    static let magic = UInt32(littleEndianText: "CFT1")

    enum At {
        static let magic = 0
        static let checksum = 4
        static let generation = 8
        static let firstSequence = 16
        static let lastSequence = 24
        static let sealedMs = 32
        static let recordsChecksum = 40
        static let recordCount = 44
        static let segment = 48
        static let endUnit = 52
        static let version = 56
        static let stream = 57
        static let reserved = 58
    }

    var generation: UInt64
    /// Of the segment's first and last chunk.
    var firstSequence: UInt64
    var lastSequence: UInt64
    /// Milliseconds since 1970.
    var sealedMs: UInt64
    var recordsChecksum: UInt32
    var recordCount: UInt32
    var segment: UInt32
    /// The first unit behind the last chunk.
    var endUnit: UInt32
    var stream: SegmentStream

    static func recordsChecksum(_ records: Bytes, salt: StoreSalt) -> UInt32 {
        CRC32C.of(records, after: salt.checksum)
    }

    /// Completes `footer`, whose start holds the records and whose length is
    /// `footerUnits(records:)` units. `recordsChecksum` is computed.
    func encode(into footer: MutableBytes, salt: StoreSalt) {
        let tableBytes = Int(recordCount) * Record.bytes
        let end = footer.count - Self.bytes
        let table = footer.bytes.slice(0, tableBytes)
        footer.slice(tableBytes, end - tableBytes).fill(0)
        let out = footer.slice(end, Self.bytes)
        out.fill(0)
        out.store(Self.magic, at: At.magic)
        out.store(generation, at: At.generation)
        out.store(firstSequence, at: At.firstSequence)
        out.store(lastSequence, at: At.lastSequence)
        out.store(sealedMs, at: At.sealedMs)
        out.store(Self.recordsChecksum(table, salt: salt), at: At.recordsChecksum)
        out.store(recordCount, at: At.recordCount)
        out.store(segment, at: At.segment)
        out.store(endUnit, at: At.endUnit)
        out.store(DiskFormat.version, at: At.version)
        out.store(stream.rawValue, at: At.stream)
        out.store(Self.checksum(out.bytes, salt), at: At.checksum)
    }

    static func checksum(_ trailer: Bytes, _ salt: StoreSalt) -> UInt32 {
        CRC32C.of(
            trailer.slice(At.generation, bytes - At.generation),
            after: CRC32C.of(trailer.slice(At.magic, 4), after: salt.checksum))
    }

    /// The trailer at the end of `tail`, the last bytes of segment `number`.
    static func decode(
        _ tail: Bytes, segment number: Int, in geometry: SegmentGeometry, salt: StoreSalt
    ) throws(FormatFault) -> SegmentTrailer {
        guard tail.count >= bytes else { throw .truncated(needed: bytes) }
        let trailer = tail.slice(tail.count - bytes, bytes)
        guard trailer.load(At.magic, as: UInt32.self) == magic else {
            throw trailer.isBlank ? .blank : .wrongMagic
        }
        guard trailer.load(At.checksum, as: UInt32.self) == checksum(trailer, salt) else {
            throw .badChecksum
        }
        guard trailer[At.version] == DiskFormat.version else {
            throw .unsupportedVersion(UInt32(trailer[At.version]))
        }
        guard let stream = SegmentStream(rawValue: trailer[At.stream]) else {
            throw .impossible(.stream)
        }
        guard trailer.dropping(At.reserved).isBlank else { throw .impossible(.reserved) }
        let result = SegmentTrailer(
            generation: trailer.load(At.generation, as: UInt64.self),
            firstSequence: trailer.load(At.firstSequence, as: UInt64.self),
            lastSequence: trailer.load(At.lastSequence, as: UInt64.self),
            sealedMs: trailer.load(At.sealedMs, as: UInt64.self),
            recordsChecksum: trailer.load(At.recordsChecksum, as: UInt32.self),
            recordCount: trailer.load(At.recordCount, as: UInt32.self),
            segment: trailer.load(At.segment, as: UInt32.self),
            endUnit: trailer.load(At.endUnit, as: UInt32.self), stream: stream)
        guard Int(result.segment) == number else { throw .impossible(.segment) }
        guard Int(result.recordCount) <= geometry.recordsMax else {
            throw .impossible(.recordCount)
        }
        guard Int(result.endUnit) >= geometry.firstChunkUnit,
            Int(result.endUnit) <= geometry.footerStart(records: Int(result.recordCount))
        else { throw .impossible(.endUnit) }
        return result
    }

    /// The records at the start of `footer`, once their checksum holds.
    func records(in footer: Bytes, salt: StoreSalt) throws(FormatFault) -> RecordTable {
        let tableBytes = Int(recordCount) * Record.bytes
        guard footer.count >= tableBytes else { throw .truncated(needed: tableBytes) }
        let table = footer.slice(0, tableBytes)
        guard Self.recordsChecksum(table, salt: salt) == recordsChecksum else {
            throw .badChecksum
        }
        return RecordTable(table, count: Int(recordCount))
    }
}
