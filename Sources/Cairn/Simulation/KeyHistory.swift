/// What simulated clients know of one key: everything that was written, in order.
///
/// One client writes a key, so its writes have an order: version 0 is "absent", each write makes
/// the next one. That makes linearizability checkable with two numbers. A read may return a version
/// `v` only if
///
/// - no later write, and no read of a later version, had ended before the read began (`v >= floor`
///   as it was then): nothing acknowledged is lost, and nobody sees time run backwards;
/// - the write of `v` had begun before the read ended (`v <= latest` as it is then).
///
/// When a connection breaks, its writes under way may take effect or not, and until the server has
/// noticed, later than anything else: the writer then leaves the key alone for good. Reads of it
/// still obey both rules.
struct KeyHistory {
    let name: [UInt8]
    /// Contents by version; `nil`: absent.
    private(set) var versions: [[UInt8]?] = [nil]
    /// The earliest version a read that begins now may return.
    private(set) var floor = 0

    init(name: [UInt8]) { self.name = name }

    var latest: Int { versions.count - 1 }
    /// What the writer itself would read behind its own writes.
    var content: [UInt8]? { versions[latest] }

    /// A write begins; its version.
    mutating func write(_ content: [UInt8]?) -> Int {
        versions.append(content)
        return latest
    }

    /// The write of `version` was acknowledged.
    mutating func acknowledge(_ version: Int) { floor = max(floor, version) }

    /// A read that began when the floor was `floorThen`, and of which `matches` tells whether it
    /// fits a content, has ended: whether it may.
    mutating func mayRead(from floorThen: Int, _ matches: ([UInt8]?) -> Bool) -> Bool {
        for version in floorThen...latest where matches(versions[version]) {
            // Equal contents stand for the earliest version: the check is then too mild, never
            // wrong.
            floor = max(floor, version)
            return true
        }
        return false
    }
}

/// The keys of all simulated clients of a world.
package final class SimulatedKeyspace {
    var histories: [KeyHistory] = []
    /// The history in use for each key a client writes.
    private var current: [[Int]]
    private var named = 0

    /// Every one of `clients` writes `keysPerClient` keys and reads all.
    package init(clients: Int, keysPerClient: Int) {
        current = []
        for _ in 0..<clients {
            current.append((0..<keysPerClient).map { _ in makeHistory() })
        }
    }

    private func makeHistory() -> Int {
        named += 1
        histories.append(KeyHistory(name: Array("key:\(named)".utf8)))
        return histories.count - 1
    }

    /// A key that `client` writes.
    func own(_ client: Int, _ random: inout Random) -> Int {
        current[client][random.below(current[client].count)]
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
            current[client][place] = makeHistory()
        }
    }

    /// Keys in use whose content is known: what a last look must find.
    package var settled: [(name: [UInt8], content: [UInt8]?)] {
        current.flatMap { $0 }.map { (histories[$0].name, histories[$0].content) }
    }
}
