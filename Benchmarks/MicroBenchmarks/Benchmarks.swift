import Benchmark

/// What the plugin's `main` registers.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .instructions], timeUnits: .nanoseconds, warmupIterations: 20,
        // A thousand operations between two readings of the clock: one reading (25 ns) is then
        // nothing.
        scalingFactor: .kilo, maxDuration: .seconds(1), maxIterations: 100_000)
    hashBenchmarks()
    protocolBenchmarks()
    slabBenchmarks()
    indexBenchmarks()
    statsBenchmarks()
    mailboxBenchmarks()
}

/// Holds a part that can't be copied, so that a benchmark's closures can share it.
final class Holder<Part: ~Copyable> {
    var part: Part

    init(_ part: consuming Part) { self.part = part }
}

extension Benchmark {
    /// A benchmark of one part: `run` does the operation as many times as it is told.
    ///
    /// The part is lent for all of them, as a shard lends it for a turn: otherwise each operation
    /// would pay for the exclusive access to a class's property.
    static func of<Part: ~Copyable>(
        _ name: String, _ make: @escaping () -> Part,
        run: @escaping (inout Part, Int) -> Void
    ) {
        _ = Benchmark(
            name,
            closure: { benchmark, holder in
                run(&holder.part, benchmark.scaledIterations.count)
            },
            setup: { Holder(make()) })
    }
}

/// Bytes in memory of their own.
func ownedBytes(_ text: [UInt8]) -> FixedArray<UInt8> {
    let owner = FixedArray<UInt8>(repeating: 0, count: max(1, text.count))
    for (index, byte) in text.enumerated() { owner.bytes[index] = byte }
    return owner
}

/// The part, or the end of the run with the reason.
func orFail<Part: ~Copyable, Failure: Error>(_ make: () throws(Failure) -> Part) -> Part {
    do {
        return try make()
    } catch {
        fatalError("\(error)")
    }
}
