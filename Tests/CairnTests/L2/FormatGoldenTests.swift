import Testing

@testable import Cairn

/// The bytes of version 1, as they were first written: a change here makes stores unreadable and
/// needs a new version. The rest of a block is zeros.
@Suite struct FormatGoldenTests {
    static let store = StoreID(high: 0x0706_0504_0302_0100, low: 0x0F0E_0D0C_0B0A_0908)
    static let geometry = StoreGeometry.plan(fileBytes: 1 << 30, lanes: 4, unit: 512)!
    static let records = [
        Record(
            hash: 0x1111_2222_3333_4444, version: 77, kind: .value, flags: [.lz4, .large],
            keyLength: 3, unit: 9, valueLength: 9_000, expirySeconds: 1_700_000_001),
        Record(
            hash: 0x5555_6666_7777_8888, version: 78, kind: .tombstone, flags: [], keyLength: 5,
            unit: 0, valueLength: 0, expirySeconds: 0),
    ]
    private var salt: StoreSalt { StoreSalt(Self.store) }

    private func expect(
        _ bytes: [UInt8], _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        let digits = Array("0123456789abcdef")
        let hex = String(
            bytes[0..<end].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        #expect(hex == golden, sourceLocation: sourceLocation)
    }

    @Test func `superblock`() {
        let superblock = Superblock(
            store: Self.store, sequence: 3, createdMs: 1_700_000_000_000, hasherSeed: 0xABCD,
            generationMax: 12, keyID: 0, bootCount: 2, state: .running, geometry: Self.geometry)
        expect(
            FormatSamples.encoded(4096) { superblock.encode(into: $0) },
            "436169726e5342310100000039067fba000102030405060708090a0b0c0d0e0f0300000000000000"
                + "0068e5cf8b0100000000004000000000cdab0000000000000c00000000000000000000013f000000"
                + "0002000004000000000000000200000001")
    }

    @Test func `segment header`() {
        let header = SegmentHeader(
            store: Self.store, segment: 6, lane: 2, stream: .log, bootCount: 2, generation: 11,
            openedMs: 1_700_000_000_500)
        expect(
            FormatSamples.encoded(4096) { header.encode(into: $0) },
            "436169726e5347310100000043b862cd000102030405060708090a0b0c0d0e0f0600000002000300"
                + "02000000000000000b00000000000000f469e5cf8b01")
    }

    @Test func `chunk`() {
        let chunk = ChunkHeader(
            generation: 11, sequence: 40, durableSequence: 39, timeMs: 1_700_000_001_000,
            bootCount: 2, segment: 6, unit: 8, totalUnits: 20, recordCount: 2, headerUnits: 1,
            flags: 0, stream: .log)
        let bytes = FormatSamples.encoded(512) { out in
            for (index, record) in Self.records.enumerated() {
                ChunkHeader.place(record, index, in: out)
            }
            chunk.encode(into: out, unit: 512, salt: salt)
        }
        expect(
            bytes,
            "43434831551d7bd90b0000000000000028000000000000002700000000000000e86be5cf8b010000"
                + "02000000060000000800000014000000020001000100030044443333222211114d00000000000000"
                + "01090300090000002823000001f1536588887777666655554e00000000000000020005")
    }

    @Test func `footer trailer`() {
        let trailer = SegmentTrailer(
            generation: 11, firstSequence: 40, lastSequence: 40, sealedMs: 1_700_000_002_000,
            recordsChecksum: 0, recordCount: 2, segment: 6, endUnit: 28, stream: .log)
        let bytes = FormatSamples.encoded(512) { out in
            for (index, record) in Self.records.enumerated() {
                record.encode(into: out.dropping(index * Record.bytes))
            }
            trailer.encode(into: out, salt: salt)
        }
        expect(
            Array(bytes.suffix(64)),
            "4346543171ea55ea0b0000000000000028000000000000002800000000000000d06fe5cf8b010000"
                + "458d5aaa02000000060000001c0000000103")
    }

    private func entry(_ value: [UInt8], _ change: (inout EntryHeader) -> Void) -> [UInt8] {
        var header = EntryHeader(
            hash: 0x1111_2222_3333_4444, version: 77, expiryMs: 1_700_000_000_999,
            valueLength: UInt32(value.count), storedLength: UInt32(value.count), generation: 11,
            keyLength: 3, type: 2, priority: 5)
        change(&header)
        return FormatSamples.encoded(header.shape(unit: 512).headUnits * 512) { out in
            Array("key".utf8).withBytes { key in
                var encoder = EntryEncoder(header, key: key, unit: 512, salt: salt, into: out)
                value.withBytes { encoder.add($0) }
                encoder.finish()
            }
        }
    }

    @Test func `small entry`() {
        expect(
            entry(Array("a small value".utf8)) { _ in },
            "43454e31ededf77444443333222211114d00000000000000e76be5cf8b0100000d0000000d000000"
                + "0b0000000300010002050e000000000000000000000000006b65796120736d616c6c2076616c7565"
        )
    }

    @Test func `head of a large entry`() {
        let value = (0..<20_000).map { UInt8(truncatingIfNeeded: $0) }
        expect(
            entry(value) {
                $0.flags = .lz4; $0.valueLength = 30_000
            },
            "43454e314f7b991344443333222211114d00000000000000e76be5cf8b01000030750000204e0000"
                + "0b0000000300010902050e000000000000000000000000006b65793499137b8c7f5b7d")
    }
}
