@testable import Cairn

/// Properties of the disk format's decoders that hold for any bytes whatever.
///
/// Called by the libFuzzer target (`tools/fuzz disk`) and by the tests, which replay the corpus.
/// The input is decoded as each structure as it is, and again with magic and checksum put right,
/// so that what lies behind the checksum is reached:
///
/// - nothing crashes, and nothing is read past the input (ASan watches the exact-size copy);
/// - what decodes lies inside the store, and encoded anew it decodes to itself.
enum DiskFuzzCheck {
    static let store = StoreID(high: 1, low: 2)
    static let salt = StoreSalt(store)

    /// How many structures decoded: tests see that the corpus reaches what it should.
    struct Reached: Equatable {
        var superblocks = 0
        var segmentHeaders = 0
        var chunks = 0
        var trailers = 0
        var entries = 0
    }

    /// Why `input` shows a fault; `nil`: it shows none.
    static func violation(of input: [UInt8], _ reached: inout Reached) -> String? {
        for unit in [512, 4096] {
            for isMended in [false, true] {
                if let fault = superblock(copy(input), isMended, &reached)
                    ?? segmentHeader(copy(input), isMended, unit, &reached)
                    ?? chunk(copy(input), isMended, unit, &reached)
                    ?? trailer(copy(input), isMended, unit, &reached)
                    ?? entry(copy(input), isMended, unit, &reached)
                {
                    return "\(fault), unit \(unit), mended \(isMended)"
                }
            }
        }
        return nil
    }

    private static func copy(_ input: [UInt8]) -> FixedArray<UInt8> {
        FormatSamples.memory(input)
    }

    private static func superblock(
        _ input: consuming FixedArray<UInt8>, _ isMended: Bool, _ reached: inout Reached
    ) -> String? {
        if isMended && input.count >= 4096 {
            FormatBlock.seal(input.bytes, magic: Superblock.magic)
        }
        let copies = [input.bytes.bytes, input.bytes.bytes, .empty, input.bytes.bytes]
        let choice = SuperblockQuorum.choose(copies)
        guard let superblock = try? Superblock.decode(input.bytes.bytes) else {
            if case .inForce = choice { return "superblock in force that does not decode" }
            return nil
        }
        reached.superblocks += 1
        if choice != .inForce(.init(superblock: superblock, agreeing: 3, valid: 3)) {
            return "three alike superblocks are not in force"
        }
        let store = superblock.geometry
        let end = store.offset(segment: store.segmentCount - 1) + store.segmentBytes
        let back = StoreGeometry.superblockOffset(copy: 2, fileBytes: store.fileBytes)
        if end > back || back + 4096 > store.fileBytes { return "segments past the end" }
        let again = FixedArray<UInt8>(repeating: 0xEE, count: 4096)
        superblock.encode(into: again.bytes)
        return (try? Superblock.decode(again.bytes.bytes)) == superblock
            ? nil : "superblock changes"
    }

    private static func segmentHeader(
        _ input: consuming FixedArray<UInt8>, _ isMended: Bool, _ unit: Int,
        _ reached: inout Reached
    ) -> String? {
        guard let store = StoreGeometry.plan(fileBytes: 1 << 30, lanes: 4, unit: unit) else {
            return "no plan"
        }
        if isMended && input.count >= 4096 {
            input.bytes.store(Self.store.high, at: FormatBlock.At.store)
            input.bytes.store(Self.store.low, at: FormatBlock.At.store + 8)
            input.bytes.store(6 as UInt32, at: SegmentHeader.At.segment)
            input.bytes.store(2 as UInt16, at: SegmentHeader.At.lane)
            FormatBlock.seal(input.bytes, magic: SegmentHeader.magic)
        }
        func decode(_ bytes: Bytes) -> SegmentHeader? {
            try? SegmentHeader.decode(bytes, store: Self.store, number: 6, in: store)
        }
        guard let header = decode(input.bytes.bytes) else { return nil }
        reached.segmentHeaders += 1
        let again = FixedArray<UInt8>(repeating: 0xEE, count: 4096)
        header.encode(into: again.bytes)
        return decode(again.bytes.bytes) == header ? nil : "segment header changes"
    }

