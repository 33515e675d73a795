/// Whether and when an entry may go by itself.
enum Vanishing: Equatable {
    /// It stays until it is written again.
    case never
    /// It expires: present before `from`, absent after `until` once that is known (Unix
    /// milliseconds).
    case expires(from: UInt64, until: UInt64?)
    /// It may be evicted at any time.
    case anyTime
}

/// The moment an operation on a key began, as far as its check needs it.
struct KeyMoment {
    /// The key's floor.
    var floor: Int
    /// Unix milliseconds.
    var wallMs: UInt64
}

/// What simulated clients know of one key: everything that was written, in order.
///
/// One client writes a key, so its writes have an order: version 0 is "absent", each write makes
/// the next one. An entry may also go by itself, when it expires or is evicted. So a key passes
/// through states in one order: `2v` is "version v is there", `2v + 1` is "version v has gone by
/// itself". That makes linearizability checkable with two numbers. A read may see a state `s` only
/// if
///
/// - no later write, and no read of a later state, had ended before the read began (`s >= floor`
///   as it was then): nothing acknowledged is lost, and nobody sees time run backwards;
/// - the write of its version had begun before the read ended (`s / 2 <= latest` as it is then);
/// - the entry may be there, or may be gone, by its expiry.
///
/// When a connection breaks, its writes under way may take effect or not, and until the server has
/// noticed, later than anything else: the writer then leaves the key alone for good. Reads of it
/// still obey these rules.
struct KeyHistory {
    struct Version {
        /// `nil`: absent.
        let content: [UInt8]?
        var vanishing: Vanishing
    }

    let name: [UInt8]
    /// Entries of this key may go by themselves; its writer then expects nothing of what was there.
    let isVolatile: Bool
    private(set) var versions = [Version(content: nil, vanishing: .never)]
    /// The earliest state a read that begins now may see.
    private(set) var floor = 0

    init(name: [UInt8], isVolatile: Bool = false) {
        self.name = name
        self.isVolatile = isVolatile
    }

    var latest: Int { versions.count - 1 }
    /// What the writer itself would read behind its own writes, had nothing gone by itself.
    var content: [UInt8]? { versions[latest].content }

    /// A write begins; its version.
    mutating func write(_ content: [UInt8]?, _ vanishing: Vanishing = .never) -> Int {
        versions.append(Version(content: content, vanishing: vanishing))
        return latest
    }

    /// The write of `version` was acknowledged, `after` milliseconds or less before it expires.
    mutating func acknowledge(_ version: Int, lifetimeMs: UInt64? = nil, wallMs: UInt64 = 0) {
        floor = max(floor, 2 * version)
        if let lifetimeMs, case .expires(let from, _) = versions[version].vanishing {
            versions[version].vanishing = .expires(from: from, until: wallMs + lifetimeMs)
        }
    }

    /// A read that began at `start` and ends now, and of which `matches` tells whether it fits a
    /// content: whether it may.
    mutating func mayRead(
        from start: KeyMoment, now wallMs: UInt64, clockJumps: Bool,
        _ matches: ([UInt8]?) -> Bool
    ) -> Bool {
        for state in start.floor...(2 * latest + 1)
        where allows(state, from: start, now: wallMs, clockJumps: clockJumps) {
            if matches(state % 2 == 0 ? versions[state / 2].content : nil) {
                // Equal contents stand for the earliest state: the check is then too mild, never
                // wrong.
                floor = max(floor, state)
                return true
            }
        }
        return false
    }

    /// Whether the expiry of the entry allows a state.
    private func allows(
        _ state: Int, from start: KeyMoment, now wallMs: UInt64, clockJumps: Bool
    ) -> Bool {
        let isGone = state % 2 == 1
        switch versions[state / 2].vanishing {
        case .never: return !isGone
        case .anyTime: return true
        case .expires(let from, let until):
            if clockJumps { return true }
            if isGone { return wallMs >= from }
            return until.map { start.wallMs <= $0 } ?? true
        }
    }
}

/// How the entries of a simulated world go by themselves.
package enum SimulatedDecay: Equatable, Sendable {
    /// Not at all.
    case none
    /// Half of the keys have entries that expire.
    case expiry
    /// Memory is small: any entry may be evicted, a write may be refused.
    case eviction
}

/// The keys of all simulated clients of a world.
package final class SimulatedKeyspace {
    var histories: [KeyHistory] = []
    package let decay: SimulatedDecay
    /// Keys that are only written together, within a transaction.
    package let group = ["group:a", "group:b", "group:c", "group:d"].map { Array($0.utf8) }
    /// A write of them was refused in part, or may have been: they differ from then on.
    var groupIsSpoiled = false
    /// Counted by INCR.
    package var incremented = SimulatedCounter("incremented")
    /// Counted by WATCH, GET, and SET within EXEC.
    package var watched = SimulatedCounter("watched")
    /// The clock may be set back or forth: expiry is then not checked by time.
    let clockJumps: Bool
    /// The history in use for each key a client writes.
    private var current: [[Int]]
    private var named = 0

    /// Every one of `clients` writes `keysPerClient` keys and reads all.
    package init(
        clients: Int, keysPerClient: Int, decay: SimulatedDecay = .none, clockJumps: Bool = false
    ) {
        self.decay = decay
        self.clockJumps = clockJumps
        current = []
        for _ in 0..<clients {
            current.append((0..<keysPerClient).map { makeHistory(place: $0) })
        }
    }

    private func makeHistory(place: Int) -> Int {
        named += 1
        let isVolatile =
            switch decay {
            case .none: false
            case .expiry: place % 2 == 1
            case .eviction: true
            }
        histories.append(
            KeyHistory(name: Array("key:\(named)".utf8), isVolatile: isVolatile))
        return histories.count - 1
    }

    /// A key that `client` writes.
    func own(_ client: Int, _ random: inout Random) -> Int {
        current[client][random.below(current[client].count)]
    }

    /// A key that `client` writes and whose entries stay, or `nil`.
    func stable(_ client: Int, _ random: inout Random) -> Int? {
        let keys = current[client].filter { !histories[$0].isVolatile }
        return keys.isEmpty ? nil : keys[random.below(keys.count)]
    }

    /// Any key, now and then one that its writer has left.
    func any(_ random: inout Random) -> Int {
        if random.below(8) == 0 { return random.below(histories.count) }
        let client = random.below(current.count)
        return own(client, &random)
    }

    /// `client` writes another key from now on instead of these.
    func leave(_ client: Int, _ keys: Set<Int>) {
        for place in current[client].indices where keys.contains(current[client][place]) {
            current[client][place] = makeHistory(place: place)
        }
    }

    /// Keys in use that stay, and whose content is known: what a last look must find.
    package var settled: [(name: [UInt8], content: [UInt8]?)] {
        current.flatMap { $0 }.filter { !histories[$0].isVolatile }
            .map { (histories[$0].name, histories[$0].content) }
    }
}
