/// Growing buffers of the smallest size, kept for their next user instead of unmapped.
///
/// A transaction, a SCAN or a PUBLISH takes one or two for a moment: with these it takes them
/// without the kernel, so that the data path maps nothing once it is warm. They stay charged to
/// the budget: 16 x 64 KiB = 1 MiB of a shard at most.
///
/// Owned and used by its shard's thread alone.
package struct SpareBuffers: ~Copyable {
    package static var countMax: Int { 16 }

    private var buffers = FixedArray(repeating: GrowBuffer(), count: SpareBuffers.countMax)
    package private(set) var count = 0

    package init() {}

    deinit {
        for index in 0..<count {
            var buffer = buffers[index]
            _ = buffer.release()
        }
    }

    /// An empty buffer of the smallest capacity; nil when none was kept.
    package mutating func take() -> GrowBuffer? {
        guard count > 0 else { return nil }
        count -= 1
        return buffers[count]
    }

    /// Takes a buffer over with its charge; false, and it stays the caller's, when it is not of the
    /// smallest size or enough are kept.
    package mutating func keep(_ buffer: GrowBuffer) -> Bool {
        guard buffer.capacity == GrowBuffer.capacityMin, count < Self.countMax else { return false }
        var kept = buffer
        kept.clear()
        buffers[count] = kept
        count += 1
        return true
    }
}
