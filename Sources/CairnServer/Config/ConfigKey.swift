import Cairn

/// One key of a mapping in the configuration: its name, form and text, and how it is read and
/// shown.
///
/// The tables of these (`ConfigSchema`) are the only place that knows the keys: the reader, the
/// printer, "did you mean" and the reference in `docs/OPERATING.md` (through a test) all use them.
package struct ConfigKey<Root: Sendable>: Sendable {
    package var name: String
    /// What a value looks like: `size`, `duration`, `true or false`, ...
    package var form: String
    /// The value when the key is not given, as the reference says it.
    package var defaultText: String
    /// One sentence for the reference.
    package var help: String
    /// Whether SIGHUP applies a change without a restart.
    package var isReloadable: Bool
    /// Reads the value's text into the root.
    let read: @Sendable (ConfigValue, inout Root) throws(ConfigValueError) -> Void
    /// The value as YAML, `nil` if it is not given.
    let show: @Sendable (Root) -> String?
    /// Takes the value over from another root, given or not.
    let copy: @Sendable (Root, inout Root) -> Void
}

/// A value that can't be taken, and what would be.
struct ConfigValueError: Error, Equatable {
    var message: String
    var remedy: String
}

/// A value as the file has it.
enum ConfigValue {
    case scalar(String)
    case list([String])
    case mapping
    case null

    /// The text of a scalar, or an error that says what was expected.
    func text(expected: String) throws(ConfigValueError) -> String {
        switch self {
        case .scalar(let text): return text
        case .list:
            throw ConfigValueError(message: "is a list", remedy: "write one \(expected)")
        case .mapping:
            throw ConfigValueError(message: "is a mapping", remedy: "write one \(expected)")
        case .null:
            throw ConfigValueError(
                message: "has no value", remedy: "write a \(expected) or remove the key")
        }
    }
}

/// Name, default and text of a key, kept apart from its type.
struct KeyText {
    var name: String
    var defaultText: String
    var help: String
    var isReloadable = false

    init(_ name: String, _ defaultText: String, _ help: String, reload: Bool = false) {
        self.name = name
        self.defaultText = defaultText
        self.help = help
        isReloadable = reload
    }
}

extension ConfigKey {
    typealias Field<Value> = WritableKeyPath<Root, Value?> & Sendable

    private init<Value>(
        _ text: KeyText, form: String, _ field: Field<Value>,
        read: @escaping @Sendable (ConfigValue) throws(ConfigValueError) -> Value,
        show: @escaping @Sendable (Value) -> String
    ) {
        name = text.name
        self.form = form
        defaultText = text.defaultText
        help = text.help
        isReloadable = text.isReloadable
        self.read = { (value, root) throws(ConfigValueError) in
            root[keyPath: field] = try read(value)
        }
        self.show = { root in root[keyPath: field].map(show) }
        copy = { from, to in to[keyPath: field] = from[keyPath: field] }
    }

    /// Bytes within `range`.
    static func size(_ text: KeyText, _ field: Field<Int>, _ range: ClosedRange<Int>) -> ConfigKey {
        ConfigKey(text, form: "size", field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: "size such as 512MiB")
            let bytes = try quantity("size such as 512MiB") { () throws(QuantityError) in
                try ByteSize.parse(written)
            }
            return try bounded(bytes, range, written, ByteSize.format)
        } show: {
            ByteSize.format($0)
        }
    }

    /// Microseconds within `range`.
    static func duration(
        _ text: KeyText, _ field: Field<Int>, _ range: ClosedRange<Int>
    ) -> ConfigKey {
        ConfigKey(text, form: "duration", field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: "duration such as 30s")
            let time = try quantity("duration such as 30s") { () throws(QuantityError) in
                try Span.parse(written)
            }
            return try bounded(time, range, written, Span.format)
        } show: {
            Span.format($0)
        }
    }

    /// A whole number within `range`.
    static func number(
        _ text: KeyText, _ field: Field<Int>, _ range: ClosedRange<Int>
    ) -> ConfigKey {
        ConfigKey(text, form: "number", field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: "whole number")
            guard let number = Int(written.filter { $0 != "_" }) else {
                throw ConfigValueError(
                    message: "'\(written)' is no whole number",
                    remedy: "write a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return try bounded(number, range, written) { "\($0)" }
        } show: {
            "\($0)"
        }
    }

    static func flag(_ text: KeyText, _ field: Field<Bool>) -> ConfigKey {
        ConfigKey(text, form: "true or false", field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: "true or false")
            switch written.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default:
                throw ConfigValueError(
                    message: "'\(written)' is neither true nor false",
                    remedy: "write true or false")
            }
        } show: {
            "\($0)"
        }
    }

    /// Any text; a secret is never shown.
    static func text(
        _ text: KeyText, form: String = "text", _ field: Field<String>, isSecret: Bool = false
    ) -> ConfigKey {
        ConfigKey(text, form: form, field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: form)
            if written.isEmpty {
                throw ConfigValueError(
                    message: "is empty", remedy: "write a \(form) or remove the key")
            }
            return written
        } show: {
            isSecret ? "'***'" : YAMLText.scalar($0)
        }
    }

    /// One of a few words.
    static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
        _ text: KeyText, _ field: Field<Choice>
    ) -> ConfigKey where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        let form = words.joined(separator: ", ")
        return ConfigKey(text, form: "one of " + form, field) { (value) throws(ConfigValueError) in
            let written = try value.text(expected: "of " + form)
            if let choice = Choice(rawValue: written.lowercased()) { return choice }
            let nearest = NearestName.find(written, among: words)
            throw ConfigValueError(
                message: "'\(written)' is unknown",
                remedy: nearest.map { "did you mean \($0)? It is one of \(form)" }
                    ?? "write one of \(form)")
        } show: {
            $0.rawValue
        }
    }

    /// A value of its own form.
    static func custom<Value>(
        _ text: KeyText, form: String, _ field: Field<Value>,
        read: @escaping @Sendable (ConfigValue) throws(ConfigValueError) -> Value,
        show: @escaping @Sendable (Value) -> String
    ) -> ConfigKey {
        ConfigKey(text, form: form, field, read: read, show: show)
    }

    private static func quantity(
        _ expected: String, _ parse: () throws(QuantityError) -> Int
    ) throws(ConfigValueError) -> Int {
        do {
            return try parse()
        } catch {
            throw ConfigValueError(message: error.message, remedy: "write a \(expected)")
        }
    }

    private static func bounded(
        _ value: Int, _ range: ClosedRange<Int>, _ written: String, _ format: (Int) -> String
    ) throws(ConfigValueError) -> Int {
        if range.contains(value) { return value }
        let isLow = value < range.lowerBound
        throw ConfigValueError(
            message: "\(written) is \(isLow ? "below the least" : "above the most") allowed, "
                + format(isLow ? range.lowerBound : range.upperBound),
            remedy: "write a value from \(format(range.lowerBound)) to \(format(range.upperBound))")
    }
}
