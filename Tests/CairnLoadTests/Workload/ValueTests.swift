import Testing

@testable import CairnLoad

/// Values: what they hold, and that the check finds whatever is wrong with them.
struct ValueTests {
    let pool = ValuePool(seed: 1)

    private func model(_ sizes: String) throws -> ValueModel {
        ValueModel(pool: pool, sizes: try ValueSizes(parsing: sizes), seed: 1)
    }

    private func stored(_ value: [UInt8]) -> Table<UInt8> {
        var memory = Table<UInt8>(repeating: 0, count: max(value.count, 1))
        for (index, byte) in value.enumerated() { memory[index] = byte }
        return memory
    }

    private func check(
        _ value: [UInt8], as key: UInt64, _ model: ValueModel, cuts: [Int] = []
    ) -> Mismatch? {
        let memory = stored(value)
        return check(memory.bytes.view.slice(0, value.count), as: key, model, cuts: cuts)
    }

    /// Feeds `value` in pieces that end at `cuts`.
    private func check(
        _ value: ByteView, as key: UInt64, _ model: ValueModel, cuts: [Int]
    ) -> Mismatch? {
        var check = ValueCheck()
        var found = check.begin(key: key, length: value.count, model)
        var start = 0
        for end in cuts + [value.count] {
            let piece = value.slice(start, end - start)
            let mismatch = check.feed(piece, model)
            found = found ?? mismatch
            start = end
        }
        return found
    }

    @Test(arguments: ["1", "8", "15", "16", "17", "64", "4096", "270000", "1..40", "16..99"])
    func `a right value passes in whatever pieces it comes`(sizes: String) throws {
        let model = try model(sizes)
        for key in [0, 123_456_789] as [UInt64] {
            for version in [0, 5, UInt32.max] where version == 0 || model.isVersioned {
                let value = model.value(key: key, version: version)
                #expect(value.count == model.sizes.length(key: key, version: version))
                let memory = stored(value)
                let view = memory.bytes.view.slice(0, value.count)
                let bytewise = Array(0..<min(value.count, 40))
                let single = (0...min(value.count, 40)).map { [$0] }
                let wrong = ([[], bytewise] + single).compactMap {
                    check(view, as: key, model, cuts: $0)
                }
                #expect(wrong.isEmpty)
            }
        }
    }

    @Test func `a flipped bit is found at its place, wherever it is`() throws {
        let model = try model("100")
        let value = model.value(key: 9, version: 3)
        for offset in 0..<100 {
            for bit in 0..<8 {
                var bad = value
                bad[offset] ^= 1 << UInt8(bit)
                let mismatch = try #require(check(bad, as: 9, model))
                // A changed version makes every later byte wrong instead: then a later one is
                // named.
                if !(8..<12).contains(offset) {
                    #expect(mismatch.offset == offset)
                    #expect(mismatch.expected == Int(value[offset]))
                    #expect(mismatch.actual == Int(bad[offset]))
                }
                #expect(check(bad, as: 9, model, cuts: [3, 13, 50]) != nil)
            }
        }
    }

    @Test func `the value of another key is found`() throws {
        for sizes in ["8", "64", "100000"] {
            let model = try model(sizes)
            #expect(check(model.value(key: 1, version: 0), as: 2, model) != nil)
        }
    }

    @Test func `a truncated and an extended value are found`() throws {
        for sizes in ["12", "64", "5000"] {
            let model = try model(sizes)
            let value = model.value(key: 4, version: 0)
            for length in [1, value.count / 2, value.count - 1] {
                #expect(check(Array(value.prefix(length)), as: 4, model) != nil)
            }
            #expect(check(value + [0], as: 4, model) != nil)
        }
    }

    @Test func `a piece at another place of the same value is found`() throws {
        let model = try model("600KiB")
        let value = model.value(key: 4, version: 8)
        // Block sizes of caches and devices: a block that was read from the wrong place.
        for block in [64, 4096, 65_536, 262_144] {
            var bad = value
            bad.replaceSubrange(block..<2 * block, with: value[0..<block])
            #expect(check(bad, as: 4, model, cuts: [100_000]) != nil)
        }
    }

    @Test func `no block of any size up to half a gibibyte repeats in a value`() {
        // A prime divides a multiple of 4 KiB only from 4 KiB times the prime on.
        let period = ValuePool.period
        #expect((2...512).allSatisfy { period % $0 != 0 })
        #expect(512 * 512 <= period && period < 513 * 513)
        #expect((512 << 20) / 4096 < period)
    }

    @Test func `a mix of sizes has the stated shares`() throws {
        let sizes = try ValueSizes(parsing: "64:50,4096..8192:30,64KiB:20")
        var small = 0
        var middle = 0
        var sum = 0
        var others = 0
        for key in 0..<20_000 as Range<UInt64> {
            let length = sizes.length(key: key, version: 1)
            if length == 64 { small += 1 }
            if (4096...8192).contains(length) {
                middle += 1
                sum += length
            }
            if length == 65_536 { others += 1 }
        }
        #expect(small + middle + others == 20_000)
        #expect(abs(small - 10_000) < 360)
        #expect(abs(middle - 6_000) < 330)
        #expect(abs(sum / middle - 6144) < 80)
    }

    @Test(arguments: ["", "0", "5..3", "a", "64:0", "1GiB", "1:1,2:1,3:1,4:1,5:1,6:1,7:1,8:1,9:1"])
    func `value sizes that mean nothing are refused`(text: String) {
        #expect(throws: LoadError.self) { try ValueSizes(parsing: text) }
    }

    @Test func `keys are spelled with their number, in their size`() throws {
        for (size, key, expected) in [
            (16, 42, "key:000000000042"), (8, 9999, "key:9999"), (4, 17, "0017"), (1, 3, "3"),
        ] {
            let namer = KeyNamer(size: size)
            let memory = stored(Array(namer.name(0).utf8))
            namer.patch(UInt64(key), into: memory.bytes)
            #expect(memory.bytes.view.text == expected)
            #expect(namer.name(UInt64(key)) == expected)
        }
        #expect(KeyNamer.sizeMin(keys: 1) == 1)
        #expect(KeyNamer.sizeMin(keys: 1000) == 3)
        #expect(KeyNamer.sizeMin(keys: 100_000) == 9)
    }

    @Test func `sizes, times and lists are read as people write them`() throws {
        #expect(try Units.bytes("64KiB") == 65_536)
        #expect(try Units.bytes("2M") == 2 << 20)
        #expect(try Units.nanoseconds("250ms") == 250_000_000)
        #expect(try Units.nanoseconds("1.5s") == 1_500_000_000)
        #expect(try Units.list("0,2-4") == [0, 2, 3, 4])
        for text in ["", "x", "1Q", "-1"] {
            #expect(throws: LoadError.self) { try Units.bytes(text) }
            #expect(throws: LoadError.self) { try Units.nanoseconds(text) }
            if text != "" { #expect(throws: LoadError.self) { try Units.list(text) } }
        }
    }
}
