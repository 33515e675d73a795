import Glibc
import Synchronization
import Testing

@testable import Cairn

/// Sends on the running kernel.
@Suite struct RingEngineSendTests {
    let token = Token(.send, slot: 5, generation: 9)

    @Test func `a send larger than every socket buffer completes whole`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        let sent = patternBytes(8 << 20)
        let memory = fixedMemory(sent)
        fixture.engine.send(socket, memory.bytes.bytes, token: token)
        let received = ByteLog()
        let reader = try PinnedThread(name: "reader", cpu: nil) {
            received.bytes.withLock { $0 = client.read(sent.count) }
        }
        let completion = try fixture.completion()
        reader.join()
        #expect(completion.token == token)
        #expect(Int(completion.result) == sent.count && !completion.hasMore)
        #expect(received.bytes.withLock { $0 == sent })
    }

    @Test func `a vector of many pieces arrives in order`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        let sent = patternBytes(RingEngine.piecesPerSendMax * 10)
        let memory = fixedMemory(sent)
        for index in 0..<RingEngine.piecesPerSendMax {
            let piece = memory.bytes.slice(index * 10, 10).bytes
            let taken = fixture.engine.appendToVector(piece)
            #expect(taken)
        }
        let refused = fixture.engine.appendToVector(memory.bytes.bytes)
        #expect(!refused)
        fixture.engine.sendVector(socket, zeroCopy: false, token: token)
        let completion = try fixture.completion()
        #expect(Int(completion.result) == sent.count)
        #expect(client.read(sent.count) == sent)
    }

    @Test func `vectors of several sockets in one turn do not mix`() throws {
        var fixture = try EngineFixture()
        let (first, firstSocket) = try fixture.connect()
        let (second, secondSocket) = try fixture.connect()
        let memory = fixedMemory(Array("abcdef".utf8))
        let bytes = memory.bytes
        for range in [(0, 1), (1, 2)] {
            let taken = fixture.engine.appendToVector(bytes.slice(range.0, range.1).bytes)
            #expect(taken)
        }
        fixture.engine.sendVector(firstSocket, zeroCopy: false, token: token)
        let taken = fixture.engine.appendToVector(bytes.slice(3, 3).bytes)
        #expect(taken)
        fixture.engine.sendVector(secondSocket, zeroCopy: false, token: token)
        _ = try fixture.completion()
        _ = try fixture.completion()
        #expect(first.read(3) == Array("abc".utf8))
        #expect(second.read(3) == Array("def".utf8))
    }

    @Test func `more vectored sends than a turn has headers for all leave`() throws {
        var fixture = try EngineFixture { $0.completions = 8_192 }
        let (client, socket) = try fixture.connect()
        let count = RingEngine.vectorMessages + 100
        let memory = fixedMemory([7])
        for _ in 0..<count {
            let taken = fixture.engine.appendToVector(memory.bytes.bytes)
            #expect(taken)
            fixture.engine.sendVector(socket, zeroCopy: false, token: token)
        }
        for _ in 0..<count { try fixture.expect(result: 1) }
        #expect(client.read(count).count == count)
    }

    @Test func `a zero-copy send completes, then gives its memory back`() throws {
        let features = try RingFeatures.probe()
        guard features.zeroCopySend else {
            print("skipped: this kernel has no zero-copy send")
            return
        }
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        let sent = patternBytes(100_000)
        let memory = fixedMemory(sent)
        let taken = fixture.engine.appendToVector(memory.bytes.bytes)
        #expect(taken)
        fixture.engine.sendVector(socket, zeroCopy: true, token: token)
        fixture.engine.turn(waitNanoseconds: 0)
        #expect(client.read(sent.count) == sent)
        let completion = try fixture.completion()
        #expect(completion.token == token && !completion.isNotification)
        #expect(Int(completion.result) == sent.count && completion.hasMore)
        let notification = try fixture.completion()
        #expect(notification.token == token)
        #expect(notification.isNotification && !notification.hasMore)
        // Loopback always copies; the report says so where the kernel has it.
        if features.zeroCopyReport { #expect(notification.zeroCopyWasCopied) }
    }

    @Test func `a send to a peer that has gone fails and kills nobody`() throws {
        var fixture = try EngineFixture()
        let socket = try connectAndAbandon(&fixture)
        let memory = fixedMemory(patternBytes(100_000))
        var failed = false
        for _ in 0..<10 where !failed {
            fixture.engine.send(socket, memory.bytes.bytes, token: token)
            let result = try fixture.completion().result
            failed = result == -Errno.connectionReset || result == -Errno.brokenPipe
        }
        #expect(failed)
    }

    private func connectAndAbandon(_ fixture: inout EngineFixture) throws -> SocketSlot {
        let (_, socket) = try fixture.connect()
        return socket
    }

    @Test func `a queue that is full enters the kernel once more and is counted`() throws {
        var fixture = try EngineFixture { $0.submissions = 8 }
        let (client, socket) = try fixture.connect()
        let before = fixture.engine.kernelEntries
        let memory = fixedMemory(Array(0..<20))
        for index in 0..<20 {
            fixture.engine.send(socket, memory.bytes.slice(index, 1).bytes, token: token)
        }
        #expect(fixture.engine.kernelEntries.forced == before.forced + 2)
        for _ in 0..<20 { try fixture.expect(result: 1) }
        #expect(client.read(20) == Array(0..<20))
    }
}

/// Bytes a helper thread has read.
final class ByteLog: Sendable {
    let bytes = Mutex<[UInt8]>([])
}
