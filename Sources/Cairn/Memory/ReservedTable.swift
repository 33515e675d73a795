import CShims

/// A table of trivial elements in reserved address space, committed and given back in steps.
///
/// It grows without moving, so its elements keep their addresses and no insert pays for a copy.
/// Memory of a new step reads as zero.
///
/// - Invariant: elements below `count` may be touched; their steps are charged to the budget.
///
/// Steps are 64 KiB up to 2 MiB and 2 MiB (one huge page) from there on: a small cache isn't
/// rounded up to huge pages, a big one has few TLB misses, and zeroing a step takes about 0.1 ms.
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

    static var smallStep: Int { 64 << 10 }
    static var largeStep: Int { AddressRange.alignment }

    // SAFETY: binds memory that this value alone owns; zero is a value of every trivial element.
    package init(capacity: Int, node: Int?) throws(AddressRange.Failure) {
        let bytes = capacity * MemoryLayout<Element>.stride
        range = try AddressRange(count: bytes, node: node)
        unsafe base = range.base.bindMemory(to: Element.self, capacity: capacity)
        self.capacity = capacity
        range.preferHugePages(false, offset: 0, count: Swift.min(Self.largeStep, range.count))
        if range.count > Self.largeStep {
            range.preferHugePages(
                true, offset: Self.largeStep, count: range.count - Self.largeStep)
        }
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
        committedBytes < Self.largeStep ? Self.smallStep : Self.largeStep
    }

    /// Commits one more step. False: the budget, or the table's capacity, is exhausted.
    package mutating func grow(_ budget: inout MemoryBudget) -> Bool {
        guard count < capacity, budget.tryCharge(nextStepBytes) else { return false }
        committedBytes += nextStepBytes
        count = Swift.min(capacity, committedBytes / MemoryLayout<Element>.stride)
        return true
    }

    /// Whether `shrink` to `needed` elements would give memory back.
    package func canShrink(to needed: Int) -> Bool {
        committedBytes > 0
            && needed * MemoryLayout<Element>.stride <= committedBytes - lastStepBytes
    }

    /// Gives whole steps above `needed` elements back; their contents are lost.
    package mutating func shrink(to needed: Int, _ budget: inout MemoryBudget) {
        while canShrink(to: needed) {
            let step = lastStepBytes
            committedBytes -= step
            range.discard(offset: committedBytes, count: step)
            budget.release(step)
        }
        count = Swift.min(capacity, committedBytes / MemoryLayout<Element>.stride)
    }

    private var lastStepBytes: Int {
        committedBytes <= Self.largeStep ? Self.smallStep : Self.largeStep
    }

    // SAFETY: a hint; the address is inside the committed part.
    /// Asks the processor to load the element's cache line.
    @inline(__always)
    package func prefetch(_ index: Int) {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
        unsafe cairn_prefetch(base + index)
    }
}
