/// A piece of a connection's output, in the order in which replies leave.
///
/// The queue of a connection is a list of segments in its shard's table. Small replies of one turn
/// share a pooled block; large values are sent from their slabs under a pin; a reply that another
/// shard owes is a hole that stops the queue until it is filled.
struct OutputSegment: BitwiseCopyable {
    /// Who owns the bytes, and what to do when they have left.
    enum Owner: UInt8, BitwiseCopyable {
        /// A block of the shard's pool: freed.
        case pooled
        /// Bytes that live as long as the program, or that a later segment owns.
        case borrowed
        /// A pinned entry of this shard: unpinned.
        case entry
        /// A pinned entry of another shard: released by a message.
        case remoteEntry
        /// A growing buffer of another shard: released by a message.
        case remoteLarge
        /// A block of another shard's pool: released by a message.
        case remoteBlock
        /// A growing buffer of this shard: released.
        case large
        /// A payload with several receivers: one reference less.
        case shared
        /// Not yet there.
        case hole
    }

    var bytes = Bytes.empty
    var next: Int32 = -1
    /// The block, entry or buffer.
    var handle: UInt32 = 0
    var owner = Owner.borrowed
    var shard: UInt8 = 0
}

/// The segments of a shard and the free ones among them.
struct SegmentTable: ~Copyable {
    private var segments: FixedArray<OutputSegment>
    private var freeHead: Int32
    private(set) var freeCount: Int
    let count: Int

    init(count: Int) {
        self.count = count
        segments = FixedArray(repeating: OutputSegment(), count: count)
        for index in 0..<count { segments[index].next = index + 1 < count ? Int32(index + 1) : -1 }
        freeHead = 0
        freeCount = count
    }

    subscript(index: Int32) -> OutputSegment {
        @inline(__always) get { segments[Int(index)] }
        @inline(__always) set { segments[Int(index)] = newValue }
    }

    /// A free segment; the caller checked `freeCount`.
    @inline(__always)
    mutating func take(_ value: OutputSegment) -> Int32 {
        let index = freeHead
        ensure(index >= 0, "output segments exhausted")
        freeHead = segments[Int(index)].next
        freeCount &-= 1
        segments[Int(index)] = value
        segments[Int(index)].next = -1
        return index
    }

    @inline(__always)
    mutating func give(_ index: Int32) {
        segments[Int(index)] = OutputSegment(next: freeHead)
        freeHead = index
        freeCount &+= 1
    }

    @inline(__always)
    mutating func link(_ index: Int32, to next: Int32) { segments[Int(index)].next = next }
}
