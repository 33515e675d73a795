/// One client connection's state, in a table of its shard.
///
/// Plain data of fixed size: ten thousand idle connections cost 3 MiB and no buffer. What is large
/// or rare (partial input, queued commands, streamed values) stands elsewhere and is named by an
/// index.
///
/// - A connection is freed only when no operation of the kernel refers to its memory any more.
struct Connection: BitwiseCopyable {
    /// Grows each time the place is reused: the generation in tokens and messages.
    var generation: UInt32 = 0
    var socket = SocketSlot(index: -1)
    var flags: ConnectionFlags = []
    var receiveMode = ReceiveMode.multishot
    var version = RESPVersion.resp2
    /// Kernel operations that will still complete.
    var operations: Int32 = 0
    /// Client id, unique in the process (CLIENT ID).
    var id: UInt64 = 0

    // Input that was received and not consumed.
    var residue = BufferPool.Block.none
    var residueCount: Int32 = 0
    /// Place in the table of growing buffers, for input beyond 64 KiB; -1: none.
    var largeInput: Int32 = -1
    /// Bytes the parser still lacks at least: it isn't called before they came.
    var missing: Int = 0
    /// Place in the table of streamed values; -1: none.
    var stream: Int32 = -1

    // Output.
    var outputHead: Int32 = -1
    var outputTail: Int32 = -1
    /// Last segment of the send under way; -1: none.
    var sendLast: Int32 = -1
    /// Bytes queued, the send under way included.
    var outputBytes: Int = 0
    /// Replies that other shards still owe.
    var holes: Int32 = 0

    /// Of a command over many keys that waits for room: arguments already served, and where the
    /// answers of other shards add up (-1: nowhere yet).
    var progress: Int32 = 0
    var gather: Int32 = -1

    /// Place in the table of transactions; -1: none.
    var transaction: Int32 = -1
    /// Place among the clients that track keys or follow channels; -1: neither.
    var follower: Int32 = -1

    /// Since when its command waits for memory; 0: it does not.
    var waitSinceMs: UInt64 = 0
    /// Since when the command that has come in part is unfinished.
    var partialSinceMs: UInt64 = 0
    /// Since when the send under way makes no progress, and what the peer had taken then.
    var sendSinceMs: UInt64 = 0
    var sendMark: UInt64 = 0

    var lastActiveMs: UInt64 = 0
    var createdMs: UInt64 = 0
    var commands: UInt64 = 0
    var lastCommand = CommandID.ping
    /// The subcommand, where `lastCommand` is a container (CLIENT LIST shows it).
    var lastSubcommand = SubcommandID.objectHelp
}

