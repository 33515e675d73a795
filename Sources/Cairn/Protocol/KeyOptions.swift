/// Options of SCAN and COPY.

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
package struct ScanOptions {
    package var cursor: UInt64
    /// `nil`: everything (also for a lone `*`).
    package var pattern: Bytes?
    /// At least 1.
    package var count: Int64 = 10
    /// Name of a type, which need not exist.
    package var type: Bytes?

    /// Parses all arguments of SCAN.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> ScanOptions {
        guard let cursor = parseCursor(arguments.argument(1, in: input)) else {
            throw .invalidCursor
        }
        var options = ScanOptions(cursor: cursor)
        var index = 2
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            guard index + 1 < arguments.count else { throw .syntax }
            if word.equalsIgnoringCase("count") {
                options.count = try arguments.integer(index + 1, in: input)
                if options.count < 1 { throw .syntax }
            } else if word.equalsIgnoringCase("match") {
                let pattern = arguments.argument(index + 1, in: input)
                options.pattern = pattern.equalsIgnoringCase("*") ? nil : pattern
            } else if word.equalsIgnoringCase("type") {
                options.type = arguments.argument(index + 1, in: input)
            } else {
                throw .syntax
            }
            index += 2
        }
        return options
    }

    /// A cursor as `strtoul` reads it: a sign is taken (a negative number wraps), a blank is not.
    static func parseCursor(_ bytes: Bytes) -> UInt64? {
        var cursor = 0
        var isNegative = false
        if !bytes.isEmpty && (bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")) {
            isNegative = bytes[0] == UInt8(ascii: "-")
            cursor = 1
        }
        if cursor == bytes.count { return nil }
        var value: UInt64 = 0
        while cursor < bytes.count {
            let digit = bytes[cursor] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            let (product, high) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if high || carry { return nil }
            value = sum
            cursor += 1
        }
        return isNegative ? 0 &- value : value
    }
}

/// `COPY source destination [DB number] [REPLACE]`
package struct CopyOptions: Equatable, Sendable {
    package var replaces = false

    /// Parses all arguments of COPY. Source and destination must differ: there is one database.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> CopyOptions {
        var options = CopyOptions()
        var index = 3
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("replace") {
                options.replaces = true
            } else if word.equalsIgnoringCase("db") && index + 1 < arguments.count {
                index += 1
                try arguments.database(index, in: input)
            } else {
                throw .syntax
            }
            index += 1
        }
        if arguments.argument(1, in: input) == arguments.argument(2, in: input) {
            throw .sameObject
        }
        return options
    }
}
