import CShims
import Cairn
import Glibc

/// How a read or write reaches the kernel.
enum Door: String, CaseIterable {
    /// READ and WRITE, as the data path uses them.
    case plain
    /// READV and WRITEV of one piece.
    case vector
    /// READ_FIXED and WRITE_FIXED on a registered buffer.
    case fixed
}

/// What one run does.
struct DiskLoad: Sendable {
    var isRead = true
    var isRandom = true
    var door = Door.plain
    var isDurable = false
    var blockBytes = 4096
    var depth = 1
    var seconds = 2
}

/// What one run took.
struct DiskFigures {
    var operations = 0
    var nanoseconds: UInt64 = 0
    /// Processor time of the process, the kernel's share of it included.
    var cpuNanoseconds: UInt64 = 0
    var latencies: [UInt32] = []

    var operationsPerSecond: Double { Double(operations) * 1e9 / Double(nanoseconds) }
    var cpuMicroseconds: Double { Double(cpuNanoseconds) / 1e3 / Double(max(operations, 1)) }

    mutating func sort() { latencies.sort() }

    /// Microseconds of a quantile; the latencies are sorted.
    func latency(_ quantile: Double) -> Double {
        if latencies.isEmpty { return 0 }
        return Double(latencies[Int(Double(latencies.count - 1) * quantile)]) / 1e3
    }
}

/// Keeps `depth` operations under way on a file through one ring, which is set up as a shard's.
///
/// Not on `RingEngine`, so that registered buffers and vectors can be compared with what the engine
/// does; all else is as there: the ring's flags, a registered file, one kernel entry a turn.
@safe
struct DiskLoop: ~Copyable {
    private let ring: UnsafeMutablePointer<io_uring>
    private let pieces: UnsafeMutablePointer<iovec>
    private let memory: PageMemory
    private let load: DiskLoad
    private let blocks: Int
    private var random = Random(seed: 42)
    private var position = 0
    private var started: FixedArray<UInt64>

    /// Bytes of a place in the table of registered buffers: a page of an arena.
    private static let registeredBytes = 2 << 20

    // SAFETY: ring and memory belong to this value alone; the file outlives it.
    init(_ file: borrowing DirectFile, _ load: DiskLoad) throws {
        // Places are aligned to their size within 2 MiB, and lie on huge pages as slabs do.
        let perPage = Self.registeredBytes / load.blockBytes
        let pages = (load.depth + perPage - 1) / perPage
        guard let memory = PageMemory(count: (pages + 1) * Self.registeredBytes) else {
            throw DiskError.outOfMemory(bytes: (pages + 1) * Self.registeredBytes)
        }
        _ = unsafe cairn_advise(memory.bytes.base.unsafelyUnwrapped, memory.bytes.count, 14)
        memory.bytes.fill(0x5A)
        let ring = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        unsafe ring.initialize(to: io_uring())
        let flags: UInt32 =
            IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL
        try Self.check(unsafe cairn_ring_init(ring, 512, 1024, flags), "io_uring_setup")
        _ = unsafe io_uring_register_ring_fd(ring)
        try Self.check(unsafe io_uring_register_files_sparse(ring, 1), "registered files")
        try Self.check(unsafe cairn_update_file(ring, 0, file.descriptor), "a registered file")
        if load.door == .fixed {
            try Self.check(
                unsafe io_uring_register_buffers_sparse(ring, UInt32(pages)), "registered buffers")
            for page in 0..<pages {
                let offset = Self.firstPage(memory.bytes) + page * Self.registeredBytes
                let area = memory.bytes.slice(offset, Self.registeredBytes)
                try Self.check(
                    unsafe cairn_update_buffer(ring, UInt32(page), area.base, area.count),
                    "a registered buffer (see ulimit -l)")
            }
        }
        blocks = file.count / load.blockBytes
        started = FixedArray(repeating: 0, count: load.depth)
        self.memory = memory
        self.load = load
        unsafe self.ring = ring
        unsafe pieces = .allocate(capacity: load.depth)
        unsafe pieces.initialize(repeating: iovec(), count: load.depth)
    }

