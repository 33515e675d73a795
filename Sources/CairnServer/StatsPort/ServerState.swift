import Cairn

/// Everything the stats port tells of a server, at one moment. A plain value: tests make their own.
package struct ServerState: Sendable {
    package var version: String
    /// Unix time of the start, in seconds.
    package var startTime: Double
    package var uptimeSeconds: Double
    /// One for each shard, in order.
    package var shards: [StatsSnapshot]
    /// Why the server should get no traffic; empty: it is ready.
    package var notReady: [String]
    package var memoryLimit: Int
    package var maxConnections: Int
    package var process: ProcessUsage

    package init(
        version: String, startTime: Double, uptimeSeconds: Double, shards: [StatsSnapshot],
        notReady: [String], memoryLimit: Int, maxConnections: Int, process: ProcessUsage
    ) {
        self.version = version
        self.startTime = startTime
        self.uptimeSeconds = uptimeSeconds
        self.shards = shards
        self.notReady = notReady
        self.memoryLimit = memoryLimit
        self.maxConnections = maxConnections
        self.process = process
    }
}

/// What the kernel says of this process.
package struct ProcessUsage: Sendable, Equatable {
    package var residentBytes = 0
    /// User and system time.
    package var cpuSeconds = 0.0
    package var openFiles = 0

    package init(residentBytes: Int = 0, cpuSeconds: Double = 0, openFiles: Int = 0) {
        self.residentBytes = residentBytes
        self.cpuSeconds = cpuSeconds
        self.openFiles = openFiles
    }
}
