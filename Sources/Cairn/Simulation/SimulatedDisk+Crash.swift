/// What a disk holds after the power or the process went.
extension SimulatedDisk {
    /// What a crash does to the writes the medium has not surely got.
    private enum Mood: CaseIterable {
        case allKept, allLost, someLost, allTorn, oneLost, oneKept, mixed
    }

    /// What becomes of one write.
    private enum Fate {
        case kept, lost, prefix(Int), suffix(Int), some(UInt64)

        /// Whether the fate keeps the write's unit number `unit`.
        func keeps(_ unit: Int) -> Bool {
            switch self {
            case .kept: true
            case .lost: false
            case .prefix(let count): unit < count
            case .suffix(let from): unit >= from
            case .some(let seed):
                KeyHasher.fold(seed ^ UInt64(unit &+ 1), 0x9E37_79B9_7F4A_7C15) & 64 != 0
            }
        }
    }

    /// The disk after a loss of power at this moment. It can be asked for again and again: this
    /// disk and its operations go on as if nothing had been.
    ///
    /// Each write since the last flush, and each under way, survives whole, in part or not at all;
    /// parts are units of `faults.tearBytes`.
    package func crash(seed: UInt64) -> SimulatedDisk {
        var random = Random(seed: seed ^ 0xC4A5)
        let flying = underWay.compactMap { flyingWrite($0) }
        let writes = unsettled() + flying.filter { $0.left.count == $0.sectors.count }
        var fates: [ObjectIdentifier: Fate] = [:]
        let mood = Mood.allCases[random.below(Mood.allCases.count)]
        let chosen = writes.isEmpty ? 0 : random.below(writes.count)
        for (number, write) in writes.enumerated() {
            fates[ObjectIdentifier(write)] = fate(
                of: write, isChosen: number == chosen, mood, &random)
        }
        var image = medium
        for (sector, list) in pending {
            for write in list where keeps(fates, write, sector) {
                store(write.value(of: sector), sector, in: &image)
            }
        }
        for write in flying.shuffled(using: &random) {
            for sector in write.left where keeps(fates, write, sector) {
                store(write.value(of: sector), sector, in: &image)
            }
            if random.happens(faults.garbage), !write.left.isEmpty {
                let sector = write.left[random.below(write.left.count)]
                var noise: [UInt8] = []
                for _ in 0..<Self.sectorBytes { noise.append(UInt8(random.below(256))) }
                store(noise[...], sector, in: &image)
            }
        }
        return successor(image, image, seed: random.next())
    }

    /// The disk after the process was killed at this moment: completed writes are all there, if
    /// only in the disk's cache; those under way landed or did not.
    package func kill(seed: UInt64) -> SimulatedDisk {
        var random = Random(seed: seed ^ 0x4111)
        if canary == .killForgets { return successor(medium, medium, seed: random.next()) }
        let next = successor(cache, medium, seed: random.next())
        // Copies: this disk's own go on, and the next one's clock begins anew.
        var copies: [ObjectIdentifier: SimulatedDiskWrite] = [:]
        for write in unsettled() + underWay.compactMap({ $0.write }) {
            copies[ObjectIdentifier(write)] = write.copy()
        }
        next.pending = pending.mapValues { $0.compactMap { copies[ObjectIdentifier($0)] } }
        for write in underWay.compactMap({ flyingWrite($0) }) {
            let rest = copies[ObjectIdentifier(write)] ?? write.copy()
            if random.below(2) == 0 { next.land(rest) }
        }
        return next
    }

    private func successor(_ cache: [UInt8], _ medium: [UInt8], seed: UInt64) -> SimulatedDisk {
        let next = SimulatedDisk(
            contents: cache, seed: seed, faults: faults, canary: canary, alignment: alignment)
        next.medium = medium
        next.badSectors = badSectors
        next.isFailing = isFailing
        return next
    }

    /// The write of an operation under way, `nil` for a flush.
    private func flyingWrite(_ operation: SimulatedDiskOperation) -> SimulatedDiskWrite? {
        if let write = operation.write { return write }
        guard case .write = operation.kind else { return nil }
        return SimulatedDiskWrite(
            firstSector: operation.offset / Self.sectorBytes, bytes: operation.bytes)
    }

    /// The writes of `pending`, each once, in an order that depends on nothing but the history.
    private func unsettled() -> [SimulatedDiskWrite] {
        var seen: Set<ObjectIdentifier> = []
        var writes: [SimulatedDiskWrite] = []
        for sector in pending.keys.sorted() {
            for write in pending[sector] ?? [] where seen.insert(ObjectIdentifier(write)).inserted {
                writes.append(write)
            }
        }
        return writes
    }

    private func fate(
        of write: SimulatedDiskWrite, isChosen: Bool, _ mood: Mood, _ random: inout Random
    ) -> Fate {
        switch mood {
        case .allKept: return .kept
        case .allLost: return .lost
        case .someLost: return random.below(2) == 0 ? .kept : .lost
        case .oneLost: return isChosen ? .lost : .kept
        case .oneKept: return isChosen ? .kept : .lost
        case .allTorn: return torn(write, &random)
        case .mixed:
            let choice = random.below(3)
            return choice == 0 ? .kept : choice == 1 ? .lost : torn(write, &random)
        }
    }

    private func torn(_ write: SimulatedDiskWrite, _ random: inout Random) -> Fate {
        let first = unit(write.sectors.lowerBound)
        let count = unit(write.sectors.upperBound - 1) - first + 1
        switch random.below(3) {
        case 0: return .prefix(first + random.below(count + 1))
        case 1: return .suffix(first + random.below(count + 1))
        default: return .some(random.next())
        }
    }

    /// The number of the unit of tearing a sector belongs to.
    private func unit(_ sector: Int) -> Int {
        sector / max(1, faults.tearBytes / Self.sectorBytes)
    }

    private func keeps(
        _ fates: [ObjectIdentifier: Fate], _ write: SimulatedDiskWrite, _ sector: Int
    ) -> Bool {
        fates[ObjectIdentifier(write)]?.keeps(unit(sector)) ?? true
    }
}
