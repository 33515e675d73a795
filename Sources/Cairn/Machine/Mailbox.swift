import CShims

/// Messages from one shard to another: a bounded ring of 256-byte slots with one writer and one
/// reader (Lamport's queue), each index on a cache line of its own, each side with a cached copy of
/// the other's index so that it touches the shared line only when its copy says "full" or "empty".
///
/// A message is written in place and read in place: no copy, no allocation, no lock.
///
/// - Invariant: `head <= tail <= head + capacity`; slots in between belong to the reader.
@safe
package struct MailboxLane: BitwiseCopyable {
    /// Bytes of a slot: four cache lines.
    package static let slotBytes = 256

    private let memory: UnsafeMutableRawPointer
    private let mask: UInt64
    private var position: UInt64 = 0
    private var limit: UInt64 = 0

    /// Word 0: the reader's index; word 16 (the next pair of lines): the writer's.
    private static let headerBytes = 256

    static func bytes(capacity: Int) -> Int { headerBytes + capacity * slotBytes }

    // SAFETY: `memory` is zeroed, holds `bytes(capacity:)`, and outlives both sides.
    init(memory: UnsafeMutableRawPointer, capacity: Int) {
        unsafe self.memory = memory
        mask = UInt64(capacity - 1)
    }

    // SAFETY: the header's words are aligned and only used atomically.
    private var headWord: UnsafeMutablePointer<UInt64> {
        unsafe memory.assumingMemoryBound(to: UInt64.self)
    }
    // SAFETY: as `headWord`.
    private var tailWord: UnsafeMutablePointer<UInt64> {
        unsafe (memory + 128).assumingMemoryBound(to: UInt64.self)
    }

    // SAFETY: the slot is inside the ring; the protocol says whose it is.
    @inline(__always)
    private func slot(_ index: UInt64) -> MutableBytes {
        unsafe MutableBytes(
            memory + Self.headerBytes + Int(index & mask) &* Self.slotBytes, count: Self.slotBytes)
    }

    // SAFETY: reads the shared index with acquire order before the slot is reused.
    /// Writer: the next free slot, or `nil` when the lane is full. Fill it, then `publish`.
    @inline(__always)
    package mutating func beginWrite() -> MutableBytes? {
        if position == limit {
            limit = unsafe cairn_load_acquire(headWord) &+ mask &+ 1
            if position == limit { return nil }
        }
        return slot(position)
    }

    // SAFETY: as `beginWrite`.
    /// Writer: whether `count` messages fit.
    package mutating func hasRoom(_ count: Int) -> Bool {
        if limit &- position < UInt64(count) {
            limit = unsafe cairn_load_acquire(headWord) &+ mask &+ 1
        }
        return limit &- position >= UInt64(count)
    }

    // SAFETY: release order makes the slot's bytes visible before the index.
    /// Writer: hands the slot of `beginWrite` over.
    @inline(__always)
    package mutating func publish() {
        position &+= 1
        unsafe cairn_store_release(tailWord, position)
    }

    // SAFETY: acquire order: the slot's bytes are visible once the index is.
    /// Reader: the oldest message, or `nil`. Valid until `consume`.
    @inline(__always)
    package mutating func peek() -> MutableBytes? {
        if position == limit {
            limit = unsafe cairn_load_acquire(tailWord)
            if position == limit { return nil }
        }
        return slot(position)
    }

    // SAFETY: release order: the slot is read before the writer may reuse it.
    /// Reader: gives the slot of `peek` back.
    @inline(__always)
    package mutating func consume() {
        position &+= 1
        unsafe cairn_store_release(headWord, position)
    }

    // SAFETY: an atomic load.
    /// Reader: whether messages wait, looked up afresh.
    package var hasMessages: Bool { unsafe cairn_load_acquire(tailWord) != position }
}

/// All lanes between the shards of a server, and who sleeps.
///
/// For each ordered pair of shards one lane of requests and one of responses: taking a response
/// never needs room in another lane, so full lanes cannot wait for each other in a circle.
@safe
package final class MailboxGrid: @unchecked Sendable {
    package enum Kind: Int { case request, response }

    private let memory: UnsafeMutableRawPointer
    private let sleepers: UnsafeMutablePointer<UInt64>
    private let laneBytes: Int
    package let shards: Int
    /// Messages a lane holds: fewer with many shards, so that the sum stays bounded.
    package let capacity: Int
    package let bytes: Int

    // SAFETY: zeroed pages of its own, freed in `deinit`.
    package init(shards: Int, capacityMax: Int = 512) throws(MachineError) {
        ensure(shards >= 1 && shards <= 256, "shards")
        var capacity = capacityMax
        while capacity > 32 && capacity * shards > 4096 { capacity /= 2 }
        self.capacity = capacity
        self.shards = shards
        laneBytes = MailboxLane.bytes(capacity: capacity)
        bytes = shards * shards * 2 * laneBytes
        guard let memory = unsafe cairn_reserve(bytes) else {
            throw .outOfMemory(what: "mailboxes", bytes: bytes)
        }
        unsafe self.memory = memory
        unsafe sleepers = .allocate(capacity: shards * 16)
        unsafe sleepers.initialize(repeating: 0, count: shards * 16)
    }

    // SAFETY: the shards have ended.
    deinit {
        _ = unsafe cairn_release(memory, bytes)
        unsafe sleepers.deallocate()
    }

    // SAFETY: the lane lies inside the mapping; each side is taken by one shard.
    /// One side of a lane. The writer and the reader each call this once.
    package func lane(from: Int, to: Int, _ kind: Kind) -> MailboxLane {
        ensure(from < shards && to < shards && from != to, "lane")
        let index = (from * shards + to) * 2 + kind.rawValue
        return unsafe MailboxLane(memory: memory + index * laneBytes, capacity: capacity)
    }

    // SAFETY: an aligned word of its own cache-line pair, used atomically.
    /// The shard is about to sleep: from now on whoever sends it something must wake it. Look at
    /// the lanes once more after this.
    package func announceSleep(_ shard: Int) {
        _ = unsafe cairn_exchange(sleepers + shard * 16, 1)
    }

    // SAFETY: as `announceSleep`.
    package func announceAwake(_ shard: Int) {
        unsafe cairn_store_release(sleepers + shard * 16, 0)
    }

    // SAFETY: as `announceSleep`; the fence orders the published message before the look.
    /// After a message was published: whether its receiver sleeps and the caller must wake it.
    package func mustWake(_ shard: Int) -> Bool {
        cairn_fence()
        if unsafe cairn_load_acquire(sleepers + shard * 16) == 0 { return false }
        return unsafe cairn_exchange(sleepers + shard * 16, 0) == 1
    }
}

extension MutableBytes {
    // SAFETY: stores an address as an integer; the sender keeps the bytes alive until the receiver
    // has answered or released them.
    /// Writes a view (16 bytes) into a message.
    package func storeView(_ view: Bytes, at offset: Int) {
        unsafe store(UInt64(UInt(bitPattern: view.base)), at: offset)
        store(UInt64(view.count), at: offset + 8)
    }

    // SAFETY: the address was stored by `storeView` of a sender that keeps the bytes alive.
    /// Reads a view from a message.
    package func loadView(at offset: Int) -> MutableBytes {
        let address = UInt(bytes.load(offset, as: UInt64.self))
        let count = Int(bytes.load(offset + 8, as: UInt64.self))
        return unsafe MutableBytes(UnsafeMutableRawPointer(bitPattern: address), count: count)
    }
}
