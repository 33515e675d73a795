import Cairn
import Yams

/// Reads a configuration from YAML and collects everything that is wrong with its form.
///
/// Sense between keys (a level larger than the memory) is `ConfigRules`'s matter.
package struct ConfigReader {
    private let source: String
    private var problems: [ConfigProblem] = []
    /// Line of each key that was given, by its way from the root.
    private var lines: [String: Int] = [:]

    /// The configuration that `text` says. `source` is the file's name for messages.
    package static func read(
        _ text: String, source: String
    ) throws(ConfigError) -> ConfigDocument {
        var reader = ConfigReader(source: source)
        let configuration = reader.document(text)
        if !reader.problems.isEmpty { throw ConfigError(reader.problems) }
        return ConfigDocument(configuration: configuration, source: source, lines: reader.lines)
    }

    private init(source: String) { self.source = source }

    private mutating func document(_ text: String) -> Configuration {
        var configuration = Configuration()
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            note(yamlError: error, text: text)
            return configuration
        }
        // An empty file says nothing: the defaults.
        guard let root, root.null == nil else { return configuration }
        guard case .mapping(let mapping) = root else {
            note("", line(of: root), "the file is no mapping", "write lines of the form key: value")
            return configuration
        }
        for (key, value) in mapping { entry(key, value, &configuration) }
        return configuration
    }

    private mutating func entry(_ key: Node, _ value: Node, _ root: inout Configuration) {
        let name = key.scalar?.string ?? ""
        lines[name] = line(of: key)
        switch name {
        case "l1": root.l1 = level(name, key, value)
        case "l2": root.l2 = level(name, key, value)
        case "l3": root.l3 = level(name, key, value)
        case "volumes": root.volumes = volumes(value, key)
        case "trees": root.trees = trees(value, key)
        default:
            let names = ConfigSchema.root.map(\.name) + ConfigSchema.sections.map(\.name)
            read(name, value, key, path: name, ConfigSchema.root, names, &root)
        }
    }

    /// Reads one value by the table, or says that the key is unknown.
    private mutating func read<Root>(
        _ name: String, _ value: Node, _ keyNode: Node, path: String, _ keys: [ConfigKey<Root>],
        _ names: [String], _ root: inout Root
    ) {
        guard let key = keys.first(where: { $0.name == name }) else {
            let nearest = NearestName.find(name, among: names)
            let all = "known here: \(names.joined(separator: ", "))"
            note(
                path, line(of: keyNode), "unknown key",
                nearest.map { "did you mean \($0)?" } ?? all)
            return
        }
        do {
            try key.read(plain(value), &root)
        } catch {
            note(path, line(of: value, or: keyNode), error.message, error.remedy)
        }
    }

    private mutating func level(_ name: String, _ key: Node, _ value: Node) -> LevelConfiguration? {
        var level = LevelConfiguration()
        if value.null != nil { return level }
        guard let mapping = mapping(name, value, key) else { return nil }
        for (key, value) in mapping {
            let field = key.scalar?.string ?? ""
            let path = "\(name).\(field)"
            lines[path] = line(of: key)
            read(
                field, value, key, path: path, ConfigSchema.level, ConfigSchema.level.map(\.name),
                &level)
        }
        return level
    }

    private mutating func volumes(_ value: Node, _ key: Node) -> [VolumeConfiguration] {
        guard let mapping = mapping("volumes", value, key) else { return [] }
        return mapping.map { entry in
            let name = entry.key.scalar?.string ?? ""
            var volume = VolumeConfiguration(name: name)
            let path = "volumes.\(name)"
            named(path, entry.key, entry.value, ConfigSchema.volume, &volume)
            if volume.size == nil {
                note(path, line(of: entry.key), "has no size", "add size: 10GiB")
            }
            return volume
        }
    }

    private mutating func trees(_ value: Node, _ key: Node) -> [TreeConfiguration] {
        guard let mapping = mapping("trees", value, key) else { return [] }
        return mapping.map { entry in
            let prefix = entry.key.scalar?.string ?? ""
            var tree = TreeConfiguration(prefix: prefix)
            let path = "trees.\(prefix)"
            named(path, entry.key, entry.value, ConfigSchema.tree, &tree)
            if tree.origin == nil {
                note(path, line(of: entry.key), "has no origin", "add origin: /path/of/a/directory")
            }
            return tree
        }
    }

    private mutating func named<Root>(
        _ path: String, _ key: Node, _ value: Node, _ keys: [ConfigKey<Root>], _ root: inout Root
    ) {
        guard let fields = mapping(path, value, key) else { return }
        for (key, value) in fields {
            let field = key.scalar?.string ?? ""
            read(field, value, key, path: "\(path).\(field)", keys, keys.map(\.name), &root)
        }
    }

    // MARK: Nodes

    private mutating func mapping(_ path: String, _ value: Node, _ key: Node) -> Node.Mapping? {
        if case .mapping(let mapping) = value { return mapping }
        note(
            path, line(of: value, or: key), "is no mapping",
            "write its keys indented below it, one a line")
        return nil
    }

    private func plain(_ node: Node) -> ConfigValue {
        switch node {
        case .scalar(let scalar):
            let isBare = scalar.style == .plain || scalar.style == .any
            return isBare && node.null != nil ? .null : .scalar(scalar.string)
        case .sequence(let sequence):
            let texts = sequence.compactMap { $0.scalar?.string }
            return texts.count == sequence.count ? .list(texts) : .mapping
        case .mapping, .alias: return .mapping
        }
    }

    private func line(of node: Node, or other: Node? = nil) -> Int {
        node.mark?.line ?? other?.mark?.line ?? 0
    }

    private mutating func note(_ key: String, _ line: Int, _ message: String, _ remedy: String) {
        problems.append(
            ConfigProblem(source: source, line: line, key: key, message: message, remedy: remedy))
    }

    private mutating func note(yamlError error: any Error, text: String) {
        switch error {
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            // The mark is the first key's; of others that are double too, only the name is known.
            for (index, key) in duplicates.sorted().enumerated() {
                let line = index == 0 ? secondLine(of: key, after: context.mark, in: text) : 0
                note(key, line, "the key is there twice", "keep one of the two")
            }
        case YamlError.scanner(_, let problem, let mark, _),
            YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            note("", mark.line, "this is no YAML: \(problem)", "mend the line or the one before it")
        case YamlError.reader(let problem, _, _, _):
            note("", 0, "this is no text: \(problem)", "save the file as UTF-8")
        default:
            note("", 0, "this is no YAML: \(error)", "compare with cairn config print")
        }
    }

    /// The line of the next `key:` as far to the right as the first, which is at `mark`.
    private func secondLine(of key: String, after mark: Mark, in text: String) -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = String(repeating: " ", count: mark.column - 1) + key
        let next = lines.indices.dropFirst(mark.line).first {
            lines[$0].hasPrefix(start + ":") || lines[$0].hasPrefix(start + " :")
        }
        return next.map { $0 + 1 } ?? mark.line
    }
}

/// A configuration with the places its keys came from.
package struct ConfigDocument: Sendable {
    package var configuration: Configuration
    package var source: String
    var lines: [String: Int]
    /// Keys that a flag of the command line gave, with the flag.
    var flags: [String: String] = [:]

    package init(configuration: Configuration, source: String, lines: [String: Int] = [:]) {
        self.configuration = configuration
        self.source = source
        self.lines = lines
    }

    /// A problem at a key's line, or at the flag that gave it.
    func problem(_ key: String, _ message: String, _ remedy: String) -> ConfigProblem {
        let below = flags.keys.sorted().first { $0.hasPrefix(key + ".") }
        if let flag = flags[key] ?? (lines[key] == nil ? below.flatMap { flags[$0] } : nil) {
            return ConfigProblem(
                source: "command line", line: 0, key: flag, message: message, remedy: remedy)
        }
        return ConfigProblem(
            source: source, line: lines[key] ?? 0, key: key, message: message, remedy: remedy)
    }
}
