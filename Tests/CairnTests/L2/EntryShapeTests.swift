import Testing

@testable import Cairn

@Suite struct EntryShapeTests {
    @Test func `below 4096 bytes an entry is small, and from there on its value stands apart`() {
        for unit in [512, 4096] {
            for key in [1, 16, 1_000, 4_031, 4_032, 16_384] {
                for stored in [0, 1, 3_000, 4_015, 4_016, 4_096, 65_536] {
                    let shape = EntryShape(unit: unit, keyLength: key, storedLength: stored)
                    #expect(shape.isSmall == (64 + key + stored < 4096))
                    #expect(shape.valueOffset >= 64 + key)
                    #expect(shape.valueOffset + stored <= shape.units * unit)
                    #expect(shape.units * unit - (shape.valueOffset + stored) < unit)
                    if !shape.isSmall { #expect(shape.valueOffset % unit == 0) }
                    #expect(shape.granules == (shape.isSmall ? 0 : (stored + 16_383) / 16_384))
                }
            }
        }
    }

    @Test func `a 4 KiB value costs one unit besides, a range of 64 MiB a granule`() {
        let block = EntryShape(unit: 4096, keyLength: 24, storedLength: 4096)
        #expect(block.units == 2)
        let large = EntryShape(unit: 512, keyLength: 24, storedLength: 64 << 20)
        let reads = large.reads((50 << 20) + 5, 4_096)
        // Header and key, the sector of the table, one granule.
        #expect(reads.head == 0..<1 && reads.table.count == 1 && reads.value.count == 32)
        #expect(reads.units * 512 == 512 + 512 + 16_384)
        let first = large.reads(0, 4_096)
        #expect(first.head == 0..<1 && first.table.isEmpty && first.value.count == 32)
    }

    /// A ranged read of random places, verified from nothing but what the plan says to read.
    @Test func `what a plan reads is enough to verify the range, and no granule more`() throws {
        for round in 0..<60 {
            var samples = FormatSamples(seed: FormatTests.seed &+ UInt64(round))
            let most = round % 10 == 0 ? 9_000_000 : 200_000
            let stored = 4_096 + samples.random.below(most)
            let header = samples.entryHeader(stored: stored)
            let (unit, salt) = (samples.unit, samples.salt)
            let shape = header.shape(unit: unit)
            let value = patternBytes(stored, seed: UInt64(round))
            let seal = shape.isEncrypted ? samples.bytes(EntryShape.sealBytes) : []
            let whole = FormatSamples.memory(
                samples.encode(
                    header, key: samples.bytes(Int(header.keyLength)), seal: seal, value: value))
            let offset = samples.random.below(stored)
            let count = 1 + samples.random.below(min(stored - offset, 40_000))
            let reads = shape.reads(offset, count)
            #expect(reads.value.lowerBound >= shape.headUnits)
            #expect(reads.value.upperBound <= shape.units)

            let head = part(whole.bytes.bytes, reads.head, unit)
            let entry = try EntryHeader.decode(head, unit: unit, salt: salt)
            let apart = reads.table.isEmpty ? reads.head : reads.table
            let table = part(whole.bytes.bytes, apart, unit).dropping(
                shape.tableOffset(reads.granules.lowerBound) - apart.lowerBound * unit)
            var check = GranuleCheck(entry, granules: reads.granules, table: table)
            let from = shape.span(reads.granules.lowerBound).lowerBound
            let end = shape.span(reads.granules.upperBound - 1).upperBound
            #expect(from <= offset && offset + count <= end)
            #expect(offset - from < shape.granuleBytes)
            #expect(end - (offset + count) < shape.granuleBytes)
            let stretch = part(whole.bytes.bytes, reads.value, unit).slice(0, end - from)
            check.add(stretch)
            #expect(check.isGood && check.isComplete)
            let range = value[offset..<(offset + count)]
            #expect(stretch.slice(offset - from, count).array == Array(range))
        }
    }

    private func part(_ bytes: Bytes, _ units: Range<Int>, _ unit: Int) -> Bytes {
        bytes.slice(units.lowerBound * unit, units.count * unit)
    }

    /// The same bytes at another granule, or under another entry of the same key, are no match.
    @Test func `granules hold only at their place in their entry`() throws {
        var samples = FormatSamples(seed: 5)
        var header = samples.entryHeader(stored: 65_536)
        (header.flags, header.valueLength, header.granuleShift) = ([], 65_536, 14)
        let key = samples.bytes(Int(header.keyLength))
        let value = [UInt8](repeating: 7, count: 65_536)
        let unit = samples.unit
        let shape = header.shape(unit: unit)
        let old = samples.encode(header, key: key, value: value)
        header.version &+= 1
        let new = samples.encode(header, key: key, value: value)
        let memory = FormatSamples.memory(new)
        let entry = try EntryHeader.decode(memory.bytes.bytes, unit: unit, salt: samples.salt)
        let table = shape.tableOffset(0)..<shape.headBytes
        #expect(old[table] != new[table])
        // An older table, and one whose granules are exchanged.
        let swapped = Array(new[(table.lowerBound + 4)..<(table.lowerBound + 8)])
        for wrong in [Array(old[table]), swapped + Array(new[table].dropFirst(4))] {
            let bytes = FormatSamples.memory(wrong)
            var check = GranuleCheck(entry, granules: 0..<4, table: bytes.bytes.bytes)
            check.add(memory.bytes.bytes.slice(shape.valueOffset, 65_536))
            #expect(!check.isGood && !check.isComplete)
        }
        var check = GranuleCheck(entry, head: memory.bytes.bytes)
        check.add(memory.bytes.bytes.slice(shape.valueOffset, 65_535))
        #expect(check.isGood && !check.isComplete)
        check.add(memory.bytes.bytes.slice(shape.valueOffset + 65_535, 1))
        #expect(check.isGood && check.isComplete)
        check.add(memory.bytes.bytes.slice(shape.valueOffset, 1))
        #expect(!check.isGood)
    }
}
