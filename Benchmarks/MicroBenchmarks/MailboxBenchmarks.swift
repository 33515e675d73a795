import Benchmark

/// Both ends of a lane, on one thread: the instructions of a hop without the way between two cores.
private struct Ends: ~Copyable {
    let grid: MailboxGrid
    var writer: MailboxLane
    var reader: MailboxLane

    init() {
        grid = orFail { () throws(MachineError) in try MailboxGrid(shards: 2) }
        writer = grid.lane(from: 0, to: 1, .request)
        reader = grid.lane(from: 0, to: 1, .request)
    }

    /// Sends `count` messages of 64 bytes in batches, each taken before the next batch.
    mutating func run(_ count: Int, batch: Int) {
        var sum: UInt64 = 0
        var left = count
        while left > 0 {
            for number in 0..<batch {
                guard let slot = writer.beginWrite() else { fatalError("full") }
                for word in 0..<8 { slot.store(UInt64(number), at: word * 8) }
                writer.publish()
            }
            while let slot = reader.peek() {
                for word in 0..<8 { sum &+= slot.bytes.load(word * 8, as: UInt64.self) }
                reader.consume()
            }
            left -= batch
        }
        blackHole(sum)
    }
}

/// Messages between shards.
func mailboxBenchmarks() {
    for batch in [1, 25] {
        Benchmark.of("mailbox: write and read a message, batches of \(batch)") {
            Ends()
        } run: {
            $0.run($1, batch: batch)
        }
    }
    Benchmark.of("mailbox: ask whether a shard sleeps") {
        Ends()
    } run: { ends, count in
        var asleep = 0
        for _ in 0..<count where ends.grid.mustWake(1) { asleep &+= 1 }
        blackHole(asleep)
    }
}
