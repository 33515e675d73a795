/// What a simulated shard prepared and the simulated kernel has not seen.
enum SimulatedSubmission {
    case start(SimulatedOperation)
    case cancel(Token)
    case shutdown(SimulatedConnection)
    case close(SimulatedConnection, SocketSlot)
    case wake(shard: Int)
    case disk(SimulatedDiskOperation)
}

/// The kernel's side of one shard: its sockets, provided buffers and completion queue.
///
/// - Invariant: each provided buffer is free, recycled (free from the next turn on), or handed out.
final class SimulatedPort {
    struct Posted {
        let completion: Completion
        /// `nil` for completions that belong to no operation (wake messages, cancellations).
        let operation: SimulatedOperation?
        let isFirst: Bool
        let isLast: Bool
    }

    let shard: Int
    var prepared: [SimulatedSubmission] = []
    /// Pieces of the vector under construction: of a send or write, or of a read.
    var pieces: [Bytes] = []
    var destinations: [MutableBytes] = []
    /// Registered files.
    var files: [SimulatedDisk] = []
    /// Completions posted, oldest first.
    var posted: [Posted] = []
    /// The clocks as of the last time the shard's thread ran.
    var now: UInt64 = 0
    var wallMilliseconds: UInt64 = 0
    /// Completions that were there when the shard's thread ran on, and that it has not taken.
    var visible: ArraySlice<Posted> = []

    /// Accepts that are armed, and connections nobody has accepted yet.
    var accepts: [SimulatedOperation] = []
    var backlog: [SimulatedConnection] = []
    var slots: [SimulatedConnection?]
    var freeSlots: [Int]

    private let memory: FixedArray<UInt8>
    private let bufferBytes: Int
    private var freeBuffers: [UInt16]
    private var recycled: [UInt16] = []
    private var handedOut: [Bool]

    /// When the shard's thread runs next, and the stamp of that event.
    var nextRun: UInt64?
    var runStamp: UInt64 = 0

    init(shard: Int, faults: FaultPlan) {
        self.shard = shard
        slots = Array(repeating: nil, count: faults.sockets)
        freeSlots = Array((0..<faults.sockets).reversed())
        bufferBytes = faults.receiveBufferBytes
        memory = FixedArray(repeating: 0, count: faults.receiveBuffers * bufferBytes)
        freeBuffers = (0..<faults.receiveBuffers).map { UInt16($0) }
        handedOut = Array(repeating: false, count: faults.receiveBuffers)
    }

    var buffersHandedOut: Int { handedOut.count { $0 } }

    /// A free provided buffer, now the completion's.
    func takeBuffer(butKeepFree: Bool) -> UInt16? {
        guard !freeBuffers.isEmpty else { return nil }
        let id = freeBuffers.removeFirst()
        handedOut[Int(id)] = true
        if butKeepFree { freeBuffers.append(id) }
        return id
    }

    func buffer(_ id: UInt16, count: Int) -> MutableBytes {
        memory.bytes.slice(Int(id) * bufferBytes, min(count, bufferBytes))
    }

    /// Takes a buffer back and spoils it; false when the shard does not hold it.
    func recycle(_ id: UInt16) -> Bool {
        guard Int(id) < handedOut.count, handedOut[Int(id)] else { return false }
        handedOut[Int(id)] = false
        buffer(id, count: bufferBytes).fill(0xDD)
        recycled.append(id)
        return true
    }

    /// Makes recycled buffers free, as the publication before a kernel entry does.
    func publishRecycled() {
        freeBuffers += recycled
        recycled.removeAll(keepingCapacity: true)
    }
}
