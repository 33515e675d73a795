/// The chunk sizes of the slab, and how a large value is cut into chunks. Pure tables.
///
/// ```
/// below 4 KiB   64, 80, 96 ... in steps of at most 16 % (25 % at the very start), multiples of 16
/// from 4 KiB    multiples of 4 KiB near floor(2 MiB / n), so that little of a page's end is lost
/// ```
package struct SizeClasses: ~Copyable {
    /// Number of classes; at most `SizeClasses.countMax`.
    package let count: Int
    /// Classes below this index hold chunks smaller than 4 KiB.
    package let smallCount: Int
    private var chunk: FixedArray<UInt32>
    private var slots: FixedArray<UInt16>
    /// Class of a chunk of `i * 16` bytes, up to 4 KiB.
    private var smallClass: FixedArray<UInt8>
    /// Class of a chunk of `i` units of 4 KiB, up to 256.
    private var unitClass: FixedArray<UInt8>
    /// The pair of classes that wastes least for `i` units; `second` 0: one chunk does as well.
    private var pairs: FixedArray<UnitPair>

    package static var countMax: Int { 64 }
    /// Bytes of a unit: what a device reads and writes in place.
    package static var unit: Int { 4096 }
    /// Bytes of the largest chunk.
    package static var chunkBytesMax: Int { 1 << 20 }
    /// Heap bytes of the tables, rounded up.
    package static var overheadBytes: Int { 4096 }

    /// floor(512 / n) units for n chunks a page, thinned out to steps of about 25 %: what falls
    /// between two of them is cut in two chunks instead.
    private static var unitSizes: [Int] {
        [
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 21, 25, 32, 42, 51, 64, 85, 102, 128,
            170, 256,
        ]
    }

    package init() {
        var sizes: [Int] = []
        var size = 64
        while size < Self.unit {
            sizes.append(size)
            size = Swift.max(size + 16, size * 116 / 100 & ~15)
        }
        let small = sizes.count
        sizes += Self.unitSizes.map { $0 * Self.unit }
        ensure(sizes.count <= Self.countMax, "too many size classes")
        count = sizes.count
        smallCount = small
        chunk = FixedArray(repeating: 0, count: sizes.count)
        slots = FixedArray(repeating: 0, count: sizes.count)
        smallClass = FixedArray(repeating: 0, count: Self.unit / 16 + 1)
        unitClass = FixedArray(repeating: 0, count: 257)
        pairs = FixedArray(repeating: UnitPair(first: 0, second: 0), count: 257)
        for (index, bytes) in sizes.enumerated() {
            chunk[index] = UInt32(bytes)
            // A small class keeps its owners (4 bytes a slot) at the end of the page.
            let perSlot = bytes < Self.unit ? bytes + 4 : bytes
            slots[index] = UInt16(Arena.pageBytes / perSlot)
        }
        for step in 0...Self.unit / 16 {
            smallClass[step] = UInt8(sizes.firstIndex { $0 >= step * 16 }!)
        }
        fillUnitTables()
    }

    private mutating func fillUnitTables() {
        let sizes = Self.unitSizes
        for units in 1...256 {
            let index = sizes.firstIndex { $0 >= units }!
            unitClass[units] = UInt8(smallCount + index)
            var best = UnitPair(first: UInt16(sizes[index]), second: 0)
            for first in sizes where first < units {
                let second = sizes.first { $0 >= units - first }!
                if first >= second, first + second < Int(best.first + best.second) {
                    best = UnitPair(first: UInt16(first), second: UInt16(second))
                }
            }
            pairs[units] = best
        }
    }

    /// Bytes of a chunk of the class.
    @inline(__always)
    package func chunkBytes(_ index: Int) -> Int { Int(chunk[index]) }

    /// Chunks in a page of the class.
    @inline(__always)
    package func slotsPerPage(_ index: Int) -> Int { Int(slots[index]) }

    /// The smallest class whose chunks hold `bytes`, 1 ... 1 MiB.
    @inline(__always)
    package func index(for bytes: Int) -> Int {
        if bytes <= Self.unit { return Int(smallClass[(bytes &+ 15) >> 4]) }
        return Int(unitClass[(bytes &+ Self.unit &- 1) / Self.unit])
    }

    /// The two chunk sizes in units (the second may be 0) that hold `units` with least waste.
    func pair(for units: Int) -> (first: Int, second: Int) {
        let pair = pairs[units]
        return (Int(pair.first), Int(pair.second))
    }

    /// The one chunk size in units that holds `units`.
    func single(for units: Int) -> Int { chunkBytes(Int(unitClass[units])) / Self.unit }
}

/// Two chunk sizes in units of 4 KiB. Not nested and private: with a private element type the
/// compiler (6.3.1) emits a broken destructor for its table.
struct UnitPair: BitwiseCopyable {
    var first: UInt16
    var second: UInt16
}
