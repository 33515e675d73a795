/// What a command is to the statistics: few enough to keep a histogram of each.
package enum CommandClass: Int, Sendable, CaseIterable {
    /// GET, GETRANGE, MGET and the other reads of values.
    case get
    /// SET, APPEND, SETRANGE, MSET and the other writes of values.
    case set
    /// DEL, UNLINK, GETDEL, FLUSHALL.
    case delete
    /// Reads of anything else: TTL, EXISTS, STRLEN, TYPE, SCAN, DBSIZE.
    case otherRead
    /// Writes of anything else: EXPIRE, PERSIST, TOUCH, COPY, RENAME.
    case otherWrite
    /// SUBSCRIBE, PUBLISH and their kin.
    case pubsub
    /// HELLO, AUTH, PING, SELECT, CLIENT, MULTI, QUIT.
    case connection
    /// INFO, CONFIG, COMMAND, SLOWLOG and everything else.
    case admin

    /// The value of the label `class`.
    package var label: String {
        switch self {
        case .get: "get"
        case .set: "set"
        case .delete: "delete"
        case .otherRead: "other_read"
        case .otherWrite: "other_write"
        case .pubsub: "pubsub"
        case .connection: "connection"
        case .admin: "admin"
        }
    }

    /// The counter of commands of this class.
    @inline(__always)
    package var counter: Counter {
        switch self {
        case .get: .commandsGet
        case .set: .commandsSet
        case .delete: .commandsDelete
        case .otherRead: .commandsOtherRead
        case .otherWrite: .commandsOtherWrite
        case .pubsub: .commandsPubsub
        case .connection: .commandsConnection
        case .admin: .commandsAdmin
        }
    }
}

/// Who answered a request: the level that held the bytes (for a write: that took them).
package enum Tier: Int, Sendable, CaseIterable {
    case ram, ssd, peer, origin
    /// No level had the key, or the command asks for none.
    case none

    /// The value of the label `tier`.
    package var label: String {
        switch self {
        case .ram: "ram"
        case .ssd: "ssd"
        case .peer: "peer"
        case .origin: "origin"
        case .none: "none"
        }
    }
}