/// What is true of a connection.
struct ConnectionFlags: OptionSet, BitwiseCopyable {
    let rawValue: UInt32
    /// The place in the table is taken.
    static let open = ConnectionFlags(rawValue: 1 << 0)
    static let authenticated = ConnectionFlags(rawValue: 1 << 1)
    /// A receive operation is under way.
    static let receiving = ConnectionFlags(rawValue: 1 << 2)
    /// A cancellation of the receive operation is under way.
    static let cancelling = ConnectionFlags(rawValue: 1 << 3)
    static let sending = ConnectionFlags(rawValue: 1 << 4)
    /// A zero-copy send's memory is still the kernel's.
    static let zeroCopyHeld = ConnectionFlags(rawValue: 1 << 5)
    /// No further command is read; closed when the replies have left.
    static let closing = ConnectionFlags(rawValue: 1 << 6)
    /// Shut down: only waits for its operations.
    static let dead = ConnectionFlags(rawValue: 1 << 7)
    /// Input waits in the residue until `resume`.
    static let paused = ConnectionFlags(rawValue: 1 << 8)
    /// In the queue of connections to run.
    static let queued = ConnectionFlags(rawValue: 1 << 9)
    /// In the list of connections whose output is to be sent this turn.
    static let dirty = ConnectionFlags(rawValue: 1 << 10)
    /// The client ended its side: closed once everything is answered.
    static let endOfInput = ConnectionFlags(rawValue: 1 << 11)
    /// MULTI was sent.
    static let inTransaction = ConnectionFlags(rawValue: 1 << 12)
    /// A queued command was refused: EXEC aborts.
    static let transactionFailed = ConnectionFlags(rawValue: 1 << 13)
    /// Waits for this shard's lock, another shard's answer, or memory.
    static let waiting = ConnectionFlags(rawValue: 1 << 14)
    /// CLIENT REPLY OFF.
    static let silent = ConnectionFlags(rawValue: 1 << 15)
    /// CLIENT REPLY SKIP: the next reply is dropped.
    static let skipNext = ConnectionFlags(rawValue: 1 << 16)
    /// The reply being written is dropped.
    static let skipping = ConnectionFlags(rawValue: 1 << 17)
    /// CLIENT NO-EVICT, NO-TOUCH.
    static let noEvict = ConnectionFlags(rawValue: 1 << 18)
    static let noTouch = ConnectionFlags(rawValue: 1 << 19)
    /// CLIENT TRACKING ON.
    static let tracking = ConnectionFlags(rawValue: 1 << 20)
    static let trackingBroadcast = ConnectionFlags(rawValue: 1 << 21)
    static let trackingOptIn = ConnectionFlags(rawValue: 1 << 22)
    static let trackingOptOut = ConnectionFlags(rawValue: 1 << 23)
    static let trackingNoLoop = ConnectionFlags(rawValue: 1 << 24)
    /// CLIENT CACHING YES or NO: holds for the next command.
    static let cachingNext = ConnectionFlags(rawValue: 1 << 25)
    /// Follows a channel or pattern.
    static let subscribed = ConnectionFlags(rawValue: 1 << 26)
    /// A unix socket.
    static let unixSocket = ConnectionFlags(rawValue: 1 << 27)
    /// Zero copy gains nothing for this peer (loopback): the kernel said so.
    static let zeroCopyFutile = ConnectionFlags(rawValue: 1 << 28)
    /// Invalidations or messages wait for the end of the reply being written.
    static let pushPending = ConnectionFlags(rawValue: 1 << 29)
    /// A command has waited for memory: forgotten when one is done.
    static let hasWaited = ConnectionFlags(rawValue: 1 << 30)
}

/// How a connection's bytes are received.
enum ReceiveMode: UInt8, BitwiseCopyable {
    /// One operation that goes on: many small requests.
    case multishot
    /// One buffer at a time: a client that sends large values, whose bytes go to their slabs.
    case once
}

/// What is rarely looked at: the client's name and address.
struct ConnectionInfo: BitwiseCopyable {
    // The texts' places in the block of 256 bytes; longer ones are cut.
    static let nameBytesMax = 64
    static let peerBytesMax = 60
    static let libraryNameBytesMax = 48
    static let libraryVersionBytesMax = 32
    static let localBytesMax = 52
    static let libraryNameAt = nameBytesMax + peerBytesMax
    static let libraryVersionAt = libraryNameAt + libraryNameBytesMax
    static let localAt = libraryVersionAt + libraryVersionBytesMax
    var nameLength: UInt8 = 0
    var peerLength: UInt8 = 0
    var libraryNameLength: UInt8 = 0
    var libraryVersionLength: UInt8 = 0
    var localLength: UInt8 = 0
    /// Shard-local block with the texts: name, peer, library name and version, own address.
    var block = BufferPool.Block.none
}

/// Why a connection ends: the counter to add to.
enum CloseReason {
    case client, timeout, outputLimit, protocolError, killed, socketError, shutdown
    /// Neither read nor sent for too long, holding what others need.
    case stalled
    /// More of a command has come in part than there is memory for.
    case inputLimit

    /// Whether the connection ends with a reset rather than a farewell.
    var resets: Bool {
        switch self {
        case .outputLimit, .stalled, .inputLimit: true
        default: false
        }
    }

    var counter: Counter {
        switch self {
        case .client: .closedClient
        case .timeout: .closedTimeout
        case .outputLimit: .closedOutputLimit
        case .protocolError: .closedProtocolError
        case .killed: .closedKilled
        case .socketError: .closedSocketError
        case .shutdown: .closedShutdown
        case .stalled: .closedStalled
        case .inputLimit: .closedInputLimit
        }
    }
}
