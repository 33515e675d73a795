import ArgumentParser
import Cairn
import CairnServer
import Foundation

/// `cairn serve`: the server. Without a configuration it runs on the embedded default.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server.",
        discussion: """
            Prints one line with the word ready when the ports answer; logs go to standard error. \
            SIGTERM and SIGINT stop it gracefully, SIGHUP reads the configuration again. \
            Exit status: 0 after SIGTERM or SIGINT, 1 for a failure while running, 2 for a bad \
            command line or configuration. A flag overrides its key of the configuration.
            """)

    @Option(help: ArgumentHelp("Configuration to read.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Address for RESP; may be given several times. (default: 127.0.0.1:6390)",
            valueName: "host:port"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("Unix socket for RESP.", valueName: "path"))
    var unix: String?

    @Option(help: ArgumentHelp("Number of shards. (default: one a usable core)", valueName: "n"))
    var shards: String?

    @Option(help: ArgumentHelp("Processors for the shards, such as 0,2-5.", valueName: "list"))
    var cpus: String?

    @Option(
        help: ArgumentHelp(
            "The one memory number, such as 512MiB. (default: a quarter of RAM)",
            valueName: "size"))
    var memory: String?

    @Option(
        help: ArgumentHelp(
            "File or device of the SSD level; not in this version.", valueName: "path"))
    var ssd: String?

    @Option(
        name: .customLong("ssd-size"),
        help: ArgumentHelp("Size of the SSD level; not in this version.", valueName: "size"))
    var ssdSize: String?

    @Option(help: ArgumentHelp("Address for NBD; not in this version.", valueName: "host:port"))
    var nbd: String?

    @Option(
        help: ArgumentHelp(
            "Address of the stats port, or off. (default: 127.0.0.1:9390)",
            valueName: "host:port"))
    var stats: String?

    @Option(
        help: ArgumentHelp(
            "Volume to serve: NAME=SIZE[,origin=URI][,mode=MODE]; not in this version.",
            valueName: "volume"))
    var volume: [String] = []

    func run() throws {
        // First of all: threads that start from here on inherit the mask.
        Signals.block()
        let effective = try orExit { () throws(ConfigError) in try read() }
        if !effective.refusals.isEmpty {
            for refusal in effective.refusals { complain("cairn: \(refusal.text)") }
            throw ExitCode(2)
        }
        ServerLog.setLevel(effective.logLevel)
        let log = ServerLog.logger()
        for note in effective.notes { log.warning("\(note)") }

        let run: ServerRun
        let port: StatsServer?
        do {
            run = try ServerRun(
                effective, log: log, read: { () throws(ConfigError) in try read() },
                open: CacheDoor.open)
            port = try run.openStats()
        } catch {
            log.critical("\(error.message)")
            throw ExitCode(1)
        }
        Thread.detachNewThread {
            while true {
                if run.handle(Signals.wait()) { Foundation.exit(1) }
            }
        }
        FileHandle.standardOutput.write(Data((run.readyLine(stats: port) + "\n").utf8))
        let status = run.waitUntilStopped()
        Foundation.exit(status)
    }

    /// The configuration with the flags over it.
    private func read() throws(ConfigError) -> EffectiveConfiguration {
        var document = try ConfigFile.load(config)
        if !listen.isEmpty { try document.set(listen: listen) }
        for (flag, key, text) in [
            ("--unix", "unix", unix), ("--shards", "shards", shards), ("--cpus", "cpus", cpus),
            ("--memory", "memory_limit", memory), ("--ssd", "l2.storage_path", ssd),
            ("--ssd-size", "l2.max_size", ssdSize), ("--nbd", "nbd", nbd),
            ("--stats", "stats", stats),
        ] {
            if let text { try document.set(flag: flag, key: key, text) }
        }
        for text in volume { try document.addVolume(text) }
        return try EffectiveConfiguration.resolve(document, machine: .ofMachine())
    }
}

/// Writes a line to standard error.
func complain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Runs `body`; a bad configuration is printed, and the status is 2.
func orExit<T>(_ body: () throws(ConfigError) -> T) throws -> T {
    do {
        return try body()
    } catch {
        for problem in error.problems { complain("cairn: \(problem.text)") }
        throw ExitCode(2)
    }
}
