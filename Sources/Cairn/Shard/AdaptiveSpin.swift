/// How long a shard polls before it sleeps, learnt from what polling has found.
///
/// A sleep and the wake-up after it cost several microseconds, and a shard that polls instead is
/// awake at once; but the time polled is lost to everybody else when nothing comes. So the time
/// doubles whenever polling ended with work, and halves whenever it ended in a sleep.
///
/// - Invariant: a poll takes at most the limit, and at least a sixteenth of it.
struct AdaptiveSpin: BitwiseCopyable {
    /// The next poll's share of the limit, as a power of two: 0 is all of it.
    private var shift: UInt64 = 0
    private var misses: UInt64 = 0

    static let shiftMax: UInt64 = 4
    /// One poll of so many takes the whole limit: how a pause that has become short again, yet is
    /// longer than the shortest poll, is noticed.
    static let trialEvery: UInt64 = 64

    /// Nanoseconds of the next poll.
    func budget(limit: UInt64) -> UInt64 {
        misses % Self.trialEvery == Self.trialEvery - 1 ? limit : limit >> shift
    }

    mutating func foundWork() {
        misses = 0
        if shift > 0 { shift -= 1 }
    }

    mutating func foundNothing() {
        misses &+= 1
        if shift < Self.shiftMax { shift += 1 }
    }
}

extension Shard where Engine: ~Copyable {
    /// The least a round of polling takes, in nanoseconds: a kernel entry without work. It bounds
    /// the rounds where the clock stands still, in simulations.
    private static var roundNs: UInt64 { 64 }

    /// Enters the kernel without waiting until a completion, a message or upkeep is due; false when
    /// the time to poll has passed, and the shard should sleep.
    ///
    /// Meanwhile the shard counts as awake, so nobody spends a wake message on it.
    @inline(never)
    mutating func pollForWork() -> Bool {
        engine.turn(waitNanoseconds: 0)
        if engine.hasCompletions || mustNotSleep { return true }
        let began = engine.now
        let budget = spin.budget(limit: live.spinNs)
        var rounds = budget / Self.roundNs
        while rounds > 0, engine.now &- began < budget {
            if engine.hasCompletions || hasMessages {
                spin.foundWork()
                return true
            }
            if engine.now >= nextUpkeepNs {
                spin.foundNothing()
                return true
            }
            engine.turn(waitNanoseconds: 0)
            rounds -= 1
        }
        if engine.hasCompletions || hasMessages {
            spin.foundWork()
            return true
        }
        spin.foundNothing()
        return false
    }
}
