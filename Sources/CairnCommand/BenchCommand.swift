import ArgumentParser
import CairnLoad
import Foundation

/// `cairn bench`: the load generator. Exit status: 0 all replies were right, 1 errors or failed
/// verification or no server, 2 a bad command line.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a server and measure it: RESP or memcached, closed or open loop.",
        subcommands: [Run.self, Report.self], defaultSubcommand: Run.self)

    /// Runs `body` and turns its errors into text and exit status.
    static func reporting(_ body: () throws(LoadError) -> Bool) throws {
        let isClean: Bool
        do throws(LoadError) {
            isClean = try body()
        } catch {
            FileHandle.standardError.write(Data("cairn bench: \(error.text)\n".utf8))
            if case .usage = error { throw ExitCode(2) }
            throw ExitCode(1)
        }
        if !isClean { throw ExitCode(1) }
    }
}

extension BenchCommand {
    /// One measurement.
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Run a load and measure it (the default).",
            usage: "cairn bench [run] <options>",
            discussion: "`cairn bench report FILE ... --html PAGE` shows results beside each other."
        )

        @OptionGroup(title: "Target") var target: TargetOptions
        @OptionGroup(title: "Load") var load: WorkloadOptions
        @OptionGroup(title: "Keys and values") var data: DataOptions
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() throws {
            try BenchCommand.reporting { () throws(LoadError) in
                var options = LoadOptions()
                try target.apply(to: &options)
                try load.apply(to: &options)
                try data.apply(to: &options)
                var job = BenchJob(options)
                job.fillsFirst = data.fill
                job.filesDirectory = data.files
                job.filesBytesMax = try Units.bytes(data.filesBytes)
                job.target = try load.latencyTarget
                job.serverPID = output.serverPid
                job.label = output.label
                job.isQuiet = output.quiet
                job.jsonPath = output.json
                job.htmlPath = output.html
                job.hdrPath = output.hdr
                return try job.run()
            }
        }
    }

    /// A page that compares results.
    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report", abstract: "Compare JSON results in one HTML page.")

        @Argument(help: "Files written with --json.") var results: [String]
        @Option(help: "The page to write.") var html: String

        func run() throws {
            try BenchCommand.reporting { () throws(LoadError) in
                var documents: [BenchDocument] = []
                for path in results { documents.append(try BenchDocument(contentsOf: path)) }
                try HTMLReport.write(documents, to: html)
                return true
            }
        }
    }
}
