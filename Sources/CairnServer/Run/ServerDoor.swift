import Cairn

/// The data path as the control plane sees it. `CacheServer` is one; tests have another, so that
/// start, drain and reload can be tested without a ring.
package protocol ServerDoor: Sendable {
    /// One for each shard, in order; valid until the process ends.
    var shardStats: [ShardStats] { get }
    /// The ports of `ServerSettings.listen`, in order.
    var boundPorts: [UInt16] { get }
    /// Topology and memory budget, one line each, for the start log.
    func describe() -> [String]
    /// Applies what can change while running.
    func reconfigure(_ settings: ServerSettings)
    /// Starts a graceful stop and returns at once. More than once does no harm.
    func stop()
    /// Waits until all shards have ended. `nil`: they were asked to; else what went wrong.
    func waitUntilStopped() -> String?
}

/// Why the data path could not start: what, and what to do.
package struct StartFailure: Error, Equatable {
    package var message: String
    package init(message: String) { self.message = message }
}
