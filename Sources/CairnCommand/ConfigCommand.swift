import ArgumentParser
import CairnServer

/// `cairn config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print or check a configuration.",
        subcommands: [Print.self, Check.self])

    /// `cairn config print`
    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "print",
            abstract: "Print the effective configuration as YAML: every default filled in.")

        @Option(
            help: ArgumentHelp(
                "Configuration to read; without it, the embedded default.", valueName: "file"))
        var config: String?

        @Flag(help: "Print the default configuration of the original design instead.")
        var seedDefaults = false

        func validate() throws {
            if seedDefaults, config != nil {
                throw ValidationError("--seed-defaults and --config exclude each other")
            }
        }

        func run() throws {
            if seedDefaults {
                print(ConfigFile.seedDefaultsText, terminator: "")
                return
            }
            let effective = try orExit { () throws(ConfigError) in
                try EffectiveConfiguration.resolve(
                    try ConfigFile.load(config), machine: .ofMachine())
            }
            print(ConfigFile.effectiveText(effective, source: config), terminator: "")
        }
    }

    /// `cairn config check`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a configuration; exit status 2 if it is not valid.")

        @Argument(help: "Configuration to check.")
        var file: String

        func run() throws {
            let effective = try orExit { () throws(ConfigError) in
                try EffectiveConfiguration.resolve(try ConfigFile.load(file), machine: .ofMachine())
            }
            for line in ConfigFile.verdict(effective, file: file) { print(line) }
        }
    }
}
