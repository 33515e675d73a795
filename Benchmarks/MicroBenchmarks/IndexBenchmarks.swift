import Benchmark

/// A RAM level with entries of 16-byte keys and 64-byte values.
private struct Level: ~Copyable {
    var l1: L1
    let hasher = KeyHasher(seed: 1)
    let key = ownedBytes(Array("key:000000000000".utf8))
    let keys: Int
    var random = Random(seed: 9)
    var next = 0

    init(memoryBytes: Int, keys: Int) {
        l1 = orFail { () throws(L1.StartError) in
            try L1(L1.Options(memoryBytes: memoryBytes))
        }
        self.keys = keys
        for number in 0..<keys { write(number) }
    }

    /// Spells the key in place.
    @inline(__always)
    private func name(_ number: Int) -> Bytes {
        var rest = number
        for place in stride(from: 15, to: 3, by: -1) {
            key.bytes[place] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
            rest /= 10
        }
        return key.bytes.bytes
    }

    /// Looks keys from `first` on up, in random order.
    mutating func find(_ count: Int, from first: Int) {
        var found = 0
        for _ in 0..<count {
            let key = name(first &+ random.below(keys))
            if l1.find(key, hash: hasher.hash(key), nowMs: 1000) != nil { found &+= 1 }
        }
        blackHole(found)
    }

    /// Reserves and commits an entry, evicting as a shard does.
    mutating func write(_ number: Int) {
        let key = name(number)
        while true {
            switch l1.reserve(key, hash: hasher.hash(key), valueLength: 64, nowMs: 1000) {
            case .entry(let id):
                l1.commit(id, nowMs: 1000)
                return
            case .busy: l1.maintain(nowMs: 1000)
            case .refused: fatalError("refused")
            }
        }
    }

    /// Writes keys never seen before.
    mutating func insert(_ count: Int) {
        for _ in 0..<count {
            write(keys &+ next)
            next &+= 1
        }
        l1.maintain(nowMs: 1000)
    }
}

/// The RAM level: spelling the key (about 10 ns) and its hash are part of each figure.
func indexBenchmarks() {
    for keys in [10_000, 1_000_000] {
        Benchmark.of("index: look-up that hits, \(keys) entries") {
            Level(memoryBytes: 512 << 20, keys: keys)
        } run: {
            $0.find($1, from: 0)
        }
        Benchmark.of("index: look-up that misses, \(keys) entries") {
            Level(memoryBytes: 512 << 20, keys: keys)
        } run: {
            $0.find($1, from: keys)
        }
    }
    Benchmark.of("index: insert that evicts, 64 MiB") {
        Level(memoryBytes: 64 << 20, keys: 1_000_000)
    } run: {
        $0.insert($1)
    }
}
