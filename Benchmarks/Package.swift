// swift-tools-version:6.2
import PackageDescription

// Micro-benchmarks of the data path's parts: tools/microbench runs them.
//
// A package of its own, so that nobody who builds Cairn builds the benchmark library. The target
// holds the data path's folders below the shard, by links to the sources, and not as a dependency:
// their parts are `internal`, and Swift inlines and specialises within a module only, so that from
// another module the benchmark would measure calls that no shard makes.
let package = Package(
    name: "cairn-benchmarks",
    dependencies: [
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    ],
    targets: [
        .target(
            name: "CShims",
            path: "CShims",
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("numa")]
        ),
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: [
                "CShims",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "MicroBenchmarks",
            swiftSettings: [.enableExperimentalFeature("Lifetimes")],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)
