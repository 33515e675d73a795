import Benchmark

/// A slab with chunks of one class in use, freed and taken again in random order.
private struct Churn: ~Copyable {
    var slab: Slab
    var chunks: FixedArray<ChunkHandle>
    let sizeClass: Int
    var random = Random(seed: 3)

    init(bytes: Int, chunks count: Int) {
        var budget = MemoryBudget(limit: 1 << 30)
        var slab = orFail { () throws(AddressRange.Failure) in
            try Slab(bytes: 512 << 20, node: nil)
        }
        sizeClass = slab.classes.index(for: bytes)
        var chunks = FixedArray(repeating: ChunkHandle(page: 0, slot: 0), count: count)
        for number in 0..<count { chunks[number] = Self.take(&slab, sizeClass, &budget) }
        self.chunks = chunks
        self.slab = slab
    }

    private static func take(
        _ slab: inout Slab, _ sizeClass: Int, _ budget: inout MemoryBudget
    ) -> ChunkHandle {
        if let chunk = slab.allocate(sizeClass, owner: 1) { return chunk }
        guard slab.addPage(sizeClass, &budget), let chunk = slab.allocate(sizeClass, owner: 1)
        else { fatalError("no memory") }
        return chunk
    }

    /// Frees a chunk and takes one, `count` times.
    mutating func run(_ count: Int) {
        for number in 0..<count {
            let place = random.below(chunks.count)
            slab.free(chunks[place])
            guard let chunk = slab.allocate(sizeClass, owner: UInt32(number)) else {
                fatalError("a class with a free chunk has none")
            }
            chunks[place] = chunk
        }
    }
}

/// Memory for an entry: free one chunk, allocate another.
func slabBenchmarks() {
    for (name, bytes, chunks) in [
        ("128 bytes, 1,000 in use", 128, 1_000), ("128 bytes, 1,000,000 in use", 128, 1_000_000),
        ("64 KiB, 1,000 in use", 64 << 10, 1_000),
    ] {
        Benchmark.of("slab: free and allocate \(name)") {
            Churn(bytes: bytes, chunks: chunks)
        } run: {
            $0.run($1)
        }
    }
}
