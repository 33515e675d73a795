import CShims
import Glibc

/// Receive buffers the kernel takes from by itself (io_uring provided-buffer ring).
///
/// A connection that waits for bytes holds no buffer: the kernel picks one when bytes arrive, so
/// ten thousand idle connections cost nothing here. One power-of-two ring and one block of memory
/// per shard, both allocated at start and charged to the shard's budget.
///
/// - Invariant: each buffer is either in the ring (the kernel's) or was handed out by a completion
///   and not yet recycled (ours).
@safe
package struct BufferRing: ~Copyable {
    private let ring: UnsafeMutablePointer<io_uring_buf_ring>
    private let memory: UnsafeMutableRawPointer
    private let ringBytes: Int
    private let mask: UInt32
    private var pending: UInt32 = 0
    /// Number of buffers, a power of two up to 32,768.
    package let count: Int
    /// Bytes of each buffer.
    package let bufferBytes: Int
    /// The group the ring is registered under.
    package let group: UInt16
    /// Buffers handed out and not recycled.
    package private(set) var inUse = 0

    /// Bytes of memory a ring of this shape takes.
    package static func footprint(count: Int, bufferBytes: Int) -> Int {
        count * (bufferBytes + MemoryLayout<io_uring_buf>.stride)
    }

    // SAFETY: both mappings belong to this value until `deinit`; the kernel writes into buffers
    // that are in the ring and nobody else touches those.
    init(
        _ owner: borrowing Ring, count: Int, bufferBytes: Int, group: UInt16
    ) throws(MachineError) {
        ensure(count & (count - 1) == 0 && count <= 32_768, "buffer ring size")
        let ringBytes = count * MemoryLayout<io_uring_buf>.stride
        guard let ringMemory = unsafe cairn_reserve(ringBytes),
            let buffers = unsafe cairn_reserve(count * bufferBytes)
        else {
            throw MachineError.outOfMemory(what: "receive buffers", bytes: count * bufferBytes)
        }
        let rc = unsafe cairn_register_buffer_ring(
            owner.pointer, ringMemory, UInt32(count), group)
        if rc < 0 { throw MachineError.refused(.providedBuffers, errno: -rc) }
        self.ringBytes = ringBytes
        unsafe ring = ringMemory.bindMemory(to: io_uring_buf_ring.self, capacity: 1)
        unsafe memory = buffers
        self.count = count
        self.bufferBytes = bufferBytes
        self.group = group
        mask = UInt32(count - 1)
        for index in 0..<count { put(UInt16(index)) }
        publish()
    }

    // SAFETY: the ring that used these mappings is closed before (declared after it, freed first).
    deinit {
        _ = unsafe cairn_release(ring, ringBytes)
        _ = unsafe cairn_release(memory, count * bufferBytes)
    }

    // SAFETY: the id came from the kernel or from `init` and is checked.
    private mutating func put(_ id: UInt16) {
        ensure(Int(id) < count, "buffer id")
        unsafe cairn_buffer_add(
            ring, memory + Int(id) * bufferBytes, UInt32(bufferBytes), id, mask, pending)
        pending += 1
    }

    // SAFETY: the ring's tail is written by this thread alone.
    /// Makes recycled buffers visible to the kernel: once a turn, before the kernel entry.
    @inline(__always)
    mutating func publish() {
        guard pending > 0 else { return }
        unsafe cairn_buffers_publish(ring, pending)
        pending = 0
    }

    /// Counts a buffer that a completion handed out.
    @inline(__always)
    mutating func taken() { inUse &+= 1 }

    /// Puts a buffer back.
    @inline(__always)
    mutating func recycle(_ id: BufferID) {
        put(id.raw)
        inUse &-= 1
    }

    // SAFETY: the view is bounded by the buffer; it is ours until recycled.
    /// The first `count` bytes of a buffer.
    @inline(__always)
    func bytes(_ id: BufferID, count: Int) -> Bytes {
        ensure(Int(id.raw) < self.count && count <= bufferBytes, "buffer view")
        return unsafe Bytes(memory + Int(id.raw) * bufferBytes, count: count)
    }
}
