import Testing

@testable import Cairn

@Suite struct BroadcastPrefixesTests {
    @Test func `a key is told to each shard that follows one of its prefixes`() {
        let registry = BroadcastRegistry()
        var copy = BroadcastPrefixes()
        #expect(registry.add(Bytes("user:"), shard: 1))
        #expect(registry.add(Bytes("user:"), shard: 3))
        #expect(registry.add(Bytes("item:"), shard: 2))
        copy.load(registry, version: 1)
        #expect(copy.count == 2)
        let homes = copy.homes(of: Bytes("user:7"))
        #expect(homes.contains(1) && homes.contains(3) && !homes.contains(2))
        #expect(copy.homes(of: Bytes("user")).isEmpty)
        #expect(copy.homes.contains(2))
        registry.remove(Bytes("user:"), shard: 1)
        registry.remove(Bytes("user:"), shard: 3)
        copy.load(registry, version: 2)
        #expect(copy.count == 1)
        #expect(copy.homes(of: Bytes("user:7")).isEmpty)
    }

    @Test func `the empty prefix is every key's`() {
        let registry = BroadcastRegistry()
        var copy = BroadcastPrefixes()
        #expect(registry.add(.empty, shard: 0))
        copy.load(registry, version: 1)
        #expect(copy.homes(of: Bytes("anything")).contains(0))
    }

    @Test func `too many prefixes are refused, and known ones still accepted`() {
        let registry = BroadcastRegistry()
        let memory = FixedArray<UInt8>(repeating: 0, count: 8)
        func add(_ number: Int, shard: Int) -> Bool {
            memory.bytes.store(UInt64(number), at: 0)
            return registry.add(memory.bytes.bytes, shard: shard)
        }
        for number in 0..<BroadcastRegistry.prefixesMax { #expect(add(number, shard: 0)) }
        #expect(!add(BroadcastRegistry.prefixesMax, shard: 0))
        #expect(add(3, shard: 1))
    }
}
