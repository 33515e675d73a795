// Option parsing: values or a typed error; no clock (absolute times are computed by the caller's now).

/// When an expiry given by a client falls due.
package enum ExpiryOption: Equatable, Sendable {
    case none, keep, persist
    /// Milliseconds from now.
    case relative(milliseconds: Int64)
    /// Unix milliseconds.
    case absolute(milliseconds: Int64)
}

package struct SetOptions: Equatable, Sendable {
    package enum Condition: Equatable, Sendable { case always, ifAbsent, ifPresent }
    package var condition = Condition.always
    package var returnsOld = false
    package var expiry = ExpiryOption.none
    package init() {}
    /// Arguments 3... of SET.
    package static func parse(_ arguments: borrowing ArgumentTable, in input: Bytes, nowMs: UInt64)
        throws(RESPError) -> SetOptions { fatalError("API skeleton") }
}

package struct ExpireFlags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let nx = ExpireFlags(rawValue: 1), xx = ExpireFlags(rawValue: 2)
    package static let gt = ExpireFlags(rawValue: 4), lt = ExpireFlags(rawValue: 8)
}
// GetexOptions.parse -> ExpiryOption; ScanOptions { pattern: Bytes?, count: Int64, typeFilter: Bytes? };
// CopyOptions { replaces }; TrackingOptions { isOn, redirect, broadcasts, optIn, optOut, noLoop, prefixes by index };
// HelloOptions { version, user, password, name: Bytes? }; CairnPutOptions { type, priority, ttlMs }
