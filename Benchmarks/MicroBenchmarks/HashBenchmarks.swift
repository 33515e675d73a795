import Benchmark

/// The hash of a key: once a request.
func hashBenchmarks() {
    for size in [16, 64, 256] {
        struct Keys: ~Copyable {
            let hasher = KeyHasher(seed: 1)
            let bytes: FixedArray<UInt8>
        }
        Benchmark.of("hash: key of \(size) bytes") {
            Keys(bytes: ownedBytes([UInt8](repeating: 0x61, count: size + 64)))
        } run: { keys, count in
            var sum: UInt64 = 0
            for number in 0..<count {
                sum &+= keys.hasher.hash(keys.bytes.bytes.slice(number & 63, size).bytes)
            }
            blackHole(sum)
        }
    }
}
