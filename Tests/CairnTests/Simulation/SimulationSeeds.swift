import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The seeds a simulation test runs, and how to replay one.
enum SimulationSeeds {
    /// `count` seeds, or the one in the environment variable CAIRN_SIM_SEED.
    static func chosen(_ count: Int) -> [UInt64] {
        if let text = unsafe getenv("CAIRN_SIM_SEED"),
            let seed = UInt64(unsafe String(cString: text))
        {
            return [seed]
        }
        return (1...UInt64(count)).map { $0 }
    }

    /// The command that repeats a failed seed.
    static func replay(_ seed: UInt64, _ test: String = #function) -> String {
        let name = test.prefix { $0 != "(" }.filter { $0 != "`" }
        return "replay: CAIRN_SIM_SEED=\(seed) swift test --filter '\(name)'"
    }
}
