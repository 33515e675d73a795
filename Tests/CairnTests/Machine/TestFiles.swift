import Glibc
import Testing

@testable import Cairn

/// A folder of one test, below the build folder (a real file system, unlike /tmp on many machines),
/// removed with its owner.
final class TestFolder: Sendable {
    let path: String

    // SAFETY: mkdtemp writes within the string's own bytes.
    init() throws {
        let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        let files = root + "/.build/test-files"
        for folder in [root + "/.build", files] { _ = unsafe mkdir(folder, 0o755) }
        var template = Array((files + "/XXXXXX").utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer {
            unsafe mkdtemp($0.baseAddress!) != nil
        }
        try #require(made, "no folder below \(files): errno \(errno)")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // SAFETY: the entries' names are read while the folder is open.
    deinit {
        if let folder = unsafe opendir(path) {
            while let entry = unsafe readdir(folder) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                }
                if name != ".", name != ".." { _ = unsafe unlink("\(path)/\(name)") }
            }
            _ = unsafe closedir(folder)
        }
        _ = unsafe rmdir(path)
    }

    func file(_ name: String = "store") -> String { "\(path)/\(name)" }

    // SAFETY: fills a local.
    /// What the file system says of a file.
    func status(_ path: String) -> stat? {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 ? facts : nil
    }

    // SAFETY: reads and writes the array's own bytes.
    /// Reads a file past direct I/O.
    func contents(_ path: String) throws -> [UInt8] {
        let descriptor = unsafe Glibc.open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { _ = Glibc.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(status(path)?.st_size ?? 0))
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        try #require(count == bytes.count)
        return bytes
    }

    // SAFETY: reads the array's own bytes.
    /// Makes a file past direct I/O.
    func make(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC, mode)
        try #require(descriptor >= 0)
        defer { _ = Glibc.close(descriptor) }
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        try #require(count == bytes.count)
    }
}

/// Aligned memory that holds `bytes`.
func pageMemory(_ bytes: [UInt8]) throws -> PageMemory {
    guard let memory = PageMemory(count: bytes.count) else {
        throw DiskError.outOfMemory(bytes: bytes.count)
    }
    bytes.withBytes { memory.bytes.copy($0) }
    return memory
}

/// Aligned memory of `count` bytes of 0xEE.
func pageMemory(count: Int) throws -> PageMemory {
    try pageMemory([UInt8](repeating: 0xEE, count: count))
}

/// An engine on the test's own thread, with a file on this machine's disk.
struct FileFixture: ~Copyable {
    var engine: RingEngine
    let folder: TestFolder
    let file: DirectFile
    let slot: FileSlot
    let token = Token(.diskRead, slot: 5, generation: 2)

    init(bytes: Int, submissions: Int = 64) throws {
        var shape = RingEngine.Shape()
        shape.submissions = submissions
        shape.completions = 1024
        shape.receiveBuffers = 2
        shape.sockets = 4
        shape.files = 1
        let folder = try TestFolder()
        var file = try DirectFile(folder.file(), .create)
        try file.extend(to: bytes)
        var engine = try RingEngine(
            shape, features: try RingFeatures.probe(), peers: RingDirectory(shards: 1), shard: 0)
        let slot = engine.register(file: file.descriptor, alignment: file.alignment)
        self.slot = try #require(slot)
        self.engine = engine
        self.folder = folder
        self.file = file
    }

    /// The next completion, within 10 seconds.
    mutating func completion() throws -> Completion {
        let deadline = Clock.monotonic() + 10_000_000_000
        while Clock.monotonic() < deadline {
            if let completion = engine.nextCompletion() { return completion }
            engine.turn(waitNanoseconds: 100_000_000)
        }
        throw EngineFixture.DeadlinePassed()
    }

    /// Takes the next completion, which must have this result.
    mutating func expect(result: Int) throws {
        let completion = try completion()
        #expect(completion.result == Int32(result))
        #expect(!completion.hasMore)
    }
}
