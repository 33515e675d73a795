import Testing

@testable import Cairn

/// The disk model keeps its own rules, and its faults are what they say.
@Suite struct SimulatedDiskTests {
    /// Without garbage, which the oracle would take for a fault of the model.
    func plan(_ plan: DiskFaults) -> DiskFaults {
        var plan = plan
        plan.garbage = .never
        return plan
    }

    @Test func `reads, crashes and kills of a disk without faults find what the contract allows`() {
        let seeds = SimulationSeeds.chosen(fixed: 15, fresh: 10)
        var losses = 0
        var tears = 0
        for seed in seeds {
            let outcome = DiskRun.run(seed: seed, faults: plan(DiskFaults()))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            #expect(outcome.errors == 0 && outcome.operations == 60)
            losses += outcome.losses
            tears += outcome.tears
        }
        // Crashes do take things.
        #expect(losses > 40 || seeds.count < 20)
        #expect(tears > 10 || seeds.count < 20)
    }

    @Test func `a disk that tells its errors keeps the contract all the same`() {
        let seeds = SimulationSeeds.chosen(fixed: 20, fresh: 20)
        var errors = 0
        for seed in seeds {
            let outcome = DiskRun.run(seed: seed, faults: plan(.honest(seed: seed)))
            #expect(outcome.failures == [], "\(SimulationSeeds.replay(seed))")
            errors += outcome.errors
        }
        #expect(errors > 40 || seeds.count < 20)
    }

    @Test func `a disk that lies is found out`() {
        let seeds = SimulationSeeds.chosen(fixed: 30)
        let found = seeds.count {
            !DiskRun.run(seed: $0, faults: plan(.lying(seed: $0))).failures.isEmpty
        }
        #expect(found > 10 || seeds.count < 20)
    }

    @Test func `the same seed gives the same history, another seed another`() {
        for seed in SimulationSeeds.chosen(fixed: 4) {
            let first = DiskRun.run(seed: seed, faults: .lying(seed: seed))
            #expect(first == DiskRun.run(seed: seed, faults: .lying(seed: seed)))
            #expect(first.history != DiskRun.run(seed: seed + 1, faults: DiskFaults()).history)
        }
    }

    @Test(arguments: DiskCanary.allCases.filter { $0 != .none })
    func `a planted bug of the model is found within 50 seeds`(_ canary: DiskCanary) {
        let found = (1...50).first { seed in
            let outcome = DiskRun.run(
                seed: UInt64(seed), faults: plan(DiskFaults()), canary: canary)
            return !outcome.failures.isEmpty
        }
        #expect(found != nil, "no checker notices \(canary)")
    }
}

/// One operation at a time on a simulated disk.
struct DiskBench: ~Copyable {
    let world: SimulatedWorld
    let disk: SimulatedDisk
    var engine: SimulatedEngine
    let file: FileSlot
    private let token = Token(.diskWrite, slot: 1, generation: 1)

    init(seed: UInt64 = 7, sectors: Int = 64, _ change: (inout DiskFaults) -> Void) throws {
        var faults = DiskFaults()
        change(&faults)
        try self.init(SimulatedDisk(count: sectors * 512, seed: seed, faults: faults))
    }

    /// A process that opens the disk.
    init(_ disk: SimulatedDisk) throws {
        let world = SimulatedWorld(seed: 5, faults: FaultPlan(), shards: 1, clients: 0)
        var engine = SimulatedEngine(world, shard: 0)
        let slot = engine.register(file: world.attach(disk), alignment: disk.alignment)
        file = try #require(slot)
        self.world = world
        self.disk = disk
        self.engine = engine
    }

    /// The result of the operation under way.
    mutating func result() throws -> Int {
        engine.turn(waitNanoseconds: nil)
        while world.step() == .shard(0) {
            if let completion = engine.nextCompletion() { return Int(completion.result) }
            engine.turn(waitNanoseconds: nil)
        }
        throw EngineFixture.DeadlinePassed()
    }

    mutating func write(_ bytes: [UInt8], at offset: Int, durable: Bool = false) throws -> Int {
        let memory = try pageMemory(bytes)
        engine.write(
            file, offset: UInt64(offset), memory.bytes.bytes, durable: durable, token: token)
        return try result()
    }

    mutating func read(_ count: Int, at offset: Int) throws -> (result: Int, bytes: [UInt8]) {
        let memory = try pageMemory(count: count)
        engine.read(file, offset: UInt64(offset), into: memory.bytes, token: token)
        let result = try result()
        return (result, memory.bytes.slice(0, max(result, 0)).bytes.array)
    }

    mutating func sync() throws -> Int {
        engine.syncData(file, token: token)
        return try result()
    }
}

@Suite struct DiskFaultTests {
    let pattern = patternBytes(4096)