    private static func chunk(
        _ input: consuming FixedArray<UInt8>, _ isMended: Bool, _ unit: Int,
        _ reached: inout Reached
    ) -> String? {
        let segment = SegmentGeometry(bytes: 1 << 20, unit: unit)
        if isMended && input.count >= ChunkHeader.bytes {
            let count = Int(input.bytes.bytes.load(ChunkHeader.At.recordCount, as: UInt16.self))
            let covered = ChunkHeader.bytes + count * Record.bytes
            input.bytes.store(ChunkHeader.magic, at: ChunkHeader.At.magic)
            input.bytes[ChunkHeader.At.version] = DiskFormat.version
            input.bytes.store(8 as UInt32, at: ChunkHeader.At.unit)
            input.bytes.store(6 as UInt32, at: ChunkHeader.At.segment)
            if covered <= input.count {
                input.bytes.store(
                    ChunkHeader.checksum(input.bytes.bytes, covered, salt),
                    at: ChunkHeader.At.checksum)
            }
        }
        func decode(_ bytes: Bytes) -> ChunkHeader? {
            try? ChunkHeader.decode(bytes, at: 8, segment: 6, in: segment, salt: salt)
        }
        guard let header = decode(input.bytes.bytes) else { return nil }
        reached.chunks += 1
        let table = header.records(in: input.bytes.bytes)
        let again = FixedArray<UInt8>(repeating: 0xEE, count: Int(header.headerUnits) * unit)
        for index in 0..<table.count {
            // One that can't be keeps its bytes: the checksum is of them.
            let place = ChunkHeader.bytes + index * Record.bytes
            again.bytes.copy(table.bytes.slice(index * Record.bytes, Record.bytes), at: place)
            guard let record = try? table.record(index) else { continue }
            ChunkHeader.place(record, index, in: again.bytes)
        }
        header.encode(into: again.bytes, unit: unit, salt: salt)
        return decode(again.bytes.bytes) == header
            && again.bytes.bytes.slice(0, header.coveredBytes)
                == input.bytes.bytes.slice(0, header.coveredBytes)
            ? nil : "chunk changes"
    }

    private static func trailer(
        _ input: consuming FixedArray<UInt8>, _ isMended: Bool, _ unit: Int,
        _ reached: inout Reached
    ) -> String? {
        let segment = SegmentGeometry(bytes: 1 << 20, unit: unit)
        let at = input.count - SegmentTrailer.bytes
        if isMended && at >= 0 {
            let trailer = input.bytes.slice(at, SegmentTrailer.bytes)
            trailer.store(SegmentTrailer.magic, at: SegmentTrailer.At.magic)
            trailer[SegmentTrailer.At.version] = DiskFormat.version
            trailer.store(6 as UInt32, at: SegmentTrailer.At.segment)
            trailer.store(
                SegmentTrailer.checksum(trailer.bytes, salt), at: SegmentTrailer.At.checksum)
        }
        let decoded = try? SegmentTrailer.decode(
            input.bytes.bytes, segment: 6, in: segment, salt: salt)
        guard let decoded else { return nil }
        reached.trailers += 1
        let records = Int(decoded.recordCount)
        if segment.footerStart(records: records) < segment.firstChunkUnit {
            return "a footer over the header"
        }
        guard let table = try? decoded.records(in: input.bytes.bytes, salt: salt) else {
            return nil
        }
        for index in 0..<table.count { _ = try? table.record(index) }
        return table.count == records ? nil : "another number of records"
    }

    private static func entry(
        _ input: consuming FixedArray<UInt8>, _ isMended: Bool, _ unit: Int,
        _ reached: inout Reached
    ) -> String? {
        if isMended && input.count >= EntryHeader.bytes { mend(input.bytes, unit) }
        let bytes = input.bytes.bytes
        guard let entry = try? EntryHeader.decode(bytes, unit: unit, salt: salt) else {
            return nil
        }
        reached.entries += 1
        let shape = entry.shape
        if entry.key(in: bytes).count != Int(entry.header.keyLength) { return "key" }
        if shape.isSmall {
            return entry.smallValue(in: bytes).count == shape.storedLength ? nil : "small value"
        }
        for (offset, count) in [
            (0, 0), (0, min(1, shape.storedLength)), (shape.storedLength / 2, 1),
            (0, shape.storedLength),
        ] where offset + count <= shape.storedLength {
            let reads = shape.reads(offset, count)
            for range in [reads.head, reads.table, reads.value]
            where range.lowerBound < 0 || range.upperBound > shape.units {
                return "reads \(reads) of \(shape.units) units"
            }
            if reads.granules.upperBound > shape.granules { return "granules \(reads)" }
        }
        guard bytes.count >= shape.headBytes else { return nil }
        var check = GranuleCheck(entry, head: bytes)
        check.add(bytes)
        return check.isGood && shape.storedLength < bytes.count ? "too many bytes are good" : nil
    }

    /// Puts right what is judged before the checksum, and the checksum.
    private static func mend(_ bytes: MutableBytes, _ unit: Int) {
        bytes.store(EntryHeader.magic, at: EntryHeader.At.magic)
        bytes[EntryHeader.At.format] = DiskFormat.version
        bytes[EntryHeader.At.reserved] = 0
        let flags = EntryFlags(rawValue: bytes.bytes[EntryHeader.At.flags])
        let shape = EntryShape(
            unit: unit,
            keyLength: Int(bytes.bytes.load(EntryHeader.At.keyLength, as: UInt16.self)),
            storedLength: Int(bytes.bytes.load(EntryHeader.At.storedLength, as: UInt32.self)),
            isEncrypted: flags.contains(.encrypted))
        guard shape.coveredBytes <= bytes.count else { return }
        bytes.store(
            EntryHeader.checksum(bytes.bytes, shape.coveredBytes, salt),
            at: EntryHeader.At.checksum)
    }
}
