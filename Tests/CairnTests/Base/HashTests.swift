import Testing

@testable import Cairn

@Suite struct HashTests {
    private let hasher = KeyHasher(seed: 0xC0FFEE)

    private func hash(_ bytes: [UInt8], _ hasher: KeyHasher) -> UInt64 {
        let memory = fixedMemory(bytes)
        return hasher.hash(memory.bytes.bytes)
    }

    @Test func `keys of equal bytes and different lengths have different hashes`() {
        for byte: UInt8 in [0, 1, 0xFF] {
            let hashes = (0...64).map { hash([UInt8](repeating: byte, count: $0), hasher) }
            #expect(Set(hashes).count == 65)
        }
    }

    @Test func `every byte of a key counts, at every length`() {
        for length in 1...64 {
            let key = patternBytes(length)
            var hashes: Set<UInt64> = [hash(key, hasher)]
            for position in 0..<length {
                var changed = key
                changed[position] ^= 0x40
                hashes.insert(hash(changed, hasher))
            }
            #expect(hashes.count == length + 1, "length \(length)")
        }
    }

    @Test func `a flipped input bit flips each output bit half of the time`() {
        var random = Random(seed: 21)
        for length in [1, 3, 4, 7, 8, 12, 16, 17, 33] {
            var flips = [Int](repeating: 0, count: 64)
            let rounds = 400
            for _ in 0..<rounds {
                var key = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let before = hash(key, hasher)
                key[random.below(length)] ^= 1 << UInt8(random.below(8))
                var difference = before ^ hash(key, hasher)
                while difference != 0 {
                    flips[difference.trailingZeroBitCount] += 1
                    difference &= difference - 1
                }
            }
            // 400 fair coins leave 136...264 less often than once in 10^9; there are 576 here.
            for (bit, count) in flips.enumerated() {
                #expect((136...264).contains(count), "length \(length), bit \(bit): \(count)")
            }
        }
    }

    @Test func `keys that count up spread over shards and buckets evenly`() {
        let shards = 16
        let buckets = 64
        let keys = 32_000
        var shardLoad = [Int](repeating: 0, count: shards)
        var bucketLoad = [Int](repeating: 0, count: buckets)
        for number in 0..<keys {
            let value = hash(Array("key:\(number)".utf8), hasher)
            shardLoad[Int(value.multipliedFullWidth(by: UInt64(shards)).high)] += 1
            bucketLoad[Int(value % UInt64(buckets))] += 1
        }
        // Chi-square: mean is degrees of freedom, standard deviation sqrt(2 x); six of them above.
        func chiSquare(_ loads: [Int]) -> Double {
            let mean = Double(keys) / Double(loads.count)
            return loads.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean }
        }
        #expect(chiSquare(shardLoad) < 15 + 6 * 5.5)
        #expect(chiSquare(bucketLoad) < 63 + 6 * 11.2)
    }

    @Test func `the seed decides the values`() {
        let key = Array("a key".utf8)
        #expect(hash(key, KeyHasher(seed: 1)) == hash(key, KeyHasher(seed: 1)))
        let hashes = (0..<100).map { hash(key, KeyHasher(seed: $0)) }
        #expect(Set(hashes).count == 100)
    }

    @Test func `two keys of one hash under one seed part under another`() {
        // No fixed pair may collide for every seed: a client could flood a bucket with such keys.
        var random = Random(seed: 5)
        for _ in 0..<200 {
            let a = patternBytes(1 + random.below(40), seed: random.next())
            let b = patternBytes(1 + random.below(40), seed: random.next())
            let collisions = (0..<8).count { seed in
                hash(a, KeyHasher(seed: UInt64(seed))) == hash(b, KeyHasher(seed: UInt64(seed)))
            }
            #expect(a == b || collisions == 0)
        }
    }
}
