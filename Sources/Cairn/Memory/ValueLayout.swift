/// How a value of a given length lies in chunks. A pure function of the length, so that an entry
/// stores no sizes.
///
/// ```
/// below 4,096 bytes   all of it inline in the head chunk, behind the key
/// from 4,096 bytes    [1 MiB extent] x full, [first], [second]       4 KiB-aligned chunks
///                     and at most 4,095 bytes of tail inline, where rounding them up to a unit
///                     would waste more than an eighth of the value
/// ```
///
/// - Invariant: the extents exceed the bytes they hold by at most 1/8 of the value's length.
package struct ValueLayout: Equatable, BitwiseCopyable {
    /// Extents of 1 MiB.
    package let full: Int
    /// Bytes of the extent behind them; 0: none.
    package let firstBytes: Int
    /// Bytes of the last extent; 0: none.
    package let secondBytes: Int
    /// Bytes in the head chunk behind the key.
    package let inlineBytes: Int

    /// Number of extents: handles at the start of the head chunk.
    @inline(__always)
    package var extents: Int {
        full &+ (firstBytes > 0 ? 1 : 0) &+ (secondBytes > 0 ? 1 : 0)
    }

    @inline(__always)
    package init(length: Int, classes: borrowing SizeClasses) {
        if length < SizeClasses.unit {
            self.init(full: 0, first: 0, second: 0, inline: length)
        } else {
            self.init(large: length, classes: classes)
        }
    }

    private init(full: Int, first: Int, second: Int, inline: Int) {
        self.full = full
        firstBytes = first
        secondBytes = second
        inlineBytes = inline
    }

    @inline(never)
    private init(large length: Int, classes: borrowing SizeClasses) {
        let unit = SizeClasses.unit
        let full = length >> 20
        let rest = length & (SizeClasses.chunkBytesMax - 1)
        let whole = rest / unit
        let tail = rest % unit
        let rounded = whole + (tail > 0 ? 1 : 0)
        let wasteMax = length / 8
        // In order of preference: few pieces, no tail.
        if rounded == 0 {
            self.init(full: full, first: 0, second: 0, inline: 0)
            return
        }
        let single = classes.single(for: rounded)
        if single * unit - rest <= wasteMax {
            self.init(full: full, first: single * unit, second: 0, inline: 0)
            return
        }
        var pair = classes.pair(for: rounded)
        if (pair.first + pair.second) * unit - rest <= wasteMax {
            self.init(
                full: full, first: pair.first * unit, second: pair.second * unit, inline: 0)
            return
        }
        pair = classes.pair(for: whole)
        self.init(full: full, first: pair.first * unit, second: pair.second * unit, inline: tail)
    }

    /// Bytes of all extents together.
    package var extentBytes: Int {
        full * SizeClasses.chunkBytesMax + firstBytes + secondBytes
    }

    /// Bytes of extent `index`.
    @inline(__always)
    package func bytes(ofExtent index: Int) -> Int {
        if index < full { return SizeClasses.chunkBytesMax }
        return index == full ? firstBytes : secondBytes
    }

    /// Offset in the value of the first byte of extent `index`; `extents`: of the inline tail.
    @inline(__always)
    package func offset(ofExtent index: Int) -> Int {
        if index <= full { return index << 20 }
        return (full << 20) &+ (index == full &+ 1 ? firstBytes : firstBytes &+ secondBytes)
    }

    /// The extent that holds the byte at `offset`; `extents` if it is in the inline tail.
    @inline(__always)
    package func extent(at offset: Int) -> Int {
        let index = offset >> 20
        if index < full { return index }
        let rest = offset &- full << 20
        if rest < firstBytes { return full }
        if rest < firstBytes &+ secondBytes { return full &+ 1 }
        return extents
    }
}
