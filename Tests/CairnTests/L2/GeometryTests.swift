import Testing

@testable import Cairn

@Suite struct GeometryTests {
    static let lanes = [1, 2, 4, 8, 16, 32, 256]

    @Test func `no two things of a store lie on the same bytes`() throws {
        var random = Random(seed: 3)
        for lanes in Self.lanes {
            for _ in 0..<50 {
                let least = StoreGeometry.bytesMin(lanes: lanes)
                let bytes = least + random.below(1 << (10 + random.below(34)))
                let store = try #require(
                    StoreGeometry.plan(fileBytes: bytes, lanes: lanes, unit: 512))
                let copies = (0..<4).map {
                    StoreGeometry.superblockOffset(copy: $0, fileBytes: bytes)
                }
                #expect(copies[0] == 0 && copies[1] == 256 << 10)
                #expect(copies[1] + 4096 <= store.offset(segment: 0))
                let end = store.offset(segment: store.segmentCount - 1) + store.segmentBytes
                #expect(end <= copies[2])
                #expect(copies[3] - copies[2] == 256 << 10)
                #expect(bytes - copies[3] >= 256 << 10 && bytes - copies[3] < (260 << 10))
                // The next segment would not fit.
                #expect(end + store.segmentBytes > copies[2])
                #expect(copies.allSatisfy { $0 % 4096 == 0 })
                #expect(store.offset(segment: 0) % 4096 == 0)
                #expect(store.segmentCount >= lanes * StoreGeometry.segmentsPerLaneMin)
            }
        }
    }

    @Test func `segments are as large as eight a lane allow`() throws {
        for lanes in Self.lanes {
            for size in [1, 2, 4, 8, 16] {
                let edge = (3 << 19) + lanes * 8 * (size << 20)
                let at = try #require(StoreGeometry.plan(fileBytes: edge, lanes: lanes, unit: 4096))
                #expect(at.segmentBytes == size << 20)
                let below = StoreGeometry.plan(fileBytes: edge - 1, lanes: lanes, unit: 4096)
                #expect(below?.segmentBytes == (size == 1 ? nil : size << 19))
            }
        }
        #expect(StoreGeometry.plan(fileBytes: .max, lanes: 1, unit: 512) == nil)
    }

    @Test func `every lane has its segments, and every hash its lane`() throws {
        for lanes in Self.lanes {
            let bytes = StoreGeometry.bytesMin(lanes: lanes)
            let store = try #require(StoreGeometry.plan(fileBytes: bytes, lanes: lanes, unit: 512))
            var segments = [Int](repeating: 0, count: lanes)
            for segment in 0..<store.segmentCount { segments[store.lane(segment: segment)] += 1 }
            #expect(segments.allSatisfy { $0 == 8 })
            #expect(store.lane(hash: 0) == 0 && store.lane(hash: .max) == lanes - 1)
            let step = lanes == 1 ? 0 : UInt64(1) << UInt64(64 - lanes.trailingZeroBitCount)
            for lane in 0..<lanes {
                #expect(store.lane(hash: UInt64(lane) &* step) == lane)
                #expect(store.lane(hash: UInt64(lane + 1) &* step &- 1) == (step == 0 ? 0 : lane))
            }
        }
    }

    @Test func `a footer lies behind the last chunk, for any number of records`() {
        for unit in [512, 4096] {
            let segment = SegmentGeometry(bytes: 1 << 20, unit: unit)
            for records in [0, 1, 14, 15, 125, 126, 127, 1_000, segment.recordsMax] {
                let start = segment.footerStart(records: records) * unit
                #expect(start + records * 32 <= segment.trailerOffset)
                #expect(segment.trailerOffset - (start + records * 32) < unit)
                #expect(start >= 4096)
                let at = segment.firstChunkUnit
                let room = segment.footerStart(records: records) - at
                #expect(segment.fits(chunkUnits: room, at: at, records: records))
                #expect(!segment.fits(chunkUnits: room + 1, at: at, records: records))
            }
            let most = segment.recordsMax
            #expect(!segment.fits(chunkUnits: 0, at: segment.firstChunkUnit, records: most + 1))
        }
    }
}
