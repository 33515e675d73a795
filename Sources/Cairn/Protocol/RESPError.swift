/// Errors answered to clients, with Redis's exact texts.
package enum RESPError: Error, Equatable, Sendable {
    case syntax
    case notAnInteger
    case notAFloat
    case noSuchKey
    case offsetOutOfRange
    case stringTooLong
    case wrongType
    case wrongArity(CommandID)
    // ... the whole catalogue follows

    /// The text after `-` and before CRLF. For tests and the control plane.
    package var text: String { fatalError("API skeleton") }
}
