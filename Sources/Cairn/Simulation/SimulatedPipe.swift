/// One direction of a simulated connection: bytes in flight, then bytes that arrived, bounded
/// together.
///
/// - Invariant: bytes leave in the order in which they came; `arrived <= count <= capacity`.
struct SimulatedPipe: ~Copyable {
    private var storage: FixedArray<UInt8>
    private var head = 0
    /// Bytes stored: arrived and in flight.
    private(set) var count = 0
    /// Bytes the receiving side can take.
    private(set) var arrived = 0
    /// The sending side has finished; the end comes after the last byte.
    var isFinished = false
    /// A delivery event is scheduled.
    var isDelivering = false

    init(capacity: Int) { storage = FixedArray(repeating: 0, count: capacity) }

    var space: Int { storage.count - count }
    var inFlight: Int { count - arrived }
    /// The receiving side has taken everything and nothing will follow.
    var isAtEnd: Bool { isFinished && count == 0 }

    /// Appends `bytes`, which must fit.
    mutating func write(_ bytes: Bytes) {
        ensure(bytes.count <= space, "simulated pipe overflow")
        let tail = (head + count) % storage.count
        let first = min(bytes.count, storage.count - tail)
        storage.bytes.copy(bytes.slice(0, first), at: tail)
        storage.bytes.copy(bytes.slice(first, bytes.count - first), at: 0)
        count += bytes.count
    }

    /// Lets `bytes` of those in flight arrive.
    mutating func deliver(_ bytes: Int) {
        ensure(bytes <= inFlight, "simulated delivery")
        arrived += bytes
    }

    /// Moves bytes that arrived into all of `destination`.
    mutating func read(into destination: MutableBytes) {
        let wanted = destination.count
        ensure(wanted <= arrived, "simulated pipe underflow")
        let first = min(wanted, storage.count - head)
        destination.copy(storage.bytes.slice(head, first).bytes)
        destination.copy(storage.bytes.slice(0, wanted - first).bytes, at: first)
        head = (head + wanted) % storage.count
        count -= wanted
        arrived -= wanted
    }

    /// Takes all bytes that arrived.
    mutating func readAll() -> [UInt8] {
        let first = min(arrived, storage.count - head)
        let result =
            storage.bytes.slice(head, first).bytes.array
            + storage.bytes.slice(0, arrived - first).bytes.array
        head = (head + arrived) % storage.count
        count -= arrived
        arrived = 0
        return result
    }

    /// Changes a byte that arrived: for the canary only.
    mutating func corrupt(_ index: Int) {
        let position = (head + index) % storage.count
        storage[position] ^= 1
    }

    /// Drops what has not arrived; nothing follows.
    mutating func dropInFlight() {
        count = arrived
        isFinished = true
    }

    /// Drops everything.
    mutating func clear() {
        head = 0
        count = 0
        arrived = 0
    }
}
