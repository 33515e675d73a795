import Glibc
import Testing

@testable import Cairn

/// Direct I/O through the ring, on this machine's file system.
@Suite struct RingEngineFileTests {
    @Test(arguments: [false, true])
    func `bytes written through the ring are in the file and read back`(_ durable: Bool) throws {
        var fixture = try FileFixture(bytes: 4 << 20)
        let bytes = patternBytes(1 << 20)
        let memory = try pageMemory(bytes)
        let token = Token(.diskWrite, slot: 9, generation: 1)
        fixture.engine.write(
            fixture.slot, offset: 4096, memory.bytes.bytes, durable: durable, token: token)
        let written = try fixture.completion()
        #expect(written.token == token && written.result == 1 << 20)
        let inFile = try fixture.folder.contents(fixture.file.path)
        #expect(Array(inFile[4096..<4096 + bytes.count]) == bytes)
        let back = try pageMemory(count: bytes.count)
        fixture.engine.read(fixture.slot, offset: 4096, into: back.bytes, token: fixture.token)
        try fixture.expect(result: bytes.count)
        let found = back.bytes.bytes.array
        #expect(found == bytes)
    }

    @Test func `a vector reads a header and pieces of a value into their places`() throws {
        var fixture = try FileFixture(bytes: 1 << 20)
        let unit = fixture.file.alignment.offset
        let bytes = patternBytes(256 << 10)
        let memory = try pageMemory(bytes)
        try fixture.file.write(memory.bytes.bytes, at: 0)
        let header = try pageMemory(count: unit)
        let value = try pageMemory(count: 128 << 10)
        var appended = fixture.engine.appendToVector(header.bytes)
        #expect(appended)
        // The pieces' order in memory is not that of the file.
        for piece in [1, 0] {
            appended = fixture.engine.appendToVector(value.bytes.slice(piece << 16, 64 << 10))
            #expect(appended)
        }
        fixture.engine.readVector(fixture.slot, offset: 4096, token: fixture.token)
        try fixture.expect(result: unit + 128 << 10)
        let start = 4096 + unit
        let headerFound = header.bytes.bytes.array
        #expect(headerFound == Array(bytes[4096..<start]))
        let first = Array(bytes[start..<start + 64 << 10])
        let second = Array(bytes[start + 64 << 10..<start + 128 << 10])
        let valueFound = value.bytes.bytes.array
        #expect(valueFound == second + first)
    }

    @Test(arguments: [false, true])
    func `a vector writes pieces in their order`(_ durable: Bool) throws {
        var fixture = try FileFixture(bytes: 1 << 20)
        let bytes = patternBytes(24 << 10)
        let memory = try pageMemory(bytes)
        for piece in [2, 0, 1] {
            let appended = fixture.engine.appendToVector(
                memory.bytes.slice(piece << 13, 8 << 10).bytes)
            #expect(appended)
        }
        fixture.engine.writeVector(
            fixture.slot, offset: 8192, durable: durable, token: fixture.token)
        try fixture.expect(result: 24 << 10)
        let inFile = try fixture.folder.contents(fixture.file.path)
        let expected = Array(bytes[16 << 10..<24 << 10]) + Array(bytes[0..<16 << 10])
        #expect(Array(inFile[8192..<8192 + 24 << 10]) == expected)
    }

    @Test func `a read over the end of the file is short, one behind it empty`() throws {
        var fixture = try FileFixture(bytes: 64 << 10)
        let memory = try pageMemory(count: 8 << 10)
        fixture.engine.read(
            fixture.slot, offset: 60 << 10, into: memory.bytes, token: fixture.token)
        try fixture.expect(result: 4 << 10)
        fixture.engine.read(
            fixture.slot, offset: 64 << 10, into: memory.bytes, token: fixture.token)
        try fixture.expect(result: 0)
    }

    @Test func `a flush completes after writes`() throws {
        var fixture = try FileFixture(bytes: 64 << 10)
        let memory = try pageMemory(patternBytes(4096))
        fixture.engine.write(
            fixture.slot, offset: 0, memory.bytes.bytes, durable: false, token: fixture.token)
        try fixture.expect(result: 4096)
        let token = Token(.diskSync, slot: 1, generation: 1)
        fixture.engine.syncData(fixture.slot, token: token)
        let synced = try fixture.completion()
        #expect(synced.token == token && synced.result == 0)
    }

