/// A message between shards, read and written in place in its mailbox slot.
///
/// ```
///   0 kind u8 | 1 command u8 | 2 flags u8 | 3 home shard u8 | 4 arguments u32
///   8 call u32 | 12 call generation u32
///  16 client id u64
///  24 transaction u64 (request) / value length u64 (response)
///  32 key hash u64 (request) / offset in the value u64 (response)
///  40 payload bytes u32 | 44 entry or block u32
///  48 view: address u64, count u64
///  64 payload, 192 bytes
/// ```
///
/// Arguments travel in the payload, or when they are longer in a block of the sender's pool that
/// the view names and that stays until the response: each a length u32 and its bytes.
struct Message {
    enum Kind: UInt8 {
        // Requests.
        case command = 1
        /// Memory for a large value: the response names the first piece.
        case reserve
        /// The piece of a reserved value at an offset.
        case reservedPiece
        /// Publishes a reserved value under SET's options.
        case commitReserved
        /// The piece of a leased value at an offset.
        case leasedPiece
        /// One way, among the answers: unpins an entry, frees a block or a growing buffer, abandons
        /// a reservation. Among the requests: lets go of a lock.
        case release
        /// One way: a socket for the receiver to serve.
        case adopt
        case lock
        /// One way: a `Notice` about followers.
        case invalidate
        /// Whether a client id is connected to the receiver.
        case findClient
        /// Pins a value that is to be copied and tells what it is.
        case fetch
        /// A command of the control kind that every shard takes part in.
        case control
        // Responses.
        case reply
        /// A reply in a block of the sender's pool.
        case replyBlock
        /// A reply in a growing buffer of the sender.
        case replyLarge
        /// A reply that ends with a leased value.
        case replyLease
        case piece
        case reserved
        case busy
        case refused
        case locked
    }

    static let payloadOffset = 64
    static let payloadMax = MailboxLane.slotBytes - payloadOffset

    let slot: MutableBytes

    init(_ slot: MutableBytes) { self.slot = slot }

    /// Sets everything but the payload to zero.
    @inline(__always)
    func clear(_ kind: Kind) {
        slot.slice(0, Self.payloadOffset).fill(0)
        slot[0] = kind.rawValue
    }

