/// Errors answered to clients: Redis's exact texts, as redis-server 7.0.15 replied them.
///
/// Values without memory: where a text quotes an argument, the case holds the argument's index and
/// `ReplyWriter.error(_:arguments:in:into:at:)` fetches the bytes. No text is longer than
/// `textBytesMax`.
package enum RESPError: Error, Equatable, Sendable {
    // Any command
    case syntax
    case notAnInteger
    case notAnInt32
    case notPositive
    case notAFloat
    case wrongType
    case noSuchKey
    case outOfMemory
    case notPermitted
    case busyKey
    // Strings
    case incrementOverflow
    case decrementOverflow
    case notFinite
    case offsetOutOfRange
    case stringTooLong
    // Keys
    case expireFlagsNX
    case expireFlagsGTLT
    case sameObject
    case databaseOutOfRange
    case invalidDatabase
    case invalidCursor
    case timeoutNotAnInteger
    case timeoutNegative
    case frequencyNotTracked
    case idleTimeNotTracked
    // Connection
    case noAuth
    case wrongPassword
    case noPasswordSet
    case noProtocol
    case protocolNotAnInteger
    case helloNeedsAuth
    case clientName
    case noSuchClient
    case clientIDNotPositive
    case invalidClientID
    case pauseMode
    case unblockReason
    case tooManyClients
    // Client-side caching
    case cachingWithoutMode
    case cachingYesNeedsOptIn
    case cachingNoNeedsOptOut
    case redirectTwice
    case redirectUnknown
    case prefixNeedsBroadcast
    case optNeedsNoBroadcast
    case optInAndOut
    case tooManyPrefixes
    case switchBroadcast
    case switchOpt
    // Transactions
    case execAborted
    case nestedMulti
    case execWithoutMulti
    case discardWithoutMulti
    case watchInsideMulti
    case notInTransaction
    // Server
    case noConfigFile
    case debugNotAllowed
    case noShutdown
    case slowlogCount
    case invalidCommand
    case noKeyArguments
    case invalidArgumentCount
    // Cairn's own commands
    case keyLength
    case valueTooLong
    case invalidType
    case invalidPriority
    case invalidRange
    // With the command's name, or an argument
    case wrongArity(CommandID)
    case wrongSubcommandArity(SubcommandID)
    case invalidExpireTime(CommandID)
    /// RESP2 client with subscriptions.
    case onlyPubSub(CommandID)
    /// The name is argument 0; all arguments are quoted up to 128 bytes.
    case unknownCommand
    /// The subcommand is argument 1.
    case unknownSubcommand(CommandID)
    /// The subcommand is argument 1; its own parser refused the count.
    case subcommandSyntax(CommandID)
    case unsupportedExpireOption(argument: Int)
    case helloOption(argument: Int)
    case unknownClientType(argument: Int)
    case noSuchUser(argument: Int)
    case noLatencySamples(argument: Int)
    /// Two prefixes of one CLIENT TRACKING.
    case prefixesOverlap(argument: Int, with: Int)
    case configUnknown(argument: Int)
    case configRefused(argument: Int, because: ConfigRefusal)

    /// Longest text, bytes without `-` and CRLF: 128 of a name, 128 of arguments, and the words.
    package static let textBytesMax = 512
}

/// Why `CONFIG SET` refuses a value.
package enum ConfigRefusal: Equatable, Sendable {
    case immutable, duplicate, notMemory, notYesNo, notInteger
    case outOfRange(from: Int64, to: Int64)
    case notEvictionPolicy

    /// `outOfRange` continues with its bounds.
    var text: StaticString {
        switch self {
        case .immutable: "can't set immutable config"
        case .duplicate: "duplicate parameter"
        case .notMemory: "argument must be a memory value"
        case .notYesNo: "argument must be 'yes' or 'no'"
        case .notInteger: "argument couldn't be parsed into an integer"
        case .outOfRange: "argument must be between "
        case .notEvictionPolicy:
            "argument(s) must be one of the following: allkeys-lru, allkeys-lfu, volatile-ttl"
        }
    }
}
