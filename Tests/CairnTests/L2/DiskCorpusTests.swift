import Foundation
import Testing

@testable import Cairn

/// The fuzz corpus (`Tests/Fuzz/corpus/disk`), replayed and mutated without libFuzzer.
@Suite struct DiskCorpusTests {
    static let corpus: [(name: String, bytes: [UInt8])] = {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fuzz/corpus/disk")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).map { (name, Array($0)) }
        }
    }()

    @Test func `every file of the corpus keeps the rules, and every decoder is reached`() {
        #expect(Self.corpus.count >= 6)
        var reached = DiskFuzzCheck.Reached()
        for (name, bytes) in Self.corpus {
            if let fault = DiskFuzzCheck.violation(of: bytes, &reached) {
                Issue.record("\(name): \(fault)")
            }
        }
        #expect(reached.superblocks > 0 && reached.segmentHeaders > 0 && reached.chunks > 0)
        #expect(reached.trailers > 0 && reached.entries > 0)
    }

    @Test func `mutations of the corpus keep the rules`() {
        var reached = DiskFuzzCheck.Reached()
        for (name, bytes) in Self.corpus where !bytes.isEmpty {
            for round in 0..<FormatTests.rounds {
                let seed = FormatTests.seed &+ UInt64(round)
                var random = Random(seed: seed)
                var changed = bytes
                for _ in 0...random.below(4) {
                    changed[random.below(min(changed.count, 128))] = UInt8(random.below(256))
                }
                if random.below(4) == 0 { changed.removeLast(random.below(changed.count)) }
                if let fault = DiskFuzzCheck.violation(of: changed, &reached) {
                    Issue.record("\(name), CAIRN_TEST_SEED=\(seed): \(fault)")
                }
            }
        }
    }
}
