@testable import Cairn

/// What was written to a disk and when, and what may therefore be found on it: an oracle that knows
/// the contract and nothing of the model.
///
/// A write has an interval, from submission to completion. It cannot be found any more when
/// another write of the same sector came wholly after it, and
/// - for a reader: had completed before the read began;
/// - after a loss of power: was durable.
struct DiskHistory {
    struct Write {
        let sectors: Range<Int>
        let isDurable: Bool
        var submitted: Int
        /// When it completed without an error; one that failed stays possible for ever.
        var completed: Int?
        /// A flush made it durable, or it is a completed durable write.
        var isSure = false
        /// A flush failed while it was not sure: no later flush makes it so.
        var isDoubtful = false
    }

    private(set) var writes: [Write] = []
    private var now = 0

    /// The stamp each sector of write number `number` holds. 0 is what the disk held at first.
    static func stamp(_ number: Int, sector: Int) -> UInt64 {
        UInt64(number + 1) << 32 | UInt64(sector)
    }

    /// The number of the write a sector was left by (-1: none); `nil` if the sector holds what
    /// nobody wrote there.
    static func writer(_ bytes: ArraySlice<UInt8>, sector: Int) -> Int? {
        let word = Array(bytes).withBytes { view -> UInt64? in
            // All words are alike when the sector equals itself one word further on.
            let isUniform = view.slice(0, 504) == view.slice(8, 504)
            return isUniform ? view.load(0, as: UInt64.self) : nil
        }
        guard let word else { return nil }
        if word == 0 { return -1 }
        guard word & 0xFFFF_FFFF == UInt64(sector) else { return nil }
        return Int(word >> 32) - 1
    }

    mutating func submit(_ sectors: Range<Int>, durable: Bool) -> Int {
        now += 1
        writes.append(Write(sectors: sectors, isDurable: durable, submitted: now))
        return writes.count - 1
    }

    mutating func complete(_ number: Int) {
        now += 1
        writes[number].completed = now
        if writes[number].isDurable { writes[number].isSure = true }
    }

    /// The moment of a flush's or read's submission.
    mutating func moment() -> Int {
        now += 1
        return now
    }

    mutating func flushed(since submitted: Int) {
        for index in writes.indices where !writes[index].isDoubtful {
            if let completed = writes[index].completed, completed < submitted {
                writes[index].isSure = true
            }
        }
    }

    mutating func flushFailed() {
        for index in writes.indices where !writes[index].isSure { writes[index].isDoubtful = true }
    }

    /// Whether write `number` may be found in `sector`, given the writes that certainly came.
    private func isPossible(
        _ number: Int, _ sector: Int, certain: (Write) -> Bool
    ) -> Bool {
        let end = number < 0 ? 0 : writes[number].completed ?? .max
        if number >= 0, !writes[number].sectors.contains(sector) { return false }
        return !writes.contains {
            $0.sectors.contains(sector) && $0.submitted > end && certain($0)
        }
    }

    /// Whether a crash may leave this writer's bytes.
    func survives(_ number: Int, _ sector: Int) -> Bool {
        isPossible(number, sector) { $0.isSure }
    }

    /// Whether a read that began at `moment` may find this writer's bytes.
    func isReadable(_ number: Int, _ sector: Int, since moment: Int) -> Bool {
        isPossible(number, sector) { ($0.completed ?? .max) < moment }
    }

    /// Sectors of an image that hold what they must not, as texts.
    func faults(in image: [UInt8], _ isAllowed: (Int, Int) -> Bool) -> [String] {
        var found: [String] = []
        for sector in 0..<image.count / 512 {
            let bytes = image[sector * 512..<sector * 512 + 512]
            guard let writer = Self.writer(bytes, sector: sector) else {
                found.append("sector \(sector) holds what nobody wrote")
                continue
            }
            if !isAllowed(writer, sector) { found.append("sector \(sector) has write \(writer)") }
        }
        return found
    }
}
