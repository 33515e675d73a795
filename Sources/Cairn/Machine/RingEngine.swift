import CShims
import Glibc

/// The kernel as a shard sees it: one ring with its registered files, receive buffers and the
/// scratch memory of vectored sends.
///
/// Made and used by the shard's thread. All memory is allocated at start.
///
/// - Invariant: message headers and vectors of prepared sends stay untouched until the next kernel
///   entry (the kernel copies them there: IORING_FEAT_SUBMIT_STABLE).
@safe
package struct RingEngine: IOEngine, ~Copyable {
    /// What a shard's engine is sized to.
    package struct Shape: Sendable {
        /// Submission entries: a turn that prepares more enters the kernel once more.
        package var submissions = 2048
        package var completions = 16_384
        /// Receive buffers and their size. 256 x 16 KiB = 4 MiB hold the bytes of 256 clients that
        /// speak at once; more wait in their sockets.
        package var receiveBuffers = 256
        package var receiveBufferBytes = 16 << 10
        /// Sockets of this shard.
        package var sockets = 10_240
        /// Files on which this shard reads and writes.
        package var files = 8
        package init() {}

        /// Bytes of memory an engine of this shape takes, kernel side included.
        package var footprint: Int {
            BufferRing.footprint(count: receiveBuffers, bufferBytes: receiveBufferBytes)
                + submissions * 68 + completions * 16 + sockets * 20
                + RingEngine.vectorPieces * 16 + RingEngine.vectorMessages * 64
        }
    }

    /// Pieces of all vectored sends of one kernel entry.
    static let vectorPieces = 16_384
    /// Vectored sends of one kernel entry.
    static let vectorMessages = 2048
    /// Pieces of one send: UIO_MAXIOV is 1024; 256 keeps one client from taking all.
    static let piecesPerSendMax = 256

    private var buffers: BufferRing
    var ring: Ring
    private let features: RingFeatures
    private var descriptors: FixedArray<Int32>
    private var freeSlots: FixedArray<Int32>
    private var freeCount: Int
    /// Slots given up since the last turn. They stay taken until it, so that a shutdown prepared
    /// before the close cannot meet the slot's next connection.
    private var closingSlots: FixedArray<Int32>
    private var closingCount = 0
    private let pieces: UnsafeMutablePointer<iovec>
    private let messages: UnsafeMutablePointer<msghdr>
    private var pieceStart = 0
    private var pieceEnd = 0
    private var messageCount = 0
    private let peers: RingDirectory
    /// Files use the places behind the sockets in the table of registered files.
    let firstFile: Int
    let filesMax: Int
    var fileCount = 0

    package private(set) var now: UInt64
    package private(set) var wallMilliseconds: UInt64

    // SAFETY: the scratch memory belongs to this value until `deinit`.
    /// Makes a ring on the calling thread and tells `peers` its descriptor as that of `shard`.
    package init(
        _ shape: Shape, features: RingFeatures, peers: RingDirectory, shard: Int
    ) throws(MachineError) {
        var ring = try Ring(submissions: shape.submissions, completions: shape.completions)
        try ring.registerFiles(count: shape.sockets + shape.files)
        buffers = try BufferRing(
            ring, count: shape.receiveBuffers, bufferBytes: shape.receiveBufferBytes, group: 1)
        self.features = features
        descriptors = FixedArray(repeating: -1, count: shape.sockets)
        freeSlots = FixedArray(repeating: 0, count: shape.sockets)
        freeCount = shape.sockets
        closingSlots = FixedArray(repeating: 0, count: shape.sockets)
        for index in 0..<shape.sockets { freeSlots[index] = Int32(shape.sockets - 1 - index) }
        unsafe pieces = .allocate(capacity: Self.vectorPieces)
        unsafe pieces.initialize(repeating: iovec(), count: Self.vectorPieces)
        unsafe messages = .allocate(capacity: Self.vectorMessages)
        unsafe messages.initialize(repeating: msghdr(), count: Self.vectorMessages)
        self.peers = peers
        firstFile = shape.sockets
        filesMax = shape.files
        now = Clock.monotonic()
        wallMilliseconds = Clock.wallMilliseconds()
        peers.set(shard, descriptor: ring.descriptor)
        self.ring = ring
    }

    // SAFETY: the ring is closed with this value; nothing reads the scratch memory any more.
    deinit {
        for slot in 0..<descriptors.count where descriptors[slot] != -1 {
            let descriptor = descriptors[slot]
            _ = Glibc.close(descriptor >= 0 ? descriptor : Self.closing(descriptor))
        }
        unsafe pieces.deallocate()
        unsafe messages.deallocate()
    }

    /// Kernel entries made, and those made only because the submission queue was full.
    package var kernelEntries: (all: UInt64, forced: UInt64) { (ring.entries, ring.forcedEntries) }

    /// Receive buffers that hold bytes not yet consumed.
    package var buffersInUse: Int { buffers.inUse }

    @inline(__always)
    package func preciseNow() -> UInt64 { Clock.monotonic() }

    // MARK: Sockets

    // SAFETY: the entry is this turn's own.
    package mutating func acceptMultishot(_ listener: Int32, token: Token) {
        unsafe cairn_prep_accept(ring.next(), listener, token.raw)
    }

    package mutating func adopt(_ descriptor: Int32) -> SocketSlot? {
        guard freeCount > 0 else { return nil }
        let slot = freeSlots[freeCount - 1]
        guard ring.setFile(Int(slot), descriptor) else { return nil }
        freeCount -= 1
        descriptors[Int(slot)] = descriptor
        return SocketSlot(index: slot)
    }

    package mutating func discard(_ descriptor: Int32, farewell: StaticString) {
        Sockets.farewell(descriptor, farewell)
    }

    // SAFETY: the entry is this turn's own.
    package mutating func receiveMultishot(_ socket: SocketSlot, token: Token) {
        unsafe cairn_prep_recv_multishot(ring.next(), socket.index, buffers.group, 0, token.raw)
    }

    // SAFETY: the entry is this turn's own.
    package mutating func receiveOnce(_ socket: SocketSlot, lengthMax: Int, token: Token) {
        let length = min(lengthMax, buffers.bufferBytes)
        unsafe cairn_prep_recv_once(
            ring.next(), socket.index, UInt32(length), buffers.group, token.raw)
    }

    // SAFETY: the caller keeps `destination` mapped and to itself until the completion.
    package mutating func receive(
        _ socket: SocketSlot, into destination: MutableBytes, token: Token
    ) {
        unsafe cairn_prep_recv(
            ring.next(), socket.index, destination.base, UInt32(destination.count),
            CAIRN_RECV_FLAGS, token.raw)
    }

    // SAFETY: the caller keeps `bytes` unchanged until the completion.
    package mutating func send(_ socket: SocketSlot, _ bytes: Bytes, token: Token) {
        unsafe cairn_prep_send(
            ring.next(), socket.index, bytes.base, UInt32(bytes.count),
            CAIRN_SEND_FLAGS, token.raw)
    }

    // SAFETY: writes scratch memory no prepared send refers to.
    package mutating func appendToVector(_ bytes: Bytes) -> Bool {
        if pieceEnd - pieceStart == Self.piecesPerSendMax { return false }
        if pieceEnd == Self.vectorPieces {
            // A vector under construction ends here; a new one finds room by one more entry.
            if pieceEnd > pieceStart { return false }
            turnForSpace()
        }
        unsafe pieces[pieceEnd] = iovec(
            iov_base: UnsafeMutableRawPointer(mutating: bytes.base), iov_len: bytes.count)
        pieceEnd += 1
        return true
    }

    // SAFETY: header and pieces stay untouched until the kernel entry, which copies them.
    package mutating func sendVector(_ socket: SocketSlot, zeroCopy: Bool, token: Token) {
        if messageCount == Self.vectorMessages { turnForSpace() }
        var header = unsafe msghdr()
        unsafe header.msg_iov = pieces + pieceStart
        unsafe header.msg_iovlen = pieceEnd - pieceStart
        unsafe messages[messageCount] = header
        let useZeroCopy = zeroCopy && features.zeroCopySend
        unsafe cairn_prep_sendmsg(
            ring.next(),
            useZeroCopy ? Int32(CAIRN_OP_SENDMSG_ZC) : Int32(IORING_OP_SENDMSG.rawValue),
            socket.index, messages + messageCount,
            CAIRN_SEND_FLAGS,
            useZeroCopy && features.zeroCopyReport ? UInt32(IORING_SEND_ZC_REPORT_USAGE) : 0,
            token.raw)
        messageCount += 1
        pieceStart = pieceEnd
    }

    // SAFETY: the pieces stay untouched until the kernel entry, which copies them.
    /// Takes the vector under construction, which `body` prepares an operation with.
    @inline(__always)
    mutating func takeVector(
        _ body: (_ first: UnsafeMutablePointer<iovec>, _ count: Int) -> Void
    ) {
        unsafe body(pieces + pieceStart, pieceEnd - pieceStart)
        pieceStart = pieceEnd
    }

    /// Whether more vectored sends can be prepared before the next turn without an extra entry.
    package var vectorHasRoom: Bool {
        messageCount < Self.vectorMessages && pieceEnd + Self.piecesPerSendMax <= Self.vectorPieces
    }

    // SAFETY: moves the pieces of the send under construction to the front after the entry.
    private mutating func turnForSpace() {
        ring.enter(wait: 0, timeoutNanoseconds: -1)
        let kept = pieceEnd - pieceStart
        for index in 0..<kept { unsafe pieces[index] = pieces[pieceStart + index] }
        pieceStart = 0
        pieceEnd = kept
        messageCount = 0
    }

    // SAFETY: the entry is this turn's own.
    package mutating func cancel(_ target: Token) {
        unsafe cairn_prep_cancel(
            ring.next(), target.raw, Token(.ignored, slot: 0, generation: 0).raw)
    }

    // SAFETY: the entry is this turn's own.
    package mutating func shutdown(_ socket: SocketSlot) {
        unsafe cairn_prep_shutdown(
            ring.next(), socket.index, Int32(SHUT_RDWR),
            Token(.ignored, slot: 0, generation: 0).raw)
    }

    package mutating func resetOnClose(_ socket: SocketSlot) {
        cairn_reset_on_close(descriptors[Int(socket.index)])
    }

    package mutating func close(_ socket: SocketSlot) {
        let slot = Int(socket.index)
        let descriptor = descriptors[slot]
        ensure(descriptor >= 0, "socket closed twice")
        descriptors[slot] = Self.closing(descriptor)
        closingSlots[closingCount] = socket.index
        closingCount += 1
    }

    /// How the descriptor table marks a descriptor that is about to be closed; its own inverse. -1
    /// is an empty slot.
    private static func closing(_ descriptor: Int32) -> Int32 { -2 - descriptor }

    /// Closes what was given up, after what was prepared before it reached the kernel.
    @inline(never)
    private mutating func finishCloses() {
        ring.enter(wait: 0, timeoutNanoseconds: -1)
        for index in 0..<closingCount {
            let slot = Int(closingSlots[index])
            _ = ring.setFile(slot, -1)
            _ = Glibc.close(Self.closing(descriptors[slot]))
            descriptors[slot] = -1
            freeSlots[freeCount] = closingSlots[index]
            freeCount += 1
        }
        closingCount = 0
    }

    package func progress(of socket: SocketSlot) -> SocketProgress? {
        Sockets.progress(descriptors[Int(socket.index)])
    }

    // SAFETY: the entry is this turn's own.
    package mutating func wake(shard: Int) {
        let descriptor = peers.descriptor(shard)
        guard descriptor >= 0 else { return }
        unsafe cairn_prep_message(
            ring.next(), descriptor, 0, Token(.wake, slot: 0, generation: 0).raw,
            Token(.ignored, slot: 0, generation: 0).raw)
    }

    // MARK: Buffers

    @inline(__always)
    package func received(_ completion: Completion) -> Bytes {
        guard let id = completion.buffer, completion.result > 0 else { return .empty }
        return buffers.bytes(id, count: Int(completion.result))
    }

    @inline(__always)
    package mutating func recycle(_ buffer: BufferID) { buffers.recycle(buffer) }

    // MARK: Turn

    @inline(__always)
    package mutating func turn(waitNanoseconds: UInt64?) {
        buffers.publish()
        if _slowPath(closingCount > 0) { finishCloses() }
        var wait: UInt32 = 1
        var timeout: Int64 = -1
        if let bound = waitNanoseconds {
            timeout = Int64(clamping: bound)
            if bound == 0 { wait = 0 }
        }
        if ring.hasCompletions { wait = 0 }
        ring.enter(wait: wait, timeoutNanoseconds: timeout)
        pieceStart = 0
        pieceEnd = 0
        messageCount = 0
        now = Clock.monotonic()
        wallMilliseconds = Clock.wallMilliseconds()
    }

    @inline(__always)
    package var hasCompletions: Bool { ring.hasCompletions }

    @inline(__always)
    package mutating func nextCompletion() -> Completion? {
        guard let completion = ring.take() else { return nil }
        if completion.buffer != nil { buffers.taken() }
        return completion
    }
}
