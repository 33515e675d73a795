/// Where superblocks and segments of a store lie: follows from the store's size alone.
///
///     0          superblock copy 0, 4 KiB
///     256 KiB    superblock copy 1
///     1 MiB      segments 0, 1, 2, ...
///     end-512 KiB  superblock copy 2      end-256 KiB  superblock copy 3
///
/// The end is the size rounded down to 4 KiB.
struct StoreGeometry: Equatable, BitwiseCopyable {
    static let superblockCopies = 4
    static let superblockSpacing = 256 << 10
    static let frontBytes = 1 << 20
    static let backBytes = 512 << 10
    static let segmentBytesMin = 1 << 20
    static let segmentBytesDefault = 16 << 20
    static let segmentBytesMax = 256 << 20
    static let segmentsPerLaneMin = 8
    static let lanesDefault = 16
    static let lanesMax = 256
    static let unitMin = 512
    static let unitMax = 4096
    /// Keeps every sum of offsets far from overflow.
    static let fileBytesMax = 1 << 60

    let fileBytes: Int
    let segmentBytes: Int
    let segmentCount: Int
    let lanes: Int
    let unit: Int

    /// The geometry of a new store; `nil` if `fileBytes` is below `bytesMin(lanes:)` or above
    /// `fileBytesMax`. Segments are of the default size, or the largest power of two below that
    /// gives each lane its least number.
    static func plan(fileBytes: Int, lanes: Int, unit: Int) -> StoreGeometry? {
        ensure(areValid(lanes: lanes, unit: unit), "lanes and unit")
        guard fileBytes >= bytesMin(lanes: lanes), fileBytes <= fileBytesMax else { return nil }
        var segmentBytes = segmentBytesDefault
        while segmentCount(fileBytes: fileBytes, segmentBytes: segmentBytes)
            < lanes * segmentsPerLaneMin
        {
            segmentBytes /= 2
        }
        return StoreGeometry(
            fileBytes: fileBytes, segmentBytes: segmentBytes,
            segmentCount: segmentCount(fileBytes: fileBytes, segmentBytes: segmentBytes),
            lanes: lanes, unit: unit)
    }

    static func areValid(lanes: Int, unit: Int) -> Bool {
        DiskFormat.isPowerOfTwo(lanes) && lanes <= lanesMax && DiskFormat.isPowerOfTwo(unit)
            && unit >= unitMin && unit <= unitMax
    }

    /// The size below which a store of so many lanes can't be made.
    static func bytesMin(lanes: Int) -> Int {
        frontBytes + backBytes + lanes * segmentsPerLaneMin * segmentBytesMin
    }

    /// How many segments a file holds; the format's numbers of them have 32 bits.
    static func segmentCount(fileBytes: Int, segmentBytes: Int) -> Int {
        let room = end(fileBytes) - frontBytes - backBytes
        return room <= 0 ? 0 : min(room / segmentBytes, Int(UInt32.max))
    }

    static func end(_ fileBytes: Int) -> Int { fileBytes & ~(DiskFormat.blockBytes - 1) }

    /// The byte offset of a superblock copy in a file of this size, which holds at least
    /// `frontBytes + backBytes`.
    static func superblockOffset(copy: Int, fileBytes: Int) -> Int {
        ensure(copy >= 0 && copy < superblockCopies, "superblock copy")
        ensure(fileBytes >= frontBytes + backBytes, "file too small for superblocks")
        return copy < 2
            ? copy * superblockSpacing
            : end(fileBytes) - (superblockCopies - copy) * superblockSpacing
    }

    /// The byte offset of a segment.
    @inline(__always)
    func offset(segment: Int) -> Int {
        ensure(segment >= 0 && segment < segmentCount, "segment number")
        return Self.frontBytes &+ segment &* segmentBytes
    }

    @inline(__always)
    func lane(segment: Int) -> Int { segment & (lanes &- 1) }

    /// The lane of a key: the hash's top bits.
    @inline(__always)
    func lane(hash: UInt64) -> Int {
        lanes == 1 ? 0 : Int(truncatingIfNeeded: hash >> UInt64(64 - lanes.trailingZeroBitCount))
    }

    var segment: SegmentGeometry { SegmentGeometry(bytes: segmentBytes, unit: unit) }
}

/// Where things lie inside a segment, in units from its start.
///
///     [header 4 KiB][chunk][chunk]...          [footer: records ... trailer 64 B]
struct SegmentGeometry: Equatable, BitwiseCopyable {
    let bytes: Int
    let unit: Int

    var units: Int { bytes / unit }
    /// Behind the header.
    var firstChunkUnit: Int { DiskFormat.blockBytes / unit }

    /// Units of a chunk's header with its records.
    @inline(__always)
    func chunkHeaderUnits(records: Int) -> Int {
        DiskFormat.units(ChunkHeader.bytes &+ records &* Record.bytes, unit)
    }

    /// Units of the footer of a segment with so many records.
    @inline(__always)
    func footerUnits(records: Int) -> Int {
        DiskFormat.units(records &* Record.bytes &+ SegmentTrailer.bytes, unit)
    }

    func footerStart(records: Int) -> Int { units &- footerUnits(records: records) }

    /// The byte offset of the trailer in the segment.
    var trailerOffset: Int { bytes - SegmentTrailer.bytes }

    /// The most records a footer can hold.
    var recordsMax: Int {
        ((units - firstChunkUnit) * unit - SegmentTrailer.bytes) / Record.bytes
    }

    /// Whether a chunk of `chunkUnits` at `unit` leaves room for a footer of `records`, its own
    /// included.
    @inline(__always)
    func fits(chunkUnits: Int, at unit: Int, records: Int) -> Bool {
        records <= recordsMax && unit &+ chunkUnits <= footerStart(records: records)
    }
}