    // SAFETY: nothing is under way any more.
    deinit {
        unsafe io_uring_queue_exit(ring)
        unsafe ring.deallocate()
        unsafe pieces.deallocate()
    }

    private static func check(_ rc: Int32, _ what: String) throws {
        if rc < 0 { throw Refusal(what: what, code: -rc) }
    }

    struct Refusal: Error {
        let what: String
        let code: Int32
    }

    // SAFETY: takes the address as a number.
    /// Where the first page of `registeredBytes` lies in the memory.
    private static func firstPage(_ memory: MutableBytes) -> Int {
        let base = unsafe UInt(bitPattern: memory.base)
        return Int((0 &- base) & UInt(registeredBytes - 1))
    }

    /// Memory of operation `slot`.
    private func place(_ slot: Int) -> MutableBytes {
        memory.bytes.slice(
            Self.firstPage(memory.bytes) + slot * load.blockBytes, load.blockBytes)
    }

    mutating func run() -> DiskFigures {
        var figures = DiskFigures()
        figures.latencies.reserveCapacity(1 << 20)
        for slot in 0..<load.depth { start(slot, Clock.monotonic()) }
        let cpu = Self.cpu()
        let began = Clock.monotonic()
        let end = began + UInt64(load.seconds) * 1_000_000_000
        var now = began
        while now < end {
            _ = unsafe cairn_enter(ring, 1, -1)
            now = Clock.monotonic()
            while let completion = take() {
                let slot = Int(completion.user_data)
                ensure(Int(completion.res) == load.blockBytes, "a short or failed operation")
                figures.operations += 1
                figures.latencies.append(UInt32(clamping: now - started[slot]))
                start(slot, now)
            }
        }
        figures.nanoseconds = now - began
        figures.cpuNanoseconds = Self.cpu() - cpu
        drain()
        figures.sort()
        return figures
    }

    private mutating func drain() {
        var left = load.depth
        while left > 0 {
            _ = unsafe cairn_enter(ring, 1, -1)
            while take() != nil { left -= 1 }
        }
    }

    // SAFETY: the queue's head is moved by this thread alone.
    private func take() -> io_uring_cqe? {
        guard unsafe cairn_cq_ready(ring) > 0 else { return nil }
        let completion = unsafe cairn_cq_at(ring, 0)
        unsafe cairn_cq_advance(ring, 1)
        return completion
    }

    // SAFETY: each slot's memory and piece are its own until its completion.
    private mutating func start(_ slot: Int, _ now: UInt64) {
        let block = load.isRandom ? random.below(blocks) : position
        position = (position + 1) % blocks
        started[slot] = now
        guard let entry = unsafe cairn_sqe(ring) else { fatalError("a full queue") }
        let area = place(slot)
        let offset = UInt64(block * load.blockBytes)
        let flags: Int32 = load.isDurable && !load.isRead ? CAIRN_WRITE_DURABLE : 0
        switch load.door {
        case .plain:
            unsafe cairn_prep_file(
                entry, Int32((load.isRead ? IORING_OP_READ : IORING_OP_WRITE).rawValue), 0,
                area.base, UInt32(area.count), offset, flags, UInt64(slot))
        case .vector:
            unsafe pieces[slot] = iovec(iov_base: area.base, iov_len: area.count)
            unsafe cairn_prep_file_vector(
                entry, Int32((load.isRead ? IORING_OP_READV : IORING_OP_WRITEV).rawValue), 0,
                pieces + slot, 1, offset, flags, UInt64(slot))
        case .fixed:
            let operation = load.isRead ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED
            unsafe cairn_prep_file(
                entry, Int32(operation.rawValue), 0, area.base, UInt32(area.count), offset, flags,
                UInt64(slot))
            unsafe entry.pointee.buf_index = UInt16(
                slot * load.blockBytes / Self.registeredBytes)
        }
    }

    // SAFETY: fills a local.
    /// Processor time of this process so far, in nanoseconds.
    private static func cpu() -> UInt64 {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let rest = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return UInt64(seconds) * 1_000_000_000 + UInt64(rest) * 1000
    }
}
