import Cairn
import Foundation

extension ProcessUsage {
    /// Read from /proc; what can't be read is 0.
    package static func ofThisProcess() -> ProcessUsage {
        var usage = ProcessUsage()
        if let statm = readSmallFile("/proc/self/statm") {
            let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            usage.residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
        if let stat = readSmallFile("/proc/self/stat") {
            usage.cpuSeconds = cpuSeconds(stat: stat, ticks: Int(sysconf(Int32(_SC_CLK_TCK))))
        }
        // One of them is the directory being read.
        let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        usage.openFiles = max(0, (files?.count ?? 1) - 1)
        return usage
    }

    /// utime and stime, fields 14 and 15 of /proc/self/stat; the name before them is in brackets
    /// and may hold spaces.
    static func cpuSeconds(stat: String, ticks: Int) -> Double {
        guard let end = stat.lastIndex(of: ")") else { return 0 }
        let fields = stat[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else { return 0 }
        return (user + system) / Double(max(1, ticks))
    }
}
