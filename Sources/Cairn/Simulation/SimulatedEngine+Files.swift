/// Disk operations of a simulated shard: checked against the contract, then the world's.
extension SimulatedEngine {
    package mutating func register(
        file descriptor: Int32, alignment: DirectAlignment
    ) -> FileSlot? {
        guard Int(descriptor) < world.disks.count else {
            world.violation("a file registered that nobody attached")
            return nil
        }
        guard port.files.count < world.faults.files else { return nil }
        port.files.append(world.disks[Int(descriptor)])
        return FileSlot(index: Int32(port.files.count - 1), alignment: alignment)
    }

    package mutating func read(
        _ file: FileSlot, offset: UInt64, into destination: MutableBytes, token: Token
    ) {
        prepareRead(file, offset, [destination], token)
    }

    package mutating func appendToVector(_ destination: MutableBytes) -> Bool {
        if port.destinations.count == world.faults.piecesPerSendMax { return false }
        if !port.pieces.isEmpty { world.violation("a vector of both directions") }
        port.destinations.append(destination)
        return true
    }

    package mutating func readVector(_ file: FileSlot, offset: UInt64, token: Token) {
        let pieces = port.destinations
        port.destinations.removeAll(keepingCapacity: true)
        prepareRead(file, offset, pieces, token)
    }

    private func prepareRead(
        _ file: FileSlot, _ offset: UInt64, _ pieces: [MutableBytes], _ token: Token
    ) {
        // Whoever reads before the completion sees this.
        for piece in pieces { piece.fill(0xDB) }
        prepare(.read(pieces: pieces), file, offset, pieces.map(\.bytes), token)
    }

    package mutating func write(
        _ file: FileSlot, offset: UInt64, _ bytes: Bytes, durable: Bool, token: Token
    ) {
        prepare(.write(pieces: [bytes], durable: durable), file, offset, [bytes], token)
    }

    package mutating func writeVector(
        _ file: FileSlot, offset: UInt64, durable: Bool, token: Token
    ) {
        let pieces = port.pieces
        port.pieces.removeAll(keepingCapacity: true)
        prepare(.write(pieces: pieces, durable: durable), file, offset, pieces, token)
    }

    package mutating func syncData(_ file: FileSlot, token: Token) {
        submit(.sync, file, 0, token)
    }

    private func prepare(
        _ kind: SimulatedDiskOperation.Kind, _ file: FileSlot, _ offset: UInt64,
        _ pieces: [Bytes], _ token: Token
    ) {
        let total = pieces.reduce(0) { $0 + $1.count }
        if let problem = file.misalignment(offset: offset, count: total) {
            return world.violation("\(problem)")
        }
        for piece in pieces where !file.fits(piece) {
            return world.violation("disk I/O with misaligned memory")
        }
        submit(kind, file, Int(offset), token)
    }

    private func submit(
        _ kind: SimulatedDiskOperation.Kind, _ file: FileSlot, _ offset: Int, _ token: Token
    ) {
        guard Int(file.index) < port.files.count else {
            return world.violation("disk I/O on a file that is not registered")
        }
        let operation = SimulatedDiskOperation(
            kind, offset: offset, disk: port.files[Int(file.index)], token: token,
            shard: port.shard)
        if case .write = kind, offset + operation.total > operation.disk.count {
            return world.violation("a disk write past the end")
        }
        port.prepared.append(.disk(operation))
        if world.random.happens(world.faults.earlySubmission) { world.submit(port) }
    }
}
