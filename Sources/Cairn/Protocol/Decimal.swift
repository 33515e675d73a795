/// Decimal integers as Redis reads and writes them.
package enum Decimal {
    /// Longest signed 64-bit integer: sign and 19 digits.
    package static let digitsMax = 20

    /// The integer that `bytes` spell, `nil` unless they are its one canonical form: optional `-`,
    /// no leading zeros, no `+`, no blanks, within 64 bits (Redis: `string2ll`).
    package static func parse(_ bytes: Bytes) -> Int64? {
        let count = bytes.count
        if count == 0 || count > digitsMax { return nil }
        var cursor = 0
        let isNegative = bytes[0] == UInt8(ascii: "-")
        if isNegative { cursor = 1 }
        if cursor == count { return nil }
        var digit = bytes[cursor] &- UInt8(ascii: "0")
        if digit == 0 { return count == 1 ? 0 : nil }
        if digit > 9 { return nil }
        var magnitude = UInt64(digit)
        cursor &+= 1
        while cursor < count {
            digit = bytes[cursor] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            // At most 20 digits reach here: the first 19 can't overflow 64 bits, the 20th may.
            let (product, high) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if high || carry { return nil }
            magnitude = sum
            cursor &+= 1
        }
        if isNegative {
            if magnitude > UInt64(Int64.max) + 1 { return nil }
            return Int64(truncatingIfNeeded: 0 &- magnitude)
        }
        return magnitude > UInt64(Int64.max) ? nil : Int64(magnitude)
    }

    /// Number of decimal digits of `value`: 1 for 0.
    @inline(__always)
    package static func digits(_ value: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count &+= 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return count
    }

    /// Length of what `write` writes, bytes.
    package static func length(_ value: Int64) -> Int {
        digits(value.magnitude) + (value < 0 ? 1 : 0)
    }

    /// Writes `value` at `position`; the position behind it, `nil` when it doesn't fit.
    package static func write(_ value: Int64, into out: MutableBytes, at position: Int) -> Int? {
        let length = length(value)
        guard length <= out.count - position else { return nil }
        if value < 0 { out[position] = UInt8(ascii: "-") }
        let end = position + length
        writeDigits(value.magnitude, into: out, before: end)
        return end
    }

    /// Writes the digits of `value` so that the last stands just before `end`.
    @inline(__always)
    static func writeDigits(_ value: UInt64, into out: MutableBytes, before end: Int) {
        var left = value
        var cursor = end
        repeat {
            cursor &-= 1
            let (quotient, digit) = left.quotientAndRemainder(dividingBy: 10)
            out[cursor] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            left = quotient
        } while left != 0
    }
}
