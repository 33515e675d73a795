import Testing

@testable import Cairn

@Suite struct BytesTests {
    @Test func `a slice sees its part, whatever the offset and count`() {
        let memory = fixedMemory(Array(0..<20))
        let all = memory.bytes.bytes
        for offset in 0...20 {
            for count in 0...(20 - offset) {
                let expected = (offset..<offset + count).map { UInt8($0) }
                #expect(all.slice(offset, count).array == expected)
            }
            #expect(all.dropping(offset).array == (offset..<20).map { UInt8($0) })
        }
        #expect(Bytes.empty.isEmpty && Bytes.empty.array == [] && Bytes.empty.text == "")
        #expect(all.slice(20, 0).isEmpty)
    }

    @Test func `equality looks at every byte of every length`() {
        for length in 0...40 {
            let a = fixedMemory(patternBytes(length))
            var b = fixedMemory(patternBytes(length))
            #expect(a.bytes.bytes == b.bytes.bytes)
            for position in 0..<length {
                b[position] ^= 1
                #expect(!(a.bytes.bytes == b.bytes.bytes))
                b[position] ^= 1
            }
        }
        let short = fixedMemory([1, 2])
        #expect(!(short.bytes.bytes == short.bytes.slice(0, 1).bytes))
    }

    @Test func `integers are little-endian at any alignment`() {
        let memory = FixedArray(repeating: 0 as UInt8, count: 24)
        let bytes = memory.bytes
        for offset in 0...16 {
            bytes.fill(0)
            bytes.store(0x0102_0304_0506_0708 as UInt64, at: offset)
            #expect(bytes[offset] == 8 && bytes[offset + 7] == 1)
            #expect(bytes.bytes.load(offset, as: UInt64.self) == 0x0102_0304_0506_0708)
            #expect(bytes.bytes.load(offset, as: UInt16.self) == 0x0708)
            #expect(bytes.bytes.array.count { $0 != 0 } == 8)
        }
    }

    @Test func `copies may overlap`() {
        let memory = fixedMemory(Array(0..<10))
        memory.bytes.copy(memory.bytes.slice(0, 8).bytes, at: 2)
        #expect(memory.bytes.bytes.array == [0, 1, 0, 1, 2, 3, 4, 5, 6, 7])
        memory.bytes.copy(.empty, at: 10)
    }

    @Test func `text of invalid UTF-8 is repaired`() {
        #expect(Bytes("plain").text == "plain")
        let invalid = fixedMemory([0x61, 0xFF])
        #expect(invalid.bytes.bytes.text == "a\u{FFFD}")
    }

    @Test func `an access out of bounds crashes`() async {
        await #expect(processExitsWith: .failure) { _ = Bytes("abc")[3] }
        await #expect(processExitsWith: .failure) { _ = Bytes("abc")[-1] }
        await #expect(processExitsWith: .failure) { _ = Bytes.empty[0] }
        await #expect(processExitsWith: .failure) { _ = Bytes("abc").slice(1, 3) }
        await #expect(processExitsWith: .failure) { _ = Bytes("abc").slice(-1, 1) }
        await #expect(processExitsWith: .failure) { _ = Bytes("abc").slice(Int.max, 1) }
        await #expect(processExitsWith: .failure) { _ = Bytes("abc").load(0, as: UInt32.self) }
    }

    @Test func `a write out of bounds crashes`() async {
        await #expect(processExitsWith: .failure) {
            let memory = FixedArray(repeating: 0 as UInt8, count: 4)
            memory.bytes[4] = 1
        }
        await #expect(processExitsWith: .failure) {
            let memory = FixedArray(repeating: 0 as UInt8, count: 4)
            memory.bytes.store(0 as UInt32, at: 1)
        }
        await #expect(processExitsWith: .failure) {
            let memory = FixedArray(repeating: 0 as UInt8, count: 4)
            memory.bytes.copy(Bytes("abc"), at: 2)
        }
    }

    @Test func `a byte is found wherever it stands, and nowhere else`() {
        for length in 0...40 {
            var memory = FixedArray<UInt8>(repeating: 0x7A, count: length)
            check(!memory.bytes.bytes.contains(0x7B))
            for place in 0..<length {
                // Neighbours in value, and the top bit, are what a careless test of words mistakes.
                for other: UInt8 in [0x7A, 0x7C, 0xFB, 0x00, 0x01, 0xFF] {
                    for index in 0..<length { memory[index] = other }
                    check(!memory.bytes.bytes.contains(0x7B))
                    memory[place] = 0x7B
                    check(memory.bytes.bytes.contains(0x7B))
                }
            }
        }
    }
}
