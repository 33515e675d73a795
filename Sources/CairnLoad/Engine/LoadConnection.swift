import Cairn

/// A request that waits for its reply.
struct InFlight: BitwiseCopyable {
    /// Intended start, monotonic nanoseconds: of the schedule (open loop) or of its batch.
    var start: UInt64 = 0
    var key: UInt64 = 0
    /// Value bytes of a write.
    var length: UInt32 = 0
    var kind = Kind.read

    enum Kind: UInt8 { case read, write, greeting }
}

/// A run of bytes to send: from the connection's command area, or a value that lies elsewhere.
struct Segment: BitwiseCopyable {
    enum Source: UInt8 { case area, pool, file }
    var source = Source.area
    /// Offset in the area; for `pool` the pool offset of the body; for `file` the place in the file
    /// set.
    var offset = 0
    /// Bytes already handed to the kernel.
    var sent = 0
    var count = 0
}

/// The bytes a connection has written but not handed to the kernel: segments and their area.
struct SendQueue: BitwiseCopyable {
    var segments = 0
    /// The first segment that is not sent completely.
    var first = 0
    /// Bytes used of the command area.
    var areaBytes = 0
}

/// One connection of a load thread: plain state in a table, its memory in tables beside it.
///
/// - Invariant: at most `pipeline` requests (one greeting before) are in flight.
/// - Invariant: while `isSending`, the kernel reads the queue that is not being filled.
struct LoadConnection: BitwiseCopyable {
    enum State: UInt8 {
        /// No socket.
        case dead
        /// Requests may be sent.
        case ready
        /// Shut down; waits for its operations to complete.
        case closing
    }

    var state = State.dead
    var isReceiving = false
    var isSending = false
    /// In the queue of connections that take requests.
    var isListed = false
    /// Has bytes to send and is in the list of such connections.
    var isDirty = false
    var greetingsLeft: UInt8 = 0
    /// The queue that is filled: 0 or 1; the other one is being sent.
    var filling: UInt8 = 0
    var generation: UInt32 = 0
    var socket: Int32 = -1
    var head: Int32 = 0
    var inFlight: Int32 = 0
    /// Last time something was received, or sent while nothing was in flight.
    var lastProgress: UInt64 = 0
    /// Bytes of the send under way, to tell a short one.
    var sendingBytes = 0
    /// The value being received comes for a request that checks it.
    var queues = (SendQueue(), SendQueue())
    var parser: ReplyParser
    var check = ValueCheck()
    var valueLength = 0

    init(_ kind: LoadProtocol) { parser = ReplyParser(kind) }
}
