import Benchmark

/// What counting costs a request or a turn.
func statsBenchmarks() {
    struct Recorder: ~Copyable {
        let stats = ShardStats.allocate()
        var random = Random(seed: 5)
        deinit { stats.deallocate() }
    }
    Benchmark.of("stats: count one event") {
        Recorder()
    } run: { recorder, count in
        for _ in 0..<count { recorder.stats.add(.sends) }
    }
    Benchmark.of("stats: record a latency") {
        Recorder()
    } run: { recorder, count in
        for number in 0..<count {
            let nanoseconds = UInt64(truncatingIfNeeded: number) &* 977 & 0xF_FFFF
            recorder.stats.record(.get, .ram, nanoseconds: nanoseconds)
        }
    }
}
