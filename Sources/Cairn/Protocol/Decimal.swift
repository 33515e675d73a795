/// Decimal integers as Redis reads and writes them.
package enum Decimal {
    /// Strict: optional `-`, no leading zeros, no `+`, no spaces, fits Int64 (Redis: `string2ll`).
    package static func parse(_ bytes: Bytes) -> Int64? { nil }
    /// Digits of `value` at `position`; position after them, or nil when they don't fit.
    package static func write(_ value: Int64, into out: MutableBytes, at position: Int) -> Int? { nil }
    /// Length of the digits (and sign), bytes.
    package static func length(_ value: Int64) -> Int { 0 }
}
