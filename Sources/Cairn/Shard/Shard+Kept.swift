/// Input that waits: commands that have come in part, or that can't be served yet.
///
/// Up to 64 KiB in a block of the pool, of which such input may hold half; beyond either in a
/// growing buffer that is charged to the RAM level, of which growing buffers may hold half. A
/// client whose input finds no room is closed (`input_limit`), and whoever holds room with a
/// command that never becomes whole is closed by `Shard+Stall`.
extension Shard where Engine: ~Copyable {
    /// Most bytes of one command, streamed values apart: what MSET and MULTI may hold.
    static var commandBytesMax: Int { 64 << 20 }

    func keptInput(_ place: Int32) -> Bytes {
        let connection = connections[Int(place)]
        if connection.largeInput >= 0 { return largeBuffers[connection.largeInput].bytes }
        if connection.residueCount == 0 { return .empty }
        return pool.bytes(connection.residue).bytes.slice(0, Int(connection.residueCount))
    }

    /// Keeps bytes behind those already kept. When there is no room the connection ends: it has
    /// more under way than the server grants one client.
    mutating func keep(_ place: Int32, _ bytes: Bytes) {
        let held = Int(connections[Int(place)].residueCount)
        let large = connections[Int(place)].largeInput
        if large >= 0 || held + bytes.count > BufferPool.blockBytesMax {
            keepLarge(place, bytes)
            return
        }
        if held > 0 || connections[Int(place)].residue != .none {
            let block = pool.bytes(connections[Int(place)].residue)
            if held + bytes.count <= block.count {
                block.copy(bytes, at: held)
                connections[Int(place)].residueCount = Int32(held + bytes.count)
                return
            }
        }
        guard let larger = allocatePartial(place, held + bytes.count) else {
            keepLarge(place, bytes)
            return
        }
        let target = pool.bytes(larger)
        if connections[Int(place)].residue != .none {
            target.copy(pool.bytes(connections[Int(place)].residue).bytes.slice(0, held))
            freePartial(connections[Int(place)].residue)
        }
        target.copy(bytes, at: held)
        connections[Int(place)].residue = larger
        connections[Int(place)].residueCount = Int32(held + bytes.count)
    }

    private mutating func keepLarge(_ place: Int32, _ bytes: Bytes) {
        var large = connections[Int(place)].largeInput
        if large < 0 {
            guard let taken = largeBuffers.take(GrowBuffer()) else {
                scarcity.inputWantedMs = nowMs
                abort(place, .inputLimit)
                return
            }
            large = taken
            connections[Int(place)].largeInput = large
            let held = keptResidue(place)
            if held.isEmpty { connections[Int(place)].partialSinceMs = nowMs }
            if !appendLarge(large, held) {
                abort(place, .inputLimit)
                return
            }
            freeResidue(place)
        }
        if !appendLarge(large, bytes) { abort(place, .inputLimit) }
    }

    private func keptResidue(_ place: Int32) -> Bytes {
        let connection = connections[Int(place)]
        if connection.residueCount == 0 { return .empty }
        return pool.bytes(connection.residue).bytes.slice(0, Int(connection.residueCount))
    }

    /// Appends to a growing buffer, charging what it grows by to the memory budget.
    mutating func appendLarge(_ large: Int32, _ bytes: Bytes) -> Bool {
        var buffer = largeBuffers[large]
        let wanted = buffer.count + bytes.count
        if wanted > Self.commandBytesMax { return false }
        guard grow(&buffer, to: wanted) else { return false }
        buffer.append(bytes)
        largeBuffers[large] = buffer
        return true
    }

    mutating func releaseLarge(_ large: Int32) {
        var buffer = largeBuffers[large]
        if !spareBuffers.keep(buffer) { l1.release(buffer.release()) }
        largeBuffers.give(large)
    }

    mutating func dropKept(_ place: Int32, _ consumed: Int) {
        if consumed == 0 { return }
        let large = connections[Int(place)].largeInput
        if large >= 0 {
            var buffer = largeBuffers[large]
            buffer.dropFirst(consumed)
            largeBuffers[large] = buffer
            connections[Int(place)].partialSinceMs = nowMs
            if buffer.count == 0 {
                releaseLarge(large)
                connections[Int(place)].largeInput = -1
            }
            return
        }
        let held = Int(connections[Int(place)].residueCount)
        if held == 0 { return }
        if consumed >= held {
            freeResidue(place)
            return
        }
        let block = pool.bytes(connections[Int(place)].residue)
        block.copy(block.bytes.slice(consumed, held - consumed))
        connections[Int(place)].partialSinceMs = nowMs
        connections[Int(place)].residueCount = Int32(held - consumed)
    }

    private mutating func freeResidue(_ place: Int32) {
        if connections[Int(place)].residue != .none {
            freePartial(connections[Int(place)].residue)
        }
        connections[Int(place)].residue = .none
        connections[Int(place)].residueCount = 0
    }

    /// Gives all kept input back when the connection ends.
    mutating func dropInput(_ place: Int32) {
        freeResidue(place)
        let large = connections[Int(place)].largeInput
        if large >= 0 {
            releaseLarge(large)
            connections[Int(place)].largeInput = -1
        }
    }
    // MARK: Bounds

    /// A block of the pool for a command's first part; nil: such parts hold their half of it.
    private mutating func allocatePartial(_ place: Int32, _ bytes: Int) -> BufferPool.Block? {
        let most = pool.bytesTotal / 2
        if scarcity.partialBytes + bytes > most * 3 / 4 { scarcity.inputWantedMs = nowMs }
        guard scarcity.partialBytes + bytes <= most, let block = pool.allocate(bytes) else {
            return nil
        }
        if connections[Int(place)].residue == .none {
            connections[Int(place)].partialSinceMs = nowMs
        }
        scarcity.partialBytes += pool.bytes(block).count
        return block
    }

    private mutating func freePartial(_ block: BufferPool.Block) {
        scarcity.partialBytes -= pool.bytes(block).count
        pool.free(block)
    }

    /// Makes room in a growing buffer, charged to the RAM level. False: none now.
    mutating func grow(_ buffer: inout GrowBuffer, to bytes: Int) -> Bool {
        let growth = buffer.growth(to: bytes)
        if growth == 0 { return true }
        guard charge(growth) else { return false }
        if buffer.reserve(bytes) != nil { return true }
        l1.release(growth)
        return false
    }

    /// Charges memory beside the entries to the RAM level. False: not now; who waits for it rests.
    mutating func charge(_ bytes: Int) -> Bool {
        if l1.tryCharge(bytes) { return true }
        scarcity.isBlocked = true
        scarcity.inputWantedMs = nowMs
        wantMemory()
        return false
    }
}
