/// What a segment's entries are: its lane writes each to one open segment of the stream.
enum SegmentStream: UInt8, CaseIterable, BitwiseCopyable {
    /// New clean values.
    case clean = 1
    /// Values reinserted at reclaim.
    case hot
    /// Write-through values and tombstones.
    case log
}

/// The first 4 KiB of a segment: written, and durable, before the first chunk of its generation.
struct SegmentHeader: Equatable, BitwiseCopyable {
    static let magic = UInt64(littleEndianText: "CairnSG1")

    enum At {
        static let segment = 32
        static let lane = 36
        static let stream = 38
        static let bootCount = 40
        static let generation = 48
        static let openedMs = 56
    }

    var store: StoreID
    var segment: UInt32
    var lane: UInt16
    var stream: SegmentStream
    var bootCount: UInt32
    /// Grows with every opening of a segment of the lane.
    var generation: UInt64
    /// Milliseconds since 1970.
    var openedMs: UInt64

    /// Writes the first 4096 bytes of `block`.
    func encode(into block: MutableBytes) {
        let block = block.slice(0, DiskFormat.blockBytes)
        block.fill(0)
        block.store(store.high, at: FormatBlock.At.store)
        block.store(store.low, at: FormatBlock.At.store + 8)
        block.store(segment, at: At.segment)
        block.store(lane, at: At.lane)
        block.store(stream.rawValue, at: At.stream)
        block.store(bootCount, at: At.bootCount)
        block.store(generation, at: At.generation)
        block.store(openedMs, at: At.openedMs)
        FormatBlock.seal(block, magic: Self.magic)
    }

    /// The header of segment `number` of the store; another number in it is a misdirected write.
    static func decode(
        _ block: Bytes, store: StoreID, number: Int, in geometry: StoreGeometry
    ) throws(FormatFault) -> SegmentHeader {
        try FormatBlock.check(block, magic: magic)
        let owner = FormatBlock.store(block)
        guard owner == store else { throw .foreignStore(owner) }
        let segment = block.load(At.segment, as: UInt32.self)
        guard Int(segment) == number else { throw .impossible(.segment) }
        let lane = block.load(At.lane, as: UInt16.self)
        guard Int(lane) == geometry.lane(segment: number) else { throw .impossible(.lane) }
        guard let stream = SegmentStream(rawValue: block[At.stream]) else {
            throw .impossible(.stream)
        }
        return SegmentHeader(
            store: owner, segment: segment, lane: lane, stream: stream,
            bootCount: block.load(At.bootCount, as: UInt32.self),
            generation: block.load(At.generation, as: UInt64.self),
            openedMs: block.load(At.openedMs, as: UInt64.self))
    }
}
