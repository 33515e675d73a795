@testable import Cairn

/// One encoded structure with what it takes to judge changed bytes of it.
struct FormatCase {
    let name: String
    let bytes: [UInt8]
    /// The bytes that a checksum covers, which no change escapes.
    let covered: Range<Int>
    /// Decodes; `true`: and it is what was encoded.
    let decode: (Bytes) throws(FormatFault) -> Bool
    /// Computes the checksums anew after a change, as a program with a fault would have written it.
    let reseal: (MutableBytes) -> Void

    /// One of each structure.
    static func all(_ samples: inout FormatSamples) -> [FormatCase] {
        [
            superblock(&samples), segmentHeader(&samples), chunk(&samples), trailer(&samples),
            footer(&samples), entry(&samples, stored: samples.random.below(3_000)),
            entry(&samples, stored: 4_096 + samples.random.below(60_000)),
        ]
    }

    static func superblock(_ samples: inout FormatSamples) -> FormatCase {
        let superblock = samples.superblock()
        return FormatCase(
            name: "superblock",
            bytes: FormatSamples.encoded(4096) { superblock.encode(into: $0) },
            covered: 0..<4096
        ) { bytes throws(FormatFault) in
            try Superblock.decode(bytes) == superblock
        } reseal: {
            FormatBlock.seal($0, magic: Superblock.magic)
        }
    }

    static func segmentHeader(_ samples: inout FormatSamples) -> FormatCase {
        let header = samples.segmentHeader()
        let geometry = samples.geometry
        return FormatCase(
            name: "segment header",
            bytes: FormatSamples.encoded(4096) { header.encode(into: $0) },
            covered: 0..<4096
        ) { bytes throws(FormatFault) in
            try SegmentHeader.decode(
                bytes, store: header.store, number: Int(header.segment), in: geometry) == header
        } reseal: {
            FormatBlock.seal($0, magic: SegmentHeader.magic)
        }
    }

    static func chunk(_ samples: inout FormatSamples) -> FormatCase {
        let records = (0..<samples.random.below(40)).map { _ in samples.record() }
        let header = samples.chunk(records: records.count)
        let (geometry, salt) = (samples.geometry.segment, samples.salt)
        return FormatCase(
            name: "chunk", bytes: samples.encode(header, records), covered: 0..<header.coveredBytes
        ) { bytes throws(FormatFault) in
            let decoded = try ChunkHeader.decode(
                bytes, at: Int(header.unit), segment: Int(header.segment), in: geometry, salt: salt)
            let table = decoded.records(in: bytes)
            guard decoded == header, table.count == records.count else { return false }
            for index in 0..<table.count where try table.record(index) != records[index] {
                return false
            }
            return true
        } reseal: { bytes in
            let count = Int(bytes.bytes.load(ChunkHeader.At.recordCount, as: UInt16.self))
            let covered = ChunkHeader.bytes + count * Record.bytes
            guard covered <= bytes.count else { return }
            bytes.store(
                ChunkHeader.checksum(bytes.bytes, covered, salt), at: ChunkHeader.At.checksum)
        }
    }

    static func trailer(_ samples: inout FormatSamples) -> FormatCase {
        let records = (0..<samples.random.below(40)).map { _ in samples.record() }
        var trailer = samples.trailer(records: records.count)
        let (geometry, salt) = (samples.geometry.segment, samples.salt)
        let footer = samples.encode(trailer, records)
        let table = Array(footer[0..<(records.count * Record.bytes)])
        trailer.recordsChecksum = table.withBytes {
            SegmentTrailer.recordsChecksum($0, salt: salt)
        }
        return FormatCase(
            name: "trailer", bytes: Array(footer.suffix(SegmentTrailer.bytes)),
            covered: 0..<SegmentTrailer.bytes
        ) { bytes throws(FormatFault) in
            try SegmentTrailer.decode(
                bytes, segment: Int(trailer.segment), in: geometry, salt: salt) == trailer
        } reseal: { bytes in
            bytes.store(
                SegmentTrailer.checksum(bytes.bytes, salt), at: SegmentTrailer.At.checksum)
        }
    }

    /// The records of a footer, under a trailer that is whole.
    static func footer(_ samples: inout FormatSamples) -> FormatCase {
        let records = (0...samples.random.below(40)).map { _ in samples.record() }
        let trailer = samples.trailer(records: records.count)
        let (geometry, salt) = (samples.geometry.segment, samples.salt)
        let footer = samples.encode(trailer, records)
        let tail = Array(footer.suffix(SegmentTrailer.bytes))
        return FormatCase(
            name: "footer", bytes: footer, covered: 0..<(records.count * Record.bytes)
        ) { bytes throws(FormatFault) in
            let memory = FormatSamples.memory(tail)
            let decoded = try SegmentTrailer.decode(
                memory.bytes.bytes, segment: Int(trailer.segment), in: geometry, salt: salt)
            let table = try decoded.records(in: bytes, salt: salt)
            guard table.count == records.count else { return false }
            for index in 0..<table.count where try table.record(index) != records[index] {
                return false
            }
            return true
        } reseal: { _ in
        }
    }

    static func entry(_ samples: inout FormatSamples, stored: Int) -> FormatCase {
        let header = samples.entryHeader(stored: stored)
        let key = samples.bytes(Int(header.keyLength))
        let value = samples.bytes(stored)
        let shape = header.shape(unit: samples.unit)
        let seal = shape.isEncrypted ? samples.bytes(EntryShape.sealBytes) : []
        let (unit, salt) = (samples.unit, samples.salt)
        let seed = samples.random.next()
        return FormatCase(
            name: "entry of \(stored) bytes",
            bytes: samples.encode(
                header, key: key, seal: seal, value: value, pieceMax: 9_000, seed: seed),
            covered: 0..<shape.coveredBytes
        ) { bytes throws(FormatFault) in
            var expected = header
            if !shape.isSmall { expected.flags.insert(.large) }
            let entry = try EntryHeader.decode(bytes, unit: unit, salt: salt)
            guard entry.header == expected, entry.shape == shape else { return false }
            guard entry.key(in: bytes).array == key else { return false }
            if shape.isSmall { return entry.smallValue(in: bytes).array == value }
            guard bytes.count >= shape.units * unit else { return false }
            var check = GranuleCheck(entry, head: bytes)
            let good = check.add(bytes.slice(shape.valueOffset, stored))
            return good && check.isComplete
        } reseal: { bytes in
            let key = Int(bytes.bytes.load(EntryHeader.At.keyLength, as: UInt16.self))
            let stored = Int(bytes.bytes.load(EntryHeader.At.storedLength, as: UInt32.self))
            let flags = EntryFlags(rawValue: bytes.bytes[EntryHeader.At.flags])
            let shape = EntryShape(
                unit: unit, keyLength: key, storedLength: stored,
                isEncrypted: flags.contains(.encrypted))
            guard shape.coveredBytes <= bytes.count else { return }
            bytes.store(
                EntryHeader.checksum(bytes.bytes, shape.coveredBytes, salt),
                at: EntryHeader.At.checksum)
        }
    }
}
