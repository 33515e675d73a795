import ArgumentParser
import Foundation

// Exit status is a contract: 2 for a bad command line, where the parser's own is 64.
do {
    var command = try CairnCommand.parseAsRoot()
    try command.run()
} catch {
    let code = CairnCommand.exitCode(for: error)
    if code == .validationFailure {
        FileHandle.standardError.write(Data((CairnCommand.fullMessage(for: error) + "\n").utf8))
        exit(2)
    }
    CairnCommand.exit(withError: error)
}
