import Glibc

@testable import Cairn

/// The seeds a simulation test runs, and how to replay one.
enum SimulationSeeds {
    /// `known` seeds, the first `fixed` numbers, and `fresh` that were never tried (times 20 with
    /// CAIRN_SOAK). CAIRN_TEST_SEED replaces all: one seed, or the first and the last of several
    /// with `...` between; each is then told before it runs, for a seed that ends the process.
    static func chosen(
        known: [UInt64] = [], fixed: Int, fresh: Int = 0, _ test: String = #function
    ) -> [UInt64] {
        if let given = value("CAIRN_TEST_SEED") {
            let ends = given.split(separator: ".").compactMap { UInt64($0) }
            if let first = ends.first, let last = ends.last, first <= last {
                return Array(first...last)
            }
        }
        var seeds = known + (0..<UInt64(fixed)).map { $0 + 1 }
        if fresh > 0 {
            let count = UInt64(value("CAIRN_SOAK") == nil ? fresh : 20 * fresh)
            // Numbers that can be typed.
            let first = Entropy.word() % 1_000_000_000 + 1_000
            print("new seeds, to repeat: \(command("\(first)...\(first + count - 1)", test))")
            seeds += Array(first..<first + count)
        }
        return seeds
    }

    /// Fresh seeds in long runs only: for whole shards they still find faults now and then, and a
    /// change is not to fail for what it did not do.
    static func freshInSoak(_ count: Int) -> Int { value("CAIRN_SOAK") == nil ? 0 : count }

    /// Tells of a seed before it runs, if seeds were given.
    static func tell(_ seed: UInt64) {
        if value("CAIRN_TEST_SEED") != nil { print("seed \(seed)") }
    }

    // SAFETY: the string of the environment is copied at once; nothing here changes it.
    private static func value(_ variable: String) -> String? {
        guard let text = unsafe getenv(variable) else { return nil }
        return unsafe String(cString: text)
    }

    /// The command that repeats a failed seed.
    static func replay(_ seed: UInt64, _ test: String = #function) -> String {
        "replay: \(command("\(seed)", test))"
    }

    private static func command(_ seeds: String, _ test: String) -> String {
        let name = test.prefix { $0 != "(" }.filter { $0 != "`" }
        return "CAIRN_TEST_SEED=\(seeds) swift test --filter '\(name)'"
    }
}
