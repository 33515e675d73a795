import Glibc
import Testing

@testable import Cairn

/// Probe, buffer ring, sockets, errors and tokens.
@Suite struct MachineTests {
    @Test func `the probe finds what this kernel's release promises`() throws {
        let features = try RingFeatures.probe()
        #expect(features.isAtLeast(6, 1))
        #expect(features.zeroCopySend)
        #expect(features.zeroCopyReport == features.isAtLeast(6, 2))
    }

    @Test(arguments: [
        ("6.1.0-44-amd64", 6, 1, true), ("6.1", 6, 2, false), ("5.15.0", 6, 1, false),
        ("10.0.1", 6, 18, true), ("6.18.44-custom", 6, 18, true), ("", 0, 0, false),
        ("unknown", 1, 0, false),
    ])
    func `releases compare by number`(_ release: String, _ major: Int, _ minor: Int, _ yes: Bool) {
        var features = RingFeatures()
        features.kernelRelease = release
        #expect(features.isAtLeast(major, minor) == yes)
    }

    @Test func `buffers come back in any order and keep their bytes until then`() throws {
        let ring = try Ring(submissions: 8, completions: 16)
        var buffers = try BufferRing(ring, count: 4, bufferBytes: 4_096, group: 1)
        #expect(buffers.inUse == 0)
        for _ in 0..<3 { buffers.taken() }
        #expect(buffers.inUse == 3)
        for id: UInt16 in [2, 0, 1] { buffers.recycle(BufferID(raw: id)) }
        #expect(buffers.inUse == 0)
        buffers.publish()
        #expect(buffers.bytes(BufferID(raw: 3), count: 4_096).count == 4_096)
        #expect(BufferRing.footprint(count: 4, bufferBytes: 4_096) == 4 * 4_112)
    }

    @Test func `a buffer id out of range is our bug`() async {
        await #expect(processExitsWith: .failure) {
            let ring = try Ring(submissions: 8, completions: 16)
            let buffers = try BufferRing(ring, count: 4, bufferBytes: 4_096, group: 1)
            _ = buffers.bytes(BufferID(raw: 4), count: 1)
        }
        await #expect(processExitsWith: .failure) {
            let ring = try Ring(submissions: 8, completions: 16)
            let buffers = try BufferRing(ring, count: 4, bufferBytes: 4_096, group: 1)
            _ = buffers.bytes(BufferID(raw: 0), count: 4_097)
        }
    }

    @Test func `closing a slot twice is our bug`() async {
        await #expect(processExitsWith: .failure) {
            var fixture = try EngineFixture()
            let (_, socket) = try fixture.connect()
            fixture.engine.close(socket)
            fixture.engine.close(socket)
        }
    }

    @Test func `a token gives back what it was made of`() {
        for slot in [0, 1, 0xFF_FFFF] {
            for generation: UInt32 in [0, 1, .max] {
                let token = Token(.receiveDirect, slot: slot, generation: generation)
                #expect(token.tag == .receiveDirect)
                #expect(token.slot == slot && token.generation == generation)
                #expect(Token(raw: token.raw) == token)
            }
        }
        #expect(Token(raw: .max).tag == nil)
    }

    @Test func `completion flags are the kernel's`() {
        let token = Token(.receive, slot: 0, generation: 0)
        let full = Completion(token: token, result: 5, flags: 0x0007_0000 | 1 | 2 | 4)
        #expect(full.buffer == BufferID(raw: 7))
        #expect(full.hasMore && full.socketNonempty && !full.isNotification)
        let bare = Completion(token: token, result: 0, flags: 8)
        #expect(bare.buffer == nil && !bare.hasMore && bare.isNotification)
        #expect(
            Completion(token: token, result: Int32(bitPattern: 1 << 31), flags: 8)
                .zeroCopyWasCopied)
    }

    @Test func `a listener knows its port, and an address in use says what to do`() throws {
        let first = try Listener(ListenAddress(host: "127.0.0.1", port: 0))
        #expect(first.port > 0)
        let error = #expect(throws: MachineError.self) {
            _ = try Listener(ListenAddress(host: "127.0.0.1", port: first.port))
        }
        #expect(error == .address("127.0.0.1:\(first.port)", errno: EADDRINUSE))
        #expect(error?.text.contains("ss -ltnp") == true)
        #expect(throws: MachineError.self) {
            _ = try Listener(ListenAddress(host: "localhost", port: 0))
        }
    }

    // SAFETY: stat fills a local; the path is a C string for the call's duration.
    @Test func `a unix listener is private, replaces a stale file, and cleans up`() throws {
        let path = "/tmp/cairn-test-\(getpid())-\(UInt64.random(in: 0 ... .max)).sock"
        do {
            let listener = try Listener(unixPath: path)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let client = Sockets.connect(unixPath: path)
            #expect(client >= 0)
            Glibc.close(client)
            #expect(throws: MachineError.self) { _ = try Listener(unixPath: path) }
            #expect(listener.port == 0)
        }
        #expect(unsafe access(path, F_OK) != 0)
        // A file left by a process that was killed: bound, and nobody listens.
        let stale = try Listener(unixPath: path)
        Glibc.close(stale.descriptor)
        #expect(throws: Never.self) { _ = try Listener(unixPath: path) }
    }

    @Test(
        arguments: [
            ("127.0.0.1", true), ("127.8.9.1", true), ("::1", true), ("0.0.0.0", false),
            ("10.0.0.1", false), ("::", false), ("localhost", nil), ("", nil),
        ] as [(String, Bool?)])
    func `loopback addresses are told from others`(_ host: String, _ expected: Bool?) {
        #expect(Sockets.isLoopback(host) == expected)
    }

    @Test func `peers have names`() throws {
        let listener = try Listener(ListenAddress(host: "127.0.0.1", port: 0))
        let client = try LoopbackClient(port: listener.port)
        let text = FixedArray(repeating: 0 as UInt8, count: 64)
        let length = Sockets.peerName(client.descriptor, into: text.bytes)
        #expect(
            text.bytes.slice(0, length).bytes.text == "127.0.0.1:\(listener.port)")
        #expect(Sockets.peerName(-1, into: text.bytes) == 0)
    }

    @Test func `every refusal names the thing and the remedy`() {
        let errors: [MachineError] = [
            .refused(.setup, errno: ENOSYS), .refused(.setup, errno: EPERM),
            .refused(.providedBuffers, errno: ENOMEM), .refused(.operations, errno: EINVAL),
            .refused(.registeredFiles, errno: EIO), .missing(operation: "MSG_RING"),
            .outOfMemory(what: "slabs", bytes: 7), .address("h:1", errno: EADDRNOTAVAIL),
            .thread(cpu: 3, errno: EINVAL),
        ]
        for error in errors {
            #expect(error.text.count > 40, "\(error)")
            #expect(error.text.hasSuffix(".") || error.text.hasSuffix(")."), "\(error.text)")
        }
        #expect(MachineError.refused(.setup, errno: EPERM).text.contains("io_uring_disabled"))
        #expect(MachineError.refused(.setup, errno: ENOMEM).text.contains("ulimit -l"))
        #expect(MachineError.outOfMemory(what: "slabs", bytes: 7).text.contains("7 bytes"))
    }

    @Test func `clocks run`() {
        let first = Clock.monotonic()
        #expect(Clock.monotonic() >= first)
        let cpu = Clock.threadCPU()
        var random = Random(seed: 1)
        var sum: UInt64 = 0
        while Clock.threadCPU() == cpu { sum &+= random.next() }
        #expect(Clock.threadCPU() > cpu, "\(sum)")
    }
}
