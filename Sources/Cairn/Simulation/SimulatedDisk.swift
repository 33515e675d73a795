/// A disk with a volatile cache, whose faults come from a plan and a seed.
///
/// A write lands in the cache sector by sector (512 B) between its submission and its completion;
/// reads find the cache's bytes. The medium takes them when a flush or a durable write says so, or
/// at any time before by chance, which only a loss of power shows: `crash` gives the disk as it is
/// afterwards. It lives longer than the world a shard uses it in, so that a store can be opened
/// again.
///
/// The rules, which `SimulatedDiskTests` hold it to:
/// - after a crash each sector holds what the medium surely had, or something written later;
/// - a completed durable write, and every write that had completed when a flush that succeeded was
///   submitted, the medium has;
/// - `kill` (of the process) takes no completed write away.
package final class SimulatedDisk {
    package static var sectorBytes: Int { 512 }

    package let count: Int
    package let alignment: DirectAlignment
    package var faults: DiskFaults
    /// The device fails every operation, until it works again.
    package var isFailing = false
    /// Faults that happened, by name.
    package private(set) var happened: [String: Int] = [:]
    /// Operations that completed, which serves as the disk's clock.
    private(set) var completions: UInt64 = 0
    let canary: DiskCanary
    var random: Random
    /// What a read finds.
    var cache: [UInt8]
    /// What a loss of power cannot take.
    var medium: [UInt8]
    /// The writes of a sector that the medium has not surely got, in the order of their landing.
    var pending: [Int: [SimulatedDiskWrite]] = [:]
    /// Sectors that cannot be read.
    var badSectors: Set<Int> = []
    /// Writes and flushes that have not completed.
    var underWay: [SimulatedDiskOperation] = []

    /// A disk of `count` zeros.
    package convenience init(
        count: Int, seed: UInt64, faults: DiskFaults = DiskFaults(), canary: DiskCanary = .none,
        alignment: DirectAlignment = DirectAlignment(offset: 512, memory: 512)
    ) {
        self.init(
            contents: [UInt8](repeating: 0, count: count), seed: seed, faults: faults,
            canary: canary, alignment: alignment)
    }

    /// A disk that holds `contents`.
    package init(
        contents: [UInt8], seed: UInt64, faults: DiskFaults = DiskFaults(),
        canary: DiskCanary = .none,
        alignment: DirectAlignment = DirectAlignment(offset: 512, memory: 512)
    ) {
        ensure(contents.count % Self.sectorBytes == 0, "a disk is whole sectors")
        count = contents.count
        cache = contents
        medium = contents
        self.faults = faults
        self.canary = canary
        self.alignment = alignment
        random = Random(seed: seed)
    }

    /// The bytes a read would find.
    package var contents: [UInt8] { cache }

    /// Counts a fault.
    func record(_ fault: StaticString) {
        happened["\(fault)", default: 0] += 1
    }

    /// Sectors of an operation's bytes.
    func sectors(_ offset: Int, _ count: Int) -> Range<Int> {
        offset / Self.sectorBytes..<(offset + count) / Self.sectorBytes
    }

    // MARK: By hand

    /// Changes one bit on the medium.
    package func flipBit(_ bit: Int) {
        cache[bit / 8] ^= 1 << UInt8(bit % 8)
        medium[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    /// Makes the sector of this byte unreadable until it is written.
    package func spoil(at offset: Int) { badSectors.insert(offset / Self.sectorBytes) }

    /// Writes at once and durably, past every fault: for tests that damage a store.
    package func overwrite(at offset: Int, _ bytes: [UInt8]) {
        ensure(offset >= 0 && bytes.count <= count - offset, "bytes of the disk")
        cache.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        medium.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    // MARK: Landing and durability

    /// Writes of one sector that wait for the medium at most: a disk writes back by itself.
    static let pendingMax = 6

    /// Puts up to `limit` of the write's sectors, any of them, into the cache.
    func land(_ write: SimulatedDiskWrite, limit: Int = .max) {
        var landed = 0
        while landed < limit, !write.left.isEmpty {
            let sector = write.left.remove(at: random.below(write.left.count))
            landed += 1
            store(write.value(of: sector), sector, in: &cache)
            pending[sector, default: []].append(write)
            badSectors.remove(sector)
            let count = pending[sector]?.count ?? 0
            if count > Self.pendingMax { settle(sector, upTo: count - Self.pendingMax - 1) }
        }
    }

    func store(_ value: ArraySlice<UInt8>, _ sector: Int, in image: inout [UInt8]) {
        let start = sector * Self.sectorBytes
        image.replaceSubrange(start..<start + Self.sectorBytes, with: value)
    }

    /// The write is complete, as far as it landed.
    func complete(_ write: SimulatedDiskWrite, durable: Bool) {
        completions += 1
        write.completed = completions
        if !durable || canary == .durableForgets { return }
        for sector in write.sectors {
            guard let last = pending[sector]?.lastIndex(where: { $0 === write }) else { continue }
            settle(sector, upTo: last)
        }
    }

    /// Makes every write durable that had completed before the disk's clock read `submitted`.
    func flush(submitted: UInt64) {
        completions += 1
        if canary == .flushForgets { return }
        for (sector, writes) in pending {
            let last = writes.lastIndex {
                !$0.isDoomed && ($0.completed.map { $0 <= submitted } ?? false)
            }
            if let last { settle(sector, upTo: last) }
        }
    }

    /// A flush failed: writes it was for may be lost, and nobody will be told again.
    func failFlush() {
        completions += 1
        var seen: [ObjectIdentifier: Bool] = [:]
        for sector in pending.keys.sorted() {
            for write in pending[sector] ?? [] {
                let name = ObjectIdentifier(write)
                if seen[name] == nil { seen[name] = random.below(2) == 0 }
                if seen[name] == true { write.isDoomed = true }
            }
        }
    }

    /// The medium has a sector's pending write number `last`; those before it are overwritten.
    private func settle(_ sector: Int, upTo last: Int) {
        guard let writes = pending[sector] else { return }
        store(writes[last].value(of: sector), sector, in: &medium)
        if canary == .resurrects, last > 0 { return }
        pending[sector] = last + 1 < writes.count ? Array(writes[(last + 1)...]) : nil
    }
}
