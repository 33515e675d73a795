/// A fixed number of trivial elements in memory of its own: the tables of the data path.
///
/// Unlike `Array` it never reallocates, has no reference count and no copy on write; an index out
/// of bounds is a crash with a text. Owned by one shard; freed with its owner.
///
/// - Invariant: every element is initialised for the whole life of the table.
@safe
package struct FixedArray<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    /// Number of elements.
    package let count: Int

    // SAFETY: the memory belongs to this value alone until `deinit`.
    /// Allocates `count` elements, each `value`, aligned to a cache line.
    @inlinable
    package init(repeating value: Element, count: Int) {
        ensure(count >= 0, "negative count")
        let bytes = Swift.max(count &* MemoryLayout<Element>.stride, 1)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe base = raw.bindMemory(to: Element.self, capacity: count)
        unsafe base.initialize(repeating: value, count: count)
        self.count = count
    }

    // SAFETY: a minimal allocation that no element of is ever read.
    /// A table without elements.
    package init(emptyOf: Element.Type) {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 64)
        unsafe base = raw.bindMemory(to: Element.self, capacity: 0)
        count = 0
    }

    // SAFETY: frees what `init` allocated; the elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY: the index is checked; `mutating` access excludes others.
    @inlinable
    package subscript(index: Int) -> Element {
        @inline(__always)
        unsafeAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always)
        unsafeMutableAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe base + index
        }
    }

    // SAFETY: a view of the table's own memory; the caller must not keep it past the table.
    /// The table's memory as bytes.
    @inlinable
    package var bytes: MutableBytes {
        unsafe MutableBytes(
            UnsafeMutableRawPointer(base), count: count &* MemoryLayout<Element>.stride)
    }
}
