/// Decides where the next free page comes from. Pure: numbers in, a decision out; `L1` carries it
/// out in bounded slices.
///
/// Victims leave in the policy's order, so what they free is spread over pages and classes. Once a
/// class has as many free chunks as a page holds, its emptiest page can be moved into the others'
/// gaps, and a whole page is free for any class. That bounds what free chunks can hold back: a
/// page's worth in each class in use.
///
/// A class that is no longer written to would keep its last pages for as long as something on them
/// is in use. Such a page is emptied once it is nearly empty, by evicting what is left on it. The
/// page that a busy class takes its chunks from looks nearly empty too; emptying that one would
/// throw out what has just come in, over and over: hence only idle classes.
package enum Rebalancer {
    package enum Decision: Equatable, Sendable {
        /// Empty the emptiest page of this class.
        case empty(sizeClass: Int)
        /// Evict victims of the policy.
        case evict
        /// Nothing can be done.
        case rest
    }

    /// Bytes in use on an idle class's page up to which it is emptied by evicting: an eighth.
    package static var purgeBytesMax: Int { Arena.pageBytes / 8 }
    /// Pages taken by other classes since a class's last allocation, from which on it is idle.
    package static var idlePages: UInt32 { 4 }

    /// The next step towards a free page.
    package static func decide(_ shape: SlabShape, canEvict: Bool) -> Decision {
        var movable: (cost: Int, sizeClass: Int)?
        var expendable: (cost: Int, sizeClass: Int)?
        for index in 0..<shape.count {
            let item = shape[index]
            let cost = Int(item.emptiestLive) * Int(item.chunkBytes)
            if item.freeSlots >= item.slotsPerPage {
                if cost < movable?.cost ?? Int.max { movable = (cost, Int(item.sizeClass)) }
            } else if item.isIdle, cost <= purgeBytesMax, cost < expendable?.cost ?? Int.max {
                expendable = (cost, Int(item.sizeClass))
            }
        }
        if let movable { return .empty(sizeClass: movable.sizeClass) }
        if let expendable { return .empty(sizeClass: expendable.sizeClass) }
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
    /// Nothing has been allocated from it for a while (`Rebalancer.idlePages`).
    package var isIdle: Bool
}

/// All classes with pages.
package struct SlabShape: Sendable {
    private var items = InlineArray<64, ClassShape>(
        repeating: ClassShape(
            sizeClass: 0, chunkBytes: 0, slotsPerPage: 0, freeSlots: 0, emptiestLive: 0,
            isIdle: false))
    package private(set) var count = 0

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
