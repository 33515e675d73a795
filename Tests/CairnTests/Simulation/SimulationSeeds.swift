import Glibc

/// The seeds a simulation test runs, and how to replay one.
enum SimulationSeeds {
    /// `count` seeds, times CAIRN_SIM_FACTOR if that is set; or only the seed in CAIRN_SIM_SEED.
    static func chosen(_ count: Int) -> [UInt64] {
        if let seed = number("CAIRN_SIM_SEED") { return [seed] }
        return (1...UInt64(count) * (number("CAIRN_SIM_FACTOR") ?? 1)).map { $0 }
    }

    /// Tells of each seed before it runs: a crash then follows the line of its seed.
    static func tell(_ seed: UInt64) {
        if number("CAIRN_SIM_TELL") != nil { print("simulation: seed \(seed)") }
    }

    // SAFETY: the string of the environment is copied at once; nothing here changes it.
    private static func number(_ variable: String) -> UInt64? {
        guard let text = unsafe getenv(variable) else { return nil }
        return UInt64(unsafe String(cString: text))
    }

    /// The command that repeats a failed seed.
    static func replay(_ seed: UInt64, _ test: String = #function) -> String {
        let name = test.prefix { $0 != "(" }.filter { $0 != "`" }
        return "replay: CAIRN_SIM_SEED=\(seed) swift test --filter '\(name)'"
    }
}
