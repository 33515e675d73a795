import Cairn
import Foundation

/// Processor time another process has used, from /proc.
package enum ProcessCPU {
    /// Run time of all threads of `pid` in nanoseconds; `nil` when it can't be read.
    ///
    /// /proc/PID/task/TID/schedstat counts nanoseconds. A kernel without it has /proc/PID/stat:
    /// user and system time in ticks of 10 ms, exact enough for runs of many seconds.
    package static func nanoseconds(pid: Int) -> UInt64? {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task"))
        guard let threads, !threads.isEmpty else { return nil }
        var sum: UInt64 = 0
        for thread in threads {
            guard let text = readSmallFile("/proc/\(pid)/task/\(thread)/schedstat"),
                let run = text.split(separator: " ").first.flatMap({ UInt64($0) })
            else { return ticks(pid: pid) }
            sum += run
        }
        return sum
    }

    /// utime and stime of /proc/PID/stat, fields 14 and 15.
    private static func ticks(pid: Int) -> UInt64? {
        guard let text = readSmallFile("/proc/\(pid)/stat"),
            // The second field is the command in parentheses and may hold spaces.
            let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 13, let user = UInt64(fields[12]), let system = UInt64(fields[13])
        else { return nil }
        let perSecond = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        return (user + system) * 1_000_000_000 / perSecond
    }
}
