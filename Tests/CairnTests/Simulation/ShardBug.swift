@testable import Cairn

/// A fault planted into running shards: the checkers have to find each.
enum ShardBug: CaseIterable {
    case none
    /// A write that was acknowledged is lost.
    case lostWrite
    /// A byte of a stored value changes.
    case wrongByte
    /// A pin of a stored value is forgotten.
    case leakedPin
    /// A buffer is forgotten.
    case leakedBuffer
    /// A reply that waits to be sent is dropped.
    case lostReply
    /// Two replies that wait to be sent change places.
    case swappedReplies
    /// A client that tracks a key is not told of a change.
    case lostInvalidation
}

/// Plants a fault, once it can, after turns of a shard.
struct BugPlanter {
    let bug: ShardBug
    private var random: Random
    private var isPlanted = false

    init(bug: ShardBug, seed: UInt64) {
        self.bug = bug
        random = Random(seed: seed ^ 0xB06)
    }

    mutating func plant(in box: ShardBox, _ world: SimulatedWorld) {
        if bug == .none || isPlanted || random.below(20) != 0 { return }
        switch bug {
        case .none: break
        case .lostWrite:
            guard let entry = someEntry(box) else { return }
            box.shard.l1.remove(entry, .deleted)
            isPlanted = true
        case .wrongByte:
            guard let entry = someEntry(box), box.shard.l1.valueLength(of: entry) > 0 else {
                return
            }
            box.shard.l1.segment(of: entry, at: 0)[0] ^= 1
            isPlanted = true
        case .leakedPin:
            guard let entry = someEntry(box) else { return }
            isPlanted = box.shard.l1.pin(entry)
        case .leakedBuffer: isPlanted = box.shard.pool.allocate(100) != nil
        case .lostReply: isPlanted = loseReply(box)
        case .swappedReplies: isPlanted = swapReplies(box)
        case .lostInvalidation:
            guard let hash = box.shard.followers.tracking.hash(at: random.below(1 << 20)) else {
                return
            }
            // Again and again: most keys are read once more before they change.
            _ = box.shard.followers.tracking.take(hash)
        }
    }

    /// A live entry that no operation of the kernel refers to.
    private mutating func someEntry(_ box: ShardBox) -> EntryID? {
        let top = box.shard.l1.entries.top
        guard top > 0 else { return nil }
        let place = UInt32(random.below(top))
        let entry = box.shard.l1.entries[place]
        return entry.meta.state == .live && entry.pins == 0 ? EntryID(place) : nil
    }

    /// The segments of a connection's output behind the send under way.
    private func waiting(_ box: ShardBox) -> [Int32] {
        for place in 0..<box.shard.connections.count {
            let connection = box.shard.connections[place]
            guard connection.flags.contains(.open), connection.sendLast >= 0 else { continue }
            var found = [connection.sendLast]
            while let last = found.last, box.shard.segments[last].next >= 0 {
                found.append(box.shard.segments[last].next)
            }
            if found.count > 1 { return found }
        }
        return []
    }

    private func loseReply(_ box: ShardBox) -> Bool {
        let list = waiting(box)
        guard list.count > 1, box.shard.segments[list[1]].owner == .pooled else { return false }
        // Its bytes are gone, its memory is not: only the client can notice.
        box.shard.segments[list[1]].bytes = .empty
        return true
    }

    private func swapReplies(_ box: ShardBox) -> Bool {
        let list = waiting(box)
        guard list.count > 2 else { return false }
        var first = box.shard.segments[list[1]]
        var second = box.shard.segments[list[2]]
        guard first.owner == .pooled, second.owner == .pooled,
            first.bytes.array != second.bytes.array
        else { return false }
        swap(&first.next, &second.next)
        box.shard.segments[list[1]] = second
        box.shard.segments[list[2]] = first
        return true
    }
}
