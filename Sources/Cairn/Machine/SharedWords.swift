import CShims

/// A few 64-bit words that all threads of the server share: settings that change at run time, the
/// stop request, counters of the whole process. Rarely written; a load is a plain move.
@safe
package final class SharedWords: @unchecked Sendable {
    private let words: UnsafeMutablePointer<UInt64>
    package let count: Int

    // SAFETY: memory of its own; all access is atomic.
    package init(count: Int) {
        self.count = count
        unsafe words = .allocate(capacity: count)
        unsafe words.initialize(repeating: 0, count: count)
    }

    // SAFETY: the last reference is gone.
    deinit { unsafe words.deallocate() }

    // SAFETY: a checked index, an atomic load.
    @inline(__always)
    package func load(_ index: Int) -> UInt64 {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "shared word")
        return unsafe cairn_load_acquire(words + index)
    }

    // SAFETY: as `load`.
    package func store(_ index: Int, _ value: UInt64) {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "shared word")
        unsafe cairn_store_release(words + index, value)
    }

    // SAFETY: as `load`.
    /// Adds (wrapping) and returns the value before.
    @discardableResult
    package func add(_ index: Int, _ amount: Int64) -> UInt64 {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "shared word")
        return unsafe cairn_fetch_add(words + index, UInt64(bitPattern: amount))
    }
}
