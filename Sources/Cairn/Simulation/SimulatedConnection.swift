/// A simulated stream between a client and a shard's socket.
///
/// Clients hold it as a handle and act on it through the world's `write`, `read`, `finish`,
/// `close`.
package final class SimulatedConnection {
    /// Number of the connection within its world, from 0.
    package let number: Int
    let client: Int
    /// The shard whose listener it came to; after `adopt`, the one that serves it.
    var shard: Int
    /// What the shard's accept is told. Far above any real descriptor, so that a system call given
    /// one by mistake fails with EBADF and touches nothing.
    var descriptor: Int32 { Int32(1 << 30) + Int32(number) }
    /// The shard's slot, while it has adopted the connection.
    var slot: SocketSlot?

    var toShard: SimulatedPipe
    var toClient: SimulatedPipe
    /// The connection broke: both sides get ECONNRESET or the like.
    var isReset = false
    /// The client closed its socket for both directions.
    var clientClosed = false
    /// The shard shut the socket down.
    var shardShutDown = false
    /// The shard closed the socket.
    package internal(set) var shardClosed = false

    /// The receive under way.
    var receive: SimulatedOperation?
    /// Sends under way, the first of which moves bytes.
    var sends: [SimulatedOperation] = []
    /// Operations submitted whose last completion the shard has not taken.
    var underWay = 0
    /// Receives among them.
    var receivesUnderWay = 0
    /// Sends submitted whose first completion the shard has not taken.
    var sendsUnderWay = 0
    /// The last completions of its operations, those without a buffer.
    var lastCompletions: [Completion] = []
    /// The shard has asked to close the socket.
    var isClosing = false

    init(number: Int, client: Int, shard: Int, capacity: Int) {
        self.number = number
        self.client = client
        self.shard = shard
        toShard = SimulatedPipe(capacity: capacity)
        toClient = SimulatedPipe(capacity: capacity)
    }
}
