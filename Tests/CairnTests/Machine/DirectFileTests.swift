import Glibc
import Testing

@testable import Cairn

/// Opening, sizing and blocking I/O on this machine's file system.
@Suite struct DirectFileTests {
    let folder: TestFolder
    var shape: RingEngine.Shape {
        var shape = RingEngine.Shape()
        shape.submissions = 8
        shape.completions = 64
        shape.receiveBuffers = 2
        shape.sockets = 4
        return shape
    }

    init() throws { folder = try TestFolder() }

    /// The error of opening a path, `nil` if it opens.
    func refusal(
        _ path: String, _ mode: DirectFile.Mode, patience: UInt64 = 0
    ) -> DiskError? {
        do throws(DiskError) {
            _ = try DirectFile(path, mode, patience: patience)
            return nil
        } catch { return error }
    }

    /// The error of `body`, `nil` if there is none.
    func failure(_ body: () throws(DiskError) -> Void) -> DiskError? {
        do throws(DiskError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test func `a missing file is made for its owner alone, an existing one keeps its mode`() throws
    {
        let file = try DirectFile(folder.file("new"), .create)
        let (path, isNew, count, kind) = (file.path, file.isNew, file.count, file.kind)
        #expect(isNew && count == 0 && kind == .regularFile)
        let alignment = file.alignment
        #expect([512, 4096].contains(alignment.offset))
        #expect((1...4096).contains(alignment.memory))
        #expect(try #require(folder.status(path)).st_mode & 0o777 == 0o600)
        try folder.make(folder.file("old"), [1, 2, 3], mode: 0o640)
        let old = try DirectFile(folder.file("old"), .create)
        let (oldPath, wasNew, oldCount) = (old.path, old.isNew, old.count)
        #expect(!wasNew && oldCount == 3)
        #expect(try #require(folder.status(oldPath)).st_mode & 0o777 == 0o640)
        let flags = fcntl(file.descriptor, F_GETFD)
        #expect(flags & FD_CLOEXEC != 0)
    }

    @Test func `a grown file has its storage, written once with zeros`() throws {
        var file = try DirectFile(folder.file(), .create)
        let size = 9 << 20
        var told: [Int] = []
        try file.extend(to: size) { done, total in
            #expect(total == size)
            told.append(done)
        }
        #expect(told == told.sorted() && told.count > 1 && told.last == size)
        let count = file.count
        #expect(count == size)
        let status = try #require(folder.status(folder.file()))
        #expect(Int(status.st_size) == size && Int(status.st_blocks) * 512 >= size)
        let seekHole: Int32 = 4
        // Storage that was only reserved counts as a hole.
        let hole = lseek(file.descriptor, 0, seekHole)
        #expect(hole == off_t(size))
        #expect(try folder.contents(folder.file()).allSatisfy { $0 == 0 })
        try file.extend(to: 4096)
        let countAfter = file.count
        #expect(countAfter == size)
    }

    @Test func `growing keeps what is there, also behind an end within a block`() throws {
        let old = patternBytes(10_000)
        try folder.make(folder.file(), old)
        var file = try DirectFile(folder.file(), .write)
        try file.extend(to: 1 << 20)
        let now = try folder.contents(folder.file())
        #expect(Array(now.prefix(old.count)) == old)
        #expect(now.count == 1 << 20 && now.dropFirst(old.count).allSatisfy { $0 == 0 })
    }

    @Test func `a file is open once at a time`() throws {
        let path = folder.file()
        do {
            let first = try DirectFile(path, .create)
            #expect(refusal(path, .write) == .locked(path))
            #expect(refusal(path, .read) == .locked(path))
            let isNew = first.isNew
            #expect(isNew)
        }
        #expect(refusal(path, .write) == nil)
    }

    @Test func `a file that a ring which ended had registered can be opened again`() throws {
        let path = folder.file()
        for _ in 0..<5 {
            let file = try DirectFile(path, .create)
            var engine = try RingEngine(
                shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 1),
                shard: 0)
            let slot = engine.register(file: file.descriptor, alignment: file.alignment)
            #expect(slot != nil)
        }
        #expect(refusal(path, .write, patience: DirectFile.patienceNanoseconds) == nil)
    }

    @Test func `what is no storage is refused by name`() throws {
        #expect(refusal(folder.path, .create) == .notStorage(folder.path, .folder))
        #expect(refusal("/dev/null", .write) == .notStorage("/dev/null", .other))
        let missing = folder.file("missing")
        #expect(refusal(missing, .write) == .cannotOpen(missing, errno: ENOENT))
        #expect(folder.status(missing) == nil)
        let nowhere = folder.file("no/store")
        #expect(refusal(nowhere, .create) == .cannotOpen(nowhere, errno: ENOENT))
        let below = folder.file("file/store")
        try folder.make(folder.file("file"), [])
        #expect(refusal(below, .create) == .cannotOpen(below, errno: ENOTDIR))
    }

    @Test func `a file system without direct I/O is refused`() {
        let path = "/proc/self/comm"
        #expect(refusal(path, .write) == .directRefused(path))
    }

    @Test func `too much for the file system is refused and leaves no file`() throws {
        let path = folder.file()
        var file = try DirectFile(path, .create)
        do throws(DiskError) {
            try file.extend(to: 1 << 50)
            Issue.record("a petabyte was taken")
        } catch {
            guard case .noSpace(path, let needed, let free) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(needed == 1 << 50 && free > 0 && free < needed)
        }
        #expect(folder.status(path) == nil)
    }

    @Test func `an old file that cannot grow is as it was`() throws {
        let old = patternBytes(8_192)
        try folder.make(folder.file(), old)
        var file = try DirectFile(folder.file(), .write)
        let error = failure { () throws(DiskError) in try file.extend(to: 1 << 50) }
        #expect(error != nil)
        let count = file.count
        #expect(count == old.count)
        #expect(try folder.contents(folder.file()) == old)
    }

    @Test func `a limit on file sizes is an error and no signal`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let folder = try TestFolder()
            var file = try DirectFile(folder.file(), .create)
            var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
            let rc = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do throws(DiskError) {
                try file.extend(to: 2 << 20)
            } catch {
                let isRight = error == .tooLarge(folder.file(), bytes: 2 << 20)
                exit(rc == 0 && isRight && folder.status(folder.file()) == nil ? 7 : 1)
            }
        }
    }

    @Test func `a small file is refused with both numbers`() throws {
        try folder.make(folder.file(), [UInt8](repeating: 1, count: 4096))
        let file = try DirectFile(folder.file(), .write)
        let error = failure { () throws(DiskError) in try file.checkSize(least: 8192) }
        #expect(error == .tooSmall(folder.file(), bytes: 4096, least: 8192))
        try file.checkSize(least: 4096)
    }

    @Test func `bytes written are read, up to the end of the file`() throws {
        var file = try DirectFile(folder.file(), .create)
        try file.extend(to: 64 << 10)
        let bytes = patternBytes(16 << 10)
        let memory = try pageMemory(bytes)
        try file.write(memory.bytes.bytes, at: 8 << 10)
        try file.sync()
        #expect(Array(try folder.contents(folder.file())[8 << 10..<24 << 10]) == bytes)
        let back = try pageMemory(count: 16 << 10)
        var count = try file.read(at: 8 << 10, into: back.bytes)
        #expect(count == 16 << 10)
        let found = back.bytes.bytes.array
        #expect(found == bytes)
        count = try file.read(at: 60 << 10, into: back.bytes)
        #expect(count == 4 << 10)
        count = try file.read(at: 64 << 10, into: back.bytes)
        #expect(count == 0)
    }

    @Test func `misaligned I/O is told with the number that is wrong`() throws {
        var file = try DirectFile(folder.file(), .create)
        try file.extend(to: 64 << 10)
        let pages = try pageMemory(count: 8 << 10)
        let memory = pages.bytes
        let unit = file.alignment.offset
        let path = folder.file()
        var error = failure { () throws(DiskError) in
            try file.write(memory.slice(0, 4096).bytes, at: 100)
        }
        #expect(error == .misaligned(path, what: "offset", value: 100, alignment: unit))
        error = failure { () throws(DiskError) in
            _ = try file.read(at: 0, into: memory.slice(0, 100))
        }
        #expect(error == .misaligned(path, what: "length", value: 100, alignment: unit))
        error = failure { () throws(DiskError) in
            _ = try file.read(at: 0, into: memory.slice(1, 4096))
        }
        guard case .misaligned(path, "address", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        error = failure { () throws(DiskError) in try file.extend(to: 65_537) }
        #expect(error == .misaligned(path, what: "size", value: 65_537, alignment: unit))
    }

    @Test func `a file opened for reading refuses writes`() throws {
        try folder.make(folder.file(), [UInt8](repeating: 1, count: 4096))
        let file = try DirectFile(folder.file(), .read)
        let memory = try pageMemory(count: 4096)
        let count = try file.read(at: 0, into: memory.bytes)
        #expect(count == 4096)
        let bytes = memory.bytes.bytes
        let error = failure { () throws(DiskError) in try file.write(bytes, at: 0) }
        #expect(
            error == .failed(folder.file(), operation: "write", offset: 0, errno: EBADF))
    }

    @Test func `each error names its file and says what to do`() {
        let path = "/mnt/store"
        let errors: [DiskError] = [
            .cannotOpen(path, errno: EACCES), .notStorage(path, .folder), .directRefused(path),
            .locked(path), .deviceInUse(path), .tooSmall(path, bytes: 11, least: 22),
            .noSpace(path, needed: 33, free: 44), .tooLarge(path, bytes: 55),
            .misaligned(path, what: "offset", value: 66, alignment: 77),
            .failed(path, operation: "write", offset: 88, errno: EIO),
            .short(path, operation: "write", offset: 99, wanted: 10, done: 5),
        ]
        for error in errors {
            #expect(error.text.contains(path), "\(error)")
            #expect(error.text.split(separator: ". ").count >= 2, "\(error.text)")
        }
        #expect(DiskError.noSpace(path, needed: 33, free: 44).text.contains("33 more bytes"))
        #expect(DiskError.tooSmall(path, bytes: 11, least: 22).text.contains("22"))
    }
}
