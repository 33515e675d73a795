import CShims
import Glibc

/// What a process can ask of its kernel about itself: for INFO, not for the data path.
package enum HostFacts {
    /// This process's number.
    package static var processID: Int { Int(getpid()) }

    // SAFETY: `uname` fills the local value; its fields are C strings inside it.
    /// Kernel name, release and processor, as in `Linux 6.1.0 x86_64`.
    package static func system() -> String {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return "Linux" }
        // SAFETY: reads the copy of one field, which ends with a zero byte.
        func text<T>(_ field: T) -> String {
            unsafe withUnsafeBytes(of: field) { raw in
                unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }

    /// Resident bytes; 0 when the kernel doesn't say.
    package static func residentBytes() -> Int {
        // /proc/self/statm: total pages, resident pages, ...
        let fields = readSmall("/proc/self/statm").split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else {
            return 0
        }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Bytes of RAM of the machine.
    package static func memoryBytes() -> Int {
        sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    }

    // SAFETY: `getrusage` fills the local value.
    /// Processor time of all threads so far, in seconds.
    package static func processorSeconds() -> (user: Double, system: Double) {
        var usage = rusage()
        guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return (0, 0) }
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1e6
        }
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }

    // SAFETY: the kernel writes at most the array's size into it.
    private static func readSmall(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe read(descriptor, raw.baseAddress, raw.count)
        }
        return Array(bytes.prefix(max(0, count)))
    }
}
