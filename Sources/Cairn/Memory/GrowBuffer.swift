import CShims
import Glibc

/// One contiguous run of bytes that grows: a command too large for a pooled block, the queue of a
/// transaction, a long text reply.
///
/// Mapped memory that `mremap` moves without copying. Rare by design: values of large SETs never
/// pass here, they are received where they stay. The owner charges its capacity to the budget.
@safe
package struct GrowBuffer: BitwiseCopyable {
    private var base: UnsafeMutableRawPointer?
    /// Bytes written.
    package private(set) var count = 0
    /// Bytes mapped.
    package private(set) var capacity = 0

    /// The least capacity a buffer with memory has.
    package static var capacityMin: Int { 64 << 10 }

    // SAFETY: there is no memory yet.
    package init() { unsafe base = nil }

    /// Bytes by which `reserve` would grow the buffer: twofold while it is small, by 1 MiB steps
    /// later, so that a charge for it never asks for much at once.
    package func growth(to bytes: Int) -> Int {
        if bytes <= capacity { return 0 }
        let step = Self.capacityMin
        let wanted = max(bytes, capacity + min(capacity, 1 << 20))
        return (wanted + step - 1) / step * step - capacity
    }

    // SAFETY: the mapping belongs to this value; views of it die when it grows.
    /// Makes room for `bytes` in all; the capacity added, or `nil` when the kernel refuses.
    package mutating func reserve(_ bytes: Int) -> Int? {
        if bytes <= capacity { return 0 }
        let wanted = capacity + growth(to: bytes)
        let moved: UnsafeMutableRawPointer?
        if let base = unsafe base {
            unsafe moved = cairn_grow(base, capacity, wanted)
        } else {
            unsafe moved = cairn_reserve(wanted)
        }
        guard let moved = unsafe moved else { return nil }
        let added = wanted - capacity
        unsafe base = moved
        capacity = wanted
        return added
    }

    // SAFETY: the bound was checked by `reserve`.
    /// Adds bytes behind the last; room must have been reserved.
    package mutating func append(_ bytes: Bytes) {
        ensure(count + bytes.count <= capacity, "grow buffer room")
        all.copy(bytes, at: count)
        count += bytes.count
    }

    /// Takes over bytes that were written into `room`.
    package mutating func advance(_ bytes: Int) {
        ensure(bytes >= 0 && count + bytes <= capacity, "grow buffer advance")
        count += bytes
    }

    // SAFETY: a view of the own mapping.
    private var all: MutableBytes { unsafe MutableBytes(base, count: capacity) }

    /// The bytes written.
    package var bytes: Bytes { all.bytes.slice(0, count) }
    /// The bytes written, to change in place.
    package var mutableBytes: MutableBytes { all.slice(0, count) }
    /// Memory behind the bytes written.
    package var room: MutableBytes { all.dropping(count) }

    /// Forgets the first `bytes`, moving the rest to the front.
    package mutating func dropFirst(_ bytes: Int) {
        ensure(bytes <= count, "grow buffer drop")
        if bytes == 0 { return }
        all.copy(all.bytes.slice(bytes, count - bytes))
        count -= bytes
    }

    /// Forgets what was written and keeps the memory.
    package mutating func clear() { count = 0 }

    // SAFETY: unmaps what `reserve` mapped; the value is empty afterwards.
    /// Gives the memory back; the capacity it had.
    package mutating func release() -> Int {
        let had = capacity
        if let base = unsafe base { _ = unsafe cairn_release(base, capacity) }
        unsafe base = nil
        count = 0
        capacity = 0
        return had
    }
}
