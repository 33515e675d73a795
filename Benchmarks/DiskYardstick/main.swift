import ArgumentParser
import Cairn
import Glibc

/// `disk-yardstick`: what the device gives to a ring like a shard's, and what a request costs.
struct DiskYardstick: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk-yardstick",
        abstract: "Reads and writes a file with direct I/O, at several depths and block sizes.",
        discussion: """
            Each line is one run. The doors take turns within a round, so that what disturbs the \
            machine disturbs all of them; compare lines of one invocation only. What is in the \
            file is overwritten by --writes.
            """)

    @Argument(help: "A file; made if it is missing.")
    var path: String

    @Option(help: "MiB of the file.")
    var sizeMib = 1024

    @Option(help: "Bytes of a random read; repeat for several.")
    var block: [Int] = [4096, 65_536]

    @Option(help: "Operations under way; repeat for several.")
    var depth: [Int] = [1, 8, 32, 128]

    @Option(help: "plain, vector or fixed; repeat for several.")
    var door: [String] = ["plain"]

    @Option(help: "Seconds of a run.")
    var seconds = 2

    @Option(help: "Rounds.")
    var rounds = 1

    @Flag(help: "Also write and read 1 MiB blocks in order, and write 4 KiB durably.")
    var writes = false

    func validate() throws {
        guard door.allSatisfy({ Door(rawValue: $0) != nil }) else {
            throw ValidationError("--door takes plain, vector or fixed")
        }
        guard block.allSatisfy({ $0 >= 512 && $0 <= 2 << 20 && $0 & ($0 - 1) == 0 }) else {
            throw ValidationError("--block must be a power of two, 512 ... 2 MiB")
        }
        guard depth.allSatisfy({ (1...256).contains($0) }) else {
            throw ValidationError("--depth must be 1 ... 256")
        }
    }

    func run() throws {
        do {
            var file = try DirectFile(path, .create)
            try file.extend(to: sizeMib << 20)
            try measure(file)
        } catch let error as DiskError {
            print("disk-yardstick: \(error.text)")
            Glibc.exit(1)
        }
    }

    private func measure(_ file: borrowing DirectFile) throws {
        for _ in 0..<rounds {
            for bytes in block {
                for depth in depth {
                    for door in door.compactMap(Door.init) {
                        let load = DiskLoad(
                            door: door, blockBytes: bytes, depth: depth, seconds: seconds)
                        try line("random read", load, file)
                    }
                }
            }
        }
        if !writes { return }
        for isRead in [false, true] {
            let load = DiskLoad(
                isRead: isRead, isRandom: false, blockBytes: 1 << 20, depth: 4, seconds: seconds)
            try line(isRead ? "read in order" : "write in order", load, file)
        }
        let load = DiskLoad(isRead: false, isDurable: true, seconds: seconds)
        try line("durable write", load, file)
    }

    private func line(
        _ what: String, _ load: DiskLoad, _ file: borrowing DirectFile
    ) throws {
        var loop = try DiskLoop(file, load)
        let figures = loop.run()
        let mib = figures.operationsPerSecond * Double(load.blockBytes) / Double(1 << 20)
        print(
            "\(what) \(load.blockBytes) B, depth \(load.depth), \(load.door.rawValue): "
                + "\(Int(figures.operationsPerSecond))/s, \(Int(mib)) MiB/s, "
                + "cpu \(tenths(figures.cpuMicroseconds)) us, "
                + "p50 \(tenths(figures.latency(0.5))) us, "
                + "p99 \(tenths(figures.latency(0.99))) us")
        fflush(nil)
    }

    private func tenths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

DiskYardstick.main()