    @Test func `vectors read and write their pieces in order`() throws {
        var bench = try DiskBench { _ in }
        let memory = try pageMemory(pattern)
        let token = Token(.diskWrite, slot: 1, generation: 1)
        for piece in [1, 0] {
            let appended = bench.engine.appendToVector(memory.bytes.slice(piece * 2048, 2048).bytes)
            #expect(appended)
        }
        bench.engine.writeVector(bench.file, offset: 512, durable: false, token: token)
        #expect(try bench.result() == 4096)
        #expect(Array(bench.disk.contents[512..<2560]) == Array(pattern[2048...]))
        let back = try pageMemory(count: 4096)
        for piece in [1, 0] {
            let appended = bench.engine.appendToVector(back.bytes.slice(piece * 2048, 2048))
            #expect(appended)
        }
        bench.engine.readVector(bench.file, offset: 512, token: token)
        #expect(try bench.result() == 4096)
        let found = back.bytes.bytes.array
        #expect(found == pattern)
        #expect(bench.world.violations == [])
    }

    @Test func `a read over the end is short, one behind it empty`() throws {
        var bench = try DiskBench { _ in }
        #expect(try bench.read(2048, at: 63 * 512).result == 512)
        #expect(try bench.read(512, at: 64 * 512).result == 0)
    }

    @Test func `flipped bits are in the read alone, rot is on the medium`() throws {
        for rots in [false, true] {
            var bench = try DiskBench {
                rots ? ($0.rot = .percent(100)) : ($0.bitFlip = .percent(100))
            }
            _ = try bench.write(pattern, at: 0, durable: true)
            let found = try bench.read(4096, at: 0).bytes
            let wrong = zip(found, pattern).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
            #expect(wrong == 1)
            #expect((Array(bench.disk.contents.prefix(4096)) == pattern) == !rots)
            #expect(bench.disk.happened == [rots ? "rot" : "bitFlip": 1])
        }
    }

    @Test func `a bad sector fails every read over it until it is written`() throws {
        var bench = try DiskBench { _ in }
        bench.disk.spoil(at: 1024)
        for _ in 0..<3 { #expect(try bench.read(2048, at: 0).result == -Int(Errno.inputOutput)) }
        #expect(try bench.read(1024, at: 0).result == 1024)
        #expect(try bench.write(Array(pattern.prefix(512)), at: 1024) == 512)
        #expect(try bench.read(2048, at: 0).result == 2048)
        bench.disk.faults.latentError = .percent(100)
        #expect(try bench.read(2048, at: 0).result == -Int(Errno.inputOutput))
        bench.disk.faults.latentError = .never
        #expect(try bench.read(2048, at: 0).result == -Int(Errno.inputOutput))
    }

    @Test func `a lost write completes and is nowhere`() throws {
        var bench = try DiskBench { $0.lostWrite = .percent(100) }
        #expect(try bench.write(pattern, at: 0, durable: true) == 4096)
        #expect(bench.disk.contents.allSatisfy { $0 == 0 })
    }

    @Test func `a misdirected write is whole and elsewhere`() throws {
        var bench = try DiskBench(sectors: 4096) { $0.misdirectedWrite = .percent(100) }
        #expect(try bench.write(pattern, at: 0, durable: true) == 4096)
        let image = bench.disk.crash(seed: 1).contents
        let places = stride(from: 0, to: image.count - 4095, by: 512).filter {
            Array(image[$0..<$0 + 4096]) == pattern
        }
        #expect(places.count == 1 && places != [0])
    }

    @Test func `a misdirected read delivers another place's bytes`() throws {
        var bench = try DiskBench(sectors: 4096) { _ in }
        _ = try bench.write(pattern, at: 0)
        bench.disk.faults.misdirectedRead = .percent(100)
        #expect(try bench.read(4096, at: 0).bytes != pattern)
        #expect(bench.disk.happened == ["misdirectedRead": 1])
    }

    @Test func `errors are told by their numbers`() throws {
        var bench = try DiskBench { $0.noSpace = .percent(100) }
        #expect(try bench.write(pattern, at: 0) == -28)
        #expect(bench.disk.contents.allSatisfy { $0 == 0 })
        bench.disk.faults = DiskFaults()
        bench.disk.faults.writeFails = .percent(100)
        bench.disk.faults.readFails = .percent(100)
        bench.disk.faults.flushFails = .percent(100)
        #expect(try bench.write(pattern, at: 0) == -5)
        #expect(try bench.read(512, at: 0).result == -5)
        #expect(try bench.sync() == -5)
        bench.disk.faults = DiskFaults()
        bench.disk.faults.shortWrite = .percent(100)
        bench.disk.faults.shortRead = .percent(100)
        for _ in 0..<10 {
            let written = try bench.write(pattern, at: 0)
            #expect((512..<4096).contains(written) && written % 512 == 0)
            #expect(Array(bench.disk.contents.prefix(written)) == Array(pattern.prefix(written)))
            let read = try bench.read(2048, at: 0)
            #expect((512..<2048).contains(read.result) && read.result % 512 == 0)
        }
    }

    @Test func `a failing device fails everything, and works again when it does`() throws {
        var bench = try DiskBench { _ in }
        bench.disk.isFailing = true
        #expect(try bench.write(pattern, at: 0) == -5)
        #expect(try bench.read(512, at: 0).result == -5)
        #expect(try bench.sync() == -5)
        bench.disk.isFailing = false
        #expect(try bench.write(pattern, at: 0) == 4096)
        #expect(try bench.sync() == 0)
        #expect(Array(bench.disk.crash(seed: 3).contents.prefix(4096)) == pattern)
    }

    @Test func `a flush after a failed one does not save what that one lost`() throws {
        var lost = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            var bench = try DiskBench(seed: seed) { $0.flushFails = .percent(100) }
            _ = try bench.write(pattern, at: 0)
            #expect(try bench.sync() == -5)
            bench.disk.faults.flushFails = .never
            #expect(try bench.sync() == 0)
            let isThere = (0..<20).allSatisfy {
                Array(bench.disk.crash(seed: $0).contents.prefix(4096)) == pattern
            }
            if !isThere { lost += 1 }
        }
        #expect((5...35).contains(lost))
    }

