/// The faults of a simulated disk, and how often each happens.
///
/// As `FaultPlan`: the list of what a store has to live with. What is not here does not happen: a
/// write that completed as durable survives (unless it was lost or misdirected, which are the
/// faults of a lying device), nothing changes outside the sectors an operation names, and the
/// disk's size stays.
package struct DiskFaults: Equatable {
    // MARK: Time

    /// An operation takes up to `slowMax` virtual nanoseconds more than the plan's delays.
    package var slow = Chance.never
    package var slowMax = 200_000_000
    /// A write reaches the sectors in several steps, in between which others see a part of it.
    package var stepwise = Chance.percent(30)

    // MARK: Errors that are told

    /// A read ends with EIO.
    package var readFails = Chance.never
    /// A write ends with EIO; any of its sectors may have been written.
    package var writeFails = Chance.never
    /// A flush ends with EIO. Writes it should have made durable may never become so, though reads
    /// find them and later flushes succeed (as fsync(2) after a failure).
    package var flushFails = Chance.never
    /// A write ends with ENOSPC and wrote nothing.
    package var noSpace = Chance.never
    package var shortRead = Chance.never
    package var shortWrite = Chance.never
    /// A sector under a read goes bad: EIO until it is written again.
    package var latentError = Chance.never

    // MARK: Errors that are not

    /// A read delivers wrong bits; the medium is right.
    package var bitFlip = Chance.never
    /// Bits on the medium under a read have changed.
    package var rot = Chance.never
    /// A write completes and reached nothing.
    package var lostWrite = Chance.never
    /// A write reaches another place of the disk.
    package var misdirectedWrite = Chance.never
    /// A read delivers what is at another place.
    package var misdirectedRead = Chance.never

    // MARK: Loss of power

    /// Bytes a torn write is torn in: 512, or 4096 for a disk of larger physical sectors.
    package var tearBytes = 512
    /// A sector that was being written when the power went holds garbage.
    package var garbage = Chance.percent(10)

    package init() {}

    /// A disk that tells every error, of which each kind is on or off as a whole.
    package static func honest(seed: UInt64) -> DiskFaults {
        var random = Random(seed: seed ^ 0xD15C)
        var plan = DiskFaults()
        func chance(_ some: Int, _ random: inout Random) -> Chance {
            random.below(3) == 0 ? .percent(some) : .never
        }
        plan.stepwise = .percent([0, 30, 90][random.below(3)])
        plan.tearBytes = random.below(2) == 0 ? 512 : 4096
        plan.slow = chance(5, &random)
        plan.readFails = chance(3, &random)
        plan.writeFails = chance(3, &random)
        plan.flushFails = chance(5, &random)
        plan.noSpace = chance(3, &random)
        plan.shortRead = chance(5, &random)
        plan.shortWrite = chance(5, &random)
        plan.latentError = chance(2, &random)
        return plan
    }

    /// A disk that lies too.
    package static func lying(seed: UInt64) -> DiskFaults {
        var plan = honest(seed: seed)
        var random = Random(seed: seed ^ 0x11E5)
        let some = Chance.percent(3)
        // At least one lie.
        let lies = 1 + random.below(31)
        if lies & 1 != 0 { plan.bitFlip = some }
        if lies & 2 != 0 { plan.rot = some }
        if lies & 4 != 0 { plan.lostWrite = some }
        if lies & 8 != 0 { plan.misdirectedWrite = some }
        if lies & 16 != 0 { plan.misdirectedRead = some }
        return plan
    }
}

/// A deliberately planted bug of the disk model, which its tests must find.
package enum DiskCanary: CaseIterable, Equatable {
    case none
    /// A flush completes and nothing became durable.
    case flushForgets
    /// A durable write is an ordinary one.
    case durableForgets
    /// Killing the process takes completed writes with it.
    case killForgets
    /// A read finds the medium and not the disk's cache.
    case readsOld
    /// What was written comes back in a crash after it was overwritten durably.
    case resurrects
}
