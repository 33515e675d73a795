import Foundation
import Testing

@testable import Cairn

/// `docs/DISK_FORMAT.md` and the code say the same.
///
/// Fields: a structure is encoded with a field and with its complement; the bytes that differ,
/// besides its checksum, are those the document names.
@Suite struct DiskFormatDocumentTests {
    struct Row: Equatable {
        var field: String
        var range: Range<Int>
    }

    static let lines: [String] = {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/DISK_FORMAT.md")
        return (try? String(contentsOf: file, encoding: .utf8))?.components(separatedBy: "\n") ?? []
    }()

    /// The cells of the first table behind the heading, without its head.
    private func table(_ heading: String) -> [[String]] {
        let rest = Self.lines.drop { !$0.hasPrefix("#") || !$0.hasSuffix("# \(heading)") }
        let rows = rest.dropFirst().drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return rows.dropFirst(2).map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private func fields(_ heading: String) throws -> [Row] {
        let rows = try table(heading).map { cells in
            let offset = try #require(Int(cells[0]))
            return Row(field: cells[2], range: offset..<(offset + (try #require(Int(cells[1])))))
        }
        #expect(rows.count > 7, "\(heading)")
        for (row, next) in zip(rows, rows.dropFirst()) {
            #expect(row.range.upperBound <= next.range.lowerBound, "\(heading): \(row) \(next)")
        }
        return rows
    }

    /// Holds the rows of `heading` to what differs when each of `fields` changes. `fixed` are
    /// fields that no value has: magic, version, reserved bytes.
    private func compare<Value>(
        _ heading: String, _ value: Value, fixed: [String: Range<Int>],
        _ changes: [(String, (inout Value) -> Void)], _ encode: (Value) -> [UInt8]
    ) throws {
        let rows = try fields(heading)
        let checksum = fixed["checksum"]
        let before = encode(value)
        var measured = fixed.map { Row(field: $0.key, range: $0.value) }
        for (name, change) in changes {
            var changed = value
            change(&changed)
            let after = encode(changed)
            let differing = before.indices.filter {
                before[$0] != after[$0] && !(checksum?.contains($0) ?? false)
            }
            let first = try #require(differing.first, "\(heading): \(name) changes nothing")
            let row = Row(field: name, range: first..<(differing.last! + 1))
            // Not each bit of a length or an enumeration can change: these may differ in less.
            if let said = rows.first(where: { $0.field == name }),
                said.range.lowerBound == first, said.range.upperBound >= row.range.upperBound,
                Self.partial.contains(name)
            {
                measured.append(said)
            } else {
                measured.append(row)
            }
        }
        let order = { (a: Row, b: Row) in a.range.lowerBound < b.range.lowerBound }
        #expect(measured.sorted(by: order) == rows, "\(heading)")
    }

    private static let partial: Set<String> = [
        "stream", "state", "kind", "flags", "keyLength", "recordCount", "segmentBytes", "unit",
        "lanes", "segmentCount", "fileBytes", "storedLength", "headerUnits",
    ]

    @Test func `superblock`() throws {
        var samples = FormatSamples(seed: 1)
        func change(
            _ value: inout Superblock, bytes: Int = 0, segment: Int = 0, count: Int = 0,
            lanes: Int = 0, unit: Int = 0
        ) {
            let old = value.geometry
            value.geometry = StoreGeometry(
                fileBytes: old.fileBytes ^ bytes, segmentBytes: old.segmentBytes ^ segment,
                segmentCount: old.segmentCount ^ count, lanes: old.lanes ^ lanes,
                unit: old.unit ^ unit)
        }
        let fixed = ["magic": 0..<8, "version": 8..<12, "checksum": 12..<16]
        try compare(
            "Superblock", samples.superblock(), fixed: fixed,
            [
                ("store", { $0.store = StoreID(high: ~$0.store.high, low: ~$0.store.low) }),
                ("sequence", { $0.sequence = ~$0.sequence }),
                ("createdMs", { $0.createdMs = ~$0.createdMs }),
                ("fileBytes", { change(&$0, bytes: 0xFF) }),
                ("hasherSeed", { $0.hasherSeed = ~$0.hasherSeed }),
                ("generationMax", { $0.generationMax = ~$0.generationMax }),
                ("segmentBytes", { change(&$0, segment: 0xFFFF_FFFF) }),
                ("segmentCount", { change(&$0, count: 0xFFFF_FFFF) }),
                ("unit", { change(&$0, unit: 0xFFFF_FFFF) }),
                ("lanes", { change(&$0, lanes: 0xFFFF_FFFF) }),
                ("keyID", { $0.keyID = ~$0.keyID }),
                ("bootCount", { $0.bootCount = ~$0.bootCount }),
                ("state", { $0.state = $0.state == .clean ? .running : .clean }),
            ]
        ) { value in FormatSamples.encoded(4096) { value.encode(into: $0) } }
    }

    @Test func `segment header`() throws {
        var samples = FormatSamples(seed: 2)
        var header = samples.segmentHeader()
        header.stream = .clean
        let fixed = ["magic": 0..<8, "version": 8..<12, "checksum": 12..<16]
        try compare(
            "Segment header", header, fixed: fixed,
            [
                ("store", { $0.store = StoreID(high: ~$0.store.high, low: ~$0.store.low) }),
                ("segment", { $0.segment = ~$0.segment }),
                ("lane", { $0.lane = ~$0.lane }),
                ("stream", { $0.stream = .hot }),
                ("bootCount", { $0.bootCount = ~$0.bootCount }),
                ("generation", { $0.generation = ~$0.generation }),
                ("openedMs", { $0.openedMs = ~$0.openedMs }),
            ]
        ) { value in FormatSamples.encoded(4096) { value.encode(into: $0) } }
    }

    @Test func `chunk header`() throws {
        var samples = FormatSamples(seed: 3)
        let chunk = samples.chunk(records: 0)
        let fixed = [
            "magic": 0..<4, "checksum": 4..<8, "version": 60..<61, "reserved": 63..<64,
        ]
        try compare(
            "Chunk header", chunk, fixed: fixed,
            [
                ("generation", { $0.generation = ~$0.generation }),
                ("sequence", { $0.sequence = ~$0.sequence }),
                ("durableSequence", { $0.durableSequence = ~$0.durableSequence }),
                ("timeMs", { $0.timeMs = ~$0.timeMs }),
                ("bootCount", { $0.bootCount = ~$0.bootCount }),
                ("segment", { $0.segment = ~$0.segment }),
                ("unit", { $0.unit = ~$0.unit }),
                ("totalUnits", { $0.totalUnits = ~$0.totalUnits }),
                ("recordCount", { $0.recordCount = 3 }),
                ("headerUnits", { $0.headerUnits = 7 }),
                ("flags", { $0.flags = 0xFF }),
                ("stream", { $0.stream = $0.stream == .clean ? .log : .clean }),
            ]
        ) { value in
            let memory = FormatSamples.encoded(16 * 4096) {
                $0.fill(0)
                value.encode(into: $0, unit: 4096, salt: samples.salt)
            }
            return Array(memory[0..<64])
        }
    }

    @Test func `record`() throws {
        var samples = FormatSamples(seed: 4)
        var record = samples.record()
        record.kind = .value
        try compare(
            "Record", record, fixed: [:],
            [
                ("hash", { $0.hash = ~$0.hash }), ("version", { $0.version = ~$0.version }),
                ("kind", { $0.kind = .tombstone }),
                ("flags", { $0.flags = EntryFlags(rawValue: ~$0.flags.rawValue) }),
                ("keyLength", { $0.keyLength = ~$0.keyLength }),
                ("unit", { $0.unit = ~$0.unit }),
                ("valueLength", { $0.valueLength = ~$0.valueLength }),
                ("expirySeconds", { $0.expirySeconds = ~$0.expirySeconds }),
            ]
        ) { value in FormatSamples.encoded(32) { value.encode(into: $0) } }
    }

    @Test func `footer trailer`() throws {
        var samples = FormatSamples(seed: 5)
        let trailer = samples.trailer(records: 0)
        // Computed from the records, so it can't be set; the golden bytes hold it.
        let records = SegmentTrailer.At.recordsChecksum
        let fixed = [
            "magic": 0..<4, "checksum": 4..<8, "recordsChecksum": records..<(records + 4),
            "version": 56..<57, "reserved": 58..<64,
        ]
        try compare(
            "Footer trailer", trailer, fixed: fixed,
            [
                ("generation", { $0.generation = ~$0.generation }),
                ("firstSequence", { $0.firstSequence = ~$0.firstSequence }),
                ("lastSequence", { $0.lastSequence = ~$0.lastSequence }),
                ("sealedMs", { $0.sealedMs = ~$0.sealedMs }),
                ("recordCount", { $0.recordCount = 3 }),
                ("segment", { $0.segment = ~$0.segment }),
                ("endUnit", { $0.endUnit = ~$0.endUnit }),
                ("stream", { $0.stream = $0.stream == .clean ? .log : .clean }),
            ]
        ) { value in
            var bytes = FormatSamples.encoded(512) {
                $0.fill(0)
                value.encode(into: $0, salt: samples.salt)
            }
            bytes.removeFirst(512 - 64)
            // Of zero records and of three: another checksum, and rightly.
            for index in records..<(records + 4) { bytes[index] = 0 }
            return bytes
        }
    }

    @Test func `entry header`() throws {
        var samples = FormatSamples(seed: 6)
        var entry = samples.entryHeader(stored: 100)
        (entry.flags, entry.keyLength) = ([], 10)
        let fixed = [
            "magic": 0..<4, "checksum": 4..<8, "format": 46..<47, "reserved": 51..<52,
        ]
        try compare(
            "Entry header", entry, fixed: fixed,
            [
                ("hash", { $0.hash = ~$0.hash }), ("version", { $0.version = ~$0.version }),
                ("expiryMs", { $0.expiryMs = ~$0.expiryMs }),
                ("valueLength", { $0.valueLength = ~$0.valueLength }),
                ("storedLength", { $0.storedLength = 101 }),
                ("generation", { $0.generation = ~$0.generation }),
                ("keyLength", { $0.keyLength = 11 }),
                ("flags", { $0.flags = .lz4 }), ("type", { $0.type = ~$0.type }),
                ("priority", { $0.priority = ~$0.priority }),
                ("granuleShift", { $0.granuleShift = ~$0.granuleShift }),
                ("nonceBoot", { $0.nonceBoot = ~$0.nonceBoot }),
                ("nonceCounter", { $0.nonceCounter = ~$0.nonceCounter }),
            ]
        ) { value in
            let key = [UInt8](repeating: 1, count: Int(value.keyLength))
            let stored = [UInt8](repeating: 2, count: Int(value.storedLength))
            return Array(samples.encode(value, key: key, value: stored)[0..<64])
        }
    }

    @Test func `constants`() throws {
        func text<T: FixedWidthInteger>(_ magic: T) -> String {
            let bytes = (0..<MemoryLayout<T>.size).map {
                UInt8(truncatingIfNeeded: magic >> ($0 * 8))
            }
            return "`\(String(decoding: bytes, as: UTF8.self))`"
        }
        let expected: [(String, String)] = [
            ("version", "\(DiskFormat.version)"),
            ("superblock magic", text(Superblock.magic)),
            ("segment header magic", text(SegmentHeader.magic)),
            ("chunk magic", text(ChunkHeader.magic)),
            ("footer trailer magic", text(SegmentTrailer.magic)),
            ("entry magic", text(EntryHeader.magic)),
            ("block bytes", "\(DiskFormat.blockBytes)"),
            ("chunk header bytes", "\(ChunkHeader.bytes)"),
            ("record bytes", "\(Record.bytes)"),
            ("footer trailer bytes", "\(SegmentTrailer.bytes)"),
            ("entry header bytes", "\(EntryHeader.bytes)"),
            ("seal bytes", "\(EntryShape.sealBytes)"),
            ("small entry end", "\(EntryShape.smallBytesEnd)"),
            ("granule shift", "\(DiskFormat.granuleShift)"),
            ("key bytes at most", "\(DiskFormat.keyBytesMax)"),
            ("value bytes at most", "\(DiskFormat.valueBytesMax)"),
            ("front bytes", "\(StoreGeometry.frontBytes)"),
            ("back bytes", "\(StoreGeometry.backBytes)"),
            ("superblock spacing", "\(StoreGeometry.superblockSpacing)"),
            ("segment bytes, default", "\(StoreGeometry.segmentBytesDefault)"),
            ("segment bytes, least", "\(StoreGeometry.segmentBytesMin)"),
            ("segment bytes, most", "\(StoreGeometry.segmentBytesMax)"),
            ("segments of a lane, least", "\(StoreGeometry.segmentsPerLaneMin)"),
            ("lanes, default", "\(StoreGeometry.lanesDefault)"),
            ("lanes, most", "\(StoreGeometry.lanesMax)"),
            ("unit, least", "\(StoreGeometry.unitMin)"),
            ("unit, most", "\(StoreGeometry.unitMax)"),
        ]
        let rows = table("The SSD tier's format on the device")
        #expect(rows == expected.map { [$0.0, $0.1] })
    }
}