    @Test func `hundreds of operations are under way at once, more than the queue holds`() throws {
        let count = 300
        var fixture = try FileFixture(bytes: count * 4096, submissions: 16)
        let bytes = patternBytes(count * 4096)
        let memory = try pageMemory(bytes)
        for number in 0..<count {
            fixture.engine.write(
                fixture.slot, offset: UInt64(number * 4096),
                memory.bytes.slice(number * 4096, 4096).bytes, durable: number % 7 == 0,
                token: Token(.diskWrite, slot: number, generation: 1))
        }
        var seen = Set<Int>()
        for _ in 0..<count {
            let completion = try fixture.completion()
            #expect(completion.result == 4096)
            seen.insert(completion.token.slot)
        }
        #expect(seen.count == count)
        let back = try pageMemory(count: bytes.count)
        for number in (0..<count).shuffled() {
            let place = back.bytes.slice(number * 4096, 4096)
            if number % 2 == 0 {
                fixture.engine.read(
                    fixture.slot, offset: UInt64(number * 4096), into: place, token: fixture.token)
            } else {
                let first = fixture.engine.appendToVector(place.slice(0, 2048))
                let second = fixture.engine.appendToVector(place.slice(2048, 2048))
                #expect(first && second)
                fixture.engine.readVector(
                    fixture.slot, offset: UInt64(number * 4096), token: fixture.token)
            }
        }
        for _ in 0..<count { try fixture.expect(result: 4096) }
        let found = back.bytes.bytes.array
        #expect(found == bytes)
    }

    @Test func `a full table refuses a file`() throws {
        var fixture = try FileFixture(bytes: 4096)
        let slot = fixture.engine.register(
            file: fixture.file.descriptor, alignment: fixture.file.alignment)
        #expect(slot == nil)
    }

    @Test func `an error of the device arrives as an errno`() throws {
        let folder = try TestFolder()
        try folder.make(folder.file(), [UInt8](repeating: 1, count: 4096))
        var fixture = try FileFixture(bytes: 4096)
        // The engine's table has one place: another engine for a file that refuses writes.
        var shape = RingEngine.Shape()
        shape.submissions = 8
        shape.completions = 64
        shape.receiveBuffers = 2
        shape.sockets = 4
        let file = try DirectFile(folder.file(), .read)
        var engine = try RingEngine(
            shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 1), shard: 0)
        let registered = engine.register(file: file.descriptor, alignment: file.alignment)
        let slot = try #require(registered)
        let memory = try pageMemory(count: 4096)
        engine.write(slot, offset: 0, memory.bytes.bytes, durable: false, token: fixture.token)
        fixture.engine = engine
        try fixture.expect(result: -Int(EBADF))
    }

    /// What an operation that is misaligned in one respect says on its way out.
    @Test func `misaligned operations end the process with what is wrong`() async throws {
        func text(_ result: ExitTest.Result?) throws -> String {
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        }
        let offset = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var fixture = try FileFixture(bytes: 1 << 20)
            let memory = try pageMemory(count: 8192)
            fixture.engine.read(
                fixture.slot, offset: 77, into: memory.bytes, token: fixture.token)
            exit(0)
        }
        #expect(try text(offset).contains("disk I/O at a misaligned offset"))
        let length = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var fixture = try FileFixture(bytes: 1 << 20)
            let memory = try pageMemory(count: 8192)
            fixture.engine.write(
                fixture.slot, offset: 0, memory.bytes.slice(0, 77).bytes, durable: false,
                token: fixture.token)
            exit(0)
        }
        #expect(try text(length).contains("disk I/O of a misaligned length"))
        let address = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            var fixture = try FileFixture(bytes: 1 << 20)
            let memory = try pageMemory(count: 8192)
            _ = fixture.engine.appendToVector(memory.bytes.slice(1, 4096))
            fixture.engine.readVector(fixture.slot, offset: 0, token: fixture.token)
            exit(0)
        }
        #expect(try text(address).contains("disk I/O with misaligned memory"))
    }
}
