import Glibc

/// What keeps a file or block device from being used, said so that a person can act on it.
package enum DiskError: Error, Equatable, Sendable {
    /// What stands at a path in the place of a file or block device.
    package enum Obstacle: String, Equatable, Sendable {
        case folder = "a folder"
        case other = "neither a regular file nor a block device"
    }

    case cannotOpen(String, errno: Int32)
    case notStorage(String, Obstacle)
    case directRefused(String)
    /// Another process, or another part of this one, has the file open as its store.
    case locked(String)
    /// A block device that is mounted, part of a volume or opened exclusively.
    case deviceInUse(String)
    case tooSmall(String, bytes: Int, least: Int)
    case noSpace(String, needed: Int, free: Int)
    case tooLarge(String, bytes: Int)
    case outOfMemory(bytes: Int)
    /// An offset, length or address that direct I/O of this file cannot have: a bug of the caller.
    case misaligned(String, what: String, value: Int, alignment: Int)
    case failed(String, operation: String, offset: Int, errno: Int32)
    case short(String, operation: String, offset: Int, wanted: Int, done: Int)

    /// One sentence of what failed and one of what to do.
    package var text: String {
        switch self {
        case .cannotOpen(let path, let code):
            "cannot open \(path): \(Self.name(code)). \(Self.remedy(code, path))"
        case .notStorage(let path, let obstacle):
            "\(path) is \(obstacle.rawValue). Name a regular file (it is made if it is missing) or "
                + "a block device."
        case .directRefused(let path):
            "the file system of \(path) refuses direct I/O (O_DIRECT). Use a file on ext4 or XFS, "
                + "or a block device; findmnt -T \(path) tells the file system."
        case .locked(let path):
            "\(path) is in use by another server. Two servers cannot share a store: stop the other "
                + "one (fuser -v \(path) tells its process), or name another file."
        case .deviceInUse(let path):
            "the block device \(path) is in use: mounted, part of a volume, or open in another "
                + "program (lsblk \(path) and fuser -v \(path) tell). Name an unused device; what "
                + "is on it will be lost."
        case .tooSmall(let path, let bytes, let least):
            "\(path) has \(bytes) bytes, at least \(least) are needed. Give it a larger size, or "
                + "name a larger device."
        case .noSpace(let path, let needed, let free):
            "no space for \(path): \(needed) more bytes are needed, \(free) are free (df tells). "
                + "Make room, or set a smaller size."
        case .tooLarge(let path, let bytes):
            "\(path) cannot have \(bytes) bytes: the file system or the process's limit on file "
                + "sizes (ulimit -f, LimitFSIZE= in a unit) forbids it. Set a smaller size."
        case .outOfMemory(let bytes):
            "no memory for \(bytes) bytes of disk buffers. Lower memory_limit, or raise the limit "
                + "of the container or unit."
        case .misaligned(let path, let what, let value, let alignment):
            "\(what) \(value) is not a multiple of \(alignment), which direct I/O on \(path) "
                + "needs. This is an error in Cairn: please report it."
        case .failed(let path, let operation, let offset, let code):
            "\(operation) of \(path) at byte \(offset) failed: \(Self.name(code)). "
                + "\(Self.remedy(code, path))"
        case .short(let path, let operation, let offset, let wanted, let done):
            "\(operation) of \(path) at byte \(offset) ended after \(done) of \(wanted) bytes. "
                + "The file is shorter than it should be, or its device fails (dmesg tells)."
        }
    }

    // SAFETY: strerror returns a string of the C library, copied at once.
    private static func name(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    private static func remedy(_ code: Int32, _ path: String) -> String {
        switch code {
        case EACCES, EPERM:
            "Give this user read and write permission (ls -l \(path) tells who has it)."
        case ENOENT: "Make its folder first, or correct the path."
        case EROFS: "Its file system is read-only: remount it, or name a file elsewhere."
        case ENOTDIR: "A part of the path is no folder: correct it."
        case EIO: "The device failed: see dmesg, and replace it if this comes back."
        case EMFILE, ENFILE: "Too many open files: raise the limit (ulimit -n)."
        default: "See dmesg, and the state of its file system."
        }
    }
}
