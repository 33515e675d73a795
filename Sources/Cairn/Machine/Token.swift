/// What a completion belongs to.
///
/// The kernel hands `user_data` back untouched. It holds a tag (what to do), a slot (whose it is)
/// and the slot's generation (whether that owner still lives), never a pointer: a late completion
/// of a closed connection is recognised by its generation, counted and ignored.
///
/// ```
///  63      56 55             32 31                 0
/// |   tag    |      slot      |     generation     |
/// ```
package struct Token: Equatable {
    package let raw: UInt64

    @inline(__always)
    package init(raw: UInt64) { self.raw = raw }

    @inline(__always)
    package init(_ tag: OperationTag, slot: Int, generation: UInt32) {
        raw =
            UInt64(tag.rawValue) << 56 | UInt64(truncatingIfNeeded: slot & 0xFF_FFFF) << 32
            | UInt64(generation)
    }

    @inline(__always)
    package var tag: OperationTag? { OperationTag(rawValue: UInt8(truncatingIfNeeded: raw >> 56)) }
    @inline(__always)
    package var slot: Int { Int(truncatingIfNeeded: raw >> 32) & 0xFF_FFFF }
    @inline(__always)
    package var generation: UInt32 { UInt32(truncatingIfNeeded: raw) }
}

/// The operations a shard submits; `switch`ed over when they complete.
package enum OperationTag: UInt8 {
    /// A connection arrived at a listener.
    case accept = 1
    /// Bytes arrived in a provided buffer (multishot, or once).
    case receive
    /// Bytes arrived in the block they belong to.
    case receiveDirect
    /// Replies left.
    case send
    /// A cancellation finished; what it cancelled completes by itself.
    case cancel
    /// Another shard put something into a mailbox of ours.
    case wake
    /// An operation whose completion nobody waits for.
    case ignored
    /// Bytes of a file arrived in memory.
    case diskRead
    /// Bytes of memory are in a file; durable if it was asked for.
    case diskWrite
    /// Writes of a file that had completed before are durable.
    case diskSync
}

/// One completion: the operation's token, its result (a count, or a negative errno) and flags.
package struct Completion {
    package let token: Token
    package let result: Int32
    package let flags: UInt32

    @inline(__always)
    package init(token: Token, result: Int32, flags: UInt32) {
        self.token = token
        self.result = result
        self.flags = flags
    }

    /// The operation goes on: more completions with this token follow.
    @inline(__always)
    package var hasMore: Bool { flags & 2 != 0 }
    /// The provided buffer that holds the received bytes.
    @inline(__always)
    package var buffer: BufferID? {
        flags & 1 != 0 ? BufferID(raw: UInt16(truncatingIfNeeded: flags >> 16)) : nil
    }
    /// The socket has more bytes waiting (IORING_CQE_F_SOCK_NONEMPTY).
    @inline(__always)
    package var socketNonempty: Bool { flags & 4 != 0 }
    /// The kernel no longer reads the memory of a zero-copy send (IORING_CQE_F_NOTIF).
    @inline(__always)
    package var isNotification: Bool { flags & 8 != 0 }
    /// On a notification: the kernel copied after all, zero copy gained nothing.
    @inline(__always)
    package var zeroCopyWasCopied: Bool { UInt32(bitPattern: result) & 0x8000_0000 != 0 }
}

/// A buffer of the provided-buffer ring.
package struct BufferID: Equatable {
    package let raw: UInt16
    @inline(__always)
    package init(raw: UInt16) { self.raw = raw }
}

/// A socket in the engine's table of registered files.
package struct SocketSlot: Equatable, BitwiseCopyable {
    package let index: Int32
    @inline(__always)
    package init(index: Int32) { self.index = index }
}

/// A file in the engine's table of registered files, with what direct I/O on it needs.
package struct FileSlot: Equatable, BitwiseCopyable {
    package let index: Int32
    private let offsetMask: UInt32
    private let memoryMask: UInt32

    package init(index: Int32, alignment: DirectAlignment) {
        self.index = index
        offsetMask = UInt32(alignment.offset - 1)
        memoryMask = UInt32(alignment.memory - 1)
    }

    /// What is wrong with an operation on `count` bytes from `offset`, `nil` if nothing is.
    @inline(__always)
    package func misalignment(offset: UInt64, count: Int) -> StaticString? {
        if offset & UInt64(offsetMask) != 0 { return "disk I/O at a misaligned offset" }
        if count & Int(offsetMask) != 0 { return "disk I/O of a misaligned length" }
        return count == 0 ? "disk I/O of no bytes" : nil
    }

    // SAFETY: takes the address as a number.
    /// Whether a piece of memory lies, and is as long, as direct I/O on this file needs it.
    @inline(__always)
    package func fits(_ memory: Bytes) -> Bool {
        let address = unsafe UInt(bitPattern: memory.base)
        return address & UInt(memoryMask) == 0 && memory.count & Int(offsetMask) == 0
    }
}

/// The errno values the data path tells apart; everything else is "the connection failed".
package enum Errno {
    package static let interrupted: Int32 = 4
    package static let inputOutput: Int32 = 5
    package static let again: Int32 = 11
    package static let noSpace: Int32 = 28
    package static let brokenPipe: Int32 = 32
    package static let timerExpired: Int32 = 62
    package static let connectionReset: Int32 = 104
    package static let noBufferSpace: Int32 = 105
    package static let canceled: Int32 = 125
}
