import CShims
import Glibc

/// Address space of a fixed size, reserved from the kernel, that costs nothing until touched.
///
/// Its owners (`Arena`, `ReservedTable`) decide which parts may be touched, and charge them to a
/// `MemoryBudget` first. Aligned to 2 MiB so that huge pages fit. Unmapped with its owner.
@safe
package struct AddressRange: ~Copyable {
    /// First byte, aligned to `AddressRange.alignment`.
    package let base: UnsafeMutableRawPointer
    /// Usable bytes from `base`.
    package let count: Int
    private let mapped: UnsafeMutableRawPointer
    private let mappedBytes: Int
    /// Whether the kernel accepted the NUMA preference (false also when none was asked for).
    package let isBound: Bool

    /// Size and alignment of a huge page on x86-64 and (4 KiB granule) ARM64.
    package static var alignment: Int { 2 << 20 }

    /// The kernel refused the range.
    package struct Failure: Error, Equatable, Sendable {
        package var bytes: Int
        /// An `errno` of mmap(2): ENOMEM under a limit on address space.
        package var code: Int32
    }

    // SAFETY: the mapping is new and belongs to this value alone until `deinit`.
    /// Reserves at least `count` bytes, preferring memory of `node` for what will be touched. A
    /// preference the kernel rejects (no NUMA, a container's filter) is not an error: memory is
    /// then placed as usual, and `isBound` says so.
    package init(count: Int, node: Int?) throws(Failure) {
        let size = (count + Self.alignment - 1) & ~(Self.alignment - 1)
        let total = size + Self.alignment
        guard let start = unsafe cairn_reserve(total) else {
            throw Failure(bytes: total, code: errno)
        }
        let address = UInt(bitPattern: start)
        let aligned = (address + UInt(Self.alignment - 1)) & ~UInt(Self.alignment - 1)
        unsafe mapped = start
        mappedBytes = total
        unsafe base = start + Int(aligned - address)
        self.count = size
        if let node, numa_available() >= 0 {
            isBound = unsafe cairn_prefer_node(base, size, Int32(node)) == 0
        } else {
            isBound = false
        }
    }

    // SAFETY: the owner goes away with its range, so nobody reads it afterwards.
    deinit {
        let code = unsafe cairn_release(mapped, mappedBytes)
        ensure(code == 0, "munmap of a reserved range")
    }

    // SAFETY: only changes how the kernel backs the owner's memory; the contents stay.
    /// Asks for huge pages, or for none, in a part of the range. Advice only.
    package func preferHugePages(_ wanted: Bool, offset: Int, count: Int) {
        check(offset, count)
        _ = unsafe cairn_advise(
            base + offset, count, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    }

    // SAFETY: the caller owns this part and holds no view of it; it reads as zero afterwards.
    /// Gives the memory behind a part back to the kernel.
    package func discard(offset: Int, count: Int) {
        check(offset, count)
        let code = unsafe cairn_advise(base + offset, count, MADV_DONTNEED)
        ensure(code == 0, "madvise(MADV_DONTNEED): the range is locked or not ours")
    }

    private func check(_ offset: Int, _ count: Int) {
        ensure(offset >= 0 && count >= 0 && offset <= self.count - count, "part of a range")
        ensure(offset & 4095 == 0 && count & 4095 == 0, "part of a range is whole pages")
    }

    // SAFETY: a hint to the processor; no byte is read.
    /// Asks the processor to load the cache line at `address`.
    @inline(__always)
    static func prefetch(_ address: UnsafeRawPointer) { unsafe cairn_prefetch(address) }
}
