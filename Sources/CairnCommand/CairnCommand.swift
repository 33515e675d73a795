import ArgumentParser
import CairnServer

/// `cairn`: one binary, one subcommand a task.
struct CairnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "An io_uring block cache server that Redis clients use.",
        version: "cairn \(CairnVersion.current)",
        subcommands: [
            ServeCommand.self, BenchCommand.self, ConfigCommand.self, VersionCommand.self,
        ])
}

/// `cairn version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    func run() {
        print("cairn \(CairnVersion.current)")
    }
}
