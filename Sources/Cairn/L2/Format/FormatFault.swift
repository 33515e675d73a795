/// Why bytes from the device are not the structure that was looked for.
///
/// `docs/DISK_FORMAT.md` says what each means at each place. Roughly: `blank` and `wrongMagic`:
/// nothing of ours was written here, or not whole; `badChecksum`: torn or damaged;
/// `foreignStore`: ours, of another store; `unsupportedVersion`: of a newer program;
/// `impossible`: the checksum holds and the content can't be, so a program wrote it wrong.
enum FormatFault: Error, Equatable {
    /// The structure has at least `needed` bytes, and fewer were given.
    case truncated(needed: Int)
    /// Zeros only.
    case blank
    case wrongMagic
    case badChecksum
    case unsupportedVersion(UInt32)
    case foreignStore(StoreID)
    case impossible(FormatField)
}

/// The fields a decoder judges.
enum FormatField: Equatable {
    case unit, segmentBytes, segmentCount, lanes, fileBytes, state
    case segment, lane, stream
    case recordCount, headerUnits, totalUnits, chunkUnit, endUnit
    case kind, keyLength, valueLength, storedLength, granuleShift, flags, reserved
}

/// Which store something belongs to: drawn at random when the store is made.
struct StoreID: Equatable, BitwiseCopyable {
    var high: UInt64
    var low: UInt64
}

/// Where every checksum below the superblock and the segment header starts: the CRC of the store's
/// id. What an earlier store left in the same file then fails its checksum, though it lies at the
/// same place and has the same generation.
struct StoreSalt: Equatable, BitwiseCopyable {
    let checksum: UInt32

    init(_ store: StoreID) {
        checksum = CRC32C.of(store.low, after: CRC32C.of(store.high, after: 0))
    }
}

/// What goes for every structure of the format.
enum DiskFormat {
    /// The version this program writes, and the only one it reads.
    static let version: UInt8 = 1
    /// Bytes of a superblock and of a segment header.
    static let blockBytes = 4096
    static let keyBytesMax = 16_384
    static let valueBytesMax = 512 << 20
    /// Log2 of the stored bytes one checksum of a large value covers.
    static let granuleShift = 14

    /// `bytes` in units, rounded up.
    @inline(__always)
    static func units(_ bytes: Int, _ unit: Int) -> Int { (bytes &+ unit &- 1) / unit }

    static func isPowerOfTwo(_ number: Int) -> Bool { number > 0 && number & (number - 1) == 0 }
}

/// What superblock and segment header share. These 16 bytes stay as they are in all versions, so
/// that every program can tell a newer store from a damaged one.
///
///     0 magic u64 | 8 version u32 | 12 crc u32, over all 4096 bytes but itself
enum FormatBlock {
    enum At {
        static let magic = 0
        static let version = 8
        static let checksum = 12
        static let store = 16
    }

    static func checksum(_ block: Bytes) -> UInt32 {
        CRC32C.of(
            block.slice(At.store, DiskFormat.blockBytes - At.store),
            after: CRC32C.of(block.slice(0, At.checksum)))
    }

    /// Makes `block`, whose content is in place, valid.
    static func seal(_ block: MutableBytes, magic: UInt64) {
        block.store(magic, at: At.magic)
        block.store(UInt32(DiskFormat.version), at: At.version)
        block.store(checksum(block.bytes), at: At.checksum)
    }

    /// Throws unless `block` is one of `magic` and this version.
    static func check(_ block: Bytes, magic: UInt64) throws(FormatFault) {
        guard block.count >= DiskFormat.blockBytes else {
            throw .truncated(needed: DiskFormat.blockBytes)
        }
        guard block.load(At.magic, as: UInt64.self) == magic else {
            throw block.slice(0, DiskFormat.blockBytes).isBlank ? .blank : .wrongMagic
        }
        guard block.load(At.checksum, as: UInt32.self) == checksum(block) else {
            throw .badChecksum
        }
        let version = block.load(At.version, as: UInt32.self)
        guard version == UInt32(DiskFormat.version) else { throw .unsupportedVersion(version) }
    }

    static func store(_ block: Bytes) -> StoreID {
        StoreID(
            high: block.load(At.store, as: UInt64.self),
            low: block.load(At.store + 8, as: UInt64.self))
    }
}

extension Bytes {
    /// Whether there are only zeros.
    var isBlank: Bool {
        var index = 0
        while index &+ 8 <= count {
            if load(index, as: UInt64.self) != 0 { return false }
            index &+= 8
        }
        while index < count {
            if self[index] != 0 { return false }
            index &+= 1
        }
        return true
    }
}
