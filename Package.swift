// swift-tools-version:6.2
import PackageDescription

/// Settings of every Swift target: unsafe operations must be marked, warnings are errors.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "cairn",
    products: [
        .executable(name: "cairn", targets: ["CairnCommand"]),
        .library(name: "Cairn", targets: ["Cairn"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .target(
            name: "CShims",
            path: "CShims",
            linkerSettings: [.linkedLibrary("uring"), .linkedLibrary("numa")]
        ),
        .target(name: "Cairn", dependencies: ["CShims"], swiftSettings: strict),
        .target(
            name: "CairnServer",
            dependencies: [
                "Cairn",
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            resources: [.embedInCode("Page")],
            swiftSettings: strict
        ),
        .target(
            name: "CairnLoad",
            dependencies: [
                "Cairn",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "CairnCommand",
            dependencies: [
                "CairnServer", "CairnLoad",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        // Here, not in Benchmarks/Package.swift: these two are built on the machine layer's
        // `package` interface.
        .executableTarget(
            name: "echo-yardstick",
            dependencies: [
                "Cairn",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/EchoYardstick",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "disk-yardstick",
            dependencies: [
                "Cairn", "CShims",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/DiskYardstick",
            swiftSettings: strict
        ),
        .testTarget(name: "CairnTests", dependencies: ["Cairn"], swiftSettings: strict),
        .testTarget(
            name: "CairnServerTests", dependencies: ["CairnServer"], swiftSettings: strict),
        .testTarget(name: "CairnLoadTests", dependencies: ["CairnLoad"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
