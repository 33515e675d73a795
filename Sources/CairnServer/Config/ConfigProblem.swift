/// One thing wrong with a configuration, said so that a person can mend it.
package struct ConfigProblem: Error, Equatable, Sendable {
    /// The file, or `command line`.
    package var source: String
    /// Line in the file, from 1; 0 where there is none.
    package var line: Int
    /// The key's way from the root, such as `l1.ttl`; empty for the file as a whole.
    package var key: String
    /// What is wrong, with the value.
    package var message: String
    /// What to do about it.
    package var remedy: String

    /// `file:line: key: message; remedy`
    package var text: String {
        let place = line > 0 ? "\(source):\(line)" : source
        let subject = key.isEmpty ? "" : "\(key): "
        return "\(place): \(subject)\(message); \(remedy)"
    }
}

/// All problems of a configuration: somebody who mends a file wants to see them at once.
package struct ConfigError: Error, Equatable, Sendable {
    package var problems: [ConfigProblem]

    package init(_ problems: [ConfigProblem]) { self.problems = problems }

    package var text: String { problems.map(\.text).joined(separator: "\n") }
}
