import Testing

@testable import Cairn

@Suite struct BroadcastPrefixesTests {
    @Test func `a key is told to each shard that follows one of its prefixes`() {
        let registry = BroadcastRegistry()
        var copy = BroadcastPrefixes()
        check(registry.add(Bytes("user:"), shard: 1))
        check(registry.add(Bytes("user:"), shard: 3))
        check(registry.add(Bytes("item:"), shard: 2))
        copy.load(registry, version: 1)
        check(copy.count == 2)
        let homes = copy.homes(of: Bytes("user:7"))
        check(homes.contains(1) && homes.contains(3) && !homes.contains(2))
        check(copy.homes(of: Bytes("user")).isEmpty)
        check(copy.homes.contains(2))
        registry.remove(Bytes("user:"), shard: 1)
        registry.remove(Bytes("user:"), shard: 3)
        copy.load(registry, version: 2)
        check(copy.count == 1)
        check(copy.homes(of: Bytes("user:7")).isEmpty)
    }

    @Test func `the empty prefix is every key's`() {
        let registry = BroadcastRegistry()
        var copy = BroadcastPrefixes()
        check(registry.add(.empty, shard: 0))
        copy.load(registry, version: 1)
        check(copy.homes(of: Bytes("anything")).contains(0))
    }

    @Test func `too many prefixes are refused, and known ones still accepted`() {
        let registry = BroadcastRegistry()
        let memory = FixedArray<UInt8>(repeating: 0, count: 8)
        func add(_ number: Int, shard: Int) -> Bool {
            memory.bytes.store(UInt64(number), at: 0)
            return registry.add(memory.bytes.bytes, shard: shard)
        }
        for number in 0..<BroadcastRegistry.prefixesMax { check(add(number, shard: 0)) }
        check(!add(BroadcastRegistry.prefixesMax, shard: 0))
        check(add(3, shard: 1))
    }
}
