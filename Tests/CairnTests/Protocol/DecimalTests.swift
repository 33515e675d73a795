import Testing

@testable import Cairn

@Suite struct DecimalTests {
    private func parse(_ text: String) -> Int64? {
        let bytes = TestBytes(text)
        return Decimal.parse(bytes.bytes)
    }

    private func write(_ value: Int64) -> String? {
        let out = FixedArray<UInt8>(repeating: 0, count: 20)
        return Decimal.write(value, into: out.bytes, at: 0).map {
            out.bytes.bytes.slice(0, $0).text
        }
    }

    @Test(arguments: [
        "", "-", "+1", "01", "-01", "-0", "00", " 1", "1 ", "1a", "a", "0x1", "1.0", "--1",
        "9223372036854775808", "-9223372036854775809", "18446744073709551616",
        "99999999999999999999", "100000000000000000000", "1e3", "\u{0}",
    ])
    func `anything but the canonical form is refused`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `canonical integers are read, the extremes included`() {
        for value: Int64 in [0, 1, -1, 9, 10, 99, 100, .max, .min, .max - 1, .min + 1] {
            #expect(parse(String(value)) == value)
        }
    }

    @Test func `writing and reading agree at every power and at random`() {
        var values: [Int64] = []
        var power: Int64 = 1
        for _ in 0..<19 {
            values += [power - 1, power, power + 1, -power, -power + 1, -power - 1]
            power = power &* 10
        }
        let seed: UInt64 = 20_261_122
        var random = Random(seed: seed)
        for _ in 0..<20_000 {
            values.append(Int64(bitPattern: random.next() >> UInt64(random.below(64))))
        }
        for value in values {
            #expect(write(value) == String(value), "seed \(seed)")
            #expect(parse(String(value)) == value, "seed \(seed)")
            #expect(Decimal.length(value) == String(value).utf8.count)
        }
    }

    @Test func `a number that does not fit is not written`() {
        let out = FixedArray<UInt8>(repeating: 7, count: 3)
        #expect(Decimal.write(1234, into: out.bytes, at: 0) == nil)
        #expect(Decimal.write(-123, into: out.bytes, at: 0) == nil)
        #expect(Decimal.write(12, into: out.bytes, at: 2) == nil)
        #expect(Decimal.write(123, into: out.bytes, at: 0) == 3)
    }

    @Test func `the eight-byte reader of lengths agrees with the strict parser`() {
        let seed: UInt64 = 5
        var random = Random(seed: seed)
        let alphabet = Array("0123456789\r\r/:x".utf8)
        for _ in 0..<50_000 {
            let text = (0..<8).map { _ in alphabet[random.below(alphabet.count)] }
            let bytes = TestBytes(text)
            let quick = RESPParser.quickDigits(bytes.bytes.load(0, as: UInt64.self))
            let end = text.firstIndex(of: 0x0D) ?? 8
            let strict = Decimal.parse(bytes.bytes.slice(0, end))
            // What it leaves to the thorough parser: no plain number, 0, or too long.
            let isRight =
                quick.count > 0
                ? quick.count == end && Int64(quick.value) == strict
                : strict == nil || strict == 0 || end == 8
            if !isRight { Issue.record("seed \(seed): \(text)") }
        }
    }
}

@Suite struct LongDoubleTests {
    private func text(_ value: Float80) -> String {
        let out = FixedArray<UInt8>(repeating: 0, count: LongDouble.writtenBytesMax)
        guard let end = LongDouble.write(value, into: out.bytes, at: 0) else { return "?" }
        #expect(end == LongDouble.length(value))
        return out.bytes.bytes.slice(0, end).text
    }

    @Test func `sums are those redis-server gives`() {
        for (a, b, sum) in LongDoubleFacts.sums {
            let first = TestBytes(a)
            let second = TestBytes(b)
            guard let x = LongDouble.parse(first.bytes), let y = LongDouble.parse(second.bytes)
            else {
                #expect(sum == "", "\(a) + \(b)")
                continue
            }
            let result = x + y
            #expect((result.isFinite ? text(result) : "inf") == sum, "\(a) + \(b)")
        }
    }

    @Test func `reading agrees with the C library`() {
        let seed: UInt64 = 77
        var random = Random(seed: seed)
        for _ in 0..<20_000 {
            var digits = String(random.next() >> UInt64(random.below(60)))
            if random.below(2) == 0 { digits += String(random.next()) }
            let point = random.below(digits.count)
            digits.insert(".", at: digits.index(digits.startIndex, offsetBy: point))
            if random.below(3) == 0 { digits += "e\(random.below(30) - 15)" }
            let bytes = TestBytes(digits)
            #expect(LongDouble.parse(bytes.bytes) == Float80(digits), "seed \(seed): \(digits)")
        }
    }

    @Test func `whatever is written is read back to the same number when it is exact`() {
        let seed: UInt64 = 78
        var random = Random(seed: seed)
        for _ in 0..<5_000 {
            // 40 bits before the point, up to 17 behind: exact in 17 decimals.
            let value = Float80(Int64(random.next() >> 24)) / Float80(1 << random.below(17))
            let bytes = TestBytes(text(value))
            #expect(LongDouble.parse(bytes.bytes) == value, "seed \(seed)")
        }
    }

    @Test func `the extremes have all their digits`() {
        #expect(text(.greatestFiniteMagnitude).count == 4_933)
        #expect(text(-.greatestFiniteMagnitude).count == 4_934)
        #expect(text(.leastNonzeroMagnitude) == "0")
        #expect(text(-0.0) == "0")
        #expect(text(18_446_744_073_709_551_616) == "18446744073709551616")
        let tooSmall = FixedArray<UInt8>(repeating: 0, count: 4)
        #expect(LongDouble.write(12_345, into: tooSmall.bytes, at: 0) == nil)
    }
}
