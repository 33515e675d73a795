import Testing

@testable import Cairn

/// Names as bytes that stay where they are for a test's length.
private let names: [StaticString] = ["a", "b", "news.art", "news.*", "", "user:", "item:", "z"]

@Suite struct TopicTableTests {
    private let hasher = KeyHasher(seed: 7)

    private func make() throws -> TopicTable {
        guard let table = TopicTable(followers: 8) else { throw NoMemory() }
        return table
    }

    private struct NoMemory: Error {}

    @Test func `a topic lives as long as somebody follows it`() throws {
        var table = try make()
        let name = Bytes("news")
        let hash = hasher.hash(name)
        check(table.add(1, .channel, name, hash: hash) == .added)
        check(table.add(2, .channel, name, hash: hash) == .added)
        check(table.add(2, .channel, name, hash: hash) == .present)
        let topic = try need(table.find(.channel, name, hash: hash))
        check(table[topic].count == 2)
        check(table.find(.pattern, name, hash: hash) == nil)
        check(table.remove(1, .channel, name, hash: hash))
        check(!table.remove(1, .channel, name, hash: hash))
        check(table.find(.channel, name, hash: hash) != nil)
        check(table.remove(2, .channel, name, hash: hash))
        check(table.find(.channel, name, hash: hash) == nil)
        check(table.first(.channel) < 0)
        check(table.linkCount(.channel) == 0)
    }

    @Test func `a full table refuses, then recovers after a removal`() throws {
        var table = try make()
        let memory = FixedArray<UInt8>(repeating: 0, count: 8)
        func name(_ number: Int) -> Bytes {
            memory.bytes.store(UInt64(number), at: 0)
            return memory.bytes.bytes
        }
        func add(_ number: Int) -> TopicTable.Outcome {
            table.add(0, .channel, name(number), hash: hasher.hash(name(number)))
        }
        for number in 0..<TopicTable.topicsMax { check(add(number) == .added) }
        check(add(TopicTable.topicsMax) == .full)
        check(table.remove(0, .channel, name(5), hash: hasher.hash(name(5))))
        check(add(TopicTable.topicsMax) == .added)
        check(table.count(0, .channel) == TopicTable.topicsMax)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random changes agree with a model of sets`(seed: UInt64) throws {
        print("replay with seed \(seed)")
        var random = Random(seed: seed)
        var table = try make()
        var model = Set<[Int]>()
        let kinds: [TopicTable.Kind] = [.channel, .pattern, .prefix]
        for _ in 0..<4000 {
            let follower = random.below(8)
            let kind = random.below(3)
            let name = random.below(names.count)
            let bytes = Bytes(names[name])
            let hash = hasher.hash(bytes)
            if random.below(2) == 0 {
                let isNew = model.insert([follower, kind, name]).inserted
                let outcome = table.add(Int32(follower), kinds[kind], bytes, hash: hash)
                check(outcome == (isNew ? .added : .present))
            } else {
                let was = model.remove([follower, kind, name]) != nil
                check(table.remove(Int32(follower), kinds[kind], bytes, hash: hash) == was)
            }
        }
        for (kind, id) in kinds.enumerated() {
            var seen = Set<[Int]>()
            var topic = table.first(id)
            while topic >= 0 {
                let name = try need(names.firstIndex { Bytes($0) == table.name(topic) })
                var link = table[topic].firstLink
                while link >= 0 {
                    seen.insert([Int(table.link(link).follower), kind, name])
                    link = table.link(link).nextOfTopic
                }
                topic = table[topic].next
            }
            check(seen == model.filter { $0[1] == kind })
            check(table.linkCount(id) == seen.count)
        }
    }
}
