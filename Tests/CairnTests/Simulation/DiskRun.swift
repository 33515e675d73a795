@testable import Cairn

/// One shard that reads, writes and flushes at random on a simulated disk, with an oracle beside it
/// that looks at what reads deliver, and at the disk after crashes at random moments.
struct DiskRun: ~Copyable {
    private enum Operation {
        case write(number: Int, memory: DiskMemory)
        case read(first: Int, memory: DiskMemory, since: Int)
        case sync(since: Int)
    }

    struct Outcome: Equatable {
        var failures: [String] = []
        var history: UInt64 = 0
        var crashes = 0
        /// Crashes that took a completed write of some sector.
        var losses = 0
        /// Crashes that left a part of a write.
        var tears = 0
        var errors = 0
        var operations = 0
    }

    static let sectors = 48

    private let world: SimulatedWorld
    private let disk: SimulatedDisk
    private var engine: SimulatedEngine
    private var file: FileSlot
    private var random: Random
    private var history = DiskHistory()
    private var underWay: [Int: Operation] = [:]
    private var started = 0
    private var outcome = Outcome()
    private var left: Int

    init(seed: UInt64, faults: DiskFaults, canary: DiskCanary, operations: Int) {
        world = SimulatedWorld(
            seed: seed, faults: .calm(seed: seed), shards: 1, clients: 0)
        disk = SimulatedDisk(
            count: Self.sectors * 512, seed: seed, faults: faults, canary: canary)
        engine = SimulatedEngine(world, shard: 0)
        let descriptor = world.attach(disk)
        guard let file = engine.register(file: descriptor, alignment: disk.alignment) else {
            fatalError("no place for a file")
        }
        self.file = file
        random = Random(seed: seed ^ 0x0D15)
        left = operations
    }

    static func run(
        seed: UInt64, faults: DiskFaults, canary: DiskCanary = .none, operations: Int = 60
    ) -> Outcome {
        var run = DiskRun(seed: seed, faults: faults, canary: canary, operations: operations)
        return run.run()
    }

    private mutating func run() -> Outcome {
        while left > 0 || !underWay.isEmpty {
            while left > 0, underWay.count < 6, random.below(3) > 0 { submit() }
            engine.turn(waitNanoseconds: left > 0 ? 10_000 : nil)
            guard world.step() == .shard(0) else {
                outcome.failures.append("\(underWay.count) operations never completed")
                break
            }
            if random.below(12) == 0 { crash() }
            while let completion = engine.nextCompletion() { complete(completion) }
        }
        crash()
        outcome.failures += world.violations
        outcome.history = world.history
        outcome.operations = started
        return outcome
    }

    private mutating func submit() {
        left -= 1
        started += 1
        let token = Token(.diskWrite, slot: started, generation: 0)
        let count = 1 + random.below(6)
        let first = random.below(Self.sectors - count)
        let memory = DiskMemory(count: count * 512)
        switch random.below(8) {
        case 0...3:
            let durable = random.below(4) == 0
            let number = history.submit(first..<first + count, durable: durable)
            for word in 0..<count * 64 {
                let stamp = DiskHistory.stamp(number, sector: first + word / 64)
                memory.bytes.store(stamp, at: word * 8)
            }
            underWay[started] = .write(number: number, memory: memory)
            write(first, memory.bytes.bytes, durable, token)
        case 4...6:
            underWay[started] = .read(first: first, memory: memory, since: history.moment())
            engine.read(file, offset: UInt64(first * 512), into: memory.bytes, token: token)
        default:
            underWay[started] = .sync(since: history.moment())
            engine.syncData(file, token: token)
        }
    }

    /// In one piece or two.
    private mutating func write(_ first: Int, _ bytes: Bytes, _ durable: Bool, _ token: Token) {
        let offset = UInt64(first * 512)
        if bytes.count < 1024 || random.below(2) == 0 {
            return engine.write(file, offset: offset, bytes, durable: durable, token: token)
        }
        for piece in [bytes.slice(0, 512), bytes.dropping(512)] where engine.appendToVector(piece) {
        }
        engine.writeVector(file, offset: offset, durable: durable, token: token)
    }

    private mutating func complete(_ completion: Completion) {
        let name = completion.token.slot
        guard let operation = underWay.removeValue(forKey: name) else {
            outcome.failures.append("operation \(name) completed twice, or never began")
            return
        }
        switch operation {
        case .write(let number, let memory):
            if Int(completion.result) == memory.bytes.count {
                history.complete(number)
            } else {
                outcome.errors += 1
            }
        case .read(let first, let memory, let since):
            if completion.result < 0 { outcome.errors += 1 }
            for place in 0..<max(0, Int(completion.result)) / 512 {
                let bytes = memory.bytes.slice(place * 512, 512).bytes.array
                let sector = first + place
                guard let writer = DiskHistory.writer(bytes[...], sector: sector),
                    history.isReadable(writer, sector, since: since)
                else {
                    outcome.failures.append("a read found the wrong bytes in sector \(sector)")
                    continue
                }
            }
        case .sync(let since):
            if completion.result == 0 {
                history.flushed(since: since)
            } else {
                history.flushFailed()
                outcome.errors += 1
            }
        }
    }

    /// Looks at the disk as crashes of the machine and of the process would leave it now.
    private mutating func crash() {
        let history = history
        let seed = random.next()
        let image = disk.crash(seed: seed).contents
        if disk.crash(seed: seed).contents != image {
            outcome.failures.append("the same crash, another image")
        }
        let killed = disk.kill(seed: seed)
        // A read that begins now must find what one of the process before it found.
        let now = self.history.moment()
        for (what, image) in [("crash", image), ("kill", killed.contents)] {
            let faults = history.faults(in: image) { writer, sector in
                what == "kill"
                    ? history.isReadable(writer, sector, since: now)
                    : history.survives(writer, sector)
            }
            outcome.failures += faults.map { "after a \(what): \($0)" }
        }
        let both = history.faults(in: killed.crash(seed: seed).contents, history.survives)
        outcome.failures += both.map { "after a kill and a crash: \($0)" }
        count(image)
    }

    /// Counts what the crash did, to show that crashes do something.
    private mutating func count(_ image: [UInt8]) {
        outcome.crashes += 1
        let cached = disk.contents
        if image != cached { outcome.losses += 1 }
        var writers: [Int: Int] = [:]
        for sector in 0..<Self.sectors {
            let bytes = image[sector * 512..<sector * 512 + 512]
            guard let writer = DiskHistory.writer(bytes, sector: sector), writer >= 0 else {
                continue
            }
            if bytes == cached[sector * 512..<sector * 512 + 512] {
                writers[writer, default: 0] |= 1
            }
        }
        for sector in 0..<Self.sectors {
            let bytes = cached[sector * 512..<sector * 512 + 512]
            guard let writer = DiskHistory.writer(bytes, sector: sector), writer >= 0,
                bytes != image[sector * 512..<sector * 512 + 512]
            else { continue }
            writers[writer, default: 0] |= 2
        }
        if writers.values.contains(3) { outcome.tears += 1 }
    }
}

/// Memory of an operation, aligned for direct I/O and kept while it is under way.
final class DiskMemory {
    private let memory: PageMemory

    init(count: Int) {
        guard let memory = PageMemory(count: count) else { fatalError("no memory") }
        self.memory = memory
    }

    var bytes: MutableBytes { memory.bytes }
}
