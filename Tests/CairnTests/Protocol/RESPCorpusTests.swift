import Foundation
import Testing

@testable import Cairn

/// The fuzz corpus (`Tests/Fuzz/corpus/resp`), replayed and mutated without libFuzzer.
@Suite struct RESPCorpusTests {
    /// Name and bytes of every file of the corpus, in the order of names.
    static let corpus: [(name: String, bytes: [UInt8])] = {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fuzz/corpus/resp")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).map { (name, Array($0)) }
        }
    }()

    @Test func `every file of the corpus keeps the rules`() {
        #expect(Self.corpus.count >= 50)
        for (name, bytes) in Self.corpus {
            if let fault = RESPFuzzCheck.violation(of: bytes) { Issue.record("\(name): \(fault)") }
        }
    }

    /// Every file of valid requests, cut at every byte: `.needMore` with a bound that the rest of
    /// the request keeps, and never an error.
    @Test func `every prefix of every request wants more, and never more than is missing`() {
        var arguments = ArgumentTable(capacity: 64)
        let limits = RESPFuzzCheck.limits(true)
        var cuts = 0
        for (name, bytes) in Self.corpus {
            let whole = TestBytes(bytes)
            let outcome = RESPParser.parse(
                whole.bytes, from: 0, into: &arguments, limits: limits)
            guard case .command(let consumed) = outcome else { continue }
            for cut in 0..<consumed {
                let prefix = TestBytes(Array(bytes[0..<cut]))
                let early = RESPParser.parse(
                    prefix.bytes, from: 0, into: &arguments, limits: limits)
                guard case .needMore(let bound) = early, bound >= 1, bound <= consumed - cut else {
                    Issue.record("\(name), \(cut) of \(consumed) bytes: \(early)")
                    continue
                }
                cuts += 1
            }
        }
        #expect(cuts > 5_000)
    }

    /// Arguments of no bytes are the shortest there are, so the bound is the very number missing.
    @Test func `the bound is exact for the shortest requests`() {
        var arguments = ArgumentTable(capacity: 64)
        for count in [1, 2, 9, 10, 40] {
            let bytes = RESPCorpus.multibulk(Array(repeating: [], count: count))
            // Once the count is known; before, a shorter one is possible.
            let header = "*\(count)\r\n".utf8.count
            for cut in header..<bytes.count {
                let prefix = TestBytes(Array(bytes[0..<cut]))
                let outcome = RESPParser.parse(
                    prefix.bytes, from: 0, into: &arguments, limits: RESPLimits())
                #expect(outcome == .needMore(atLeast: bytes.count - cut))
            }
        }
    }

    /// Split in two at any byte, and fed as a connection would, a stream gives the same commands.
    @Test func `any split gives the same commands`() {
        var arguments = ArgumentTable(capacity: 64)
        let limits = RESPFuzzCheck.limits(true)
        for (name, bytes) in Self.corpus where bytes.count < 700 {
            let whole = RESPFuzzCheck.transcript(of: bytes, &arguments, limits)
            for seed: UInt64 in 10..<30 {
                for streamed in [1, 8, 64, Int.max] {
                    let pieces = Pieces(seed: seed, streamBytesMin: streamed)
                    let found = pieces.transcript(of: bytes, &arguments, limits)
                    if found != whole {
                        Issue.record("\(name), seed \(seed), streamed from \(streamed): \(found)")
                    }
                }
            }
        }
    }

    /// CAIRN_FUZZ_SEED and CAIRN_FUZZ_RUNS replay a failure or go on for longer.
    @Test func `seeded mutations of the corpus keep the rules`() {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["CAIRN_FUZZ_SEED"].flatMap(UInt64.init) ?? 20_261_122
        let runs = environment["CAIRN_FUZZ_RUNS"].flatMap(Int.init) ?? 500
        for run in 0..<runs {
            var mutator = Mutator(random: Random(seed: seed &+ UInt64(run)))
            let bytes = mutator.mutate(corpus: Self.corpus.map(\.bytes))
            if let fault = RESPFuzzCheck.violation(of: bytes) {
                Issue.record(
                    """
                    \(fault)
                    input: \(bytes)
                    replay: CAIRN_FUZZ_SEED=\(seed &+ UInt64(run)) CAIRN_FUZZ_RUNS=1 \
                    swift test --filter RESPCorpusTests
                    """)
                return
            }
        }
    }

    @Test func `random bytes keep the rules`() {
        let seed: UInt64 = 4_711
        var random = Random(seed: seed)
        let alphabet = Array("*$\r\n0123456789-+\"'\\x abcGETSET".utf8) + [0, 0x80, 0xFF]
        for run in 0..<1_000 {
            let bytes = (0..<random.below(60)).map { _ in alphabet[random.below(alphabet.count)] }
            if let fault = RESPFuzzCheck.violation(of: bytes) {
                Issue.record("seed \(seed), run \(run): \(fault), input \(bytes)")
                return
            }
        }
    }

    @Test func `the rules are not empty: a wrong transcript would be noticed`() {
        var arguments = ArgumentTable(capacity: 64)
        let limits = RESPFuzzCheck.limits(true)
        let request = RESPCorpus.request("SET k vvvvvvvvvvvvvvvvvvvvvvvv")
        let whole = RESPFuzzCheck.transcript(of: request, &arguments, limits)
        let other = RESPFuzzCheck.transcript(of: Array(request.dropLast()), &arguments, limits)
        #expect(whole.commands.count == 1 && other.commands.isEmpty && whole != other)
    }
}

/// Changes bytes the way a fuzzer does, from a seed.
struct Mutator {
    var random: Random
    private static let tokens = [
        "\r\n", "*", "$", "-1", "0", "\r", "\n", "*1\r\n", "$4\r\n", "9223372036854775807",
        "\"", "'", "\\x4", "PING\r\n", "4096", "16384", "\u{0}",
    ].map { Array($0.utf8) }

    init(random: Random) { self.random = random }

    /// One to six changes of a file of the corpus.
    mutating func mutate(corpus: [[UInt8]]) -> [UInt8] {
        var bytes = corpus[random.below(corpus.count)]
        for _ in 0..<(1 + random.below(6)) { change(&bytes, corpus) }
        return Array(bytes.prefix(2048))
    }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let at = random.below(bytes.count + 1)
        switch random.below(7) {
        case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1 where at < bytes.count: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 2 where at < bytes.count: bytes.remove(at: at)
        case 3: bytes.removeLast(min(bytes.count, random.below(20)))
        case 4: bytes.insert(contentsOf: Self.tokens[random.below(Self.tokens.count)], at: at)
        case 5:
            let other = corpus[random.below(corpus.count)]
            bytes.insert(contentsOf: other.prefix(random.below(other.count + 1)), at: at)
        default:
            // Another digit: lengths that lie by a little.
            let digits = bytes.indices.filter { bytes[$0] >= 0x30 && bytes[$0] <= 0x39 }
            if !digits.isEmpty {
                bytes[digits[random.below(digits.count)]] = 0x30 + UInt8(random.below(10))
            }
        }
    }
}
