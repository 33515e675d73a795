import Cairn

/// Forms that only one key has: read and show for each.
extension ConfigSchema {
    @Sendable
    static func readAddress(_ value: ConfigValue) throws(ConfigValueError) -> ListenAddress {
        try AddressText.parse(try value.text(expected: AddressText.form))
    }

    @Sendable
    static func showAddress(_ address: ListenAddress) -> String {
        YAMLText.scalar(AddressText.format(address))
    }

    @Sendable
    static func readAddresses(_ value: ConfigValue) throws(ConfigValueError) -> [ListenAddress] {
        guard case .list(let texts) = value else { return [try readAddress(value)] }
        var addresses: [ListenAddress] = []
        for text in texts {
            let address = try AddressText.parse(text)
            if addresses.contains(address), address.port != 0 {
                throw ConfigValueError(
                    message: "'\(text)' is there twice", remedy: "name each address once")
            }
            addresses.append(address)
        }
        if addresses.count > 16 {
            throw ConfigValueError(
                message: "has \(addresses.count) addresses", remedy: "use at most 16")
        }
        return addresses
    }

    @Sendable
    static func showAddresses(_ addresses: [ListenAddress]) -> String {
        "[" + addresses.map(showAddress).joined(separator: ", ") + "]"
    }

    @Sendable
    static func readStats(_ value: ConfigValue) throws(ConfigValueError) -> StatsAddress {
        if let text = try? value.text(expected: ""), text == "off" || text == "false" {
            return .off
        }
        return .at(try readAddress(value))
    }

    @Sendable
    static func showStats(_ stats: StatsAddress) -> String {
        switch stats {
        case .off: "off"
        case .at(let address): showAddress(address)
        }
    }

    @Sendable
    static func readCPUs(_ value: ConfigValue) throws(ConfigValueError) -> [Int] {
        if case .list(let items) = value {
            return try CPUList.parse(items.joined(separator: ","))
        }
        return try CPUList.parse(try value.text(expected: CPUList.form))
    }

    /// `off` is stored as -1: a given key, with the meaning "never".
    @Sendable
    static func readZeroCopy(_ value: ConfigValue) throws(ConfigValueError) -> Int {
        let text = try value.text(expected: "size such as 64KiB, or off")
        if text == "off" || text == "false" { return -1 }
        do {
            return max(1, try ByteSize.parse(text))
        } catch {
            throw ConfigValueError(message: error.message, remedy: "write a size, or off")
        }
    }

    @Sendable
    static func showZeroCopy(_ bytes: Int) -> String {
        bytes < 0 ? "off" : ByteSize.format(bytes)
    }

    /// `off` is stored as -1, which is Redis's value for it too.
    @Sendable
    static func readSlowlog(_ value: ConfigValue) throws(ConfigValueError) -> Int {
        let text = try value.text(expected: "duration such as 10ms, or off")
        if text == "off" || text == "false" { return -1 }
        do {
            return try Span.parse(text)
        } catch {
            throw ConfigValueError(message: error.message, remedy: "write a duration, or off")
        }
    }

    @Sendable
    static func showSlowlog(_ microseconds: Int) -> String {
        microseconds < 0 ? "off" : Span.format(microseconds)
    }

    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    @Sendable
    static func readLogLevel(_ value: ConfigValue) throws(ConfigValueError) -> String {
        let text = try value.text(expected: "of \(logLevels.joined(separator: ", "))")
        if logLevels.contains(text.lowercased()) { return text.lowercased() }
        let nearest = NearestName.find(text, among: logLevels)
        throw ConfigValueError(
            message: "'\(text)' is unknown",
            remedy: nearest.map { "did you mean \($0)?" }
                ?? "write one of \(logLevels.joined(separator: ", "))")
    }
}

/// YAML scalars that read back as the same text.
enum YAMLText {
    /// Plain where that is unambiguous, else in single quotes.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isLetter || $0 == "/" || $0 == "." || $0.isNumber } == true
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:".contains($0))
            }
            && text.last != ":"
            && !["true", "false", "yes", "no", "on", "off", "null"].contains(text.lowercased())
            && Double(text) == nil
        return isPlain ? text : "'" + text.replacing("'", with: "''") + "'"
    }
}
