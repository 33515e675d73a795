import Testing

@testable import Cairn

/// Tag search inside a bucket, against a plain loop.
@Suite struct BucketTableTests {
    @Test func `matches finds exactly the slots with a tag, whatever the neighbours hold`() {
        var budget = MemoryBudget(limit: 1 << 20)
        guard var table = try? BucketTable(capacity: 64, node: nil) else {
            Issue.record("no address space")
            return
        }
        let grown = table.grow(&budget)
        #expect(grown)
        var random = Random(seed: 5)
        let tags: [UInt16] = [0, 1, 2, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF, 0x0100, 0x0001]
        for round in 0..<5000 {
            let bucket = random.below(64)
            table.clear(bucket)
            table.setLink(bucket, UInt32(truncatingIfNeeded: random.next()))
            var expected: [(tag: UInt16, id: UInt32)] = []
            for slot in 0..<BucketTable.slots {
                let tag = tags[random.below(tags.count)]
                let id = UInt32(truncatingIfNeeded: random.next())
                table.set(bucket, slot, tag: tag, id: id)
                expected.append((tag, id))
            }
            for tag in tags {
                var mask: UInt32 = 0
                for slot in 0..<BucketTable.slots where expected[slot].tag == tag {
                    mask |= 1 << UInt32(slot)
                }
                let found = table.matches(bucket, tag)
                #expect(found == mask, "round \(round)")
            }
            for slot in 0..<BucketTable.slots {
                let (id, tag) = (table.id(bucket, slot), table.tag(bucket, slot))
                #expect(id == expected[slot].id && tag == expected[slot].tag)
            }
        }
    }
}
