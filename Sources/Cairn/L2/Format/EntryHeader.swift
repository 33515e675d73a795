/// What an entry's bits say; a record repeats them.
struct EntryFlags: OptionSet, BitwiseCopyable {
    var rawValue: UInt8

    static let lz4 = EntryFlags(rawValue: 1)
    static let zstd = EntryFlags(rawValue: 2)
    static let encrypted = EntryFlags(rawValue: 4)
    /// The value lies behind the head, with a granule table.
    static let large = EntryFlags(rawValue: 8)

    static let known: EntryFlags = [.lz4, .zstd, .encrypted, .large]
    static let compressed: EntryFlags = [.lz4, .zstd]

    var isCompressed: Bool { !isDisjoint(with: .compressed) }
}

/// The first 64 bytes of an entry, with all that must be known of a block to serve it.
///
/// The checksum covers header, key and seal, and a small entry's value. It is also where the
/// checksum of every granule starts: granules, or a table, of another entry never fit.
struct EntryHeader: Equatable, BitwiseCopyable {
    static let bytes = 64
    static let magic = UInt32(littleEndianText: "CEN1")
    static let nonceBytes = 12

    enum At {
        static let magic = 0
        static let checksum = 4
        static let hash = 8
        static let version = 16
        static let expiryMs = 24
        static let valueLength = 32
        static let storedLength = 36
        static let generation = 40
        static let keyLength = 44
        static let format = 46
        static let flags = 47
        static let type = 48
        static let priority = 49
        static let granuleShift = 50
        static let reserved = 51
        static let nonceBoot = 52
        static let nonceCounter = 56
    }

    var hash: UInt64
    var version: UInt64
    /// Milliseconds since 1970; 0: none.
    var expiryMs: UInt64
    /// Of the value as clients see it.
    var valueLength: UInt32
    /// Of the value as it is stored.
    var storedLength: UInt32
    /// The low half of the segment's: an address kept too long finds another.
    var generation: UInt32
    var keyLength: UInt16
    /// `large` is set by `encode`.
    var flags: EntryFlags = []
    var type: UInt8 = 0
    var priority: UInt8 = 0
    var granuleShift = UInt8(DiskFormat.granuleShift)
    /// The nonce of the entry's encryption: boot count and a counter. Zero without.
    var nonceBoot: UInt32 = 0
    var nonceCounter: UInt64 = 0

    @inline(__always)
    func shape(unit: Int) -> EntryShape {
        EntryShape(
            unit: unit, keyLength: Int(keyLength), storedLength: Int(storedLength),
            granuleShift: Int(granuleShift), isEncrypted: flags.contains(.encrypted))
    }

    /// Writes the header but its checksum.
    @inline(__always)
    fileprivate func encode(into head: MutableBytes, isLarge: Bool) {
        let out = head.slice(0, Self.bytes)
        var flags = flags
        if isLarge { flags.insert(.large) } else { flags.remove(.large) }
        out.store(Self.magic, at: At.magic)
        out.store(hash, at: At.hash)
        out.store(version, at: At.version)
        out.store(expiryMs, at: At.expiryMs)
        out.store(valueLength, at: At.valueLength)
        out.store(storedLength, at: At.storedLength)
        out.store(generation, at: At.generation)
        out.store(keyLength, at: At.keyLength)
        out.store(DiskFormat.version, at: At.format)
        out.store(flags.rawValue, at: At.flags)
        out.store(type, at: At.type)
        out.store(priority, at: At.priority)
        out.store(granuleShift, at: At.granuleShift)
        out.store(0 as UInt8, at: At.reserved)
        out.store(nonceBoot, at: At.nonceBoot)
        out.store(nonceCounter, at: At.nonceCounter)
    }

    @inline(__always)
    static func checksum(_ head: Bytes, _ covered: Int, _ salt: StoreSalt) -> UInt32 {
        CRC32C.of(
            head.slice(At.hash, covered - At.hash),
            after: CRC32C.of(head.slice(At.magic, 4), after: salt.checksum))
    }

    /// The entry at the start of `head`: a small one must be there whole, of a large one header,
    /// key and seal. Whether hash, key, version and generation are those expected is for the
    /// caller.
    static func decode(
        _ head: Bytes, unit: Int, salt: StoreSalt
    ) throws(FormatFault) -> DecodedEntry {
        guard head.count >= bytes else { throw .truncated(needed: bytes) }
        let fixed = head.slice(0, bytes)
        guard fixed.load(At.magic, as: UInt32.self) == magic else {
            throw fixed.isBlank ? .blank : .wrongMagic
        }
        // These say what the checksum covers; nothing is read by them before they are in bounds.
        let header = fields(of: fixed)
        guard header.keyLength > 0, header.keyLength <= DiskFormat.keyBytesMax else {
            throw .impossible(.keyLength)
        }
        let shape = header.shape(unit: unit)
        guard head.count >= shape.coveredBytes else {
            throw .truncated(needed: shape.coveredBytes)
        }
        let checksum = checksum(head, shape.coveredBytes, salt)
        guard fixed.load(At.checksum, as: UInt32.self) == checksum else { throw .badChecksum }
        guard fixed[At.format] == DiskFormat.version else {
            throw .unsupportedVersion(UInt32(fixed[At.format]))
        }
        guard fixed[At.reserved] == 0 else { throw .impossible(.reserved) }
        try header.judge(isSmall: shape.isSmall)
        return DecodedEntry(header: header, shape: shape, checksum: checksum)
    }

