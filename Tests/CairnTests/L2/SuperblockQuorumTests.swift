import Testing

@testable import Cairn

@Suite struct SuperblockQuorumTests {
    /// What stands in a copy.
    enum Copy: Equatable {
        case version(UInt64)
        case otherStore(UInt64)
        case flipped(UInt64)
        case newer, foreign, blank, unread
    }

    private let superblock: Superblock = {
        var samples = FormatSamples(seed: 11)
        var superblock = samples.superblock()
        superblock.createdMs = 1_000
        return superblock
    }()

    private func superblock(_ sequence: UInt64) -> Superblock {
        var result = superblock
        result.sequence = sequence
        return result
    }

    private func bytes(_ copy: Copy) -> [UInt8] {
        var value = superblock
        switch copy {
        case .version(let sequence), .flipped(let sequence): value.sequence = sequence
        case .otherStore(let sequence):
            value.sequence = sequence
            value.createdMs = 2_000
            value.store.low ^= 1
        case .newer, .foreign, .blank, .unread: break
        }
        var result = FormatSamples.encoded(4096) { value.encode(into: $0) }
        switch copy {
        case .flipped: result[2_000] ^= 4
        case .newer:
            let memory = FormatSamples.memory(result)
            memory.bytes[FormatBlock.At.version] = 3
            memory.bytes.store(
                FormatBlock.checksum(memory.bytes.bytes), at: FormatBlock.At.checksum)
            result = memory.bytes.bytes.array
        case .foreign: result[0] ^= 0xFF
        case .blank: result = [UInt8](repeating: 0, count: 4096)
        case .unread: result = []
        case .version, .otherStore: break
        }
        return result
    }

    private func choose(_ copies: [Copy]) -> SuperblockQuorum.Choice {
        let all = copies.flatMap { bytes($0) }
        let counts = copies.map { bytes($0).count }
        return all.withBytes { memory in
            var offset = 0
            var views: [Bytes] = []
            for count in counts {
                views.append(memory.slice(offset, count))
                offset += count
            }
            return SuperblockQuorum.choose(views)
        }
    }

    private func inForce(_ sequence: UInt64, agreeing: Int, valid: Int) -> SuperblockQuorum.Choice {
        .inForce(.init(superblock: superblock(sequence), agreeing: agreeing, valid: valid))
    }

    @Test func `four alike copies stand whole`() {
        #expect(
            choose([.version(5), .version(5), .version(5), .version(5)])
                == inForce(5, agreeing: 4, valid: 4))
    }

    /// Copies 0 and 1, flush, 2 and 3: after a crash between any two writes.
    @Test func `an update cut short is in force from its second copy on`() {
        let expected: [(UInt64, Int)] = [(5, 4), (5, 3), (6, 2), (6, 3), (6, 4)]
        for (written, (sequence, agreeing)) in expected.enumerated() {
            let copies = (0..<4).map { Copy.version($0 < written ? 6 : 5) }
            #expect(choose(copies) == inForce(sequence, agreeing: agreeing, valid: 4))
            guard written < 4 else { continue }
            // The write under way tore its copy.
            var torn = copies
            torn[written] = .flipped(6)
            let old = 3 - written
            let isNew = written >= 2 || old < 2 && written > 0
            let left = isNew ? written : old
            #expect(
                choose(torn) == inForce(isNew ? 6 : 5, agreeing: left, valid: 3), "\(written)")
        }
    }

    @Test func `any two copies may be lost`() {
        for first in 0..<4 {
            for second in 0..<4 where second != first {
                for loss in [Copy.flipped(9), .foreign, .blank, .unread] {
                    var copies = [Copy](repeating: .version(5), count: 4)
                    (copies[first], copies[second]) = (loss, loss)
                    #expect(choose(copies) == inForce(5, agreeing: 2, valid: 2))
                }
            }
        }
    }

    @Test func `one valid copy is used, and stands alone`() {
        for place in 0..<4 {
            var copies = [Copy](repeating: .flipped(9), count: 4)
            copies[place] = .version(5)
            let choice = choose(copies)
            #expect(choice == inForce(5, agreeing: 1, valid: 1))
            guard case .inForce(let standing) = choice else { continue }
            #expect(standing.isAlone && !standing.isWhole)
        }
    }

    @Test func `without two that agree the newest counts`() {
        #expect(
            choose([.version(7), .flipped(7), .version(6), .flipped(6)])
                == inForce(7, agreeing: 1, valid: 2))
    }

    @Test func `a newer store beats an older of a higher sequence`() {
        var other = superblock(1)
        other.createdMs = 2_000
        other.store.low ^= 1
        #expect(
            choose([.otherStore(1), .otherStore(1), .version(90), .version(90)])
                == .inForce(.init(superblock: other, agreeing: 2, valid: 4)))
        #expect(
            choose([.otherStore(1), .version(90), .version(90), .version(90)])
                == inForce(90, agreeing: 3, valid: 4))
    }

    @Test func `the reason says what to do`() {
        let reasons: [([Copy], SuperblockQuorum.Reason)] = [
            ([.blank, .blank, .blank, .blank], .blank),
            ([.foreign, .foreign, .foreign, .foreign], .foreign),
            ([.foreign, .blank, .blank, .blank], .foreign),
            ([.flipped(1), .foreign, .blank, .blank], .damaged),
            ([.unread, .blank, .blank, .blank], .damaged),
            ([.unread, .unread, .unread, .unread], .damaged),
            ([.newer, .newer, .newer, .newer], .newer(3)),
            ([.newer, .newer, .version(1), .version(1)], .newer(3)),
            ([.newer, .version(1), .flipped(1), .blank], .newer(3)),
            ([.newer, .flipped(1), .flipped(1), .blank], .newer(3)),
        ]
        for (copies, reason) in reasons { #expect(choose(copies) == .none(reason), "\(copies)") }
        #expect(
            choose([.newer, .version(1), .version(1), .version(1)])
                == inForce(1, agreeing: 3, valid: 3))
    }
}
