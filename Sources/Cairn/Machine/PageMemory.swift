import CShims

/// Whole pages of memory for direct I/O, which wants aligned addresses: zero at first, given back
/// with their owner.
@safe
package struct PageMemory: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let mappedBytes: Int
    /// Usable bytes.
    package let count: Int

    /// Alignment of the first byte, at least what any device asks for.
    package static var alignment: Int { 4096 }

    // SAFETY: the mapping is new and belongs to this value alone until `deinit`.
    /// `nil` when there is no memory.
    package init?(count: Int) {
        ensure(count > 0, "size of page memory")
        mappedBytes = (count + Self.alignment - 1) & ~(Self.alignment - 1)
        guard let memory = unsafe cairn_reserve(mappedBytes) else { return nil }
        unsafe base = memory
        self.count = count
    }

    // SAFETY: the owner goes away with its memory; whoever gave views to the kernel has waited.
    deinit { _ = unsafe cairn_release(base, mappedBytes) }

    // SAFETY: the view covers the mapping; it must not outlive the owner.
    package var bytes: MutableBytes { unsafe MutableBytes(base, count: count) }
}