    @inline(__always)
    private static func fields(of fixed: Bytes) -> EntryHeader {
        EntryHeader(
            hash: fixed.load(At.hash, as: UInt64.self),
            version: fixed.load(At.version, as: UInt64.self),
            expiryMs: fixed.load(At.expiryMs, as: UInt64.self),
            valueLength: fixed.load(At.valueLength, as: UInt32.self),
            storedLength: fixed.load(At.storedLength, as: UInt32.self),
            generation: fixed.load(At.generation, as: UInt32.self),
            keyLength: fixed.load(At.keyLength, as: UInt16.self),
            flags: EntryFlags(rawValue: fixed[At.flags]),
            type: fixed[At.type], priority: fixed[At.priority],
            // Bounded, so that a shape of unjudged fields is harmless.
            granuleShift: Swift.min(fixed[At.granuleShift], 63),
            nonceBoot: fixed.load(At.nonceBoot, as: UInt32.self),
            nonceCounter: fixed.load(At.nonceCounter, as: UInt64.self))
    }

    /// Throws unless the fields can be of one entry.
    @inline(__always)
    private func judge(isSmall: Bool) throws(FormatFault) {
        guard flags.isSubset(of: .known), flags.contains(.large) != isSmall,
            !flags.isSuperset(of: .compressed)
        else { throw .impossible(.flags) }
        guard Int(valueLength) <= DiskFormat.valueBytesMax else {
            throw .impossible(.valueLength)
        }
        guard flags.isCompressed ? storedLength < valueLength : storedLength == valueLength else {
            throw .impossible(.storedLength)
        }
        guard EntryShape.granuleShifts.contains(Int(granuleShift)) else {
            throw .impossible(.granuleShift)
        }
    }
}

/// An entry's head that has been verified.
struct DecodedEntry: Equatable, BitwiseCopyable {
    let header: EntryHeader
    let shape: EntryShape
    /// The header's checksum, where those of the granules start.
    let checksum: UInt32

    /// The key, in the head that was decoded.
    func key(in head: Bytes) -> Bytes { head.slice(EntryHeader.bytes, shape.keyLength) }

    /// The stored value of a small entry, in the head that was decoded.
    func smallValue(in head: Bytes) -> Bytes {
        ensure(shape.isSmall, "the value of a large entry lies apart")
        return head.slice(shape.valueOffset, shape.storedLength)
    }
}

/// Builds an entry's head while the stored value is shown to it, in pieces of any sizes.
///
///     var encoder = EntryEncoder(header, key: key, unit: unit, salt: salt, into: head)
///     encoder.add(piece) ...
///     encoder.finish()
///
/// Of an encrypted entry, key, seal and value are given as they are stored. A small entry's value
/// is copied into the head. A large one's is only read; it goes to the device from where it is,
/// behind the head, and its padding is the caller's.
///
/// - Invariant: `head` holds the shape's `headUnits` and has no other writer until `finish`.
struct EntryEncoder {
    let shape: EntryShape
    private let head: MutableBytes
    private let salt: StoreSalt
    private var filled = 0
    private var walk: GranuleWalk

    @inline(__always)
    init(
        _ header: EntryHeader, key: Bytes, seal: Bytes = .empty, unit: Int, salt: StoreSalt,
        into memory: MutableBytes
    ) {
        ensure(key.count == Int(header.keyLength), "length of the key")
        let shape = header.shape(unit: unit)
        let head = memory.slice(0, shape.headUnits &* unit)
        header.encode(into: head, isLarge: !shape.isSmall)
        head.copy(key, at: EntryHeader.bytes)
        head.dropping(shape.headBytes).fill(0)
        if shape.isEncrypted {
            ensure(seal.count == EntryShape.sealBytes, "length of the seal")
            head.copy(seal, at: EntryHeader.bytes &+ shape.keyLength)
        }
        self.shape = shape
        self.head = head
        self.salt = salt
        // All that a large entry's checksum covers is there now.
        var checksum: UInt32 = 0
        if !shape.isSmall {
            checksum = EntryHeader.checksum(head.bytes, shape.coveredBytes, salt)
            head.store(checksum, at: EntryHeader.At.checksum)
        }
        walk = GranuleWalk(shape, checksum: checksum, from: 0)
    }

    /// Puts the GCM tag of a granule of a large encrypted entry into its place.
    func place(tag: Bytes, of granule: Int) {
        ensure(shape.isEncrypted && granule < shape.granules, "tag of a granule")
        ensure(tag.count == EntryShape.sealBytes, "length of a tag")
        head.copy(tag, at: shape.tableOffset(granule) &+ 4)
    }

    /// Takes the next bytes of the stored value.
    @inline(__always)
    mutating func add(_ piece: Bytes) {
        filled &+= piece.count
        ensure(filled <= shape.storedLength, "more bytes than the value has")
        if shape.isSmall {
            head.copy(piece, at: shape.valueOffset &+ filled &- piece.count)
            return
        }
        let (head, shape) = (head, shape)
        walk.add(piece) { granule, checksum in
            head.store(checksum, at: shape.tableOffset(granule))
            return true
        }
    }

    /// Completes the head.
    @inline(__always)
    func finish() {
        ensure(filled == shape.storedLength, "fewer bytes than the value has")
        guard shape.isSmall else { return }
        let checksum = EntryHeader.checksum(head.bytes, shape.coveredBytes, salt)
        head.store(checksum, at: EntryHeader.At.checksum)
    }
}
