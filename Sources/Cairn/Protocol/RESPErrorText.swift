extension RESPError {
    /// The text of an error that quotes nothing; of the others, what stands before the quotation.
    var fixedText: StaticString {
        switch self {
        case .syntax: "ERR syntax error"
        case .notAnInteger: "ERR value is not an integer or out of range"
        case .notAnInt32: "ERR value is out of range, value must between -2147483648 and 2147483647"
        case .notPositive: "ERR value is out of range, must be positive"
        case .notAFloat: "ERR value is not a valid float"
        case .wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value"
        case .noSuchKey: "ERR no such key"
        case .outOfMemory: "OOM command not allowed when used memory > 'maxmemory'."
        case .notPermitted: "NOPERM this user has no permissions to run this command"
        case .busyKey: "BUSYKEY Target key name already exists."
        case .incrementOverflow: "ERR increment or decrement would overflow"
        case .decrementOverflow: "ERR decrement would overflow"
        case .notFinite: "ERR increment would produce NaN or Infinity"
        case .offsetOutOfRange: "ERR offset is out of range"
        case .stringTooLong: "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        case .expireFlagsNX: "ERR NX and XX, GT or LT options at the same time are not compatible"
        case .expireFlagsGTLT: "ERR GT and LT options at the same time are not compatible"
        case .sameObject: "ERR source and destination objects are the same"
        case .databaseOutOfRange: "ERR DB index is out of range"
        case .invalidDatabase: "ERR invalid DB index"
        case .invalidCursor: "ERR invalid cursor"
        case .timeoutNotAnInteger: "ERR timeout is not an integer or out of range"
        case .timeoutNegative: "ERR timeout is negative"
        case .frequencyNotTracked:
            """
            ERR An LFU maxmemory policy is not selected, access frequency not tracked. \
            Please note that when switching between policies at runtime LRU and LFU data \
            will take some time to adjust.
            """
        case .idleTimeNotTracked:
            """
            ERR An LFU maxmemory policy is selected, idle time not tracked. Please note \
            that when switching between policies at runtime LRU and LFU data will take \
            some time to adjust.
            """
        case .noAuth: "NOAUTH Authentication required."
        case .wrongPassword: "WRONGPASS invalid username-password pair or user is disabled."
        case .noPasswordSet:
            """
            ERR AUTH <password> called without any password configured for the default \
            user. Are you sure your configuration is correct?
            """
        case .noProtocol: "NOPROTO unsupported protocol version"
        case .protocolNotAnInteger: "ERR Protocol version is not an integer or out of range"
        case .helloNeedsAuth:
            """
            NOAUTH HELLO must be called with the client already authenticated, otherwise \
            the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the \
            client and select the RESP protocol version at the same time
            """
        case .clientName: "ERR Client names cannot contain spaces, newlines or special characters."
        case .noSuchClient: "ERR No such client"
        case .clientIDNotPositive: "ERR client-id should be greater than 0"
        case .invalidClientID: "ERR Invalid client ID"
        case .pauseMode: "ERR CLIENT PAUSE mode must be WRITE or ALL"
        case .unblockReason: "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
        case .tooManyClients: "ERR max number of clients reached"
        case .cachingWithoutMode:
            """
            ERR CLIENT CACHING can be called only when the client is in tracking mode with \
            OPTIN or OPTOUT mode enabled
            """
        case .cachingYesNeedsOptIn:
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
        case .cachingNoNeedsOptOut:
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
        case .redirectTwice: "ERR A client can only redirect to a single other client"
        case .redirectUnknown: "ERR The client ID you want redirect to does not exist"
        case .prefixNeedsBroadcast: "ERR PREFIX option requires BCAST mode to be enabled"
        case .optNeedsNoBroadcast: "ERR OPTIN and OPTOUT are not compatible with BCAST"
        case .optInAndOut: "ERR You can't specify both OPTIN mode and OPTOUT mode"
        case .tooManyPrefixes: "ERR too many prefixes, at most 256"
        case .switchBroadcast:
            """
            ERR You can't switch BCAST mode on/off before disabling tracking for this \
            client, and then re-enabling it with a different mode.
            """
        case .switchOpt:
            """
            ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this \
            client, and then re-enabling it with a different mode.
            """
        case .execAborted: "EXECABORT Transaction discarded because of previous errors."
        case .nestedMulti: "ERR MULTI calls can not be nested"
        case .execWithoutMulti: "ERR EXEC without MULTI"
        case .discardWithoutMulti: "ERR DISCARD without MULTI"
        case .watchInsideMulti: "ERR WATCH inside MULTI is not allowed"
        case .notInTransaction: "ERR Command not allowed inside a transaction"
        case .noConfigFile: "ERR The server is running without a config file"
        case .debugNotAllowed:
            """
            ERR DEBUG command not allowed. If the enable-debug-command option is set to \
            "local", you can run it from a local connection, otherwise you need to set \
            this option in the configuration file, and then restart the server.
            """
        case .noShutdown: "ERR No shutdown in progress."
        case .slowlogCount: "ERR count should be greater than or equal to -1"
        case .invalidCommand: "ERR Invalid command specified"
        case .noKeyArguments: "ERR The command has no key arguments"
        case .invalidArgumentCount: "ERR Invalid number of arguments specified for command"
        case .keyLength: "ERR key length must be between 1 and 16384 bytes"
        case .valueTooLong: "ERR value exceeds max_value_size"
        case .invalidType: "ERR type must be one of block, metadata, directory, inode, xattr"
        case .invalidPriority: "ERR priority must be between 0 and 10"
        case .invalidRange: "ERR offset and length must not be negative"
        case .wrongArity, .wrongSubcommandArity: "ERR wrong number of arguments for '"
        case .invalidExpireTime: "ERR invalid expire time in '"
        case .onlyPubSub: "ERR Can't execute '"
        case .unknownCommand: "ERR unknown command '"
        case .unknownSubcommand: "ERR unknown subcommand '"
        case .subcommandSyntax: "ERR unknown subcommand or wrong number of arguments for '"
        case .unsupportedExpireOption: "ERR Unsupported option "
        case .helloOption: "ERR Syntax error in HELLO option '"
        case .unknownClientType: "ERR Unknown client type '"
        case .noSuchUser: "ERR No such user '"
        case .noLatencySamples: "ERR No samples available for event '"
        case .prefixesOverlap: "ERR Prefix '"
        case .configUnknown:
            "ERR Unknown option or number of arguments for CONFIG SET - '"
        case .configRefused: "ERR CONFIG SET failed (possibly related to argument '"
        }
    }
}
