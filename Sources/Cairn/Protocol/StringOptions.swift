/// Options of SET and GETEX: `NX XX GET KEEPTTL PERSIST EX PX EXAT PXAT`.
///
/// Parsing gives values or Redis's error and touches nothing else. An expiry is resolved in a
/// second step, because GETEX looks at its time only when the key exists.
package struct StringOptions: Equatable, Sendable {
    package enum Condition: Equatable, Sendable, BitwiseCopyable {
        case always
        /// `NX`
        case ifAbsent
        /// `XX`
        case ifPresent
    }

    package var condition = Condition.always
    /// `GET`: reply with the old value.
    package var returnsOld = false
    /// `KEEPTTL`
    package var keepsExpiry = false
    /// `PERSIST` of GETEX.
    package var persists = false
    package var expiry: ExpiryRequest?

    package init() {}

    /// The options behind `SET key value`.
    package static func parseSet(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> StringOptions {
        var options = StringOptions()
        var index = 3
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("nx") && options.condition != .ifPresent {
                options.condition = .ifAbsent
            } else if word.equalsIgnoringCase("xx") && options.condition != .ifAbsent {
                options.condition = .ifPresent
            } else if word.equalsIgnoringCase("get") {
                options.returnsOld = true
            } else if word.equalsIgnoringCase("keepttl") && options.expiry == nil {
                options.keepsExpiry = true
            } else if options.keepsExpiry || !options.takeExpiry(word, &index, arguments) {
                throw .syntax
            }
            index += 1
        }
        return options
    }

    /// The options behind `GETEX key`.
    package static func parseGetex(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> StringOptions {
        var options = StringOptions()
        var index = 2
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("persist") && options.expiry == nil {
                options.persists = true
            } else if options.persists || !options.takeExpiry(word, &index, arguments) {
                throw .syntax
            }
            index += 1
        }
        return options
    }

    /// Takes `EX`, `PX`, `EXAT` or `PXAT` and the argument behind it. The same word again replaces
    /// its time, another one is refused (as in Redis).
    private mutating func takeExpiry(
        _ word: Bytes, _ index: inout Int, _ arguments: borrowing ArgumentTable
    ) -> Bool {
        guard let unit = ExpiryRequest.Unit(word), index + 1 < arguments.count else { return false }
        if let expiry, expiry.unit != unit { return false }
        index += 1
        expiry = ExpiryRequest(unit, argument: index)
        return true
    }
}

/// An expiry as a client gave it: which argument, in which unit, from when.
package struct ExpiryRequest: Equatable, Sendable {
    package enum Unit: Equatable, Sendable {
        /// `EX`
        case seconds
        /// `PX`
        case milliseconds
        /// `EXAT`
        case unixSeconds
        /// `PXAT`
        case unixMilliseconds

        init?(_ word: Bytes) {
            if word.equalsIgnoringCase("ex") {
                self = .seconds
            } else if word.equalsIgnoringCase("px") {
                self = .milliseconds
            } else if word.equalsIgnoringCase("exat") {
                self = .unixSeconds
            } else if word.equalsIgnoringCase("pxat") {
                self = .unixMilliseconds
            } else {
                return nil
            }
        }

        var isSeconds: Bool { self == .seconds || self == .unixSeconds }
        var isRelative: Bool { self == .seconds || self == .milliseconds }
    }

    package var unit: Unit
    /// Index of the number.
    package var argument: Int

    package init(_ unit: Unit, argument: Int) {
        self.unit = unit
        self.argument = argument
    }

    /// The expiry in Unix milliseconds: always positive, possibly past.
    package func resolve(
        _ arguments: borrowing ArgumentTable, in input: Bytes, nowMs: UInt64, for command: CommandID
    ) throws(RESPError) -> UInt64 {
        let value = try arguments.integer(argument, in: input)
        if value <= 0 { throw .invalidExpireTime(command) }
        return UInt64(try milliseconds(value, nowMs: nowMs, for: command))
    }

    /// The same for the EXPIRE family, where zero and negative times are allowed and mean "now":
    /// the result is not positive then, or past.
    func resolveSigned(
        _ arguments: borrowing ArgumentTable, in input: Bytes, nowMs: UInt64, for command: CommandID
    ) throws(RESPError) -> Int64 {
        let value = try arguments.integer(argument, in: input)
        return try milliseconds(value, nowMs: nowMs, for: command)
    }

    private func milliseconds(
        _ value: Int64, nowMs: UInt64, for command: CommandID
    ) throws(RESPError) -> Int64 {
        var result = value
        if unit.isSeconds {
            let (product, overflow) = value.multipliedReportingOverflow(by: 1000)
            if overflow { throw .invalidExpireTime(command) }
            result = product
        }
        if unit.isRelative {
            let (sum, overflow) = result.addingReportingOverflow(Int64(nowMs))
            if overflow { throw .invalidExpireTime(command) }
            result = sum
        }
        return result
    }
}

/// `EXPIRE key time [NX | XX | GT | LT]` and its relatives.
package struct ExpireOptions: Equatable, Sendable {
    /// `NX`: only without an expiry. `XX`: only with one. `GT`, `LT`: only to a later, earlier one.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let nx = Flags(rawValue: 1)
        package static let xx = Flags(rawValue: 2)
        package static let gt = Flags(rawValue: 4)
        package static let lt = Flags(rawValue: 8)
    }

    package var flags: Flags
    /// Unix milliseconds; not positive, or past: the key goes at once.
    package var expiresAtMs: Int64

    /// Parses all arguments of `command`, one of EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes, nowMs: UInt64, for command: CommandID
    ) throws(RESPError) -> ExpireOptions {
        var flags = Flags()
        for index in 3..<max(3, arguments.count) {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("nx") {
                flags.insert(.nx)
            } else if word.equalsIgnoringCase("xx") {
                flags.insert(.xx)
            } else if word.equalsIgnoringCase("gt") {
                flags.insert(.gt)
            } else if word.equalsIgnoringCase("lt") {
                flags.insert(.lt)
            } else {
                throw .unsupportedExpireOption(argument: index)
            }
        }
        if flags.contains(.nx) && flags != .nx { throw .expireFlagsNX }
        if flags.contains(.gt) && flags.contains(.lt) { throw .expireFlagsGTLT }
        let unit: ExpiryRequest.Unit =
            switch command {
            case .expire: .seconds
            case .pexpire: .milliseconds
            case .expireat: .unixSeconds
            default: .unixMilliseconds
            }
        let time = try ExpiryRequest(unit, argument: 2).resolveSigned(
            arguments, in: input, nowMs: nowMs, for: command)
        return ExpireOptions(flags: flags, expiresAtMs: time)
    }
}
