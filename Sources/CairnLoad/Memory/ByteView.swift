import Cairn

/// Views of bytes that somebody else owns, as `Cairn.Bytes`, of this module's own.
///
/// `package` members of another module stay calls in a release build, generic ones even
/// unspecialised; a load generator that must be several times lighter than the server it measures
/// can't afford a call for each byte it looks at. `Cairn.Bytes` remains the type at the boundary to
/// the engine.

/// Read-only bytes owned elsewhere; every access is checked.
@safe
package struct ByteView {
    fileprivate let base: UnsafeRawPointer?
    /// Number of bytes.
    package let count: Int

    // SAFETY: the caller's memory holds `count` bytes and outlives the view.
    @inline(__always)
    fileprivate init(_ base: UnsafeRawPointer?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    // SAFETY: the same memory and bound as the view it is made of.
    /// The bytes the engine received.
    @inline(__always)
    package init(_ bytes: Bytes) { unsafe self.init(bytes.base, count: bytes.count) }

    // SAFETY: a static string lives as long as the program.
    package init(_ string: StaticString) {
        unsafe self.init(string.utf8Start, count: string.utf8CodeUnitCount)
    }

    // SAFETY: nothing is read through a view of no bytes.
    /// No bytes.
    package static var empty: ByteView { unsafe ByteView(nil, count: 0) }

    // SAFETY: the owner keeps the bytes until the engine's completion.
    /// The same bytes for the engine.
    @inline(__always)
    package var bytes: Bytes { unsafe Bytes(base, count: count) }

    // SAFETY: the bound is checked; the owner of the bytes keeps them alive for the view's use.
    @inline(__always)
    package subscript(index: Int) -> UInt8 {
        ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "byte index")
        return unsafe base.unsafelyUnwrapped.load(fromByteOffset: index, as: UInt8.self)
    }

    // SAFETY: the range is checked before the pointer moves.
    /// The `count` bytes from `offset`.
    @inline(__always)
    package func slice(_ offset: Int, _ count: Int) -> ByteView {
        ensure(offset >= 0 && count >= 0 && offset <= self.count - count, "byte slice")
        if count == 0 { return .empty }
        return unsafe ByteView(base.unsafelyUnwrapped + offset, count: count)
    }

    // SAFETY: unaligned load inside the checked bound.
    /// The word stored little-endian at `offset`.
    @inline(__always)
    package func word(_ offset: Int) -> UInt64 {
        ensure(offset >= 0 && offset <= count - 8, "byte load")
        return unsafe UInt64(
            littleEndian: base.unsafelyUnwrapped.loadUnaligned(
                fromByteOffset: offset, as: UInt64.self))
    }

    // SAFETY: both views are read within their own counts.
    /// Whether both views hold the same bytes.
    @inline(__always)
    package static func == (a: ByteView, b: ByteView) -> Bool {
        guard a.count == b.count else { return false }
        guard let left = unsafe a.base, let right = unsafe b.base else { return true }
        return unsafe memoryEquals(left, right, a.count)
    }

    /// A copy as an array, for tests and messages.
    package var array: [UInt8] { bytes.array }
    /// The bytes as text, for messages.
    package var text: String { bytes.text }
}

/// Writable bytes owned elsewhere; every access is checked.
@safe
package struct MutableByteView {
    fileprivate let base: UnsafeMutableRawPointer?
    /// Number of bytes.
    package let count: Int

    // SAFETY: the caller's memory holds `count` bytes, outlives the view and has no other writer.
    @inline(__always)
    fileprivate init(_ base: UnsafeMutableRawPointer?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    // SAFETY: the same memory and the same bound, with fewer rights.
    /// The same bytes, read-only.
    @inline(__always)
    package var view: ByteView { unsafe ByteView(UnsafeRawPointer(base), count: count) }

    // SAFETY: the range is checked before the pointer moves.
    @inline(__always)
    package func slice(_ offset: Int, _ count: Int) -> MutableByteView {
        ensure(offset >= 0 && count >= 0 && offset <= self.count - count, "byte slice")
        return unsafe MutableByteView(base.unsafelyUnwrapped + offset, count: count)
    }

    // SAFETY: the index is checked; whoever holds the view is the bytes' only writer.
    @inline(__always)
    package subscript(index: Int) -> UInt8 {
        get { view[index] }
        nonmutating set {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "byte index")
            unsafe base.unsafelyUnwrapped.storeBytes(
                of: newValue, toByteOffset: index, as: UInt8.self)
        }
    }

    // SAFETY: both ranges are checked.
    /// Copies all of `source` to `offset`.
    @inline(__always)
    package func copy(_ source: ByteView, at offset: Int = 0) {
        ensure(offset >= 0 && offset <= count - source.count, "byte copy")
        guard let from = unsafe source.base else { return }
        unsafe (base.unsafelyUnwrapped + offset).copyMemory(
            from: from, byteCount: source.count)
    }

    // SAFETY: unaligned store inside the checked bound.
    /// Stores a word little-endian at `offset`.
    @inline(__always)
    package func store(_ word: UInt64, at offset: Int) {
        ensure(offset >= 0 && offset <= count - 8, "byte store")
        unsafe base.unsafelyUnwrapped.storeBytes(
            of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}

// SAFETY: the callers' views cover `count` bytes each.
/// Compares 32 bytes a step, which the compiler turns into vector instructions.
private func memoryEquals(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int
) -> Bool {
    var offset = 0
    while offset &+ 32 <= count {
        let left = unsafe a.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
        let right = unsafe b.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
        if left != right { return false }
        offset &+= 32
    }
    while offset &+ 8 <= count {
        if unsafe a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            != b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        {
            return false
        }
        offset &+= 8
    }
    while offset < count {
        if unsafe a.load(fromByteOffset: offset, as: UInt8.self)
            != b.load(fromByteOffset: offset, as: UInt8.self)
        {
            return false
        }
        offset &+= 1
    }
    return true
}

/// A fixed number of trivial elements in memory of its own: `Cairn.FixedArray` of this module's
/// own, for the reason given above. Owned by one load thread, or written once and then only read.
@safe
package struct Table<Element: BitwiseCopyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    /// Number of elements.
    package let count: Int

    // SAFETY: the memory belongs to this value alone until `deinit`.
    /// Allocates `count` elements, each `value`, aligned to a cache line.
    package init(repeating value: Element, count: Int) {
        ensure(count >= 0, "negative count")
        let bytes = Swift.max(count &* MemoryLayout<Element>.stride, 1)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe base = raw.bindMemory(to: Element.self, capacity: count)
        unsafe base.initialize(repeating: value, count: count)
        self.count = count
    }

    // SAFETY: frees what `init` allocated; the elements are trivial.
    deinit { unsafe base.deallocate() }

    // SAFETY: the index is checked; `mutating` access excludes others.
    @inline(__always)
    package subscript(index: Int) -> Element {
        unsafeAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe UnsafePointer(base + index)
        }
        unsafeMutableAddress {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "table index")
            return unsafe base + index
        }
    }
}

extension Table where Element == UInt8 {
    // SAFETY: a view of the table's own memory; the caller must not keep it past the table.
    /// The table's memory as bytes.
    @inline(__always)
    package var bytes: MutableByteView {
        unsafe MutableByteView(UnsafeMutableRawPointer(base), count: count)
    }
}
