/// Values that arrive piece by piece take their memory as they come.
///
/// A client that announces 64 MiB and sends nothing must not empty the cache: a growing reservation
/// has its head chunk and the extents its bytes have reached, at most one ahead. All of them
/// together hold at most a share of the level (`growthBytesMax`). Beyond it one value at a time may
/// go on, whichever asks first, so that half-grown values can't wait for each other in a circle;
/// the others wait until it is whole or given up.
///
/// - Invariant: `growingBytes` is the sum of what reserved entries have counted in `lastAccess`,
///   which nobody else uses before the commit.
extension L1 {
    /// Bytes that unfinished values may hold together, the one that goes ahead apart: a quarter.
    var growthBytesMax: Int { options.memoryBytes / 4 }

    /// Begins a value whose bytes arrive later: an entry in state `.reserved` with memory for the
    /// value's first bytes. `grow` before each byte behind a present piece.
    package mutating func reserveGrowing(
        _ key: Bytes, hash: UInt64, valueLength: Int, nowMs: UInt64
    ) -> Reservation {
        ensure(key.count >= 1 && key.count <= Self.keyBytesMax, "key length")
        ensure(valueLength >= 0, "value length")
        advance(nowMs)
        let layout = ValueLayout(length: valueLength, classes: slab.classes)
        let first = min(1, layout.extents)
        let head = 4 * layout.extents + key.count + layout.inlineBytes
        let wanted = (first > 0 ? layout.bytes(ofExtent: 0) : 0) + head
        guard mayGrow(nil, by: wanted) else { return .blocked }
        let made = reserve(key, hash: hash, valueLength, layout, extents: first, .block, 5)
        if case .entry(let id) = made { countGrowth(id.raw, wanted) }
        return made
    }

    /// Makes sure that the byte at `offset` of a growing value has memory.
    package mutating func grow(_ id: EntryID, to offset: Int) -> Reservation {
        let raw = id.raw
        ensure(entries[raw].meta.state == .reserved, "growing an entry that is not reserved")
        let layout = self.layout(raw)
        let extent = layout.extent(at: offset)
        if extent == layout.extents || extentHandle(raw, extent) != .none { return .entry(id) }
        let bytes = layout.bytes(ofExtent: extent)
        guard mayGrow(raw, by: bytes) else { return .blocked }
        var effort = Effort(pages: 1)
        guard let chunk = obtain(slab.classes.index(for: bytes), owner: raw, &effort) else {
            return turnDown(.nothingEvictable)
        }
        slab.bytes(entries[raw].head).store(chunk.raw, at: 4 * extent)
        countGrowth(raw, bytes)
        return .entry(id)
    }

    /// Whether the share has room, or `id` is the value that may go ahead of it.
    private borrowing func mayGrow(_ id: UInt32?, by bytes: Int) -> Bool {
        if growingBytes + bytes <= growthBytesMax { return true }
        return growsAhead == EntryID.none.raw || growsAhead == id
    }

    private mutating func countGrowth(_ id: UInt32, _ bytes: Int) {
        let units = (bytes + SizeClasses.unit - 1) / SizeClasses.unit
        entries[id].lastAccess += UInt32(units)
        growingBytes += units * SizeClasses.unit
        if growingBytes > growthBytesMax, growsAhead == EntryID.none.raw { growsAhead = id }
    }

    /// A reserved entry is no longer one: what it held leaves the share.
    mutating func endGrowth(_ id: UInt32) {
        growingBytes -= Int(entries[id].lastAccess) * SizeClasses.unit
        entries[id].lastAccess = 0
        if growsAhead == id { growsAhead = EntryID.none.raw }
    }
}
