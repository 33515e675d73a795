/// Which of the four superblock copies is in force.
///
/// The newest that at least two valid copies agree on: an update that was cut short in one copy did
/// not happen, one that reached two did. Without two that agree the newest valid copy is taken
/// (the update it belongs to had begun; what it says was true), which the caller must tell. Newest:
/// of the store made last, the highest sequence, for after a reformat that was cut short the
/// copies are of two stores.
enum SuperblockQuorum {
    enum Choice: Equatable {
        case inForce(Standing)
        case none(Reason)
    }

    /// The superblock in force and how firmly it stands.
    struct Standing: Equatable {
        var superblock: Superblock
        /// Copies equal to it, of `StoreGeometry.superblockCopies`.
        var agreeing: Int
        /// Copies that can be read at all.
        var valid: Int

        /// No second copy says the same: to be told.
        var isAlone: Bool { agreeing < 2 }
        /// All copies say the same. Else the next update heals those damaged or behind.
        var isWhole: Bool { agreeing == StoreGeometry.superblockCopies }
    }

    /// Why there is none.
    enum Reason: Equatable {
        /// Zeros only: nothing was ever written.
        case blank
        /// Something else is there: never overwrite it unasked.
        case foreign
        /// A newer program made it, of this version.
        case newer(UInt32)
        /// Ours, and no copy is whole.
        case damaged
    }

    /// Chooses among the copies read; one that could not be read is empty bytes.
    static func choose(_ copies: [Bytes]) -> Choice {
        var valid: [Superblock] = []
        var faults: [FormatFault] = []
        for copy in copies {
            do throws(FormatFault) { valid.append(try Superblock.decode(copy)) } catch {
                faults.append(error)
            }
        }
        let newer = faults.compactMap { fault -> UInt32? in
            if case .unsupportedVersion(let version) = fault { version } else { nil }
        }
        if let version = newer.max(), newer.count >= 2 || newer.count >= valid.count {
            return .none(.newer(version))
        }
        var best: Standing?
        for superblock in valid {
            let standing = Standing(
                superblock: superblock, agreeing: valid.count { $0 == superblock },
                valid: valid.count)
            if best.map({ isBefore($0, standing) }) ?? true { best = standing }
        }
        if let best { return .inForce(best) }
        return .none(reason(faults))
    }

    private static func isBefore(_ a: Standing, _ b: Standing) -> Bool {
        if a.isAlone != b.isAlone { return a.isAlone }
        let (old, new) = (a.superblock, b.superblock)
        return (old.createdMs, old.sequence) < (new.createdMs, new.sequence)
    }

    private static func reason(_ faults: [FormatFault]) -> Reason {
        let isOurs = faults.contains { fault in
            switch fault {
            case .badChecksum, .impossible: true
            default: false
            }
        }
        if isOurs { return .damaged }
        if faults.contains(.wrongMagic) { return .foreign }
        // An unreadable copy beside blank ones could be anything.
        return faults.allSatisfy { $0 == .blank } && !faults.isEmpty ? .blank : .damaged
    }
}
