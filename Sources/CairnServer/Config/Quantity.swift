/// Sizes and durations as people write them in a configuration: pure text to integers and back.

/// Why a quantity can't be read. The text names what is wrong and what would be right.
package struct QuantityError: Error, Equatable {
    package var message: String
}

/// Sizes in bytes: `512MiB`, `10GiB`, `1GB`, `64k`, `4096`.
package enum ByteSize {
    /// `KiB` is a power of 1024, `KB` one of 1000; a single letter is binary, as for dd and qemu.
    private static let units: [(name: String, bytes: Int)] = [
        ("b", 1),
        ("k", 1 << 10), ("kib", 1 << 10), ("kb", 1_000),
        ("m", 1 << 20), ("mib", 1 << 20), ("mb", 1_000_000),
        ("g", 1 << 30), ("gib", 1 << 30), ("gb", 1_000_000_000),
        ("t", 1 << 40), ("tib", 1 << 40), ("tb", 1_000_000_000_000),
    ]

    /// The bytes that `text` says.
    package static func parse(_ text: String) throws(QuantityError) -> Int {
        let (number, unit) = try Quantity.split(text, example: "512MiB, 10GiB or 4096")
        guard let factor = unit.isEmpty ? 1 : units.first(where: { $0.name == unit })?.bytes else {
            throw QuantityError(
                message: "the unit '\(unit)' is unknown: use KiB, MiB, GiB, TiB, or KB, MB, GB, TB")
        }
        return try Quantity.multiply(number, factor, text)
    }

    /// The shortest exact form: `64MiB`, `1500`.
    package static func format(_ bytes: Int) -> String {
        for (name, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes != 0 && bytes.trailingZeroBitCount >= shift {
            return "\(bytes >> shift)\(name)"
        }
        return "\(bytes)"
    }

    /// A rounded form for sentences: `23.5 GiB`.
    package static func approximate(_ bytes: Int) -> String {
        for (name, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where bytes >= 1 << shift {
            let tenths = (Double(bytes) / Double(1 << shift) * 10).rounded() / 10
            return tenths == tenths.rounded() ? "\(Int(tenths)) \(name)" : "\(tenths) \(name)"
        }
        return "\(bytes) bytes"
    }
}

/// Durations in microseconds: `30s`, `5m`, `2h`, `250ms`, `1h30m`, or plain seconds.
package enum Span {
    private static let units: [(name: String, microseconds: Int)] = [
        ("us", 1), ("µs", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000),
        ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]

    /// The microseconds that `text` says. Several parts add up, as Go's durations do (the seed's).
    package static func parse(_ text: String) throws(QuantityError) -> Int {
        var rest = Substring(text)
        var total = 0
        if rest.isEmpty { throw QuantityError(message: "a duration is missing: write 30s or 5m") }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && $0.isNumber) }
            rest = rest.dropFirst(unit.count)
            let (number, name) = try Quantity.split(
                String(digits + unit), example: "30s, 5m, 2h, 250ms or plain seconds")
            // A bare number is seconds, but only alone: `1h30` says nothing clear.
            let isAlone = digits.count == text.count
            let key = name.isEmpty && isAlone ? "s" : name
            guard let factor = units.first(where: { $0.name == key })?.microseconds else {
                throw QuantityError(
                    message: name.isEmpty
                        ? "'\(text)' ends without a unit: use us, ms, s, m, h or d"
                        : "the unit '\(name)' is unknown: use us, ms, s, m, h or d")
            }
            let (sum, overflow) = total.addingReportingOverflow(
                try Quantity.multiply(number, factor, text))
            if overflow { throw QuantityError(message: "'\(text)' is too long a time") }
            total = sum
        }
        return total
    }

    /// The shortest exact form: `5m`, `90s`, `250ms`.
    package static func format(_ microseconds: Int) -> String {
        if microseconds == 0 { return "0s" }
        for (name, factor) in units.reversed() where microseconds % factor == 0 && name != "µs" {
            return "\(microseconds / factor)\(name)"
        }
        return "\(microseconds)us"
    }
}

/// What sizes and durations share: a non-negative decimal number and a unit.
enum Quantity {
    /// A number as whole and fraction: exact, where a `Double` would round 1.1 GiB by luck.
    struct Number {
        var whole: Int
        /// The fraction's digits as a numerator over `denominator`.
        var numerator = 0
        var denominator = 1
    }

    static func split(
        _ text: String, example: String
    ) throws(QuantityError) -> (number: Number, unit: String) {
        let trimmed = text.filter { $0 != "_" && $0 != " " }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed.dropFirst(digits.count).lowercased()
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        let bad = QuantityError(message: "'\(text)' is no quantity: write for example \(example)")
        guard (1...2).contains(parts.count), let whole = Int(parts[0]) else { throw bad }
        var number = Number(whole: whole)
        if parts.count == 2 {
            guard (1...9).contains(parts[1].count), let fraction = Int(parts[1]) else { throw bad }
            number.numerator = fraction
            for _ in 0..<parts[1].count { number.denominator *= 10 }
        }
        return (number, unit)
    }

    static func multiply(
        _ number: Number, _ factor: Int, _ text: String
    ) throws(QuantityError) -> Int {
        let (whole, tooLarge) = number.whole.multipliedReportingOverflow(by: factor)
        let part = number.numerator.multipliedFullWidth(by: factor)
        let fraction = number.denominator.dividingFullWidth(part).quotient
        let (sum, overflow) = whole.addingReportingOverflow(fraction)
        if tooLarge || overflow { throw QuantityError(message: "'\(text)' is too large") }
        return sum
    }
}
