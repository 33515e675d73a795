import Glibc

/// What the machine refuses at start, said so that a person can act on it.
package enum MachineError: Error, Equatable {
    /// An io_uring feature that Cairn cannot work without.
    package enum Feature: String, Equatable, Sendable {
        case setup = "an io_uring with SINGLE_ISSUER and DEFER_TASKRUN"
        case providedBuffers = "a provided-buffer ring"
        case registeredFiles = "registered files"
        case operations = "the operations of Linux 6.1 (multishot receive, MSG_RING)"
    }

    case refused(Feature, errno: Int32)
    case missing(operation: String)
    case outOfMemory(what: String, bytes: Int)
    case address(String, errno: Int32)
    case thread(cpu: Int, errno: Int32)
    case openFiles(allowed: Int, wanted: Int)
    case budget(limit: Int, fixed: Int, shards: Int, needed: Int)

    /// One sentence of what failed and one of what to do.
    package var text: String {
        switch self {
        case .refused(let feature, let code):
            "the kernel refuses \(feature.rawValue): \(Self.name(code)). \(Self.remedy(code))"
        case .missing(let operation):
            "this kernel's io_uring lacks \(operation). Cairn needs Linux 6.1 or newer "
                + "(uname -r tells yours)."
        case .outOfMemory(let what, let bytes):
            "no memory for \(what): \(bytes) bytes were asked for. Lower memory_limit or "
                + "max_connections, or raise the limit of the container or unit."
        case .address(let address, let code):
            "cannot listen on \(address): \(Self.name(code)). "
                + Self.remedy(listeningOn: address, code)
        case .thread(let cpu, let code):
            "cannot pin a shard to processor \(cpu): \(Self.name(code)). "
                + "Name usable processors with --cpus (taskset -p $$ tells which)."
        case .openFiles(let allowed, let wanted):
            "\(wanted) open files are needed for max_connections, \(allowed) are allowed. Raise "
                + "the limit (ulimit -n \(wanted), LimitNOFILE= in a unit) or lower "
                + "max_connections."
        case .budget(let limit, let fixed, let shards, let needed):
            "memory_limit of \(limit >> 20) MiB is too small: \(fixed >> 20) MiB are needed for "
                + "the process, rings and tables of \(shards) shard(s). Set at least "
                + "\(needed >> 20 + 1) MiB with --memory, or use fewer shards or connections."
        }
    }

    // SAFETY: strerror returns a string of the C library, copied at once.
    private static func name(_ code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }

    /// A TCP address holds a colon before its port; anything else is the path of a unix socket.
    private static func remedy(listeningOn address: String, _ code: Int32) -> String {
        let isPath = address.utf8.contains(UInt8(ascii: "/")) || !address.utf8.contains(58)
        switch code {
        case EADDRINUSE where isPath:
            return
                "Another process listens there (ss -lxp shows which); choose another with --unix."
        case EADDRINUSE:
            return "Another process has it (ss -ltnp shows which); choose another with --listen."
        case ENOENT where isPath, ENOTDIR where isPath:
            return "The folder must exist: make it, or choose another path with --unix."
        case EEXIST where isPath:
            return "Something that is no socket is there: move it, or choose another with --unix."
        case EACCES where isPath:
            return "The server's user must be allowed to write the folder; or choose with --unix."
        case EACCES:
            return "Ports below 1024 need the right to bind them; choose another with --listen."
        default:
            return isPath
                ? "Choose another path with --unix."
                : "Use a numeric address of this host, such as 127.0.0.1:6390."
        }
    }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOSYS:
            "io_uring is not in this kernel or is filtered (seccomp); Cairn needs Linux 6.1 or newer."
        case EPERM:
            "io_uring is disabled here: see sysctl kernel.io_uring_disabled, or the container's "
                + "seccomp profile."
        case ENOMEM:
            "Locked memory is short: raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= in a unit)."
        case EINVAL:
            "A flag is unknown to this kernel; Cairn needs Linux 6.1 or newer (uname -r)."
        default:
            "Check the kernel's version (6.1 or newer) and limits."
        }
    }
}
