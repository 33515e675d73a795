/// Least frequently used first, with ageing.
///
/// The counter is Redis's logarithmic one: 8 bits, starts at 5, and a use raises a counter `c` with
/// probability 1 / ((c - 5) * 10 + 1), so that 255 stands for about a million uses. It loses 1 for
/// each minute without a use. One list for each counter value and band makes all operations O(1).
///
/// Ageing is settled when an entry is used, and by a hand that visits the tails of the lists: two
/// steps an insertion, so that what was hot long ago sinks while new entries arrive. The state byte
/// is the minute (modulo 256) up to which the entry is settled: an entry that the hand does not
/// reach for more than 255 minutes ages too little, never too much.
package struct LFU: ~Copyable {
    private var lists = FixedArray<PolicyList>(
        repeating: PolicyList(), count: EvictionBand.count * LFU.values)
    /// Bit `c` of a band's four words: list `c` has entries.
    private var occupied = FixedArray<UInt64>(repeating: 0, count: EvictionBand.count * 4)
    private var random: Random
    /// Where the ageing hand stands: band and counter value.
    private var hand = 0

    static var values: Int { 256 }
    static var initial: UInt8 { 5 }
    static var logFactor: Int { 10 }
    private static var agingSteps: Int { 2 }

    /// Heap bytes of the lists.
    package static var overheadBytes: Int { EvictionBand.count * (values * 8 + 32) }

    package init(seed: UInt64) { random = Random(seed: seed) }

    package mutating func insert<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, now: UInt32, _ table: inout Table
    ) {
        table[lastAccess: id] = now
        table[policyState: id] = Self.minute(now)
        if table[frequency: id] < Self.initial { table[frequency: id] = Self.initial }
        link(id, &table)
        age(now: now, steps: Self.agingSteps, &table)
    }

    package mutating func touch<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, now: UInt32, _ table: inout Table
    ) {
        let before = table[frequency: id]
        var counter = settled(id, now: now, table)
        let over = Int(counter) - Int(Self.initial)
        if counter < UInt8.max {
            if over <= 0 || random.below(over * Self.logFactor + 1) == 0 { counter += 1 }
        }
        if counter == before, table[lastAccess: id] == now { return }
        table[lastAccess: id] = now
        unlink(id, &table)
        table[frequency: id] = counter
        table[policyState: id] = Self.minute(now)
        link(id, &table)
    }

    package mutating func remove<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        unlink(id, &table)
    }

    package func victim(_ band: EvictionBand) -> UInt32? {
        guard let value = firstOccupied(band.index, from: 0) else { return nil }
        return lists[band.index * Self.values + value].tail
    }

    /// In use now: counts as a use that raises the counter, so that the search gets on.
    package mutating func passOver<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        unlink(id, &table)
        if table[frequency: id] < UInt8.max { table[frequency: id] += 1 }
        link(id, &table)
    }

    package mutating func renamed<Table: PolicyTable & ~Copyable>(
        _ old: UInt32, to new: UInt32, _ table: inout Table
    ) {
        lists[listIndex(new, table)].renamed(old, to: new, &table)
    }

    // MARK: Ageing

    private static func minute(_ seconds: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: seconds / 60)
    }

    /// The counter after what the idle minutes took from it.
    private func settled<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, now: UInt32, _ table: borrowing Table
    ) -> UInt8 {
        let elapsed = Self.minute(now) &- table[policyState: id]
        let counter = table[frequency: id]
        return counter > elapsed ? counter - elapsed : 0
    }

    /// Moves the hand: settles tails until a list's tail is up to date, then goes to the next list.
    package mutating func age<Table: PolicyTable & ~Copyable>(
        now: UInt32, steps: Int, _ table: inout Table
    ) {
        for _ in 0..<steps {
            let band = hand / Self.values
            guard let value = firstOccupied(band, from: max(1, hand % Self.values)) else {
                hand = (band + 1) % EvictionBand.count * Self.values
                continue
            }
            let id = lists[band * Self.values + value].tail
            let counter = settled(id, now: now, table)
            hand = band * Self.values + value
            if counter == table[frequency: id] {
                hand = (hand + 1) % (EvictionBand.count * Self.values)
                continue
            }
            unlink(id, &table)
            table[frequency: id] = counter
            table[policyState: id] = Self.minute(now)
            link(id, &table)
        }
    }

    // MARK: Lists

    private func listIndex<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: borrowing Table
    ) -> Int {
        table.band(id).index * Self.values + Int(table[frequency: id])
    }

    private mutating func link<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        let index = listIndex(id, table)
        lists[index].pushFront(id, &table)
        occupied[index >> 6] |= 1 << UInt64(index & 63)
    }

    private mutating func unlink<Table: PolicyTable & ~Copyable>(
        _ id: UInt32, _ table: inout Table
    ) {
        let index = listIndex(id, table)
        lists[index].remove(id, &table)
        if lists[index].isEmpty { occupied[index >> 6] &= ~(1 << UInt64(index & 63)) }
    }

    private func firstOccupied(_ band: Int, from value: Int) -> Int? {
        var word = value >> 6
        var bits = occupied[band * 4 + word] & (UInt64.max << UInt64(value & 63))
        while bits == 0 {
            word += 1
            if word == 4 { return nil }
            bits = occupied[band * 4 + word]
        }
        return word << 6 + bits.trailingZeroBitCount
    }

    /// Number of entries linked here, after checking that each is where it belongs: for tests.
    package func validate<Table: PolicyTable & ~Copyable>(_ table: borrowing Table) -> Int {
        var count = 0
        for index in 0..<lists.count {
            lists[index].validate(table) { id in
                count += 1
                ensure(table[linked: id] == .lfu && listIndex(id, table) == index, "LFU list")
            }
            let isMarked = occupied[index >> 6] & 1 << UInt64(index & 63) != 0
            ensure(isMarked != lists[index].isEmpty, "LFU occupancy")
        }
        return count
    }
}
