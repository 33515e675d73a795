import Cairn

/// What the defaults and the rules need to know of the machine. A value: tests make their own.
package struct MachineFacts: Sendable, Equatable {
    /// Bytes of RAM this process may use: the machine's, or its control group's if that is less.
    package var memoryBytes: Int
    /// Where `memoryBytes` comes from, for sentences.
    package var memorySource: String
    /// Processors the process may run on.
    package var processors: [Int]
    /// Shards there are when the configuration doesn't say: one a usable core.
    package var coreCount: Int

    package init(
        memoryBytes: Int, memorySource: String = "RAM", processors: [Int], coreCount: Int
    ) {
        self.memoryBytes = memoryBytes
        self.memorySource = memorySource
        self.processors = processors
        self.coreCount = coreCount
    }

    /// The machine this process runs on.
    package static func ofMachine() -> MachineFacts {
        let topology = Topology.ofMachine()
        let ram = totalMemory(meminfo: readSmallFile("/proc/meminfo") ?? "")
        let group = groupLimit(
            cgroup: readSmallFile("/proc/self/cgroup") ?? "", read: readSmallFile)
        let isGroup = group.map { $0 < ram } ?? false
        return MachineFacts(
            memoryBytes: isGroup ? group ?? ram : ram,
            memorySource: isGroup ? "the control group's memory.max" : "RAM",
            processors: topology.processors.map(\.id),
            coreCount: max(1, topology.placement(count: nil).count))
    }

    /// `MemTotal` of /proc/meminfo in bytes; 1 GiB if it is unreadable.
    static func totalMemory(meminfo: String) -> Int {
        let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (kibibytes ?? 1 << 20) << 10
    }

    /// The least `memory.max` of the process's control group (version 2) and the groups above it.
    static func groupLimit(cgroup: String, read: (String) -> String?) -> Int? {
        let line = cgroup.split(separator: "\n").first { $0.hasPrefix("0::") }
        guard let line else { return nil }
        var path = String(line.dropFirst(3))
        var least: Int?
        while true {
            let text = read("/sys/fs/cgroup" + (path == "/" ? "" : path) + "/memory.max")
            if let text, let limit = Int(text.prefix { $0.isNumber }) {
                least = min(limit, least ?? limit)
            }
            guard let slash = path.lastIndex(of: "/"), path != "/" else { return least }
            path = String(path[..<slash])
            if path.isEmpty { path = "/" }
        }
    }
}
