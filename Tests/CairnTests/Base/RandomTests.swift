import Testing

@testable import Cairn

@Suite struct RandomTests {
    @Test func `the generator gives SplitMix64's published numbers`() {
        var random = Random(seed: 1_234_567)
        let published: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973,
            9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        #expect((0..<5).map { _ in random.next() } == published)
    }

    @Test func `bounded numbers stay below their bound and reach each value`() {
        var random = Random(seed: 3)
        for bound in 1...20 {
            var seen = Set<Int>()
            for _ in 0..<bound * 40 { seen.insert(random.below(bound)) }
            #expect(seen == Set(0..<bound))
        }
    }

    @Test func `a bound of zero is our bug`() async {
        await #expect(processExitsWith: .failure) {
            var random = Random(seed: 1)
            _ = random.below(0)
        }
    }
}

@Suite struct FixedArrayTests {
    @Test func `every element starts as told and keeps what is stored`() {
        var table = FixedArray(repeating: 7 as UInt32, count: 100)
        for index in 0..<100 {
            #expect(table[index] == 7)
            table[index] = UInt32(index)
        }
        for index in 0..<100 { #expect(table[index] == UInt32(index)) }
        #expect(table.bytes.count == 400)
        #expect(table.bytes.bytes.load(4 * 99, as: UInt32.self) == 99)
    }

    @Test func `an empty table is a table`() {
        let table = FixedArray(repeating: 0 as UInt64, count: 0)
        #expect(table.count == 0 && table.bytes.bytes.isEmpty)
    }

    @Test func `an index out of bounds crashes`() async {
        await #expect(processExitsWith: .failure) {
            let table = FixedArray(repeating: 0, count: 3)
            _ = table[3]
        }
        await #expect(processExitsWith: .failure) {
            var table = FixedArray(repeating: 0, count: 3)
            table[-1] = 1
        }
        await #expect(processExitsWith: .failure) {
            _ = FixedArray(repeating: 0, count: -1).count
        }
    }
}
