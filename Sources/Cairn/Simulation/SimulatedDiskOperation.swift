/// A disk operation a simulated shard has submitted.
final class SimulatedDiskOperation {
    enum Kind {
        case read(pieces: [MutableBytes])
        case write(pieces: [Bytes], durable: Bool)
        case sync
    }

    let kind: Kind
    let token: Token
    let shard: Int
    let disk: SimulatedDisk
    let offset: Int
    /// Bytes of a read or write.
    let total: Int
    /// What the memory of a write held when it was prepared: it must not change before the end.
    let digest: UInt64
    /// The disk's count of completions when the operation reached it.
    var submitted: UInt64 = 0
    /// The write as the disk sees it, from its first step on.
    var write: SimulatedDiskWrite?

    init(
        _ kind: Kind, offset: Int, disk: SimulatedDisk, token: Token, shard: Int
    ) {
        self.kind = kind
        self.offset = offset
        self.disk = disk
        self.token = token
        self.shard = shard
        switch kind {
        case .read(let pieces): total = pieces.reduce(0) { $0 + $1.count }
        case .write(let pieces, _): total = pieces.reduce(0) { $0 + $1.count }
        case .sync: total = 0
        }
        digest = Self.digest(kind)
    }

    var memoryIsUnchanged: Bool { Self.digest(kind) == digest }

    private static func digest(_ kind: Kind) -> UInt64 {
        guard case .write(let pieces, _) = kind else { return 0 }
        return SimulatedOperation.digest(pieces)
    }

    /// The bytes of a write.
    var bytes: [UInt8] {
        guard case .write(let pieces, _) = kind else { return [] }
        var all: [UInt8] = []
        all.reserveCapacity(total)
        for piece in pieces { all += piece.array }
        return all
    }

    /// Puts the first bytes of `source` where the read wants them.
    func deliver(_ source: [UInt8]) {
        guard case .read(let pieces) = kind else { return }
        source.withBytes { source in
            var done = 0
            for piece in pieces where done < source.count {
                let length = min(piece.count, source.count - done)
                piece.copy(source.slice(done, length))
                done += length
            }
        }
    }
}

/// A write on its way to the medium.
final class SimulatedDiskWrite {
    /// Where it lands, which is where it should unless it was misdirected.
    let firstSector: Int
    let bytes: [UInt8]
    /// Sectors it has not reached; a lost write reaches none.
    var left: [Int]
    /// The disk's count of completions at its completion; `nil` while it is under way.
    var completed: UInt64?
    /// A flush that should have made it durable failed: no later one will.
    var isDoomed = false

    init(firstSector: Int, bytes: [UInt8]) {
        self.firstSector = firstSector
        self.bytes = bytes
        left = Array(firstSector..<firstSector + bytes.count / SimulatedDisk.sectorBytes)
    }

    /// The same write as the next process finds it: over, as far as it landed.
    func copy() -> SimulatedDiskWrite {
        let copy = SimulatedDiskWrite(firstSector: firstSector, bytes: bytes)
        copy.left = left
        copy.isDoomed = isDoomed
        copy.completed = 0
        return copy
    }

    var sectors: Range<Int> {
        firstSector..<firstSector + bytes.count / SimulatedDisk.sectorBytes
    }

    /// What it puts into one of its sectors.
    func value(of sector: Int) -> ArraySlice<UInt8> {
        let start = (sector - firstSector) * SimulatedDisk.sectorBytes
        return bytes[start..<start + SimulatedDisk.sectorBytes]
    }
}