    var kind: Kind {
        guard let kind = Kind(rawValue: slot[0]) else {
            ensureFailed("message of no kind", #fileID, #line)
        }
        return kind
    }

    var command: UInt8 {
        get { slot[1] }
        nonmutating set { slot[1] = newValue }
    }
    var flags: UInt8 {
        get { slot[2] }
        nonmutating set { slot[2] = newValue }
    }
    var home: UInt8 {
        get { slot[3] }
        nonmutating set { slot[3] = newValue }
    }
    var argumentCount: Int {
        get { Int(slot.bytes.load(4, as: UInt32.self)) }
        nonmutating set { slot.store(UInt32(newValue), at: 4) }
    }
    var call: Int32 {
        get { slot.bytes.load(8, as: Int32.self) }
        nonmutating set { slot.store(newValue, at: 8) }
    }
    var generation: UInt32 {
        get { slot.bytes.load(12, as: UInt32.self) }
        nonmutating set { slot.store(newValue, at: 12) }
    }
    var clientID: UInt64 {
        get { slot.bytes.load(16, as: UInt64.self) }
        nonmutating set { slot.store(newValue, at: 16) }
    }
    var transaction: UInt64 {
        get { slot.bytes.load(24, as: UInt64.self) }
        nonmutating set { slot.store(newValue, at: 24) }
    }
    var length: Int {
        get { Int(truncatingIfNeeded: transaction) }
        nonmutating set { transaction = UInt64(truncatingIfNeeded: newValue) }
    }
    var hash: UInt64 {
        get { slot.bytes.load(32, as: UInt64.self) }
        nonmutating set { slot.store(newValue, at: 32) }
    }
    var offset: Int {
        get { Int(truncatingIfNeeded: hash) }
        nonmutating set { hash = UInt64(truncatingIfNeeded: newValue) }
    }
    var payloadCount: Int {
        get { Int(slot.bytes.load(40, as: UInt32.self)) }
        nonmutating set { slot.store(UInt32(newValue), at: 40) }
    }
    var handle: UInt32 {
        get { slot.bytes.load(44, as: UInt32.self) }
        nonmutating set { slot.store(newValue, at: 44) }
    }
    var view: MutableBytes { slot.loadView(at: 48) }
    func setView(_ view: Bytes) { slot.storeView(view, at: 48) }
    var payload: MutableBytes { slot.slice(Self.payloadOffset, Self.payloadMax) }

    /// The arguments' encoding: in the payload, or in the sender's block.
    var encodedArguments: Bytes {
        let outside = view
        return outside.count > 0 ? outside.bytes : payload.bytes.slice(0, payloadCount)
    }
}

/// Flags of a request.
enum MessageFlag {
    static let resp3: UInt8 = 1
    static let tracks: UInt8 = 2
    static let noLoop: UInt8 = 4
    static let noTouch: UInt8 = 8
    static let unixSocket: UInt8 = 16
    /// Of a reservation, and of its refusal: only where there is no such key.
    static let onlyIfAbsent: UInt8 = 32
    /// Of a reservation: its bytes are still to come from the client.
    static let growing: UInt8 = 64
}

/// A request to another shard that has not been answered.
struct RemoteCall: BitwiseCopyable {
    enum Purpose: UInt8, BitwiseCopyable {
        /// The answer fills a hole.
        case reply
        /// The answer is a number that adds to a gather.
        case gather
        case stream
        case lock
        case watch
        case transfer
        /// A notice with a long key: the answer frees its block.
        case notice
        case findClient
    }
    var purpose = Purpose.reply
    var shard: UInt8 = 0
    var connection: Int32 = -1
    var generation: UInt32 = 0
    var hole: Int32 = -1
    var gather: Int32 = -1
    /// Holds the arguments until the answer.
    var block = BufferPool.Block.none
    var large: Int32 = -1
    var startedNs: UInt64 = 0
    /// The client id that was asked for.
    var client: UInt64 = 0
    /// The piece of a large value that is asked for.
    var piece = PieceQuestion()
}

/// One reply that several shards contribute to.
struct Gather: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case sum, ok
        /// Elements of all shards, in `large`.
        case array
        /// Lines of all shards, in `large`.
        case text
        /// OK if any shard ended a client (CLIENT KILL address).
        case killed
        /// INFO of the sections in `sum`, once every shard has stated its gauges.
        case info
        /// Elements of all shards, each once, in `large`.
        case distinct
        /// Names and numbers, the same of each shard, in `large`.
        case counts

        var isList: Bool { self == .array || self == .text || self == .distinct || self == .counts }
    }
    var kind = Kind.sum
    var connection: Int32 = -1
    var generation: UInt32 = 0
    var hole: Int32 = -1
    var remaining: Int32 = 0
    var sum = 0
    var failed = false
    /// All parts have been asked for.
    var complete = false
    /// Growing buffer of the parts; -1: they are numbers.
    var large: Int32 = -1
}

/// A lease to give back when its lane has room.
struct PendingRelease: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable { case entry, block, large, reservation, lock }
    var handle: UInt32 = 0
    var shard: UInt8 = 0
    var kind = Kind.entry
}

/// Releases that wait for room; `Shard.releasesMax` says why it can't overflow.
struct ReleaseQueue: ~Copyable {
    private var items: FixedArray<PendingRelease>
    private(set) var count = 0

    init(capacity: Int) { items = FixedArray(repeating: PendingRelease(), count: capacity) }

    mutating func push(_ item: PendingRelease) {
        ensure(count < items.count, "release queue full")
        items[count] = item
        count += 1
    }

    mutating func pop() -> PendingRelease? {
        guard count > 0 else { return nil }
        count -= 1
        return items[count]
    }
}

/// Who holds this shard for a transaction over several shards.
struct ShardLock: BitwiseCopyable {
    /// The transaction that holds it; 0: none.
    var owner: UInt64 = 0
    /// The shard that coordinates the owner.
    var coordinator: Int32 = -1
    /// The transaction this shard coordinates; 0: none. Only one at a time.
    var coordinating: UInt64 = 0
}
