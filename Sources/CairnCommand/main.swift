import ArgumentParser

/// The command line.
struct CairnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn", abstract: "An io_uring block cache server.",
        subcommands: [BenchCommand.self])
}

CairnCommand.main()
