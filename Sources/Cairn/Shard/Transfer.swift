/// A value on its way from one key to another, or MSETNX, while locks are held.
struct Transfer: BitwiseCopyable {
    enum Phase: UInt8, BitwiseCopyable {
        case idle
        /// The source's shard was asked for the value.
        case fetching
        /// The target's shard was asked for memory.
        case reserving
        case copying
        /// The target is being published and the source deleted.
        case committing
        /// MSETNX: looks whether a key exists.
        case probing
        /// MSETNX: stores.
        case storing
    }
    /// What another shard was asked for.
    enum Question: Int32 {
        case fetch, reserve, sourcePiece, targetPiece, commit, delete
    }

    var phase = Phase.idle
    /// Pinned here.
    var source = EntryID.none
    var sourceShard: UInt8 = 0
    /// Reserved here.
    var target = EntryID.none
    var targetShard: UInt8 = 0
    var attributes = ValueAttributes()
    var sourcePiece = Bytes.empty
    var targetPiece = MutableBytes.empty
    var copied = 0
    /// Answers that are missing.
    var pending: Int32 = 0
    var targetExists = false
    var refused = false

    /// Bytes copied in one turn: about 100 us.
    static var sliceBytes: Int { 1 << 20 }
}

/// What a key keeps when it gets another name.
struct ValueAttributes: BitwiseCopyable {
    var exists = false
    var length = 0
    /// Unix milliseconds; 0: never.
    var expiry: UInt64 = 0
    var type = EntryType.block
    var priority = 5

    init() {}

    func encode(into payload: MutableBytes) {
        payload.store(expiry, at: 0)
        payload[8] = type.rawValue
        payload[9] = UInt8(priority)
    }

    init(length: Int, decoding payload: Bytes) {
        exists = true
        self.length = length
        expiry = payload.load(0, as: UInt64.self)
        type = EntryType(rawValue: payload[8]) ?? .block
        priority = Int(payload[9])
    }
}
