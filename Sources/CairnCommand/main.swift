import ArgumentParser
import Foundation

// Exit status is a contract: 2 for a bad command line, where the parser's own is 64.
do {
    var arguments = Array(CommandLine.arguments.dropFirst())
    // `cairn bench` is `cairn bench run`; whoever asks it for help wants to see its options.
    if arguments.count == 2, arguments[0] == "bench", ["-h", "--help"].contains(arguments[1]) {
        arguments.insert("run", at: 1)
    }
    var command = try CairnCommand.parseAsRoot(arguments)
    try command.run()
} catch {
    let code = CairnCommand.exitCode(for: error)
    if code == .validationFailure {
        FileHandle.standardError.write(Data((CairnCommand.fullMessage(for: error) + "\n").utf8))
        exit(2)
    }
    CairnCommand.exit(withError: error)
}
