import Foundation
import Testing

@testable import CairnServer

/// The built binary as a script sees it: exit status, standard output, standard error.
private struct Command {
    let process = Process()
    let output = Pipe()
    let errors = Pipe()

    /// Starts `cairn`, which the build puts beside the tests.
    init(_ arguments: [String]) throws {
        let tests = URL(filePath: CommandLine.arguments[0])
        process.executableURL = tests.deletingLastPathComponent().appending(path: "cairn")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    /// Reads both streams to their ends and waits.
    func finish() -> (status: Int32, output: String, errors: String) {
        let output = output.fileHandleForReading.readDataToEndOfFile()
        let errors = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: output, as: UTF8.self),
            String(decoding: errors, as: UTF8.self)
        )
    }

    /// The first line of standard output; empty if the process ended without one.
    func firstLine() -> String {
        var line: [UInt8] = []
        while let byte = output.fileHandleForReading.readData(ofLength: 1).first, byte != 10 {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}

@Suite(.serialized) struct CommandLineTests {
    /// Runs `body` with a file of that text.
    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "cairn-\(UUID().uuidString).yaml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path())
    }

    @Test(arguments: [
        (["serve", "--bogus"], "--bogus"), (["serve", "--memory", "lots"], "--memory: 'lots'"),
        (["serve", "--ssd", "/tmp/x"], "--ssd: the SSD level is not part of this version"),
        (["serve", "--nbd", "127.0.0.1:1"], "--nbd: the NBD server"),
        (["serve", "--volume", "a=1GiB"], "--volume: block volumes"),
        (["serve", "--listen", "0.0.0.0:1"], "open to other machines"),
        (["serve", "--config", "/nonexistent"], "cannot be read"),
        (["config", "check", "/nonexistent"], "cannot be read"), (["dance"], "dance"),
        (["config", "print", "--seed-defaults", "--config", "x"], "exclude each other"),
    ])
    func `a bad command line is exit status 2, a sentence, and silence on standard output`(
        arguments: [String], sentence: String
    ) throws {
        let (status, output, errors) = try Command(arguments).finish()
        #expect(status == 2)
        #expect(output == "")
        #expect(errors.contains(sentence), "\(errors)")
    }

    @Test func `what is only asked for is exit status 0 and standard output`() throws {
        for (arguments, part) in [
            (["version"], "cairn \(CairnVersion.current)"), (["--version"], "cairn"),
            (["serve", "--help"], "--memory"), (["config", "print"], "memory_limit: "),
        ] {
            let (status, output, _) = try Command(arguments).finish()
            #expect(status == 0)
            #expect(output.contains(part))
        }
    }

    @Test func `the original design's defaults are printed, valid, and refused at start`() throws {
        let printed = try Command(["config", "print", "--seed-defaults"]).finish().output
        try withFile(printed) { path in
            let check = try Command(["config", "check", path]).finish()
            // A machine with less than 1.4 GiB can't hold the level: then that is what is said.
            let isLarge = MachineFacts.ofMachine().memoryBytes > 2 << 30
            #expect(check.status == (isLarge ? 0 : 2))
            #expect(check.output.hasPrefix("\(path): valid\n") == isLarge)
            let serve = try Command(["serve", "--config", path]).finish()
            #expect(serve.status == 2)
            #expect(!isLarge || serve.errors.contains("\(path):19: l2: the SSD level"))
        }
    }

    @Test func `a server says ready once, reloads on SIGHUP and ends with 0 on SIGTERM`() throws {
        let text = """
            listen: 127.0.0.1:0
            stats: 127.0.0.1:0
            shards: 1
            memory_limit: 128MiB
            max_connections: 100
            """
        try withFile(text) { path in
            let command = try Command(["serve", "--config", path])
            let line = command.firstLine()
            #expect(line.contains("ready: RESP on 127.0.0.1:"), "\(line)")
            #expect(line.contains("live page http://127.0.0.1:"), "\(line)")
            guard !line.isEmpty else {
                Issue.record("the server did not start: \(command.finish().errors)")
                return
            }
            try (text + "\nidle_timeout: 90s\nlog_level: warning\nunix: /tmp/x").write(
                toFile: path, atomically: true, encoding: .utf8)
            kill(command.process.processIdentifier, SIGHUP)
            // The log is in order, so the reload is over when the stop is logged.
            kill(command.process.processIdentifier, SIGTERM)
            let (status, rest, errors) = command.finish()
            #expect(status == 0)
            #expect(rest == "", "more than one line on standard output")
            #expect(errors.contains("needs a restart: unix"), "\(errors)")
        }
    }

    @Test func `a port that is taken is exit status 1 and says what to do`() throws {
        let first = try Command([
            "serve", "--listen", "127.0.0.1:0", "--stats", "off", "--shards", "1", "--memory",
            "128MiB",
        ])
        let line = first.firstLine()
        let port = try #require(line.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1, "\(line)")
        let second = try Command([
            "serve", "--listen", "127.0.0.1:\(port)", "--stats", "off", "--shards", "1", "--memory",
            "128MiB",
        ]).finish()
        kill(first.process.processIdentifier, SIGTERM)
        #expect(first.finish().status == 0)
        #expect(second.status == 1)
        #expect(second.output == "")
        #expect(second.errors.contains("critical"), "\(second.errors)")
    }
}
