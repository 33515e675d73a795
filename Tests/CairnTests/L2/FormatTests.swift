import Foundation
import Testing

@testable import Cairn

/// What goes for each structure of the disk format: it survives, and no change of it does.
@Suite struct FormatTests {
    /// Fresh each run; `CAIRN_TEST_SEED` repeats one.
    static let seed: UInt64 =
        ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1 << 48)
    static let rounds = ProcessInfo.processInfo.environment["CAIRN_SOAK"] == nil ? 60 : 3_000

    private func replay(_ seed: UInt64) -> Comment {
        "replay with: CAIRN_TEST_SEED=\(seed) swift test --filter FormatTests"
    }

    /// What decoding gives: nothing, or a fault.
    private func outcome(_ item: FormatCase, _ bytes: Bytes) -> (Bool, FormatFault?) {
        do throws(FormatFault) { return (try item.decode(bytes), nil) } catch {
            return (false, error)
        }
    }

    @Test func `each structure decodes to what was encoded`() {
        for round in 0..<Self.rounds {
            let seed = Self.seed &+ UInt64(round)
            var samples = FormatSamples(seed: seed)
            for item in FormatCase.all(&samples) {
                let memory = FormatSamples.memory(item.bytes)
                let result = outcome(item, memory.bytes.bytes)
                #expect(result == (true, nil), "\(item.name): \(replay(seed))")
            }
        }
    }

    @Test func `every flip of a bit is detected`() {
        for round in 0..<2 {
            let seed = Self.seed &+ UInt64(round)
            var samples = FormatSamples(seed: seed)
            for item in FormatCase.all(&samples) {
                let memory = FormatSamples.memory(item.bytes)
                for offset in item.covered {
                    for bit in 0..<8 {
                        memory.bytes[offset] ^= 1 << UInt8(bit)
                        let (_, fault) = outcome(item, memory.bytes.bytes)
                        memory.bytes[offset] ^= 1 << UInt8(bit)
                        if fault == nil {
                            Issue.record("\(item.name), byte \(offset): \(replay(seed))")
                        }
                    }
                }
                #expect(outcome(item, memory.bytes.bytes) == (true, nil))
            }
        }
    }

    /// Each bit of the head, of the table and of both ends of each granule; each byte between.
    @Test func `every flip in a large value or its table is detected`() {
        var samples = FormatSamples(seed: Self.seed)
        let header = samples.entryHeader(stored: 50_000)
        let shape = header.shape(unit: samples.unit)
        var again = FormatSamples(seed: Self.seed)
        let item = FormatCase.entry(&again, stored: 50_000)
        let memory = FormatSamples.memory(item.bytes)
        let tags = (0..<shape.granules).map { shape.tableOffset($0) }
        let table = tags.flatMap { $0..<($0 + 4) }
        let value = shape.valueOffset..<(shape.valueOffset + 50_000)
        for offset in table + Array(value) {
            let bit = UInt8(samples.random.below(8))
            memory.bytes[offset] ^= 1 << bit
            let (isGood, fault) = outcome(item, memory.bytes.bytes)
            memory.bytes[offset] ^= 1 << bit
            if isGood || fault != nil {
                Issue.record("byte \(offset): \(isGood) \(replay(Self.seed))")
            }
        }
        #expect(outcome(item, memory.bytes.bytes) == (true, nil))
    }

    @Test func `every cut is detected, and the bytes needed are said`() {
        for round in 0..<4 {
            let seed = Self.seed &+ UInt64(round)
            var samples = FormatSamples(seed: seed)
            for item in FormatCase.all(&samples) {
                for cut in 0..<item.covered.upperBound {
                    // Memory of exactly this size: a reader past the end is seen.
                    let memory = FormatSamples.memory(Array(item.bytes[0..<cut]))
                    let (_, fault) = outcome(item, memory.bytes.bytes)
                    guard case .truncated(let needed) = fault, needed > cut,
                        needed <= item.covered.upperBound
                    else {
                        Issue.record("\(item.name) cut at \(cut): \(replay(seed))")
                        break
                    }
                }
            }
        }
    }

    /// Random fields under good checksums: faults are named, or what was decoded is harmless.
    @Test func `fields of any value under good checksums never trap`() {
        var decoded = 0
        var faults = 0
        for round in 0..<(Self.rounds * 4) {
            let seed = Self.seed &+ UInt64(round)
            var samples = FormatSamples(seed: seed)
            for item in FormatCase.all(&samples) where item.covered.count >= 64 {
                let memory = FormatSamples.memory(item.bytes)
                for _ in 0...samples.random.below(3) {
                    let offset = samples.random.below(min(104, item.bytes.count))
                    memory.bytes[offset] = samples.word()
                }
                item.reseal(memory.bytes)
                if outcome(item, memory.bytes.bytes).1 == nil { decoded += 1 } else { faults += 1 }
            }
        }
        #expect(decoded > 0 && faults > 0)
    }

    @Test func `random bytes never trap and never decode`() {
        for round in 0..<Self.rounds {
            let seed = Self.seed &+ UInt64(round)
            var samples = FormatSamples(seed: seed)
            for item in FormatCase.all(&samples) where item.name != "footer" {
                let noise = samples.bytes(samples.random.below(item.bytes.count + 1))
                let memory = FormatSamples.memory(noise)
                #expect(outcome(item, memory.bytes.bytes).1 != nil, replay(seed))
                // Past the magic, too.
                let magic = min(noise.count, 4)
                memory.bytes.copy(FormatSamples.memory(Array(item.bytes[0..<magic])).bytes.bytes)
                #expect(outcome(item, memory.bytes.bytes).1 != nil, replay(seed))
            }
        }
    }

    @Test func `zeros are blank, and other bytes are not ours`() {
        var samples = FormatSamples(seed: Self.seed)
        for item in FormatCase.all(&samples) where item.name != "footer" {
            let memory = FormatSamples.memory([UInt8](repeating: 0, count: item.bytes.count))
            #expect(outcome(item, memory.bytes.bytes).1 == .blank)
            memory.bytes[item.covered.lowerBound + 40] = 1
            #expect(outcome(item, memory.bytes.bytes).1 == .wrongMagic)
        }
    }

    @Test func `a newer version is told apart from damage`() {
        var samples = FormatSamples(seed: Self.seed)
        let places = [
            "superblock": FormatBlock.At.version, "chunk": ChunkHeader.At.version,
            "trailer": SegmentTrailer.At.version,
        ]
        for item in FormatCase.all(&samples) {
            let isEntry = item.name.hasPrefix("entry")
            guard let place = isEntry ? EntryHeader.At.format : places[item.name] else { continue }
            let memory = FormatSamples.memory(item.bytes)
            memory.bytes[place] = 2
            #expect(outcome(item, memory.bytes.bytes).1 == .badChecksum)
            if item.name == "superblock" {
                memory.bytes.store(
                    FormatBlock.checksum(memory.bytes.bytes), at: FormatBlock.At.checksum)
            } else {
                item.reseal(memory.bytes)
            }
            #expect(outcome(item, memory.bytes.bytes).1 == .unsupportedVersion(2), "\(item.name)")
        }
    }

    @Test func `what another store left is refused everywhere`() {
        var samples = FormatSamples(seed: Self.seed)
        let other = StoreID(high: samples.store.high ^ 1, low: samples.store.low)
        let header = samples.segmentHeader()
        let block = FormatSamples.memory(
            FormatSamples.encoded(4096) { header.encode(into: $0) })
        #expect(throws: FormatFault.foreignStore(samples.store)) {
            try SegmentHeader.decode(
                block.bytes.bytes, store: other, number: Int(header.segment),
                in: samples.geometry)
        }
        let entry = samples.entryHeader(stored: 100)
        let key = samples.bytes(Int(entry.keyLength))
        let seal = entry.flags.contains(.encrypted) ? samples.bytes(EntryShape.sealBytes) : []
        let memory = FormatSamples.memory(
            samples.encode(entry, key: key, seal: seal, value: samples.bytes(100)))
        #expect(throws: FormatFault.badChecksum) {
            try EntryHeader.decode(
                memory.bytes.bytes, unit: samples.unit, salt: StoreSalt(other))
        }
    }

    @Test func `what was written to another place is refused`() {
        var samples = FormatSamples(seed: Self.seed)
        let header = samples.segmentHeader()
        let block = FormatSamples.memory(
            FormatSamples.encoded(4096) { header.encode(into: $0) })
        let other = header.segment == 0 ? 1 : 0
        #expect(throws: FormatFault.impossible(.segment)) {
            try SegmentHeader.decode(
                block.bytes.bytes, store: header.store, number: other, in: samples.geometry)
        }
        let chunk = samples.chunk(records: 0)
        let memory = FormatSamples.memory(samples.encode(chunk, []))
        #expect(throws: FormatFault.impossible(.chunkUnit)) {
            try ChunkHeader.decode(
                memory.bytes.bytes, at: Int(chunk.unit) + 1, segment: Int(chunk.segment),
                in: samples.geometry.segment, salt: samples.salt)
        }
        #expect(throws: FormatFault.impossible(.segment)) {
            try ChunkHeader.decode(
                memory.bytes.bytes, at: Int(chunk.unit), segment: Int(chunk.segment ^ 1),
                in: samples.geometry.segment, salt: samples.salt)
        }
    }
}
