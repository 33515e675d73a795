/// Views of bytes that somebody else owns.
///
/// The data path passes bytes between the kernel's buffers, slabs and parsers without copying.
/// Swift's `RawSpan` cannot be stored in a table, so these two views stand in for it: a base and a
/// count, every access bounds-checked by `ensure`. They own nothing and keep nothing alive:
/// `docs/ARCHITECTURE.md` says for each step who owns the bytes, and that a view never outlives a
/// loop turn unless its block is pinned.

/// Read-only bytes owned elsewhere.
@safe
package struct Bytes: BitwiseCopyable {
    @usableFromInline package let base: UnsafeRawPointer?
    /// Number of bytes.
    package let count: Int

    // SAFETY: the caller's memory holds `count` bytes and outlives the view.
    @inlinable
    package init(_ base: UnsafeRawPointer?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    // SAFETY: nothing is read through a view of no bytes.
    /// No bytes.
    @inlinable
    package static var empty: Bytes { unsafe Bytes(nil, count: 0) }

    // SAFETY: a static string's memory lives as long as the program and is never written.
    @inlinable
    package init(_ string: StaticString) {
        unsafe self.init(string.utf8Start, count: string.utf8CodeUnitCount)
    }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    // SAFETY: the bound is checked; the owner of the bytes keeps them alive for the view's use.
    @inlinable
    package subscript(index: Int) -> UInt8 {
        @inline(__always) get {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "byte index")
            return unsafe base.unsafelyUnwrapped.load(fromByteOffset: index, as: UInt8.self)
        }
    }

    // SAFETY: the range is checked before the pointer moves.
    /// The `count` bytes from `offset`.
    @inlinable @inline(__always)
    package func slice(_ offset: Int, _ count: Int) -> Bytes {
        ensure(offset >= 0 && count >= 0 && offset <= self.count - count, "byte slice")
        if count == 0 { return .empty }
        return unsafe Bytes(base.unsafelyUnwrapped + offset, count: count)
    }

    /// Everything from `offset`.
    @inlinable @inline(__always)
    package func dropping(_ offset: Int) -> Bytes { slice(offset, count - offset) }

    // SAFETY: unaligned load inside the checked bound.
    /// The integer stored little-endian at `offset`, which need not be aligned.
    @inlinable @inline(__always)
    package func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: T.Type) -> T {
        ensure(offset >= 0 && offset <= count - MemoryLayout<T>.size, "byte load")
        return unsafe T(
            littleEndian: base.unsafelyUnwrapped.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    // SAFETY: both views are read within their own counts.
    /// Whether both views hold the same bytes.
    @inlinable
    package static func == (a: Bytes, b: Bytes) -> Bool {
        guard a.count == b.count else { return false }
        if a.count == 0 { return true }
        return unsafe memoryEqual(a.base.unsafelyUnwrapped, b.base.unsafelyUnwrapped, a.count)
    }

    /// Whether some byte is `byte`: eight at a time (zero-byte test of H. Warren, Hacker's Delight,
    /// 6-1), the last eight overlapping those before.
    @inlinable
    package func contains(_ byte: UInt8) -> Bool {
        if count < 8 {
            for index in 0..<count where self[index] == byte { return true }
            return false
        }
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var offset = 0
        while true {
            let different = load(offset, as: UInt64.self) ^ pattern
            let zeros = (different &- 0x0101_0101_0101_0101) & ~different & 0x8080_8080_8080_8080
            if zeros != 0 { return true }
            if offset &+ 8 == count { return false }
            offset = min(offset &+ 8, count &- 8)
        }
    }

    // SAFETY: copies `count` bytes the view covers.
    /// A copy as an array: for tests and the control plane.
    package var array: [UInt8] {
        if count == 0 { return [] }
        return unsafe [UInt8](
            UnsafeRawBufferPointer(start: base, count: count))
    }

    // SAFETY: reads the view's own bytes only.
    /// The bytes as text, invalid UTF-8 repaired: for messages, not for the data path.
    package var text: String {
        if count == 0 { return "" }
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
    }
}

extension [UInt8] {
    // SAFETY: the array keeps its bytes alive and unchanged during the call; the view must not
    // leave it.
    /// Lends the array's bytes to `body`: for replies of the control kind.
    package func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        unsafe withUnsafeBytes { raw in
            body(unsafe Bytes(raw.baseAddress, count: raw.count))
        }
    }
}

/// Writable bytes owned elsewhere.
@safe
package struct MutableBytes: BitwiseCopyable {
    @usableFromInline package let base: UnsafeMutableRawPointer?
    /// Number of bytes.
    package let count: Int

    // SAFETY: the caller's memory holds `count` bytes, outlives the view and has no other writer.
    @inlinable
    package init(_ base: UnsafeMutableRawPointer?, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    // SAFETY: nothing is written through a view of no bytes.
    @inlinable
    package static var empty: MutableBytes { unsafe MutableBytes(nil, count: 0) }

    // SAFETY: the same memory and the same bound, with fewer rights.
    /// The same bytes, read-only.
    @inlinable @inline(__always)
    package var bytes: Bytes { unsafe Bytes(UnsafeRawPointer(base), count: count) }

    // SAFETY: the range is checked before the pointer moves.
    @inlinable @inline(__always)
    package func slice(_ offset: Int, _ count: Int) -> MutableBytes {
        ensure(offset >= 0 && count >= 0 && offset <= self.count - count, "byte slice")
        if count == 0 { return .empty }
        return unsafe MutableBytes(base.unsafelyUnwrapped + offset, count: count)
    }

    @inlinable @inline(__always)
    package func dropping(_ offset: Int) -> MutableBytes { slice(offset, count - offset) }

    // SAFETY: the index is checked; whoever holds the view is the bytes' only writer.
    @inlinable
    package subscript(index: Int) -> UInt8 {
        @inline(__always) get { bytes[index] }
        @inline(__always) nonmutating set {
            ensure(UInt(bitPattern: index) < UInt(bitPattern: count), "byte index")
            unsafe base.unsafelyUnwrapped.storeBytes(
                of: newValue, toByteOffset: index, as: UInt8.self)
        }
    }

    // SAFETY: both ranges are checked; `memmove` allows overlap.
    /// Copies all of `source` to `offset`.
    @inlinable @inline(__always)
    package func copy(_ source: Bytes, at offset: Int = 0) {
        ensure(offset >= 0 && offset <= count - source.count, "byte copy")
        if source.count == 0 { return }
        unsafe (base.unsafelyUnwrapped + offset).copyMemory(
            from: source.base.unsafelyUnwrapped, byteCount: source.count)
    }

    // SAFETY: unaligned store inside the checked bound.
    /// Stores an integer little-endian at `offset`, which need not be aligned.
    @inlinable @inline(__always)
    package func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        ensure(offset >= 0 && offset <= count - MemoryLayout<T>.size, "byte store")
        unsafe base.unsafelyUnwrapped.storeBytes(
            of: value.littleEndian, toByteOffset: offset, as: T.self)
    }

    // SAFETY: writes the view's own bytes only.
    /// Sets every byte to `value`.
    @inlinable
    package func fill(_ value: UInt8) {
        if count == 0 { return }
        unsafe base.unsafelyUnwrapped.initializeMemory(
            as: UInt8.self, repeating: value, count: count)
    }
}

// SAFETY: the callers' views cover `count` bytes each.
@usableFromInline
package func memoryEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
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
