/// Decimal text of x87 long doubles: what INCRBYFLOAT computes in.
///
/// Redis reads with `strtold`, adds in `long double` and prints with `%.17Lf`, trailing zeros cut.
/// Here both directions are exact integer arithmetic: no allocation, no locale, no C library.
/// Reading is correctly rounded for up to 38 significant digits and exponents within 10^±55, which
/// covers everything printing produces below 10^21; beyond that it may be off in the last bit.
/// Hexadecimal floats, which `strtold` takes, are refused.
package enum LongDouble {
    /// Longest text read, bytes (Redis: `MAX_LONG_DOUBLE_CHARS`).
    package static let textBytesMax = 5 * 1024
    /// Longest text written: 4,933 digits before the point, 17 behind, sign and point.
    package static let writtenBytesMax = 4_952
    private static let decimals = 17

    /// The number `bytes` spell: sign, digits with an optional point, exponent; or `inf`,
    /// `infinity`. `nil`: not a number, or out of range.
    package static func parse(_ bytes: Bytes) -> Float80? {
        guard !bytes.isEmpty && bytes.count < textBytesMax else { return nil }
        var cursor = 0
        let isNegative = bytes[0] == UInt8(ascii: "-")
        if isNegative || bytes[0] == UInt8(ascii: "+") { cursor = 1 }
        let rest = bytes.dropping(cursor)
        if rest.equalsIgnoringCase("inf") || rest.equalsIgnoringCase("infinity") {
            return isNegative ? -Float80.infinity : .infinity
        }
        var digits = DigitRun()
        guard digits.read(rest), let magnitude = digits.value else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    /// Significant digits and a power of ten.
    private struct DigitRun {
        /// The first 38 significant digits.
        var mantissa: UInt128 = 0
        /// Power of ten the mantissa is to be multiplied with.
        var exponent = 0
        private var significant = 0
        private var sawDigit = false

        /// Whether all of `bytes` is a number.
        mutating func read(_ bytes: Bytes) -> Bool {
            var cursor = 0
            var isFraction = false
            while cursor < bytes.count {
                let byte = bytes[cursor]
                if byte == UInt8(ascii: ".") && !isFraction {
                    isFraction = true
                } else if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
                    take(byte &- UInt8(ascii: "0"), isFraction)
                } else {
                    break
                }
                cursor += 1
            }
            if !sawDigit { return false }
            if cursor == bytes.count { return true }
            guard bytes[cursor] | 0x20 == UInt8(ascii: "e") else { return false }
            return readExponent(bytes.dropping(cursor + 1))
        }

        private mutating func take(_ digit: UInt8, _ isFraction: Bool) {
            sawDigit = true
            if significant < 38 {
                if significant > 0 || digit != 0 { significant += 1 }
                mantissa = mantissa &* 10 &+ UInt128(digit)
                if isFraction { exponent -= 1 }
            } else if !isFraction {
                exponent += 1
            }
        }

        private mutating func readExponent(_ bytes: Bytes) -> Bool {
            var cursor = 0
            var isNegative = false
            if !bytes.isEmpty && (bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")) {
                isNegative = bytes[0] == UInt8(ascii: "-")
                cursor = 1
            }
            if cursor == bytes.count { return false }
            var value = 0
            while cursor < bytes.count {
                let digit = bytes[cursor] &- UInt8(ascii: "0")
                if digit > 9 { return false }
                // Anything past the text limit and the range is as good as infinite.
                if value < 100_000 { value = value * 10 + Int(digit) }
                cursor += 1
            }
            exponent += isNegative ? -value : value
            return true
        }

        /// The nearest number; `nil` when it is too large or rounds to nothing.
        var value: Float80? {
            if mantissa == 0 { return 0 }
            if exponent > 5_000 || exponent < -5_100 { return nil }
            var scaled = LongDouble.scale(mantissa, Swift.min(Swift.max(exponent, -55), 55))
            var left = exponent - Swift.min(Swift.max(exponent, -55), 55)
            // 10^27 is the largest power of ten a long double holds exactly.
            while left != 0 {
                let step = Swift.min(abs(left), 27)
                var power: Float80 = 1
                for _ in 0..<step { power *= 10 }
                scaled = left > 0 ? scaled * power : scaled / power
                left += left > 0 ? -step : step
            }
            return scaled.isInfinite || scaled == 0 ? nil : scaled
        }
    }

    /// `mantissa * 10^exponent`, correctly rounded, for exponents within ±55 (5^55 < 2^128).
    private static func scale(_ mantissa: UInt128, _ exponent: Int) -> Float80 {
        var power: UInt128 = 1
        for _ in 0..<abs(exponent) { power *= 5 }
        let shift = mantissa.leadingZeroBitCount
        if exponent >= 0 {
            let product = (mantissa << UInt128(shift)).multipliedFullWidth(by: power)
            // product * 2^(exponent - shift)
            if product.high == 0 {
                return rounded(product.low, isInexact: false, exponent: exponent - shift)
            }
            let zeros = product.high.leadingZeroBitCount
            let top =
                zeros == 0
                ? product.high
                : product.high << UInt128(zeros) | product.low >> UInt128(128 - zeros)
            let lost = zeros == 0 ? product.low : product.low << UInt128(zeros)
            return rounded(top, isInexact: lost != 0, exponent: exponent - shift + 128 - zeros)
        }
        let divisorShift = power.leadingZeroBitCount
        let divisor = power << UInt128(divisorShift)
        // (m << shift) / 2 < divisor's range: the quotient of a 256-bit numerator fits 128 bits.
        let high = (mantissa << UInt128(shift)) >> 1
        let low = (mantissa << UInt128(shift)) << 127
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        // numerator = m * 2^(shift + 127), divisor = 5^k * 2^divisorShift
        return rounded(
            quotient, isInexact: remainder != 0,
            exponent: exponent - shift - 127 + divisorShift)
    }

    /// `value * 2^exponent` in 64 bits of precision, half to even; `isInexact`: a bit more.
    private static func rounded(_ value: UInt128, isInexact: Bool, exponent: Int) -> Float80 {
        if value == 0 { return 0 }
        let zeros = value.leadingZeroBitCount
        let normal = value << UInt128(zeros)
        var top = UInt64(truncatingIfNeeded: normal >> 64)
        let rest = UInt64(truncatingIfNeeded: normal)
        var power = exponent - zeros + 64
        let half: UInt64 = 1 << 63
        let roundsUp = rest > half || (rest == half && (isInexact || top & 1 == 1))
        if roundsUp {
            let (sum, overflow) = top.addingReportingOverflow(1)
            top = overflow ? half : sum
            if overflow { power += 1 }
        }
        return Float80(sign: .plus, exponent: power, significand: Float80(top))
    }

    /// Number of bytes `write` needs.
    package static func length(_ value: Float80) -> Int {
        let parts = Parts(value)
        return parts.length
    }

    /// Writes the finite `value` with at most 17 decimals, trailing zeros cut, never an exponent;
    /// the position behind it, `nil` when it does not fit.
    package static func write(
        _ value: Float80, into out: MutableBytes, at position: Int
    ) -> Int? {
        let parts = Parts(value)
        let length = parts.length
        guard length <= out.count - position else { return nil }
        var cursor = position
        if parts.isNegative {
            out[cursor] = UInt8(ascii: "-")
            cursor += 1
        }
        parts.writeInteger(into: out, at: cursor)
        cursor += parts.integerDigits
        if parts.fractionDigits > 0 {
            out[cursor] = UInt8(ascii: ".")
            cursor += 1
            var fraction = parts.fraction
            for index in stride(from: parts.fractionDigits - 1, through: 0, by: -1) {
                out[cursor + index] = UInt8(ascii: "0") + UInt8(fraction % 10)
                fraction /= 10
            }
        }
        return position + length
    }

    /// A number split at its decimal point, rounded to 17 decimals (half to even, as glibc prints).
    private struct Parts {
        var isNegative: Bool
        /// Fraction times 10^fractionDigits, without trailing zeros.
        var fraction: UInt64 = 0
        var fractionDigits = 0
        var integerDigits = 1
        /// The integer part is `mantissa << shift`.
        private var mantissa: UInt64 = 0
        private var shift = 0

        init(_ value: Float80) {
            ensure(value.isFinite, "only finite numbers have digits")
            isNegative = value.sign == .minus
            if value.isZero {
                isNegative = false
                return
            }
            // value = bits * 2^exponent, bits a 64-bit integer (top bit set unless subnormal)
            // Swift leaves x87's explicit integer bit out of the significand's pattern.
            let bits = value.significandBitPattern | (value.isNormal ? 1 << 63 : 0)
            let exponent =
                Int(value.exponentBitPattern == 0 ? 1 : value.exponentBitPattern) - 16_446
            if exponent >= 0 {
                mantissa = bits
                shift = exponent
            } else {
                split(bits, fractionBits: -exponent)
            }
            integerDigits = countIntegerDigits()
            if mantissa == 0 && fraction == 0 { isNegative = false }
        }

        var length: Int {
            (isNegative ? 1 : 0) + integerDigits + (fractionDigits > 0 ? 1 + fractionDigits : 0)
        }

        private mutating func split(_ bits: UInt64, fractionBits: Int) {
            let scale: UInt64 = 100_000_000_000_000_000  // 10^17 < 2^57
            let whole = fractionBits < 64 ? bits >> UInt64(fractionBits) : 0
            let part = fractionBits < 64 ? bits & ((1 << UInt64(fractionBits)) - 1) : bits
            // part < 2^64, so the product stays below 2^121.
            let product = UInt128(part) * UInt128(scale)
            var scaled: UInt64 = 0
            if fractionBits < 128 {
                scaled = UInt64(truncatingIfNeeded: product >> UInt128(fractionBits))
                let rest = product & ((1 << UInt128(fractionBits)) - 1)
                let half: UInt128 = 1 << UInt128(fractionBits - 1)
                if rest > half || (rest == half && scaled & 1 == 1) { scaled += 1 }
            }
            mantissa = whole
            if scaled == scale {
                scaled = 0
                mantissa += 1
            }
            fraction = scaled
            fractionDigits = scaled == 0 ? 0 : LongDouble.decimals
            while fractionDigits > 0 && fraction % 10 == 0 {
                fraction /= 10
                fractionDigits -= 1
            }
        }

        private func countIntegerDigits() -> Int {
            if shift == 0 { return Decimal.digits(mantissa) }
            var number = WideInteger(mantissa, shiftedBy: shift)
            var count = 0
            while true {
                let low = number.divide(by: WideInteger.chunk)
                if number.isZero { return count + Decimal.digits(low) }
                count += WideInteger.chunkDigits
            }
        }

        func writeInteger(into out: MutableBytes, at position: Int) {
            var end = position + integerDigits
            if shift == 0 {
                Decimal.writeDigits(mantissa, into: out, before: end)
                return
            }
            var number = WideInteger(mantissa, shiftedBy: shift)
            while end > position {
                var low = number.divide(by: WideInteger.chunk)
                let count = Swift.min(WideInteger.chunkDigits, end - position)
                for index in 1...count {
                    out[end - index] = UInt8(ascii: "0") + UInt8(low % 10)
                    low /= 10
                }
                end -= count
            }
        }
    }
}

/// An unsigned integer as wide as a long double's largest (2^16384), on the stack.
private struct WideInteger {
    /// Divided off at a time: 10^18.
    static let chunk: UInt64 = 1_000_000_000_000_000_000
    static let chunkDigits = 18
    private var words = InlineArray<258, UInt64>(repeating: 0)
    private var count: Int

    init(_ value: UInt64, shiftedBy shift: Int) {
        let word = shift / 64
        let bit = UInt64(shift % 64)
        words[word] = value << bit
        words[word + 1] = bit == 0 ? 0 : value >> (64 - bit)
        count = word + 2
    }

    var isZero: Bool {
        for index in 0..<count where words[index] != 0 { return false }
        return true
    }

    /// Divides in place; the remainder.
    mutating func divide(by divisor: UInt64) -> UInt64 {
        var remainder: UInt64 = 0
        for index in stride(from: count - 1, through: 0, by: -1) {
            let (quotient, rest) = divisor.dividingFullWidth((remainder, words[index]))
            words[index] = quotient
            remainder = rest
        }
        while count > 0 && words[count - 1] == 0 { count -= 1 }
        return remainder
    }
}
