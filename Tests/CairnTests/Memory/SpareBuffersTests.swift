import Testing

@testable import Cairn

@Suite struct SpareBuffersTests {
    @Test func `what is kept comes back empty, and with its memory`() throws {
        var spares = SpareBuffers()
        #expect(spares.take() == nil)
        var buffer = GrowBuffer()
        let added = buffer.reserve(100)
        #expect(added == GrowBuffer.capacityMin)
        buffer.append(Bytes("old"))
        check(spares.keep(buffer))
        let again = try need(spares.take())
        #expect(again.capacity == GrowBuffer.capacityMin)
        #expect(again.count == 0)
        check(spares.keep(again))
    }

    @Test func `an empty and a grown buffer are not kept, nor more than the limit`() {
        var spares = SpareBuffers()
        check(!spares.keep(GrowBuffer()))
        var grown = GrowBuffer()
        _ = grown.reserve(GrowBuffer.capacityMin + 1)
        check(!spares.keep(grown))
        _ = grown.release()
        for _ in 0..<SpareBuffers.countMax {
            var buffer = GrowBuffer()
            _ = buffer.reserve(1)
            check(spares.keep(buffer))
        }
        var last = GrowBuffer()
        _ = last.reserve(1)
        check(!spares.keep(last))
        _ = last.release()
        #expect(spares.count == SpareBuffers.countMax)
    }
}
