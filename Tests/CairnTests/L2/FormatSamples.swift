@testable import Cairn

/// Structures of the disk format with random fields, and their bytes.
///
/// Used by the tests and by the fuzzer's rules.
struct FormatSamples {
    var random: Random
    let store: StoreID
    let geometry: StoreGeometry

    var salt: StoreSalt { StoreSalt(store) }
    var unit: Int { geometry.unit }

    init(seed: UInt64) {
        random = Random(seed: seed)
        store = StoreID(high: random.next(), low: random.next())
        let lanes = 1 << random.below(5)
        let unit = random.below(2) == 0 ? 512 : 4096
        let least = StoreGeometry.bytesMin(lanes: lanes)
        geometry = StoreGeometry.plan(
            fileBytes: least + random.below(1 << 34), lanes: lanes, unit: unit)!
    }

    mutating func word<T: FixedWidthInteger>(_: T.Type = T.self) -> T {
        T(truncatingIfNeeded: random.next() >> UInt64(random.below(64)))
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    mutating func stream() -> SegmentStream { .allCases[random.below(3)] }

    // MARK: Structures

    mutating func superblock() -> Superblock {
        Superblock(
            store: store, sequence: word(), createdMs: word(), hasherSeed: word(),
            generationMax: word(), keyID: word(), bootCount: word(),
            state: random.below(2) == 0 ? .running : .clean, geometry: geometry)
    }

    mutating func segmentHeader() -> SegmentHeader {
        let number = random.below(geometry.segmentCount)
        return SegmentHeader(
            store: store, segment: UInt32(number), lane: UInt16(geometry.lane(segment: number)),
            stream: stream(), bootCount: word(), generation: word(), openedMs: word())
    }

    mutating func record() -> Record {
        Record(
            hash: word(), version: word(), kind: RecordKind.allCases[random.below(3)],
            flags: EntryFlags(rawValue: UInt8(random.below(16))), keyLength: word(), unit: word(),
            valueLength: word(), expirySeconds: word())
    }

    mutating func chunk(records: Int) -> ChunkHeader {
        let segment = geometry.segment
        let headerUnits = segment.chunkHeaderUnits(records: records)
        let total = headerUnits + random.below(200)
        let free = segment.units - segment.firstChunkUnit - total
        return ChunkHeader(
            generation: word(), sequence: word(), durableSequence: word(), timeMs: word(),
            bootCount: word(), segment: word(),
            unit: UInt32(segment.firstChunkUnit + random.below(free)), totalUnits: UInt32(total),
            recordCount: UInt16(records), headerUnits: UInt16(headerUnits), flags: 0,
            stream: stream())
    }

    mutating func trailer(records: Int) -> SegmentTrailer {
        let segment = geometry.segment
        let free = segment.footerStart(records: records) - segment.firstChunkUnit
        return SegmentTrailer(
            generation: word(), firstSequence: word(), lastSequence: word(), sealedMs: word(),
            recordsChecksum: 0, recordCount: UInt32(records), segment: word(),
            endUnit: UInt32(segment.firstChunkUnit + random.below(free)), stream: stream())
    }

    /// Lengths of key and stored value; seldom a long key.
    mutating func entryHeader(stored: Int) -> EntryHeader {
        var flags: EntryFlags = []
        if random.below(4) == 0 { flags.insert(random.below(2) == 0 ? .lz4 : .zstd) }
        if random.below(4) == 0 { flags.insert(.encrypted) }
        let key = 1 + random.below(random.below(8) == 0 ? DiskFormat.keyBytesMax : 60)
        return EntryHeader(
            hash: word(), version: word(), expiryMs: word(),
            valueLength: UInt32(stored + (flags.isCompressed ? 1 + random.below(5_000) : 0)),
            storedLength: UInt32(stored), generation: word(), keyLength: UInt16(key),
            flags: flags, type: UInt8(random.below(5)), priority: UInt8(random.below(11)),
            granuleShift: random.below(4) == 0 ? 12 : UInt8(DiskFormat.granuleShift),
            nonceBoot: word(), nonceCounter: word())
    }

    // MARK: Their bytes

    static func memory(_ bytes: [UInt8]) -> FixedArray<UInt8> {
        var memory = FixedArray<UInt8>(repeating: 0, count: bytes.count)
        for index in bytes.indices { memory[index] = bytes[index] }
        return memory
    }

    /// What `encode` writes into `count` bytes that held something else before.
    static func encoded(_ count: Int, _ encode: (MutableBytes) -> Void) -> [UInt8] {
        let memory = FixedArray<UInt8>(repeating: 0xA5, count: count)
        encode(memory.bytes)
        return memory.bytes.bytes.array
    }

    func encode(_ chunk: ChunkHeader, _ records: [Record]) -> [UInt8] {
        Self.encoded(Int(chunk.headerUnits) * unit) { out in
            for (index, record) in records.enumerated() {
                ChunkHeader.place(record, index, in: out)
            }
            chunk.encode(into: out, unit: unit, salt: salt)
        }
    }

    func encode(_ trailer: SegmentTrailer, _ records: [Record]) -> [UInt8] {
        let units = geometry.segment.footerUnits(records: records.count)
        return Self.encoded(units * unit) { out in
            for (index, record) in records.enumerated() {
                record.encode(into: out.dropping(index * Record.bytes))
            }
            trailer.encode(into: out, salt: salt)
        }
    }

    /// An entry whole: head, stored value, zeros. The value is shown in pieces of up to `pieceMax`.
    func encode(
        _ header: EntryHeader, key: [UInt8], seal: [UInt8] = [], value: [UInt8],
        pieceMax: Int = .max, seed: UInt64 = 1
    ) -> [UInt8] {
        let shape = header.shape(unit: unit)
        var random = Random(seed: seed)
        let head = Self.encoded(shape.headUnits * unit) { out in
            key.withBytes { key in
                seal.withBytes { seal in
                    var encoder = EntryEncoder(
                        header, key: key, seal: seal, unit: unit, salt: salt, into: out)
                    if shape.isEncrypted {
                        let tag = [UInt8](repeating: 0x77, count: EntryShape.sealBytes)
                        for granule in 0..<shape.granules {
                            tag.withBytes { encoder.place(tag: $0, of: granule) }
                        }
                    }
                    var offset = 0
                    while offset < value.count {
                        let most = Swift.min(pieceMax, value.count - offset)
                        let count = 1 + random.below(most)
                        Array(value[offset..<(offset + count)]).withBytes { encoder.add($0) }
                        offset += count
                    }
                    encoder.finish()
                }
            }
        }
        if shape.isSmall { return head }
        let padding = shape.valueUnits * unit - value.count
        return head + value + [UInt8](repeating: 0, count: padding)
    }
}
