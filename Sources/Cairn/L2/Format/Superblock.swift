/// What a store is, in four copies: read first, written at start, at a clean stop, and when the
/// highest generation outgrows it.
///
/// Copies 0 and 1 are written and flushed, then 2 and 3; `SuperblockQuorum` chooses.
struct Superblock: Equatable, BitwiseCopyable {
    enum State: UInt8 { case running = 1, clean }

    static let magic = UInt64(littleEndianText: "CairnSB1")

    enum At {
        static let sequence = 32
        static let createdMs = 40
        static let fileBytes = 48
        static let hasherSeed = 56
        static let generationMax = 64
        static let segmentBytes = 72
        static let segmentCount = 76
        static let unit = 80
        static let lanes = 84
        static let keyID = 88
        static let bootCount = 92
        static let state = 96
    }

    var store: StoreID
    /// Grows with every update.
    var sequence: UInt64
    /// When the store was made, in ms since 1970.
    var createdMs: UInt64
    var hasherSeed: UInt64
    /// No segment has a higher generation.
    var generationMax: UInt64
    /// Which key encrypts the store; 0: none.
    var keyID: UInt32
    /// How often the store was opened for writing.
    var bootCount: UInt32
    var state: State
    var geometry: StoreGeometry

    /// Writes the first 4096 bytes of `block`.
    func encode(into block: MutableBytes) {
        let block = block.slice(0, DiskFormat.blockBytes)
        block.fill(0)
        block.store(store.high, at: FormatBlock.At.store)
        block.store(store.low, at: FormatBlock.At.store + 8)
        block.store(sequence, at: At.sequence)
        block.store(createdMs, at: At.createdMs)
        block.store(UInt64(geometry.fileBytes), at: At.fileBytes)
        block.store(hasherSeed, at: At.hasherSeed)
        block.store(generationMax, at: At.generationMax)
        block.store(UInt32(geometry.segmentBytes), at: At.segmentBytes)
        block.store(UInt32(geometry.segmentCount), at: At.segmentCount)
        block.store(UInt32(geometry.unit), at: At.unit)
        block.store(UInt32(geometry.lanes), at: At.lanes)
        block.store(keyID, at: At.keyID)
        block.store(bootCount, at: At.bootCount)
        block.store(state.rawValue, at: At.state)
        FormatBlock.seal(block, magic: Self.magic)
    }

    static func decode(_ block: Bytes) throws(FormatFault) -> Superblock {
        try FormatBlock.check(block, magic: magic)
        guard let state = State(rawValue: block[At.state]) else { throw .impossible(.state) }
        return Superblock(
            store: FormatBlock.store(block),
            sequence: block.load(At.sequence, as: UInt64.self),
            createdMs: block.load(At.createdMs, as: UInt64.self),
            hasherSeed: block.load(At.hasherSeed, as: UInt64.self),
            generationMax: block.load(At.generationMax, as: UInt64.self),
            keyID: block.load(At.keyID, as: UInt32.self),
            bootCount: block.load(At.bootCount, as: UInt32.self),
            state: state,
            geometry: try decodeGeometry(block))
    }

    private static func decodeGeometry(_ block: Bytes) throws(FormatFault) -> StoreGeometry {
        let unit = Int(block.load(At.unit, as: UInt32.self))
        let lanes = Int(block.load(At.lanes, as: UInt32.self))
        let segmentBytes = Int(block.load(At.segmentBytes, as: UInt32.self))
        let segmentCount = Int(block.load(At.segmentCount, as: UInt32.self))
        let fileBytes = block.load(At.fileBytes, as: UInt64.self)
        guard StoreGeometry.areValid(lanes: 1, unit: unit) else { throw .impossible(.unit) }
        guard StoreGeometry.areValid(lanes: lanes, unit: unit) else { throw .impossible(.lanes) }
        guard DiskFormat.isPowerOfTwo(segmentBytes),
            segmentBytes >= StoreGeometry.segmentBytesMin,
            segmentBytes <= StoreGeometry.segmentBytesMax
        else { throw .impossible(.segmentBytes) }
        guard fileBytes <= UInt64(StoreGeometry.fileBytesMax) else {
            throw .impossible(.fileBytes)
        }
        let room = StoreGeometry.segmentCount(
            fileBytes: Int(fileBytes), segmentBytes: segmentBytes)
        guard segmentCount >= lanes, segmentCount <= room else {
            throw .impossible(.segmentCount)
        }
        return StoreGeometry(
            fileBytes: Int(fileBytes), segmentBytes: segmentBytes, segmentCount: segmentCount,
            lanes: lanes, unit: unit)
    }
}

extension FixedWidthInteger {
    /// The integer whose little-endian bytes are `text`, which has as many.
    init(littleEndianText text: StaticString) {
        let bytes = Bytes(text)
        ensure(bytes.count == MemoryLayout<Self>.size, "length of a magic")
        var value: Self = 0
        for index in 0..<bytes.count { value |= Self(bytes[index]) << Self(8 * index) }
        self = value
    }
}
