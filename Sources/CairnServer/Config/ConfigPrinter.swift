/// Writes a configuration as YAML that reads back as the same one (but for the password, which is
/// never shown).
package enum ConfigPrinter {
    /// `heading` becomes comment lines on top; with `showsUnset` the keys that are not given follow
    /// as comments, so that every setting is there.
    package static func print(
        _ configuration: Configuration, heading: [String], showsUnset: Bool = false
    ) -> String {
        var lines = heading.map { "# \($0)" }
        for key in ConfigSchema.root {
            guard let value = key.show(configuration) else { continue }
            // '***' would read back as a password of three stars.
            let isSecret = key.name == "password"
            lines.append(isSecret ? "# password: set, not shown" : "\(key.name): \(value)")
        }
        if showsUnset { lines += unset("", ConfigSchema.root, configuration) }
        for (name, level) in [
            ("l1", configuration.l1), ("l2", configuration.l2), ("l3", configuration.l3),
        ] {
            guard let level else { continue }
            lines.append(contentsOf: section("", name, level, ConfigSchema.level))
            if showsUnset { lines += unset("  ", ConfigSchema.level, level) }
        }
        if !configuration.volumes.isEmpty {
            lines.append("volumes:")
            for volume in configuration.volumes {
                lines += section("  ", volume.name, volume, ConfigSchema.volume)
            }
        }
        if !configuration.trees.isEmpty {
            lines.append("trees:")
            for tree in configuration.trees {
                lines += section("  ", tree.prefix, tree, ConfigSchema.tree)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `# name: form`, and what it means, of each key that is not given.
    private static func unset<Root>(
        _ indent: String, _ keys: [ConfigKey<Root>], _ root: Root
    ) -> [String] {
        let absent = keys.filter { $0.show(root) == nil }
        return absent.map { key in
            let given = "\(indent)# \(key.name): (\(key.form))"
            return given + String(repeating: " ", count: max(1, 42 - given.count)) + key.help
        }
    }

    private static func section<Root>(
        _ indent: String, _ name: String, _ root: Root, _ keys: [ConfigKey<Root>]
    ) -> [String] {
        let fields = keys.compactMap { key in
            key.show(root).map { "\(indent)  \(key.name): \($0)" }
        }
        let title = indent + YAMLText.scalar(name)
        return fields.isEmpty ? ["\(title): {}"] : ["\(title):"] + fields
    }
}
