/// An operation a simulated shard has submitted.
///
/// - Invariant: `isFinished` from the posting of its last completion on. For the shard it is under
///   way until that completion was taken (`SimulatedConnection.underWay`).
final class SimulatedOperation {
    enum Kind {
        case accept
        case receiveMultishot
        case receiveOnce(lengthMax: Int)
        case receiveDirect(MutableBytes)
        case send(pieces: [Bytes])
        case sendZeroCopy(pieces: [Bytes])
    }

    let kind: Kind
    let token: Token
    let shard: Int
    /// `nil` for an accept.
    let connection: SimulatedConnection?
    /// Bytes of a send or direct receive.
    let total: Int
    /// What the memory of a send held when it was submitted: it must not change before the end.
    let digest: UInt64
    /// Bytes done.
    var done = 0
    /// A progress event is scheduled.
    var isScheduled = false
    /// The completion of a zero-copy send was posted, the notification was not.
    var awaitsNotification = false
    var isFinished = false

    init(
        _ kind: Kind, token: Token, shard: Int, connection: SimulatedConnection?
    ) {
        self.kind = kind
        self.token = token
        self.shard = shard
        self.connection = connection
        switch kind {
        case .receiveDirect(let destination): total = destination.count
        case .send(let pieces), .sendZeroCopy(let pieces):
            total = pieces.reduce(0) { $0 + $1.count }
        default: total = 0
        }
        digest = Self.digest(kind)
    }

    var isSend: Bool {
        switch kind {
        case .send, .sendZeroCopy: true
        default: false
        }
    }

    /// The memory of the send still holds what was submitted.
    var memoryIsUnchanged: Bool { Self.digest(kind) == digest }

    private static func digest(_ kind: Kind) -> UInt64 {
        guard case .send(let pieces) = kind else {
            guard case .sendZeroCopy(let pieces) = kind else { return 0 }
            return digest(pieces)
        }
        return digest(pieces)
    }

    static func digest(_ pieces: [Bytes]) -> UInt64 {
        let hasher = KeyHasher(seed: 0x51)
        return pieces.reduce(0) { KeyHasher.fold($0 ^ 0x9E37_79B9, hasher.hash($1) | 1) }
    }

    /// Calls `body` with the views of `count` bytes of the send from `done`, in order.
    func forEachPiece(count: Int, _ body: (Bytes) -> Void) {
        let pieces: [Bytes]
        switch kind {
        case .send(let list), .sendZeroCopy(let list): pieces = list
        default: return
        }
        var skip = done
        var left = count
        for piece in pieces where left > 0 {
            if skip >= piece.count {
                skip -= piece.count
                continue
            }
            let length = min(left, piece.count - skip)
            body(piece.slice(skip, length))
            left -= length
            skip = 0
        }
    }
}
