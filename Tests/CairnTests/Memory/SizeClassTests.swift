import Testing

@testable import Cairn

/// The pure tables: chunk sizes and the layout of values.
@Suite struct SizeClassTests {
    @Test func `every size has the smallest class that holds it`() {
        let classes = SizeClasses()
        for bytes in 1...SizeClasses.chunkBytesMax where bytes < 20_000 || bytes % 1021 == 0 {
            let index = classes.index(for: bytes)
            #expect(classes.chunkBytes(index) >= bytes)
            if index > 0 { #expect(classes.chunkBytes(index - 1) < bytes) }
        }
        #expect(classes.chunkBytes(classes.index(for: 1 << 20)) == 1 << 20)
    }

    @Test func `classes are aligned, steps are small, and pages are used to the end`() {
        let classes = SizeClasses()
        for index in 0..<classes.count {
            let size = classes.chunkBytes(index)
            let isSmall = size < 4096
            #expect(size % (isSmall ? 16 : 4096) == 0)
            #expect(isSmall == (index < classes.smallCount))
            let slots = classes.slotsPerPage(index)
            #expect(slots < 1 << 15)
            let used = slots * (size + (isSmall ? 4 : 0))
            #expect(used <= Arena.pageBytes)
            #expect(Arena.pageBytes - used <= Arena.pageBytes / 20)
            if index > 0, isSmall, size > 128 {
                #expect(size * 100 <= classes.chunkBytes(index - 1) * 116)
            }
        }
    }

    /// Every length to 300 KiB and around the borders of pieces beyond.
    @Test func `a layout covers its value in order and wastes at most an eighth`() {
        let classes = SizeClasses()
        var lengths = Array(stride(from: 0, through: 300_000, by: 7))
        for unit in 1...700 { lengths += [unit * 4096 - 1, unit * 4096, unit * 4096 + 1] }
        lengths += [64 << 20, 64 << 20 + 1, 512 << 20, 512 << 20 - 1]
        for length in lengths {
            let layout = ValueLayout(length: length, classes: classes)
            let extents = layout.extents
            if length < 4096 {
                #expect(extents == 0 && layout.inlineBytes == length)
                continue
            }
            let inExtents = length - layout.inlineBytes
            #expect(layout.inlineBytes < 4096)
            #expect(layout.extentBytes >= inExtents)
            #expect((layout.extentBytes - inExtents) * 8 <= length, "length \(length)")
            var offset = 0
            for extent in 0..<extents {
                #expect(layout.offset(ofExtent: extent) == offset)
                #expect(layout.extent(at: offset) == extent)
                let bytes = layout.bytes(ofExtent: extent)
                #expect(classes.chunkBytes(classes.index(for: bytes)) == bytes)
                #expect(bytes % 4096 == 0 && offset % 4096 == 0)
                #expect(offset < inExtents)
                offset += bytes
                if offset <= inExtents { #expect(layout.extent(at: offset - 1) == extent) }
            }
            if layout.inlineBytes > 0 {
                #expect(offset == inExtents)
                #expect(layout.offset(ofExtent: extents) == offset)
                #expect(layout.extent(at: offset) == extents)
            }
        }
    }
}
