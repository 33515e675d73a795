import CShims

/// Short-lived memory of connections: replies on their way out, commands that arrived in part.
///
/// A binary buddy allocator (Knuth, TAOCP 1, 2.5) over one fixed range: 256 B to 64 KiB, a few
/// dozen nanoseconds a call, no heap. It is apart from the slabs so that slow clients can't crowd
/// out the cache, nor the cache its clients: when the pool is empty, reading stops until replies
/// have left.
///
/// - Invariant: two free buddies of one order are never both free: they are merged.
/// - The whole range is charged to the budget at start; pages that were never used are not
///   resident.
@safe
package struct BufferPool: ~Copyable {
    /// A block of the pool: the index of its first unit.
    package struct Block: BitwiseCopyable, Equatable {
        package let unit: Int32
        package static let none = Block(unit: -1)
    }

    package static let unitBytes = 256
    package static let blockBytesMax = unitBytes << orderMax
    static let orderMax = 8

    private struct Link: BitwiseCopyable {
        var next: Int32 = -1
        var previous: Int32 = -1
    }

    private let memory: UnsafeMutableRawPointer
    private let unitCount: Int
    private var links: FixedArray<Link>
    /// Order of the block that starts at a unit; bit 7: free; 0x7F: not a start.
    private var states: FixedArray<UInt8>
    private var heads: FixedArray<Int32>
    private var nonempty: UInt32 = 0
    /// Bytes handed out.
    package private(set) var bytesUsed = 0

    // SAFETY: the range belongs to this value until `deinit`.
    /// A pool of `bytes`, rounded down to whole 64 KiB blocks; `nil` when the kernel refuses.
    package init?(bytes: Int, node: Int? = nil) {
        let blocks = max(1, bytes / Self.blockBytesMax)
        guard let memory = unsafe cairn_reserve(blocks * Self.blockBytesMax) else { return nil }
        if let node {
            _ = unsafe cairn_prefer_node(memory, blocks * Self.blockBytesMax, Int32(node))
        }
        unsafe self.memory = memory
        unitCount = blocks << Self.orderMax
        links = FixedArray(repeating: Link(), count: unitCount)
        states = FixedArray(repeating: 0x7F, count: unitCount)
        heads = FixedArray(repeating: -1, count: Self.orderMax + 1)
        for block in (0..<blocks).reversed() {
            push(Int32(block << Self.orderMax), order: Self.orderMax)
        }
    }

    // SAFETY: nobody uses blocks of a pool that is gone: the shard ended its sends before.
    deinit { _ = unsafe cairn_release(memory, unitCount * Self.unitBytes) }

    /// Bytes of the whole pool.
    package var bytesTotal: Int { unitCount * Self.unitBytes }

    @inline(__always)
    private mutating func push(_ unit: Int32, order: Int) {
        let head = heads[order]
        links[Int(unit)] = Link(next: head, previous: -1)
        if head >= 0 { links[Int(head)].previous = unit }
        heads[order] = unit
        states[Int(unit)] = UInt8(order) | 0x80
        nonempty |= 1 << UInt32(order)
    }

    @inline(__always)
    private mutating func unlink(_ unit: Int32, order: Int) {
        let link = links[Int(unit)]
        if link.previous >= 0 {
            links[Int(link.previous)].next = link.next
        } else {
            heads[order] = link.next
            if link.next < 0 { nonempty &= ~(1 << UInt32(order)) }
        }
        if link.next >= 0 { links[Int(link.next)].previous = link.previous }
    }

    /// The order whose blocks hold `bytes`.
    @inline(__always)
    private static func order(for bytes: Int) -> Int {
        let units = (max(bytes, 1) &+ unitBytes &- 1) / unitBytes
        return Int.bitWidth &- (units &- 1).leadingZeroBitCount
    }

    /// A block of at least `bytes` (at most 64 KiB), or `nil` when none is free.
    package mutating func allocate(_ bytes: Int) -> Block? {
        ensure(bytes <= Self.blockBytesMax, "buffer block size")
        let wanted = Self.order(for: bytes)
        let candidates = nonempty & ~((1 << UInt32(wanted)) &- 1)
        guard candidates != 0 else { return nil }
        var order = candidates.trailingZeroBitCount
        let unit = heads[order]
        unlink(unit, order: order)
        while order > wanted {
            order &-= 1
            push(unit &+ (1 << Int32(order)), order: order)
        }
        states[Int(unit)] = UInt8(wanted)
        bytesUsed &+= Self.unitBytes << wanted
        return Block(unit: unit)
    }

    /// Gives a block back and merges it with its free buddies.
    package mutating func free(_ block: Block) {
        var unit = block.unit
        let state = states[Int(unit)]
        ensure(state <= UInt8(Self.orderMax), "buffer freed twice")
        var order = Int(state)
        bytesUsed &-= Self.unitBytes << order
        while order < Self.orderMax {
            let buddy = unit ^ (1 << Int32(order))
            guard states[Int(buddy)] == UInt8(order) | 0x80 else { break }
            unlink(buddy, order: order)
            states[Int(max(unit, buddy))] = 0x7F
            unit = min(unit, buddy)
            order &+= 1
        }
        push(unit, order: order)
    }

    // SAFETY: the block is in use (checked) and inside the range.
    /// The block's memory.
    @inline(__always)
    package func bytes(_ block: Block) -> MutableBytes {
        let state = states[Int(block.unit)]
        ensure(state <= UInt8(Self.orderMax), "buffer not in use")
        return unsafe MutableBytes(
            memory + Int(block.unit) &* Self.unitBytes, count: Self.unitBytes << Int(state))
    }

    /// Walks the whole pool: free lists, merging and counts. For tests.
    package func validate() {
        var unit = 0
        var used = 0
        while unit < unitCount {
            let state = states[unit]
            ensure(state != 0x7F, "a hole between blocks")
            let order = Int(state & 0x7F)
            if state & 0x80 == 0 {
                used += Self.unitBytes << order
            } else if order < Self.orderMax {
                let buddy = unit ^ (1 << order)
                ensure(states[buddy] != state, "free buddies not merged")
            }
            unit += 1 << order
        }
        ensure(used == bytesUsed, "bytes used")
    }
}
