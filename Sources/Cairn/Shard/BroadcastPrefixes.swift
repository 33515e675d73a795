import Synchronization

/// The key prefixes that clients of any shard follow (CLIENT TRACKING BCAST), with the shards they
/// are connected to.
///
/// Behind a lock that is taken when a prefix comes or goes, never for a request: each shard works
/// on its own copy, and sees from `ShardGroup.Word.broadcasts` that it is out of date.
final class BroadcastRegistry: Sendable {
    struct Prefix: Sendable {
        var bytes: [UInt8]
        var homes: ShardSet
    }

    static var prefixesMax: Int { 1024 }
    static var bytesMax: Int { 64 << 10 }

    private let prefixes = Mutex<[Prefix]>([])

    /// A client of `shard` is its first to follow a prefix. False: too many are followed.
    func add(_ prefix: Bytes, shard: Int) -> Bool {
        let bytes = prefix.array
        return prefixes.withLock { list in
            if let index = list.firstIndex(where: { $0.bytes == bytes }) {
                list[index].homes.insert(shard)
                return true
            }
            let total = list.reduce(bytes.count) { $0 + $1.bytes.count }
            guard list.count < Self.prefixesMax, total <= Self.bytesMax else { return false }
            var homes = ShardSet()
            homes.insert(shard)
            list.append(Prefix(bytes: bytes, homes: homes))
            return true
        }
    }

    /// No client of `shard` follows a prefix any more.
    func remove(_ prefix: Bytes, shard: Int) {
        let bytes = prefix.array
        prefixes.withLock { list in
            guard let index = list.firstIndex(where: { $0.bytes == bytes }) else { return }
            list[index].homes.remove(shard)
            if list[index].homes.isEmpty { list.remove(at: index) }
        }
    }

    var all: [Prefix] { prefixes.withLock { $0 } }
}

/// One shard's copy of the registry, in memory of fixed size.
struct BroadcastPrefixes: ~Copyable {
    struct Item: BitwiseCopyable {
        var offset: Int32 = 0
        var length: Int32 = 0
        var homes = ShardSet()
    }

    private var items = FixedArray(repeating: Item(), count: BroadcastRegistry.prefixesMax)
    private var bytes = FixedArray<UInt8>(repeating: 0, count: BroadcastRegistry.bytesMax)
    private(set) var count = 0
    /// All shards with clients that follow prefixes.
    private(set) var homes = ShardSet()
    /// Version of the registry this copy was made of.
    private(set) var version = 0

    static var footprint: Int {
        BroadcastRegistry.prefixesMax * MemoryLayout<Item>.stride + BroadcastRegistry.bytesMax
    }

    /// Copies the registry; `version` was read before.
    mutating func load(_ registry: BroadcastRegistry, version: Int) {
        var used = 0
        count = 0
        homes = ShardSet()
        for prefix in registry.all {
            items[count] = Item(
                offset: Int32(used), length: Int32(prefix.bytes.count), homes: prefix.homes)
            for byte in prefix.bytes {
                bytes[used] = byte
                used += 1
            }
            count += 1
            homes.formUnion(prefix.homes)
        }
        self.version = version
    }

    /// The shards with clients that follow a prefix of `key`.
    func homes(of key: Bytes) -> ShardSet {
        var set = ShardSet()
        for index in 0..<count {
            let item = items[index]
            let length = Int(item.length)
            guard length <= key.count,
                bytes.bytes.bytes.slice(Int(item.offset), length) == key.slice(0, length)
            else { continue }
            set.formUnion(item.homes)
        }
        return set
    }
}
