import Glibc
import Testing

@testable import Cairn

/// The peer of an engine under test: a blocking socket whose every call has a deadline.
final class LoopbackClient: Sendable {
    let descriptor: Int32

    // SAFETY: setsockopt reads a local of the stated size.
    init(port: UInt16) throws {
        descriptor = Sockets.connect(ListenAddress(host: "127.0.0.1", port: port))
        try #require(descriptor >= 0, "connect: errno \(-descriptor)")
        var deadline = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            let rc = unsafe setsockopt(
                descriptor, SOL_SOCKET, option, &deadline,
                socklen_t(MemoryLayout<timeval>.size))
            try #require(rc == 0)
        }
    }

    deinit { Glibc.close(descriptor) }

    // SAFETY: reads the array's own bytes.
    /// Writes all of `bytes`; the number written before an error or the deadline.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress.unsafelyUnwrapped + done, bytes.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    // SAFETY: writes the array's own bytes.
    /// Reads `count` bytes; fewer at the end of the stream, an error or the deadline.
    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.recv(
                    descriptor, $0.baseAddress.unsafelyUnwrapped + done, count - done, 0)
            }
            if got <= 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    /// Ends this side's direction.
    func finish() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }
}

/// An engine on the test's own thread, with a listener.
struct EngineFixture: ~Copyable {
    var engine: RingEngine
    let listener: Listener
    private var acceptArmed = false

    init(_ change: (inout RingEngine.Shape) -> Void = { _ in }) throws {
        var shape = RingEngine.Shape()
        shape.submissions = 64
        shape.completions = 256
        shape.receiveBuffers = 16
        shape.receiveBufferBytes = 4_096
        shape.sockets = 32
        change(&shape)
        // A failed initialiser may not leave half of a value that owns things.
        let engine = try RingEngine(
            shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 1), shard: 0)
        let listener = try Listener(ListenAddress(host: "127.0.0.1", port: 0))
        self.engine = engine
        self.listener = listener
    }

    /// The next completion that somebody waits for, within 10 seconds.
    mutating func completion() throws -> Completion {
        let deadline = Clock.monotonic() + 10_000_000_000
        while Clock.monotonic() < deadline {
            while let completion = engine.nextCompletion() {
                if completion.token.tag != .ignored { return completion }
            }
            engine.turn(waitNanoseconds: 100_000_000)
        }
        throw DeadlinePassed()
    }

    /// Takes the next completion, which must have this result.
    mutating func expect(result: Int32) throws {
        let completion = try completion()
        #expect(completion.result == result)
    }

    /// Gives the engine away.
    consuming func takeEngine() -> RingEngine { engine }

    /// A client and the slot its connection was adopted into.
    mutating func connect() throws -> (client: LoopbackClient, socket: SocketSlot) {
        let client = try LoopbackClient(port: listener.port)
        let descriptor = try accept()
        let socket = engine.adopt(descriptor)
        return (client, try #require(socket))
    }

    /// The descriptor of the next connection.
    mutating func accept() throws -> Int32 {
        if !acceptArmed {
            engine.acceptMultishot(
                listener.descriptor, token: Token(.accept, slot: 0, generation: 0))
            acceptArmed = true
        }
        let accepted = try completion()
        #expect(accepted.token.tag == .accept)
        #expect(accepted.hasMore)
        #expect(accepted.result >= 0)
        return accepted.result
    }

    struct DeadlinePassed: Error {}
}

/// Bytes that tell their place: no two windows of eight are alike.
func patternBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = Random(seed: seed)
    let memory = FixedArray(repeating: 0 as UInt8, count: count + 8)
    for offset in stride(from: 0, to: count, by: 8) {
        memory.bytes.store(random.next(), at: offset)
    }
    return memory.bytes.slice(0, count).bytes.array
}

// SAFETY: the view of the array is used within the closure only.
/// Memory at a fixed address for the kernel to read or fill.
func fixedMemory(_ bytes: [UInt8]) -> FixedArray<UInt8> {
    let memory = FixedArray(repeating: 0 as UInt8, count: bytes.count)
    unsafe bytes.withUnsafeBytes {
        unsafe memory.bytes.copy(Bytes($0.baseAddress, count: bytes.count))
    }
    return memory
}
