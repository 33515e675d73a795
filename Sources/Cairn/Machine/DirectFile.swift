import CShims
import Glibc

/// What direct I/O on a file needs: multiples of these, both powers of two.
package struct DirectAlignment: Equatable, BitwiseCopyable, Sendable {
    /// Of offsets and lengths.
    package var offset: Int
    /// Of addresses.
    package var memory: Int

    package init(offset: Int, memory: Int) {
        self.offset = offset
        self.memory = memory
    }
}

/// A regular file or block device, open for direct I/O and locked against other servers.
///
/// Opened, sized and formatted here by blocking calls, before service begins or beside it; on the
/// data path shards use the descriptor through their engines (`IOEngine.register`). The descriptor
/// is closed with its owner, which must outlive those engines' use of it.
///
/// The lock: of a regular file, flock(2), which the kernel gives up when the process ends, however
/// it ends; of a block device, O_EXCL, which refuses a mounted device too (open(2)). A ring holds
/// the files registered with it, and the kernel takes an ended process's rings apart in the
/// background: a server that starts again at once can find its own store locked for some
/// milliseconds more, so a lock is waited for before it is an error.
@safe
package struct DirectFile: ~Copyable, Sendable {
    package enum Kind: Sendable { case regularFile, blockDevice }
    package enum Mode: Sendable {
        /// An existing file, nothing will be written.
        case read
        /// An existing file.
        case write
        /// Makes a regular file (mode 0600) if there is none.
        case create
    }

    package let path: String
    package let descriptor: Int32
    package let kind: Kind
    package let alignment: DirectAlignment
    /// The file did not exist before.
    package let isNew: Bool
    /// Size of the file or device, in bytes.
    package private(set) var count: Int

    /// What the kernel's answer is replaced by where a file system gives none.
    private static let cautiousAlignment = 4096
    /// Bytes of zeros one write of `extend` carries.
    private static let zeroSlice = 4 << 20

    /// How long a locked file or device is tried again, and how often.
    package static let patienceNanoseconds: UInt64 = 5_000_000_000
    private static let retryMicroseconds: UInt32 = 5_000

    /// Opens and locks; waits for a lock of somebody else's at most `patience` nanoseconds.
    package init(
        _ path: String, _ mode: Mode, patience: UInt64 = Self.patienceNanoseconds
    ) throws(DiskError) {
        let deadline = Clock.monotonic() &+ patience
        let (descriptor, isNew) = try Self.patiently(until: deadline) {
            () throws(DiskError) in try Self.open(path, mode)
        }
        do throws(DiskError) {
            let facts = try Self.facts(descriptor, path)
            let isDevice = Int(facts.kind) == CAIRN_PATH_BLOCK_DEVICE
            if !isDevice {
                guard Int(facts.kind) == CAIRN_PATH_FILE else {
                    throw DiskError.notStorage(path, .other)
                }
                try Self.patiently(until: deadline) { () throws(DiskError) in
                    if cairn_lock_file(descriptor) != 0 { throw DiskError.locked(path) }
                }
            }
            alignment = try Self.alignment(facts, path)
            kind = isDevice ? .blockDevice : .regularFile
            count = Int(facts.bytes)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        self.isNew = isNew
    }

    deinit { _ = Glibc.close(descriptor) }

    // MARK: Opening

    /// Tries `body` again while the file is locked, until the deadline.
    private static func patiently<Result>(
        until deadline: UInt64, _ body: () throws(DiskError) -> Result
    ) throws(DiskError) -> Result {
        while true {
            do throws(DiskError) {
                return try body()
            } catch {
                switch error {
                case .locked, .deviceInUse: break
                default: throw error
                }
                if Clock.monotonic() >= deadline { throw error }
                _ = usleep(retryMicroseconds)
            }
        }
    }

    // SAFETY: the path is a C string for each call's duration.
    private static func open(
        _ path: String, _ mode: Mode
    ) throws(DiskError) -> (descriptor: Int32, isNew: Bool) {
        let found = unsafe cairn_path_kind(path)
        if found < 0 { throw .cannotOpen(path, errno: -found) }
        var flags = mode == .read ? 0 : CAIRN_OPEN_WRITABLE
        switch Int(found) {
        case CAIRN_PATH_MISSING:
            guard mode == .create else { throw .cannotOpen(path, errno: ENOENT) }
            flags |= CAIRN_OPEN_NEW
        case CAIRN_PATH_FILE: break
        case CAIRN_PATH_BLOCK_DEVICE: flags |= CAIRN_OPEN_EXCLUSIVE
        case CAIRN_PATH_FOLDER: throw .notStorage(path, .folder)
        default: throw .notStorage(path, .other)
        }
        let rc = unsafe cairn_open_direct(path, Int32(flags))
        switch -rc {
        case EINVAL: throw .directRefused(path)
        case EBUSY: throw .deviceInUse(path)
        // Another server made it since: it has it.
        case EEXIST: throw .locked(path)
        default: if rc < 0 { throw .cannotOpen(path, errno: -rc) }
        }
        return (rc, flags & CAIRN_OPEN_NEW != 0)
    }

    // SAFETY: fills a local.
    private static func facts(
        _ descriptor: Int32, _ path: String
    ) throws(DiskError) -> cairn_disk_facts {
        var facts = cairn_disk_facts()
        let rc = unsafe cairn_disk_facts(descriptor, &facts)
        if rc < 0 { throw .cannotOpen(path, errno: -rc) }
        return facts
    }

    private static func alignment(
        _ facts: cairn_disk_facts, _ path: String
    ) throws(DiskError) -> DirectAlignment {
        if facts.knows_alignment != 0 {
            guard facts.offset_alignment > 0, facts.memory_alignment > 0 else {
                throw .directRefused(path)
            }
            return DirectAlignment(
                offset: Int(facts.offset_alignment), memory: Int(facts.memory_alignment))
        }
        let block = facts.logical_block > 0 ? Int(facts.logical_block) : cautiousAlignment
        return DirectAlignment(offset: block, memory: block)
    }

    // MARK: Size

    /// Refuses a file or device of fewer than `least` bytes.
    package func checkSize(least: Int) throws(DiskError) {
        if count < least { throw .tooSmall(path, bytes: count, least: least) }
    }

    // SAFETY: the path is a C string for the call's duration.
    /// Makes a regular file at least `size` bytes long: reserves its storage, writes zeros once,
    /// and makes both durable. `progress` is told bytes written and bytes to write.
    ///
    /// The zeros are what makes later durable writes cheap: on storage that was only reserved each
    /// of them would commit the file system's journal too. When it fails the file has its old
    /// length again; a file that was new is removed.
    package mutating func extend(
        to size: Int, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(DiskError) {
        guard size > count else { return }
        guard kind == .regularFile else { throw .tooSmall(path, bytes: count, least: size) }
        try check("size", size, alignment.offset)
        let old = count
        do throws(DiskError) {
            try reserve(from: old, to: size)
            try writeZeros(from: old / alignment.offset * alignment.offset, to: size, progress)
            try sync()
            if isNew, old == 0 {
                let rc = unsafe cairn_sync_folder(path)
                if rc < 0 { throw DiskError.failed(path, operation: "sync", offset: 0, errno: -rc) }
            }
            count = size
        } catch {
            _ = ftruncate(descriptor, off_t(old))
            if isNew, old == 0 { _ = unsafe unlink(path) }
            throw error
        }
    }

    // SAFETY: fills a local.
    private func reserve(from old: Int, to size: Int) throws(DiskError) {
        // Asked first, because the kernel answers a growth beyond the limit by a deadly signal.
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
            limit.rlim_cur < rlim_t(size)
        {
            throw .tooLarge(path, bytes: size)
        }
        let free = Int(cairn_free_space(descriptor))
        if free >= 0, free < size - old { throw .noSpace(path, needed: size - old, free: free) }
        let rc = cairn_allocate(descriptor, UInt64(old), UInt64(size))
        if rc < 0 { throw failure("reserving space", old, -rc, needed: size - old) }
    }

    private func writeZeros(
        from start: Int, to end: Int, _ progress: (_ done: Int, _ total: Int) -> Void
    ) throws(DiskError) {
        guard let zeros = PageMemory(count: Self.zeroSlice) else {
            throw .outOfMemory(bytes: Self.zeroSlice)
        }
        // An end of the old file within a block: its bytes stay.
        var offset = start
        if start < count {
            _ = try read(at: start, into: zeros.bytes.slice(0, alignment.offset))
            try write(zeros.bytes.slice(0, alignment.offset).bytes, at: start)
            zeros.bytes.slice(0, alignment.offset).fill(0)
            offset += alignment.offset
        }
        while offset < end {
            let length = min(Self.zeroSlice, end - offset)
            try write(zeros.bytes.slice(0, length).bytes, at: offset)
            offset += length
            progress(offset - start, end - start)
        }
    }

    // MARK: Blocking I/O

    // SAFETY: the kernel writes the caller's view only, during the call.
    /// Reads into `destination`; the number of bytes, fewer only at the end of the file.
    package func read(at offset: Int, into destination: MutableBytes) throws(DiskError) -> Int {
        try check(offset, unsafe Bytes(destination.base, count: destination.count))
        var done = 0
        while done < destination.count {
            let rest = destination.dropping(done)
            let got = unsafe pread(descriptor, rest.base, rest.count, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw failure("read", offset + done, errno, needed: 0) }
            done += got
            // A part of a block is the end; to read on from it would not be aligned.
            if got == 0 || done % alignment.offset != 0 { break }
        }
        return done
    }

    // SAFETY: the kernel reads the caller's view only, during the call.
    /// Writes all of `bytes`; they are durable after `sync`.
    package func write(_ bytes: Bytes, at offset: Int) throws(DiskError) {
        try check(offset, bytes)
        var done = 0
        while done < bytes.count {
            let rest = bytes.dropping(done)
            let put = unsafe pwrite(descriptor, rest.base, rest.count, off_t(offset + done))
            if put < 0, errno == EINTR { continue }
            if put < 0 {
                throw failure("write", offset + done, errno, needed: bytes.count - done)
            }
            done += put
            if put == 0 || done % alignment.offset != 0 { break }
        }
        if done < bytes.count {
            throw .short(
                path, operation: "write", offset: offset, wanted: bytes.count, done: done)
        }
    }

    /// Makes all completed writes durable. After a failure nothing written since the last success
    /// is known to be, whatever a second call says (fsync(2)).
    package func sync() throws(DiskError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw failure("sync", 0, errno, needed: 0) }
        }
    }

    /// The error of a call that failed with `code`.
    private func failure(_ what: String, _ offset: Int, _ code: Int32, needed: Int) -> DiskError {
        switch code {
        case ENOSPC, EDQUOT:
            .noSpace(path, needed: needed, free: max(0, Int(cairn_free_space(descriptor))))
        case EFBIG: .tooLarge(path, bytes: offset + needed)
        default: .failed(path, operation: what, offset: offset, errno: code)
        }
    }

    // SAFETY: takes the address as a number.
    private func check(_ offset: Int, _ bytes: Bytes) throws(DiskError) {
        try check("offset", offset, alignment.offset)
        try check("length", bytes.count, alignment.offset)
        try check("address", unsafe Int(bitPattern: bytes.base), alignment.memory)
    }

    private func check(_ what: String, _ value: Int, _ alignment: Int) throws(DiskError) {
        if value & (alignment - 1) != 0 {
            throw .misaligned(path, what: what, value: value, alignment: alignment)
        }
    }
}
