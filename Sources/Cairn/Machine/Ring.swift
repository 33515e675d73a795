import CShims
import Glibc

/// One io_uring instance: owner of its descriptor and queues.
///
/// Created and used by one thread (`SINGLE_ISSUER`); completions run when that thread enters the
/// kernel (`DEFER_TASKRUN`), so no other thread and no signal disturbs it.
///
/// - Invariant: submissions are prepared with `next()` and reach the kernel in `enter`, in order.
@safe
package struct Ring: ~Copyable {
    let pointer: UnsafeMutablePointer<io_uring>
    /// Kernel entries made only because the submission queue was full.
    package private(set) var forcedEntries: UInt64 = 0
    /// Kernel entries made.
    package private(set) var entries: UInt64 = 0

    /// Set-up flags of a shard's ring; all of them are in Linux 6.1.
    static let shardFlags: UInt32 =
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL

    // SAFETY: the ring structure is allocated here and freed in `deinit`.
    /// A ring with room for `submissions` and `completions` (powers of two).
    package init(submissions: Int, completions: Int) throws(MachineError) {
        let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        unsafe ring.initialize(to: io_uring())
        let rc = unsafe cairn_ring_init(
            ring, UInt32(submissions), UInt32(completions), Self.shardFlags)
        if rc < 0 {
            unsafe ring.deallocate()
            throw MachineError.refused(.setup, errno: -rc)
        }
        // Saves a descriptor look-up in each kernel entry; a refusal only costs that.
        _ = unsafe io_uring_register_ring_fd(ring)
        unsafe pointer = ring
    }

    // SAFETY: nobody else holds the ring; closing it ends all operations.
    deinit {
        unsafe io_uring_queue_exit(pointer)
        unsafe pointer.deallocate()
    }

    // SAFETY: reads a field set at creation.
    /// The descriptor other rings send messages to.
    package var descriptor: Int32 { unsafe cairn_ring_fd(pointer) }

    // SAFETY: the queue is this thread's; the returned entry is filled before `enter`.
    /// A zeroed submission entry. Enters the kernel first when the queue is full.
    @inline(__always)
    mutating func next() -> UnsafeMutablePointer<io_uring_sqe> {
        if let sqe = unsafe cairn_sqe(pointer) { return unsafe sqe }
        return unsafe makeRoom()
    }

    // SAFETY: as `next`.
    @inline(never)
    private mutating func makeRoom() -> UnsafeMutablePointer<io_uring_sqe> {
        forcedEntries &+= 1
        enter(wait: 0, timeoutNanoseconds: -1)
        guard let sqe = unsafe cairn_sqe(pointer) else {
            ensureFailed("the kernel took no submission", #fileID, #line)
        }
        return unsafe sqe
    }

    // SAFETY: the kernel reads entries prepared by this thread.
    /// The kernel entry: submits, runs completions, waits for `wait` of them at most the given time
    /// (negative: no bound).
    @inline(__always)
    package mutating func enter(wait: UInt32, timeoutNanoseconds: Int64) {
        entries &+= 1
        let rc = unsafe cairn_enter(pointer, wait, timeoutNanoseconds)
        if _slowPath(rc < 0) { check(-rc) }
    }

    /// -ETIME and -EINTR are the end of a wait; -EBUSY and -EAGAIN mean completions must be taken
    /// first; the rest can only be a bug of ours.
    private func check(_ error: Int32) {
        switch error {
        case ETIME, EINTR, EBUSY, EAGAIN: return
        case EBADF, EBADFD, ENXIO: ensureFailed("io_uring_enter: a closed ring", #fileID, #line)
        case EINVAL, EFAULT: ensureFailed("io_uring_enter: bad arguments", #fileID, #line)
        case EEXIST: ensureFailed("io_uring_enter: another thread's ring", #fileID, #line)
        default: ensureFailed("io_uring_enter failed", #fileID, #line)
        }
    }

    // SAFETY: the completion queue's head is moved by this thread alone.
    /// Takes the oldest completion.
    @inline(__always)
    package mutating func take() -> Completion? {
        guard unsafe cairn_cq_ready(pointer) > 0 else { return nil }
        let cqe = unsafe cairn_cq_at(pointer, 0)
        unsafe cairn_cq_advance(pointer, 1)
        return Completion(token: Token(raw: cqe.user_data), result: cqe.res, flags: cqe.flags)
    }

    // SAFETY: reads the queue's shared tail.
    /// Whether completions wait to be taken.
    @inline(__always)
    package var hasCompletions: Bool { unsafe cairn_cq_ready(pointer) > 0 }

    // SAFETY: registers a table of its own making.
    /// Makes a table of `count` registered files, all empty.
    package mutating func registerFiles(count: Int) throws(MachineError) {
        let rc = unsafe io_uring_register_files_sparse(pointer, UInt32(count))
        if rc < 0 { throw MachineError.refused(.registeredFiles, errno: -rc) }
    }

    // SAFETY: passes integers only.
    /// Puts a descriptor at `slot` (-1 empties it); false when the kernel refuses.
    package mutating func setFile(_ slot: Int, _ descriptor: Int32) -> Bool {
        unsafe cairn_update_file(pointer, UInt32(slot), descriptor) >= 0
    }
}
