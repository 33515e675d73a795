/// The faults of a simulated run, and how often each happens.
///
/// Written down before the injector, so that it can be read as the list of what a shard has to live
/// with. What is not here does not happen in the simulation: memory does not rot, an operation
/// never completes twice without `hasMore`, and the bytes of one stream never change places.

/// How often something happens: parts of a million.
package struct Chance: Equatable {
    package let perMillion: Int
    package init(perMillion: Int) { self.perMillion = perMillion }

    package static var never: Chance { Chance(perMillion: 0) }
    package static func percent(_ value: Int) -> Chance { Chance(perMillion: value * 10_000) }
}

extension Random {
    /// Whether something with this chance happens now. Draws nothing for a chance of zero.
    mutating func happens(_ chance: Chance) -> Bool {
        chance.perMillion > 0 && below(1_000_000) < chance.perMillion
    }
}

/// Chances and bounds of one run.
package struct FaultPlan {
    // MARK: Time

    /// Longest delay of an operation, a packet or a thread's turn, in virtual nanoseconds.
    package var delayMax = 200_000
    /// An operation completes within the turn that submits it.
    package var immediate = Chance.percent(40)
    /// When a kernel entry returns, the wall clock has jumped by up to `clockJumpMax` either way.
    package var clockJump = Chance.never
    /// Milliseconds.
    package var clockJumpMax = 5_000
    /// A prepared operation reaches the kernel before `turn`, as if a queue were full.
    package var earlySubmission = Chance.percent(2)

    // MARK: Receiving

    /// A receive takes fewer bytes than are there.
    package var shortReceive = Chance.percent(30)
    /// A receive finds no provided buffer although one is free (another connection's took it).
    package var noBuffer = Chance.never
    /// A multishot receive or accept ends although nothing failed (completion queue overflow).
    package var multishotEnds = Chance.percent(2)

    // MARK: Sending

    /// Bytes move into the socket in several steps, so that the send stays under way longer.
    package var slowSend = Chance.percent(30)
    /// A send fails after some of its bytes left; the connection is lost with it.
    package var sendFails = Chance.never
    /// A failed zero-copy send has a notification too.
    package var notifiedFailure = Chance.percent(50)
    /// A zero-copy notification says that the kernel copied after all.
    package var zeroCopyCopies = Chance.percent(50)

    // MARK: Connections

    /// When bytes arrive, the connection is reset instead: both sides see it.
    package var connectionLoss = Chance.never
    /// An accept completes with an error (ECONNABORTED, EMFILE).
    package var acceptFails = Chance.never

    /// After a connection was closed, a completion of it comes once more. No kernel does this; a
    /// shard that tells completions apart by generation must not notice.
    package var staleCompletion = Chance.never

    // MARK: Sizes

    /// Bytes a socket buffers in each direction.
    package var socketBytes = 4_096
    /// Provided buffers of a shard and their size: few and small, so that they run out.
    package var receiveBuffers = 8
    package var receiveBufferBytes = 256
    /// Sockets of a shard.
    package var sockets = 16
    /// Files a shard can register.
    package var files = 4
    /// Pieces of a vectored send.
    package var piecesPerSendMax = 8
    /// Zero-copy sends are what they say; otherwise they complete as ordinary ones.
    package var zeroCopyAvailable = true

    package init() {}

    /// A plan in which only delays and sizes vary: every connection lives until it is closed.
    package static func calm(seed: UInt64) -> FaultPlan {
        var random = Random(seed: seed ^ 0xCA14)
        var plan = FaultPlan()
        plan.delayMax = [1, 1_000, 50_000, 1_000_000][random.below(4)]
        plan.immediate = .percent([0, 40, 90][random.below(3)])
        plan.shortReceive = .percent([0, 30, 90][random.below(3)])
        plan.slowSend = .percent([0, 30, 90][random.below(3)])
        plan.noBuffer = .percent([0, 5, 30][random.below(3)])
        plan.multishotEnds = .percent([0, 2, 30][random.below(3)])
        plan.socketBytes = [64, 1_024, 16_384][random.below(3)]
        plan.receiveBuffers = [2, 8, 64][random.below(3)]
        plan.receiveBufferBytes = [16, 256, 2_048][random.below(3)]
        plan.piecesPerSendMax = [2, 8, 64][random.below(3)]
        plan.zeroCopyAvailable = random.below(2) == 0
        return plan
    }

    /// A plan in which connections break too. Each kind of fault is on or off as a whole ("swarm
    /// testing", Groce et al., ISSTA 2012): runs in which everything fails at once find less.
    package static func hostile(seed: UInt64) -> FaultPlan {
        var plan = calm(seed: seed)
        var random = Random(seed: seed ^ 0xF1A5)
        plan.sendFails = .percent([0, 0, 1, 5][random.below(4)])
        plan.connectionLoss = .percent([0, 0, 1, 5][random.below(4)])
        plan.acceptFails = .percent([0, 0, 20][random.below(3)])
        plan.clockJump = .percent([0, 0, 1][random.below(3)])
        plan.staleCompletion = .percent([0, 0, 50][random.below(3)])
        return plan
    }
}