    @Test func `the next process's flush saves what the killed one wrote, and only a flush does`()
        throws
    {
        var lost = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            var bench = try DiskBench { _ in }
            // So that the first disk's clock is ahead of the next one's.
            for _ in 0..<5 { _ = try bench.sync() }
            #expect(try bench.write(pattern, at: 0) == 4096)
            let killed = bench.disk.kill(seed: seed)
            #expect(Array(killed.contents.prefix(4096)) == pattern)
            let isThere = Array(killed.crash(seed: seed).contents.prefix(4096)) == pattern
            if !isThere { lost += 1 }
            var next = try DiskBench(killed)
            #expect(try next.sync() == 0)
            #expect(Array(killed.crash(seed: seed).contents.prefix(4096)) == pattern)
        }
        #expect(lost > 3)
    }

    @Test func `a disk writes back by itself when a sector waits too often`() throws {
        var bench = try DiskBench { _ in }
        for number in 0..<20 {
            _ = try bench.write([UInt8](repeating: UInt8(number + 1), count: 512), at: 0)
        }
        let found = Set((1...60).map { bench.disk.crash(seed: $0).contents[0] })
        #expect(found.isSubset(of: Set(14...20)) && found.count > 1)
    }

    @Test func `a torn write is torn at the plan's size`() throws {
        var tears = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            var bench = try DiskBench { $0.tearBytes = 4096 }
            _ = try bench.write(patternBytes(16 << 10), at: 8192)
            let image = bench.disk.crash(seed: seed).contents
            let kept = (0..<4).map { unit -> Bool in
                let place = 8192 + unit * 4096
                let bytes = Array(image[place..<place + 4096])
                let whole = bytes == Array(patternBytes(16 << 10)[unit * 4096..<(unit + 1) * 4096])
                #expect(whole || bytes.allSatisfy { $0 == 0 })
                return whole
            }
            if Set(kept).count == 2 { tears += 1 }
        }
        #expect(tears > 3)
    }

    @Test func `a write under way at a crash can leave garbage`() throws {
        var garbage = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            var bench = try DiskBench { $0.garbage = .percent(100) }
            let memory = try pageMemory(pattern)
            bench.engine.write(
                bench.file, offset: 0, memory.bytes.bytes, durable: true,
                token: Token(.diskWrite, slot: 1, generation: 1))
            bench.world.submit(bench.world.ports[0])
            let image = bench.disk.crash(seed: seed).contents
            let odd = (0..<8).count { sector in
                let bytes = Array(image[sector * 512..<sector * 512 + 512])
                return bytes != Array(pattern[sector * 512..<sector * 512 + 512])
                    && !bytes.allSatisfy { $0 == 0 }
            }
            #expect(odd <= 1)
            garbage += odd
            _ = try bench.result()
        }
        #expect(garbage == 40)
    }

    @Test func `what breaks the contract is a violation`() throws {
        var bench = try DiskBench { _ in }
        let memory = try pageMemory(pattern)
        let token = Token(.diskWrite, slot: 1, generation: 1)
        bench.engine.write(
            bench.file, offset: 100, memory.bytes.bytes, durable: false, token: token)
        bench.engine.write(
            bench.file, offset: 0, memory.bytes.slice(1, 512).bytes, durable: false, token: token)
        bench.engine.write(
            bench.file, offset: 63 * 512, memory.bytes.bytes, durable: false, token: token)
        #expect(bench.world.violations.count == 3)
        bench.engine.write(
            bench.file, offset: 0, memory.bytes.bytes, durable: false, token: token)
        bench.engine.turn(waitNanoseconds: nil)
        memory.bytes[77] ^= 1
        _ = try bench.result()
        #expect(bench.world.violations.count == 4)
        #expect(bench.world.violations.last?.contains("changed memory of a disk write") == true)
    }
}
