/// The disk's side of a simulated world's kernel: how disk operations get further and complete.
extension SimulatedWorld {
    /// Makes a disk usable by this world's shards; the descriptor to register.
    package func attach(_ disk: SimulatedDisk) -> Int32 {
        disks.append(disk)
        return Int32(disks.count - 1)
    }

    func start(_ operation: SimulatedDiskOperation) {
        let disk = operation.disk
        operation.submitted = disk.completions
        disk.underWay.append(operation)
        schedule(.disk(operation), after: diskDelay(disk))
    }

    private func diskDelay(_ disk: SimulatedDisk) -> UInt64 {
        guard random.happens(disk.faults.slow) else { return delay() }
        disk.record("slow")
        return delay() + UInt64(random.below(max(disk.faults.slowMax, 1)))
    }

    func progress(_ operation: SimulatedDiskOperation) {
        switch operation.kind {
        case .read: finish(operation, operation.disk.serveRead(operation))
        case .write(_, let durable): progressWrite(operation, durable: durable)
        case .sync: finish(operation, operation.disk.serveSync(operation))
        }
    }

    private func progressWrite(_ operation: SimulatedDiskOperation, durable: Bool) {
        let disk = operation.disk
        if operation.write == nil {
            if let result = disk.beginWrite(operation) { return finish(operation, result) }
        }
        guard let write = operation.write else { return }
        if write.left.count > 1, random.happens(disk.faults.stepwise) {
            disk.land(write, limit: 1 + random.below(write.left.count - 1))
            return schedule(.disk(operation), after: diskDelay(disk))
        }
        disk.land(write)
        disk.complete(write, durable: durable)
        finish(operation, Int32(operation.total))
    }

    private func finish(_ operation: SimulatedDiskOperation, _ result: Int32) {
        operation.disk.underWay.removeAll { $0 === operation }
        if !operation.memoryIsUnchanged {
            violation(
                "shard \(operation.shard) changed memory of a disk write under way at "
                    + "\(operation.offset)")
        }
        note(30, UInt64(operation.offset), UInt64(UInt32(bitPattern: result)))
        post(
            nil, Completion(token: operation.token, result: result, flags: 0),
            on: operation.shard)
    }
}

extension SimulatedDisk {
    private static let failed = -Errno.inputOutput

    // MARK: Reads

    /// Ends a read: its result.
    func serveRead(_ operation: SimulatedDiskOperation) -> Int32 {
        if isFailing { return Self.failed }
        var length = min(operation.total, max(0, count - operation.offset))
        if length == 0 { return 0 }
        if random.happens(faults.readFails) {
            record("readFails")
            return Self.failed
        }
        let touched = sectors(operation.offset, length)
        if random.happens(faults.latentError) {
            record("latentError")
            badSectors.insert(touched.lowerBound + random.below(touched.count))
        }
        if !badSectors.isDisjoint(with: touched) { return Self.failed }
        if length > alignment.offset, random.happens(faults.shortRead) {
            record("shortRead")
            length = (1 + random.below(length / alignment.offset - 1)) * alignment.offset
        }
        if random.happens(faults.rot) {
            record("rot")
            flipBit(8 * operation.offset + random.below(8 * length))
        }
        var from = operation.offset
        if random.happens(faults.misdirectedRead) {
            record("misdirectedRead")
            from = elsewhere(length)
        }
        let image = canary == .readsOld ? medium : cache
        var bytes = Array(image[from..<from + length])
        if random.happens(faults.bitFlip) {
            record("bitFlip")
            let bit = random.below(8 * length)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        operation.deliver(bytes)
        return Int32(length)
    }

    /// An aligned place for `length` bytes.
    private func elsewhere(_ length: Int) -> Int {
        random.below((count - length) / alignment.offset + 1) * alignment.offset
    }

    // MARK: Writes

    /// Begins a write. The result, if it ends here by a fault.
    func beginWrite(_ operation: SimulatedDiskOperation) -> Int32? {
        if isFailing { return Self.failed }
        if random.happens(faults.noSpace) {
            record("noSpace")
            return -Errno.noSpace
        }
        let bytes = operation.bytes
        if random.happens(faults.lostWrite) {
            record("lostWrite")
            return Int32(bytes.count)
        }
        var place = operation.offset
        if random.happens(faults.misdirectedWrite) {
            record("misdirectedWrite")
            place = elsewhere(bytes.count)
        }
        if random.happens(faults.writeFails) {
            record("writeFails")
            let write = SimulatedDiskWrite(firstSector: place / Self.sectorBytes, bytes: bytes)
            land(write, limit: random.below(write.left.count + 1))
            complete(write, durable: false)
            return Self.failed
        }
        if bytes.count > alignment.offset, random.happens(faults.shortWrite) {
            record("shortWrite")
            let units = 1 + random.below(bytes.count / alignment.offset - 1)
            let part = Array(bytes.prefix(units * alignment.offset))
            let write = SimulatedDiskWrite(firstSector: place / Self.sectorBytes, bytes: part)
            land(write)
            complete(write, durable: false)
            return Int32(part.count)
        }
        operation.write = SimulatedDiskWrite(firstSector: place / Self.sectorBytes, bytes: bytes)
        return nil
    }

    // MARK: Flushes

    /// Ends a flush: its result.
    func serveSync(_ operation: SimulatedDiskOperation) -> Int32 {
        if isFailing || random.happens(faults.flushFails) {
            record("flushFails")
            failFlush()
            return Self.failed
        }
        flush(submitted: operation.submitted)
        return 0
    }
}
