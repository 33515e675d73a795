import Glibc
import Testing

@testable import Cairn

/// Accepts and receives on the running kernel.
@Suite struct RingEngineReceiveTests {
    let receive = Token(.receive, slot: 7, generation: 3)

    @Test func `a multishot receive brings every chunk, then the end of the stream`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        fixture.engine.receiveMultishot(socket, token: receive)
        for text in ["first", "second", "third"] {
            client.write(Array(text.utf8))
            let arrived = try fixture.completion()
            #expect(arrived.token == receive)
            #expect(arrived.hasMore)
            #expect(fixture.engine.received(arrived).text == text)
            #expect(fixture.engine.buffersInUse == 1)
            fixture.engine.recycle(try #require(arrived.buffer))
            #expect(fixture.engine.buffersInUse == 0)
        }
        client.finish()
        let end = try fixture.completion()
        #expect(end.result == 0 && !end.hasMore && end.buffer == nil)
        fixture.engine.close(socket)
    }

    @Test func `a receive without a free buffer ends, and goes on where it stopped`() throws {
        var fixture = try EngineFixture {
            $0.receiveBuffers = 2
            $0.receiveBufferBytes = 4_096
        }
        let (client, socket) = try fixture.connect()
        let sent = patternBytes(64 << 10)
        #expect(client.write(sent) == sent.count)
        var got: [UInt8] = []
        var refusals = 0
        var held: [BufferID] = []
        fixture.engine.receiveMultishot(socket, token: receive)
        while got.count < sent.count {
            let completion = try fixture.completion()
            if let buffer = completion.buffer {
                got += fixture.engine.received(completion).array
                held.append(buffer)
                #expect(completion.hasMore || completion.result > 0)
                if !completion.hasMore {
                    fixture.engine.receiveMultishot(socket, token: receive)
                }
                continue
            }
            #expect(completion.result == -Errno.noBufferSpace)
            #expect(!completion.hasMore)
            refusals += 1
            for buffer in held { fixture.engine.recycle(buffer) }
            held = []
            fixture.engine.receiveMultishot(socket, token: receive)
        }
        #expect(got == sent)
        #expect(refusals >= 7)
    }

    @Test func `a receive once takes no more than it was allowed`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        client.write(Array("0123456789".utf8))
        fixture.engine.receiveOnce(socket, lengthMax: 4, token: receive)
        let completion = try fixture.completion()
        #expect(!completion.hasMore)
        #expect(fixture.engine.received(completion).text == "0123")
        fixture.engine.recycle(try #require(completion.buffer))
        fixture.engine.receiveOnce(socket, lengthMax: 1 << 20, token: receive)
        let rest = try fixture.completion()
        #expect(fixture.engine.received(rest).text == "456789")
    }

    @Test func `a direct receive completes when its block is full, in one piece`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        let sent = patternBytes(300_000)
        let block = FixedArray(repeating: 0 as UInt8, count: sent.count)
        let token = Token(.receiveDirect, slot: 1, generation: 1)
        fixture.engine.receive(socket, into: block.bytes, token: token)
        fixture.engine.turn(waitNanoseconds: 0)
        // The client writes from a thread of its own: the kernel takes the bytes only in our turns.
        let descriptor = dup(client.descriptor)
        let writer = try PinnedThread(name: "writer", cpu: nil) {
            for start in stride(from: 0, to: sent.count, by: 70_001) {
                var chunk = Array(sent[start..<min(start + 70_001, sent.count)])
                _ = unsafe Glibc.write(descriptor, &chunk, chunk.count)
            }
            Glibc.close(descriptor)
        }
        let completion = try fixture.completion()
        writer.join()
        #expect(completion.token == token)
        #expect(Int(completion.result) == sent.count && !completion.hasMore)
        #expect(block.bytes.bytes.array == sent)
    }

    @Test func `a direct receive is short at the end of the stream`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        let block = FixedArray(repeating: 0 as UInt8, count: 100)
        let token = Token(.receiveDirect, slot: 1, generation: 1)
        fixture.engine.receive(socket, into: block.bytes, token: token)
        client.write(Array("part".utf8))
        client.finish()
        let completion = try fixture.completion()
        #expect(completion.result == 4)
        #expect(block.bytes.slice(0, 4).bytes.text == "part")
    }

    @Test func `a cancelled receive completes once, as cancelled`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        fixture.engine.receiveMultishot(socket, token: receive)
        fixture.engine.turn(waitNanoseconds: 0)
        fixture.engine.cancel(receive)
        let completion = try fixture.completion()
        #expect(completion.token == receive)
        #expect(completion.result == -Errno.canceled && !completion.hasMore)
        // The socket still works.
        client.write([42])
        fixture.engine.receiveOnce(socket, lengthMax: 10, token: receive)
        let next = try fixture.completion()
        #expect(fixture.engine.received(next).array == [42])
    }

    @Test func `cancelling what is not there changes nothing`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        fixture.engine.receiveMultishot(socket, token: receive)
        fixture.engine.cancel(Token(.receive, slot: 7, generation: 4))
        fixture.engine.turn(waitNanoseconds: 0)
        client.write([1])
        let completion = try fixture.completion()
        #expect(completion.token == receive && completion.result == 1)
    }

    @Test func `a shutdown ends the receive under way and the peer's stream`() throws {
        var fixture = try EngineFixture()
        let (client, socket) = try fixture.connect()
        fixture.engine.receiveMultishot(socket, token: receive)
        fixture.engine.turn(waitNanoseconds: 0)
        fixture.engine.shutdown(socket)
        let completion = try fixture.completion()
        #expect(completion.token == receive && completion.result <= 0 && !completion.hasMore)
        #expect(client.read(1) == [])
        fixture.engine.close(socket)
    }
}
