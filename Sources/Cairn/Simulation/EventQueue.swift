/// What will happen in a simulated world.
enum SimulatedEvent {
    /// A shard's thread gets to run; valid while `stamp` is the newest one of that shard.
    case run(shard: Int, stamp: UInt64)
    /// A client gets to run.
    case client(Int)
    /// A connection arrives at its shard's listener.
    case arrive(SimulatedConnection)
    /// Bytes in flight arrive at the shard's socket.
    case deliverToShard(SimulatedConnection)
    /// Bytes in flight arrive at the client.
    case deliverToClient(SimulatedConnection)
    /// An operation may get further.
    case progress(SimulatedOperation)
    /// A cancellation looks for its target.
    case cancel(shard: Int, target: Token)
    /// A completion of a closed connection comes once more.
    case repeatCompletion(shard: Int, Completion)
    /// A disk operation gets further.
    case disk(SimulatedDiskOperation)
    /// A wake message reaches a shard.
    case wake(shard: Int)
}

/// Events in the order of virtual time; events of the same instant in random order.
///
/// A binary heap. The order is total (time, then a random number drawn when the event was
/// scheduled, then the order of scheduling), so that a seed always gives the same history.
struct EventQueue {
    private struct Entry {
        let time: UInt64
        let tie: UInt64
        let number: UInt64
        let event: SimulatedEvent

        func comesBefore(_ other: Entry) -> Bool {
            if time != other.time { return time < other.time }
            return tie != other.tie ? tie < other.tie : number < other.number
        }
    }

    private var heap: [Entry] = []
    private var scheduled: UInt64 = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func schedule(_ event: SimulatedEvent, at time: UInt64, tie: UInt64) {
        scheduled += 1
        heap.append(Entry(time: time, tie: tie, number: scheduled, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comesBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: UInt64, event: SimulatedEvent)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return (first.time, first.event)
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].comesBefore(heap[least]) { least = left }
            let right = left + 1
            if right < heap.count, heap[right].comesBefore(heap[least]) { least = right }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
