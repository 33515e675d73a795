import Cairn
import Glibc

/// What the clients send and get.
struct EchoLoad: Sendable {
    var requestBytes: Int
    var valueBytes: Int
    var zeroCopy: Bool
}

/// Listens and serves on the calling thread until the process ends; returns why it can't.
func serve(_ address: ListenAddress, _ load: EchoLoad) -> MachineError? {
    do throws(MachineError) {
        let listener = try Listener(address)
        var server = try EchoServer(listener: listener.descriptor, load)
        print("ready: \(address.host):\(listener.port)")
        fflush(nil)
        while true { server.turn() }
    } catch {
        return error
    }
}

/// The least a server on this ring can do: count whole requests in the bytes that arrive, and
/// answer each with the same reply from memory that never changes.
///
/// Nothing is parsed, looked up or copied; everything else is as in a shard: the same ring flags,
/// receive buffers, multishot receives, one kernel entry a turn, the replies of one received chunk
/// in one send. What a shard takes beyond this is what the cache itself costs.
///
/// - Invariant: at most one send of a connection is under way, so replies keep their order.
struct EchoServer: ~Copyable {
    private struct Connection: BitwiseCopyable {
        var generation: UInt32 = 0
        var isReceiving = false
        var isSending = false
        /// The peer is gone: the socket is closed once nothing is under way.
        var isEnding = false
        /// Bytes of a request that has not arrived whole.
        var partial = 0
        /// Replies not yet sent.
        var owed = 0
        /// A notification of a zero-copy send is still to come.
        var notifications = 0
    }

    private var engine: RingEngine
    private let listener: Int32
    private let requestBytes: Int
    private let replyBytes: Int
    /// Copies of the reply that stand one behind the other in `replies`.
    private let replyCount: Int
    private let replies: FixedArray<UInt8>
    private let zeroCopy: Bool
    private var connections: FixedArray<Connection>
    private var acceptArmed = false

    /// Bytes of replies one send takes at most, unless one reply is larger: as much as a full
    /// receive buffer of 16-byte requests asks for with 64-byte values.
    static let sendBytes = 72 << 10

    init(listener: Int32, _ load: EchoLoad) throws(MachineError) {
        let shape = RingEngine.Shape()
        engine = try RingEngine(
            shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 1), shard: 0)
        self.listener = listener
        requestBytes = load.requestBytes
        zeroCopy = load.zeroCopy
        let reply =
            Array("$\(load.valueBytes)\r\n".utf8)
            + [UInt8](repeating: UInt8(ascii: "v"), count: load.valueBytes) + Array("\r\n".utf8)
        replyBytes = reply.count
        replyCount = max(1, Self.sendBytes / reply.count)
        var replies = FixedArray(repeating: 0 as UInt8, count: replyCount * reply.count)
        for copy in 0..<replyCount {
            for (offset, byte) in reply.enumerated() {
                replies[copy * reply.count + offset] = byte
            }
        }
        self.replies = replies
        connections = FixedArray(repeating: Connection(), count: shape.sockets)
    }

    /// One turn of the loop.
    mutating func turn() {
        if !acceptArmed {
            engine.acceptMultishot(listener, token: Token(.accept, slot: 0, generation: 0))
            acceptArmed = true
        }
        engine.turn(waitNanoseconds: nil)
        while let completion = engine.nextCompletion() { handle(completion) }
    }

    @inline(__always)
    private mutating func handle(_ completion: Completion) {
        let slot = completion.token.slot
        switch completion.token.tag {
        case .accept: return accept(completion)
        case .receive:
            ensure(connections[slot].generation == completion.token.generation, "stale receive")
            receive(completion, slot)
        case .send:
            ensure(connections[slot].generation == completion.token.generation, "stale send")
            sent(completion, slot)
        default: return
        }
        advance(slot)
    }

    private mutating func accept(_ completion: Completion) {
        if !completion.hasMore { acceptArmed = false }
        guard completion.result >= 0 else { return }
        guard let socket = engine.adopt(completion.result) else {
            return engine.discard(completion.result, farewell: "")
        }
        let slot = Int(socket.index)
        connections[slot] = Connection(generation: connections[slot].generation &+ 1)
        advance(slot)
    }

    @inline(__always)
    private mutating func receive(_ completion: Completion, _ slot: Int) {
        if !completion.hasMore { connections[slot].isReceiving = false }
        if let buffer = completion.buffer {
            engine.recycle(buffer)
            let bytes = connections[slot].partial + Int(completion.result)
            connections[slot].owed += bytes / requestBytes
            connections[slot].partial = bytes % requestBytes
        } else if completion.result != -Errno.noBufferSpace {
            connections[slot].isEnding = true
        }
    }

    @inline(__always)
    private mutating func sent(_ completion: Completion, _ slot: Int) {
        if completion.isNotification {
            connections[slot].notifications -= 1
            return
        }
        connections[slot].isSending = false
        if completion.hasMore { connections[slot].notifications += 1 }
        if completion.result < 0 { connections[slot].isEnding = true }
    }

    @inline(__always)
    private mutating func advance(_ slot: Int) {
        let socket = SocketSlot(index: Int32(slot))
        let connection = connections[slot]
        if connection.isEnding {
            if connection.isReceiving { return engine.shutdown(socket) }
            if !connection.isSending, connection.notifications == 0 {
                engine.close(socket)
            }
            return
        }
        if !connection.isReceiving {
            connections[slot].isReceiving = true
            let token = Token(.receive, slot: slot, generation: connection.generation)
            engine.receiveMultishot(socket, token: token)
        }
        if connection.owed > 0, !connection.isSending {
            let count = min(connection.owed, replyCount)
            connections[slot].owed -= count
            connections[slot].isSending = true
            send(socket, replies.bytes.slice(0, count * replyBytes).bytes)
        }
    }

    @inline(__always)
    private mutating func send(_ socket: SocketSlot, _ bytes: Bytes) {
        let slot = Int(socket.index)
        let token = Token(.send, slot: slot, generation: connections[slot].generation)
        if zeroCopy {
            _ = engine.appendToVector(bytes)
            engine.sendVector(socket, zeroCopy: true, token: token)
        } else {
            engine.send(socket, bytes, token: token)
        }
    }
}
