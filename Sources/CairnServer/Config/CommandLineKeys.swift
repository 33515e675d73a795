import Cairn

/// Flags of `cairn serve` laid over a configuration: a flag means what its key means, and goes
/// through the same reader.
extension ConfigDocument {
    /// Reads `text` as the value of `key` (`l2.` in front names a level's).
    package mutating func set(flag: String, key: String, _ text: String) throws(ConfigError) {
        do {
            try assign(key, .scalar(text))
        } catch {
            throw ConfigError([flagProblem(flag, error)])
        }
        flags[key] = flag
    }

    /// Several `--listen` are the list of addresses.
    package mutating func set(listen texts: [String]) throws(ConfigError) {
        do {
            try assign("listen", .list(texts))
        } catch {
            throw ConfigError([flagProblem("--listen", error)])
        }
        flags["listen"] = "--listen"
    }

    /// `NAME=SIZE[,origin=URI][,mode=MODE]`.
    package mutating func addVolume(_ text: String) throws(ConfigError) {
        do {
            configuration.volumes.append(try Self.volume(text))
        } catch {
            throw ConfigError([flagProblem("--volume", error)])
        }
        flags["volumes"] = "--volume"
    }

    private mutating func assign(_ key: String, _ value: ConfigValue) throws(ConfigValueError) {
        if key.hasPrefix("l2.") {
            var level = configuration.l2 ?? LevelConfiguration()
            let name = key.dropFirst(3)
            guard let field = ConfigSchema.level.first(where: { $0.name == name }) else {
                ensureFailed("a flag for a key that is not there", #fileID, #line)
            }
            try field.read(value, &level)
            configuration.l2 = level
            return
        }
        guard let field = ConfigSchema.root.first(where: { $0.name == key }) else {
            ensureFailed("a flag for a key that is not there", #fileID, #line)
        }
        try field.read(value, &configuration)
    }

    private static func volume(_ text: String) throws(ConfigValueError) -> VolumeConfiguration {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let head = parts[0].split(separator: "=", maxSplits: 1)
        guard head.count == 2 else {
            throw ConfigValueError(
                message: "'\(text)' is no volume",
                remedy: "write it as NAME=SIZE[,origin=URI][,mode=MODE]")
        }
        var volume = VolumeConfiguration(name: String(head[0]))
        for part in ["size=\(head[1])"] + parts.dropFirst().map(String.init) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2,
                let key = ConfigSchema.volume.first(where: { $0.name == pair[0] })
            else {
                throw ConfigValueError(
                    message: "'\(part)' is no part of a volume", remedy: "use origin= or mode=")
            }
            try key.read(.scalar(pair[1]), &volume)
        }
        return volume
    }

    private func flagProblem(_ flag: String, _ error: ConfigValueError) -> ConfigProblem {
        ConfigProblem(
            source: "command line", line: 0, key: flag, message: error.message,
            remedy: error.remedy)
    }
}
