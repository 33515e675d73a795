/// The one seam between a shard and the world: submit operations, take completions, read the clock.
///
/// `RingEngine` is the kernel; `SimulatedEngine` is a seeded model of it in which every completion
/// can be late, short, reordered against other connections, or fail. A shard is generic over the
/// engine and specialised for each, so the seam costs nothing.
///
/// Contract, on which both sides rely:
/// - Everything is called by the shard's own thread.
/// - An operation submitted with a token completes exactly once without `hasMore`, whatever
///   happens; `receiveMultishot` may complete many times with it before.
/// - Memory given to `send`, `receive` and the vector belongs to the engine until that completion
///   (for zero copy: until the notification).
/// - Nothing reaches the kernel before `turn`, the one kernel entry of a loop turn, unless a queue
///   is full, which is counted.
package protocol IOEngine: ~Copyable {
    /// Monotonic nanoseconds, read once a turn.
    var now: UInt64 { get }
    /// Unix milliseconds, read once a turn.
    var wallMilliseconds: UInt64 { get }
    /// Monotonic nanoseconds at this instant: for measuring inside a turn.
    func preciseNow() -> UInt64
    /// Kernel entries made so far, and those of them made only because the submission queue was
    /// full.
    var kernelEntries: (all: UInt64, forced: UInt64) { get }

    /// Takes connections from a listening socket until cancelled: results are descriptors.
    mutating func acceptMultishot(_ listener: Int32, token: Token)
    /// Makes a connected socket usable here; `nil` when the table is full (the caller keeps it).
    mutating func adopt(_ descriptor: Int32) -> SocketSlot?
    /// Closes a connection that was accepted and not adopted, after a last word if there is one.
    mutating func discard(_ descriptor: Int32, farewell: StaticString)
    /// Receives into provided buffers until an error, the end of the stream, or no free buffer.
    mutating func receiveMultishot(_ socket: SocketSlot, token: Token)
    /// Receives once into a provided buffer, at most `lengthMax` bytes.
    mutating func receiveOnce(_ socket: SocketSlot, lengthMax: Int, token: Token)
    /// Fills `destination` from the socket; short only at an error or the end of the stream.
    mutating func receive(_ socket: SocketSlot, into destination: MutableBytes, token: Token)
    /// Sends all of `bytes`; short only at an error.
    mutating func send(_ socket: SocketSlot, _ bytes: Bytes, token: Token)
    /// Adds a piece to the next `sendVector`; false when the vector is full, never for its first.
    mutating func appendToVector(_ bytes: Bytes) -> Bool
    /// Sends the pieces appended since the last `sendVector`, in order.
    mutating func sendVector(_ socket: SocketSlot, zeroCopy: Bool, token: Token)
    /// Asks for the end of the operation submitted with `target`; that one still completes.
    mutating func cancel(_ target: Token)
    /// Ends both directions: operations under way complete soon, with an error or the end of
    /// stream.
    mutating func shutdown(_ socket: SocketSlot)
    /// The close to come is a reset: what is unsent is dropped, also by the kernel.
    mutating func resetOnClose(_ socket: SocketSlot)
    /// Gives the socket up, after what was prepared before. No operation of it may be under way.
    /// The slot is not adopted again before the next turn.
    mutating func close(_ socket: SocketSlot)
    /// What the peer has taken and given so far; `nil` where the kernel doesn't count it (unix).
    func progress(of socket: SocketSlot) -> SocketProgress?
    /// Makes another shard's `turn` return, if it sleeps.
    mutating func wake(shard: Int)

    /// The bytes of a completion that filled a provided buffer.
    func received(_ completion: Completion) -> Bytes
    /// Gives a provided buffer back once its bytes were consumed.
    mutating func recycle(_ buffer: BufferID)

    /// Submits what was prepared and waits for a completion, at most `waitNanoseconds` (0: does not
    /// wait; `nil`: no bound). Reads the clocks.
    mutating func turn(waitNanoseconds: UInt64?)
    /// Whether completions wait to be taken.
    var hasCompletions: Bool { get }
    /// The next completion of the last turn.
    mutating func nextCompletion() -> Completion?
}

/// Bytes of a connection that have crossed the network, whatever operations are under way.
package struct SocketProgress: Sendable, Equatable, BitwiseCopyable {
    /// Bytes the peer's machine has taken.
    package var acknowledged: UInt64
    /// Bytes that have come from the peer.
    package var received: UInt64

    package init(acknowledged: UInt64, received: UInt64) {
        self.acknowledged = acknowledged
        self.received = received
    }
}
