/// Goes through stored bytes in pieces of any sizes and gives the checksum of each granule.
///
/// A granule's checksum starts with that of its entry's head and its number, so it holds only for
/// these bytes at this place of this entry in this store.
struct GranuleWalk: BitwiseCopyable {
    private let entryChecksum: UInt32
    private let shape: EntryShape
    /// The granule that the next byte belongs to.
    private(set) var granule: Int
    private var left: Int
    private var checksum: UInt32

    @inline(__always)
    init(_ shape: EntryShape, checksum entryChecksum: UInt32, from granule: Int) {
        self.shape = shape
        self.entryChecksum = entryChecksum
        self.granule = granule
        left = 0
        checksum = 0
        begin()
    }

    @inline(__always)
    private mutating func begin() {
        guard granule < shape.granules else { return }
        left = shape.span(granule).count
        checksum = CRC32C.of(UInt64(granule), after: entryChecksum)
    }

    /// Takes the next bytes and calls `done` at each granule's end. Ends early, with `false`, when
    /// `done` says so, or when there are more bytes than granules.
    @inline(__always)
    @discardableResult
    mutating func add(_ piece: Bytes, _ done: (Int, UInt32) -> Bool) -> Bool {
        var offset = 0
        while offset < piece.count {
            guard left > 0 else { return false }
            let count = Swift.min(left, piece.count &- offset)
            checksum = CRC32C.of(piece.slice(offset, count), after: checksum)
            offset &+= count
            left &-= count
            if left == 0 {
                guard done(granule, checksum) else { return false }
                granule &+= 1
                begin()
            }
        }
        return true
    }
}

/// Verifies whole granules of a large entry, wherever in memory their bytes lie.
///
/// - Invariant: the memory of `table` stays as it is while the check is under way.
struct GranuleCheck: BitwiseCopyable {
    private let shape: EntryShape
    private let table: Bytes
    private let first: Int
    private let end: Int
    private var walk: GranuleWalk
    /// Whether every granule so far is as it was written.
    private(set) var isGood = true

    /// A check of `granules`; `table` starts with the place of the first.
    @inline(__always)
    init(_ entry: DecodedEntry, granules: Range<Int>, table: Bytes) {
        ensure(
            granules.lowerBound >= 0 && granules.upperBound <= entry.shape.granules, "granules")
        shape = entry.shape
        first = granules.lowerBound
        end = granules.upperBound
        self.table = table.slice(0, granules.count &* entry.shape.granuleStride)
        walk = GranuleWalk(entry.shape, checksum: entry.checksum, from: first)
    }

    /// A check of all granules, `head` being the entry's whole head.
    @inline(__always)
    init(_ entry: DecodedEntry, head: Bytes) {
        self.init(
            entry, granules: 0..<entry.shape.granules,
            table: head.dropping(Swift.min(entry.shape.tableOffset(0), head.count)))
    }

    /// Takes the next stored bytes; `false` once a granule is not as it was written.
    @inline(__always)
    @discardableResult
    mutating func add(_ piece: Bytes) -> Bool {
        let (table, first, end, stride) = (table, first, end, shape.granuleStride)
        isGood =
            walk.add(piece) { granule, checksum in
                granule < end
                    && table.load((granule &- first) &* stride, as: UInt32.self) == checksum
            } && isGood
        return isGood
    }

    /// Whether all granules have been seen and are good.
    var isComplete: Bool { isGood && walk.granule == end }
}
