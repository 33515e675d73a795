import Foundation

/// Configurations as files and as text for people.
package enum ConfigFile {
    /// Largest file read: a thousand times a real one.
    static let bytesMax = 1 << 20

    /// The document in `path`; without a path, the embedded default, which says nothing.
    package static func load(_ path: String?) throws(ConfigError) -> ConfigDocument {
        guard let path else {
            return ConfigDocument(configuration: Configuration(), source: "embedded default")
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw ConfigError([
                ConfigProblem(
                    source: path, line: 0, key: "", message: "cannot be read",
                    remedy: "check that the file exists and may be read")
            ])
        }
        guard data.count <= bytesMax, let text = String(data: data, encoding: .utf8) else {
            throw ConfigError([
                ConfigProblem(
                    source: path, line: 0, key: "",
                    message: "is no text of at most \(ByteSize.format(bytesMax))",
                    remedy: "save it as UTF-8")
            ])
        }
        return try ConfigReader.read(text, source: path)
    }

    /// `cairn config print --seed-defaults`
    package static var seedDefaultsText: String {
        ConfigPrinter.print(
            .seedDefaults,
            heading: [
                "The default configuration of the original design, value for value.",
                "Valid; `cairn config check` lists what this version cannot start.",
            ])
    }

    /// `cairn config print`
    package static func effectiveText(
        _ effective: EffectiveConfiguration, source: String?
    ) -> String {
        let origin = source ?? "the embedded default"
        return ConfigPrinter.print(
            effective.configuration,
            heading: ["Effective configuration from \(origin), with the defaults of this machine."]
                + effective.refusals.map {
                    "Cannot start in this version: \($0.key): \($0.message)"
                }, showsUnset: true)
    }

    /// What `cairn config check` says of a valid configuration.
    package static func verdict(_ effective: EffectiveConfiguration, file: String) -> [String] {
        var lines = ["\(file): valid"]
        if !effective.refusals.isEmpty {
            lines.append("cairn serve \(CairnVersion.current) refuses to start it:")
            lines += effective.refusals.map { "  \($0.text)" }
        }
        lines += effective.notes.map { "note: \($0)" }
        return lines
    }
}
