/// Decides where the next free page comes from. Pure: numbers in, a decision out; `L1` carries it
/// out in bounded slices.
///
/// Victims leave in the policy's order, so what they free is spread over pages and classes. Once a
/// class has as many free chunks as a page holds, its emptiest page can be moved into the others'
/// gaps, and a whole page is free for any class. That bounds what free chunks can hold back: a
/// page's worth in each class in use. Where that is too much for the cache's size, the page that is
/// cheapest to lose is emptied by moving what can be moved, and evicting the rest.
package enum Rebalancer {
    package enum Decision: Equatable, Sendable {
        /// Empty the emptiest page of this class.
        case empty(sizeClass: Int)
        /// Evict victims of the policy.
        case evict
        /// Nothing can be done.
        case rest
    }

    /// Bytes of free chunks above which pages are emptied even at the cost of entries: a sixteenth
    /// of the slab, at least two pages.
    package static func freeBytesMax(slabBytes: Int) -> Int {
        max(2 * Arena.pageBytes, slabBytes / 16)
    }

    /// The next step towards a free page.
    package static func decide(_ shape: SlabShape, canEvict: Bool) -> Decision {
        var cheapest: (cost: Int, sizeClass: Int)?
        var smallest: (cost: Int, sizeClass: Int)?
        var freeBytes = 0
        for index in 0..<shape.count {
            let item = shape[index]
            let cost = Int(item.emptiestLive) * Int(item.chunkBytes)
            freeBytes += Int(item.freeSlots) * Int(item.chunkBytes)
            if item.freeSlots >= item.slotsPerPage, cost < cheapest?.cost ?? Int.max {
                cheapest = (cost, Int(item.sizeClass))
            }
            if cost < smallest?.cost ?? Int.max { smallest = (cost, Int(item.sizeClass)) }
        }
        if let cheapest { return .empty(sizeClass: cheapest.sizeClass) }
        if let smallest, freeBytes > freeBytesMax(slabBytes: shape.slabBytes) || !canEvict,
            freeBytes > 0
        {
            return .empty(sizeClass: smallest.sizeClass)
        }
        return canEvict ? .evict : .rest
    }
}

/// What the rebalancer needs to know of a class with pages.
package struct ClassShape: BitwiseCopyable, Sendable {
    package var sizeClass: UInt8
    package var chunkBytes: UInt32
    package var slotsPerPage: UInt32
    package var freeSlots: UInt32
    /// Chunks in use on its emptiest page that may be emptied now.
    package var emptiestLive: UInt32
}

/// All classes with pages.
package struct SlabShape: Sendable {
    private var items = InlineArray<64, ClassShape>(
        repeating: ClassShape(
            sizeClass: 0, chunkBytes: 0, slotsPerPage: 0, freeSlots: 0, emptiestLive: 0))
    package private(set) var count = 0
    /// Bytes of all pages of all classes.
    package var slabBytes = 0

    package init() {}

    package mutating func add(_ item: ClassShape) {
        ensure(count < SizeClasses.countMax, "more classes than there are")
        items[count] = item
        count += 1
    }

    package subscript(index: Int) -> ClassShape {
        ensure(index < count, "class of a shape")
        return items[index]
    }
}
