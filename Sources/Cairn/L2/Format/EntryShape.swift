/// Where the parts of an entry lie: follows from the lengths, which the index and the requester
/// know before they read.
///
///     small   header 64 B | key | [seal] | value | zeros to a unit
///     large   header 64 B | key | [seal] | granule table | zeros to a unit || value | to a unit
///
/// Small: header, key, seal and value together below 4096 bytes; one checksum covers all. Large:
/// the value starts at a unit, so that a read lands in slab memory as it is; its granules of 16 KiB
/// have a checksum each. The seal (16 bytes) is there if the entry is encrypted.
struct EntryShape: Equatable, BitwiseCopyable {
    static let smallBytesEnd = 4096
    static let sealBytes = 16
    static let granuleShifts = 12...20

    let unit: Int
    let keyLength: Int
    /// Of the value as it is stored: compressed, if it is.
    let storedLength: Int
    let granuleShift: Int
    let isEncrypted: Bool
    let isSmall: Bool

    @inline(__always)
    init(
        unit: Int, keyLength: Int, storedLength: Int,
        granuleShift: Int = DiskFormat.granuleShift, isEncrypted: Bool = false
    ) {
        self.unit = unit
        self.keyLength = keyLength
        self.storedLength = storedLength
        self.granuleShift = granuleShift
        self.isEncrypted = isEncrypted
        let seal = isEncrypted ? Self.sealBytes : 0
        isSmall = EntryHeader.bytes + keyLength + seal + storedLength < Self.smallBytesEnd
    }

    /// Bytes of header, key and seal.
    @inline(__always)
    var namedBytes: Int { EntryHeader.bytes &+ keyLength &+ (isEncrypted ? Self.sealBytes : 0) }

    // MARK: Granules

    var granuleBytes: Int { 1 << granuleShift }

    /// Stored bytes that have a checksum of their own; 0 for a small entry.
    @inline(__always)
    var granules: Int { isSmall ? 0 : (storedLength &+ granuleBytes &- 1) >> granuleShift }

    /// Bytes of a granule's place in the table: its checksum, and its GCM tag if encrypted.
    @inline(__always)
    var granuleStride: Int { isEncrypted ? 4 &+ Self.sealBytes : 4 }

    /// Where the place of `granule` is, in bytes from the entry's start.
    @inline(__always)
    func tableOffset(_ granule: Int) -> Int { namedBytes &+ granule &* granuleStride }

    /// The stored bytes that `granule` covers.
    func span(_ granule: Int) -> Range<Int> {
        let start = granule << granuleShift
        return start..<Swift.min(start + granuleBytes, storedLength)
    }

    // MARK: Parts

    /// Bytes before the padding of the head; those of a small entry include its value.
    @inline(__always)
    var headBytes: Int { isSmall ? namedBytes &+ storedLength : tableOffset(granules) }

    @inline(__always)
    var headUnits: Int { DiskFormat.units(headBytes, unit) }

    /// The bytes that the header's checksum covers.
    @inline(__always)
    var coveredBytes: Int { isSmall ? headBytes : namedBytes }

    /// Where the value starts, in bytes from the entry's start.
    @inline(__always)
    var valueOffset: Int { isSmall ? namedBytes : headUnits &* unit }

    /// Units of the value behind the head; 0 for a small entry.
    @inline(__always)
    var valueUnits: Int { isSmall ? 0 : DiskFormat.units(storedLength, unit) }

    @inline(__always)
    var units: Int { headUnits &+ valueUnits }

    // MARK: Ranged reads

    /// What to read for some of a value's stored bytes, in units from the entry's start.
    struct Reads: Equatable {
        /// Header and key, with the table's part if that follows at once.
        var head: Range<Int>
        /// The part of the table with the granules' checksums, if it lies apart.
        var table: Range<Int>
        /// The granules.
        var value: Range<Int>
        /// Which granules.
        var granules: Range<Int>

        var units: Int { head.count + table.count + value.count }
    }

    /// The reads for `count` stored bytes from `offset`, which must lie in the value. A small entry
    /// is read whole. Of a compressed value all bytes are needed.
    func reads(_ offset: Int, _ count: Int) -> Reads {
        ensure(offset >= 0 && count >= 0 && offset <= storedLength - count, "range of a value")
        let none = 0..<0
        if isSmall { return Reads(head: 0..<units, table: none, value: none, granules: none) }
        let named = 0..<DiskFormat.units(namedBytes, unit)
        if count == 0 { return Reads(head: named, table: none, value: none, granules: none) }
        let first = offset >> granuleShift
        let last = (offset + count - 1) >> granuleShift
        let start = headUnits + span(first).lowerBound / unit
        let end = headUnits + DiskFormat.units(span(last).upperBound, unit)
        let value = start..<end
        var reads = Reads(head: named, table: none, value: value, granules: first..<(last + 1))
        let tableEnd = DiskFormat.units(tableOffset(last + 1), unit)
        let table = (tableOffset(first) / unit)..<tableEnd
        if table.lowerBound <= named.upperBound {
            reads.head = 0..<Swift.max(named.upperBound, table.upperBound)
        } else {
            reads.table = table
        }
        return reads
    }
}
