import CShims

/// A table of trivial elements in reserved address space, committed and given back in steps.
///
/// It grows without moving, so its elements keep their addresses and no insert pays for a copy.
/// Memory of a new step reads as zero.
///
/// - Invariant: elements below `count` may be touched; their steps are charged to the budget.
///
/// Steps are about a sixteenth of the table (16 KiB, 128 KiB from 2 MiB on, 2 MiB from 32 MiB on),
/// so that what is committed and unused stays small, and zeroing one takes at most about 0.1 ms. A
/// finished 2 MiB is offered to the kernel as a huge page; an unfinished one must not be one, it
/// would hold memory that is not charged.
@safe
package struct ReservedTable<Element: BitwiseCopyable>: ~Copyable {
    private let range: AddressRange
    private let base: UnsafeMutablePointer<Element>
    /// Elements that may be touched.
    package private(set) var count = 0
    /// Bytes charged to the budget.
    package private(set) var committedBytes = 0
    /// Most elements there can ever be.
    package let capacity: Int

    // SAFETY: binds memory that this value alone owns; zero is a value of every trivial element.
    package init(capacity: Int, node: Int?) throws(AddressRange.Failure) {
        let bytes = capacity * MemoryLayout<Element>.stride
        range = try AddressRange(count: bytes, node: node)
        unsafe base = range.base.bindMemory(to: Element.self, capacity: capacity)
        self.capacity = capacity
        range.preferHugePages(false, offset: 0, count: range.count)
    }

    // SAFETY: the index is below the committed count; `mutating` access excludes others.
    package subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe base + index
        }
    }

    /// Bytes the next `grow` charges.
    package var nextStepBytes: Int {
        committedBytes < 2 << 20 ? 16 << 10 : committedBytes < 32 << 20 ? 128 << 10 : 2 << 20
    }

    private var lastStepBytes: Int {
        committedBytes <= 2 << 20 ? 16 << 10 : committedBytes <= 32 << 20 ? 128 << 10 : 2 << 20
    }

    /// Commits one more step. False: the budget, or the table's capacity, is exhausted.
    package mutating func grow(_ budget: inout MemoryBudget) -> Bool {
        guard count < capacity, budget.tryCharge(nextStepBytes) else { return false }
        committedBytes += nextStepBytes
        count = Swift.min(capacity, committedBytes / MemoryLayout<Element>.stride)
        let huge = AddressRange.alignment
        if committedBytes % huge == 0 {
            range.preferHugePages(true, offset: committedBytes - huge, count: huge)
        }
        return true
    }

    /// Whether `shrink` to `needed` elements would give memory back.
    package func canShrink(to needed: Int) -> Bool {
        committedBytes > 0
            && needed * MemoryLayout<Element>.stride <= committedBytes - lastStepBytes
    }

    /// Gives the last step back if it lies above `needed` elements; its contents are lost.
    package mutating func shrink(to needed: Int, _ budget: inout MemoryBudget) -> Bool {
        guard canShrink(to: needed) else { return false }
        let huge = AddressRange.alignment
        if committedBytes % huge == 0 {
            range.preferHugePages(false, offset: committedBytes - huge, count: huge)
        }
        let step = lastStepBytes
        committedBytes -= step
        range.discard(offset: committedBytes, count: step)
        budget.release(step)
        count = Swift.min(capacity, committedBytes / MemoryLayout<Element>.stride)
        return true
    }

    // SAFETY: a hint; the address is inside the committed part.
    /// Asks the processor to load the cache lines of the element's first `bytes` bytes, at most
    /// two.
    @inline(__always)
    package func prefetch(_ index: Int, bytes: Int = 1) {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
        let address = unsafe UnsafeRawPointer(base + index)
        unsafe AddressRange.prefetch(address)
        if bytes > 1 { unsafe AddressRange.prefetch(address + (bytes &- 1)) }
    }
}
