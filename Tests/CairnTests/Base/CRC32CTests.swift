import Testing

@testable import Cairn

@Suite struct CRC32CTests {
    private func crc(_ bytes: [UInt8], after: UInt32 = 0) -> UInt32 {
        bytes.withBytes { CRC32C.of($0, after: after) }
    }

    /// RFC 3720, appendix B.4 (its bytes are the CRC's, lowest first), and the catalogues' check.
    @Test func `the vectors of RFC 3720 hold, by instruction and by table`() {
        let readCommand: [UInt8] =
            [0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0]
            + [0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0]
            + [0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]
        let vectors: [([UInt8], UInt32)] = [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ((0..<32).map { UInt8($0) }, 0x46DD_794E),
            ((0..<32).map { UInt8(31 - $0) }, 0x113F_DB5C),
            (readCommand, 0xD996_3A56),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ]
        for (bytes, expected) in vectors {
            #expect(crc(bytes) == expected)
            #expect(bytes.withBytes { CRC32C.byTable($0) } == expected)
        }
    }

    @Test func `every length to 300 at every alignment is as by table`() {
        let memory = fixedMemory(patternBytes(400, seed: 7))
        for offset in 0..<16 {
            for length in 0...300 {
                let bytes = memory.bytes.bytes.slice(offset, length)
                let start = UInt32(truncatingIfNeeded: offset &* 0x9E37_79B9)
                #expect(
                    CRC32C.of(bytes, after: start) == CRC32C.byTable(bytes, after: start),
                    "offset \(offset), length \(length)")
            }
        }
    }

    /// Around the sizes of the streams (3 x 64, 3 x 1360) and of granules.
    @Test func `long inputs are as by table`() {
        let memory = fixedMemory(patternBytes(70_000, seed: 8))
        for size in [192, 384, 576, 1360, 4080, 4096, 4272, 8160, 12_240, 16_384, 65_536] {
            for length in (size - 9)...(size + 9) {
                let bytes = memory.bytes.bytes.slice(length & 7, length)
                #expect(CRC32C.of(bytes) == CRC32C.byTable(bytes), "length \(length)")
            }
        }
    }

    @Test func `pieces chain, wherever the cut is`() {
        let bytes = patternBytes(9_000, seed: 9)
        for length in [1, 8, 100, 300, 5_000, 9_000] {
            let whole = crc(Array(bytes[0..<length]))
            for cut in stride(from: 0, through: length, by: max(1, length / 97)) {
                let first = crc(Array(bytes[0..<cut]))
                #expect(crc(Array(bytes[cut..<length]), after: first) == whole, "\(cut)")
            }
        }
    }

    @Test func `a word counts as its eight bytes, lowest first`() {
        for after: UInt32 in [0, 1, 0xDEAD_BEEF] {
            #expect(
                CRC32C.of(0x0807_0605_0403_0201 as UInt64, after: after)
                    == crc([1, 2, 3, 4, 5, 6, 7, 8], after: after))
        }
    }
}
