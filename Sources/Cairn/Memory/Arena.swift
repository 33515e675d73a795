/// The pages of one shard's slabs: 2 MiB each, aligned to 2 MiB, on huge pages where the machine
/// gives them, near the shard's NUMA node.
///
/// A page is in one of three places: with the slab, in the free reserve (charged, maybe resident),
/// or back with the kernel (not charged). Pages keep their addresses for the life of the arena and
/// are not registered with a ring: a registered page could not be given back (the ring would keep
/// the old frames).
@safe
package struct Arena: ~Copyable {
    private let range: AddressRange
    /// Pages of the free reserve, a stack: the last freed is the warmest.
    private var reserve: FixedArray<UInt32>
    /// Pages given back to the kernel, a stack.
    private var returned: FixedArray<UInt32>
    private var returnedCount = 0
    /// Pages never handed out start here.
    private var fresh = 0
    /// Pages in the free reserve.
    package private(set) var freeCount = 0
    /// Pages with the slab.
    package private(set) var usedCount = 0
    /// Most pages there can be.
    package let pagesMax: Int

    /// Bytes of a page.
    package static var pageBytes: Int { 2 << 20 }
    /// 17 bits of page number in a chunk handle: 256 GiB a shard.
    package static var pagesLimit: Int { 1 << 17 }

    package init(bytes: Int, node: Int?) throws(AddressRange.Failure) {
        pagesMax = Swift.min(bytes / Self.pageBytes, Self.pagesLimit)
        range = try AddressRange(count: pagesMax * Self.pageBytes, node: node)
        range.preferHugePages(true, offset: 0, count: range.count)
        reserve = FixedArray(repeating: 0, count: pagesMax)
        returned = FixedArray(repeating: 0, count: pagesMax)
    }

    /// Heap bytes an arena of `pages` pages uses for itself.
    package static func overheadBytes(pages: Int) -> Int { pages * 8 }

    /// Pages charged to the budget.
    package var committedCount: Int { usedCount + freeCount }

    /// Whether the NUMA preference was accepted.
    package var isBound: Bool { range.isBound }

    // SAFETY: pages are disjoint parts of the range; the slab hands out disjoint parts of a page.
    /// First byte of a page; `Arena.pageBytes` long.
    @inline(__always)
    package func address(of page: Int) -> UnsafeMutableRawPointer {
        ensure(UInt(bitPattern: page) < UInt(bitPattern: pagesMax), "page number")
        return unsafe range.base + page &* Self.pageBytes
    }

    /// A page for the slab: from the free reserve, or newly charged. Contents undefined.
    package mutating func take(_ budget: inout MemoryBudget) -> Int? {
        if freeCount > 0 {
            freeCount -= 1
            usedCount += 1
            return Int(reserve[freeCount])
        }
        guard returnedCount > 0 || fresh < pagesMax else { return nil }
        guard budget.tryCharge(Self.pageBytes) else { return nil }
        usedCount += 1
        if returnedCount > 0 {
            returnedCount -= 1
            return Int(returned[returnedCount])
        }
        fresh += 1
        return fresh - 1
    }

    /// Puts a page the slab has emptied into the free reserve.
    package mutating func put(_ page: Int) {
        ensure(usedCount > 0, "more pages put than taken")
        usedCount -= 1
        reserve[freeCount] = UInt32(page)
        freeCount += 1
    }

    /// Gives one page of the free reserve back to the kernel and its bytes to the budget.
    package mutating func trim(_ budget: inout MemoryBudget) -> Bool {
        guard freeCount > 0 else { return false }
        freeCount -= 1
        let page = reserve[freeCount]
        range.discard(offset: Int(page) * Self.pageBytes, count: Self.pageBytes)
        returned[returnedCount] = page
        returnedCount += 1
        budget.release(Self.pageBytes)
        return true
    }
}
