// swift-tools-version: 6.3
import PackageDescription

// What a plugin author builds against needs no third-party package. With NORN_WITHOUT_PACKAGES=1 the
// manifest holds only that part (ABI, kit, heart, dialects, engines, components), and resolves nothing.
let withoutPackages = Context.environment["NORN_WITHOUT_PACKAGES"] == "1"

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A plugin exports one symbol, carries its own Swift runtime and is never unloaded.
let pluginLinking: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "--version-script=\(Context.packageDirectory)/conf/plugin.map",
        "-Xlinker", "-z", "-Xlinker", "nodelete",
    ])
]
/// A plugin in C takes along nothing of Swift's: not its start file, its libraries or the way to them.
let cPluginLinking: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib", "-nostartfiles", "-no-toolchain-stdlib-rpath", "-Xlinker", "--as-needed"])
]
let swiftPluginLinking = pluginLinking + [.unsafeFlags(["-static-stdlib"])]

func swiftModule(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func swiftPlugin(_ name: String, path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: ["NornABI", "NornKit"] + dependencies, path: path,
        exclude: ["check.json", "manifest.json"], swiftSettings: strict, linkerSettings: swiftPluginLinking)
}

func cPlugin(
    _ name: String, path: String, _ dependencies: [Target.Dependency] = [], linking: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: ["NornABI"] + dependencies, path: path, exclude: ["manifest.json"],
        linkerSettings: pluginLinking + cPluginLinking + linking)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

func cLibrary(_ name: String, apt: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let pluginProducts: [(product: String, target: String)] = [
    ("norn_engine_local", "EngineLocal"),
    ("norn_engine_standalone", "EngineStandalone"),
    ("norn_python", "PythonBridge"),
    ("norn_data", "ComponentsData"),
    ("norn_intersect", "ComponentsIntersect"),
    ("norn_linear", "ComponentsLinear"),
    ("norn_evaluation", "ComponentsEvaluation"),
    ("norn_feature", "ComponentsFeature"),
    ("norn_toy", "ComponentsToy"),
    ("norn_count", "ComponentsCount"),
    ("norn_test_fixture", "FixturePlugin"),
    ("norn_test_later", "LaterPlugin"),
    ("norn_bench_relay", "RelayPlugin"),
    ("norn_test_probe", "ProbePlugin"),
    ("norn_test_hostile", "HostilePlugin"),
]

let core: [Target] = [
    cLibrary("CGMP", apt: "libgmp-dev"),
    cLibrary("CLMDB", apt: "liblmdb-dev"),
    cLibrary("COpenSSL", apt: "libssl-dev"),

    .target(name: "NornABI", exclude: ["ABI.md", "cxx", "lock", "python", "rust", "spec"]),
    .executableTarget(name: "norn-abi-generate", swiftSettings: strict),
    .target(name: "NornHost", dependencies: ["NornABI"]),
    .target(name: "NornInterposer", dependencies: ["NornABI"]),
    .executableTarget(name: "norn-worker", dependencies: ["NornHost", "NornABI"]),
    swiftModule("NornManifest"),
    swiftModule("NornFlow", ["NornManifest"], exclude: ["STATES.md"]),
    swiftModule("NornSimulator", ["NornFlow"]),
    swiftModule("NornDialects", ["NornFlow", "NornManifest"]),
    swiftModule("NornKit", ["NornABI"]),
    swiftModule("NornTestHost", ["NornKit", "NornHost", "NornABI"]),
    swiftModule("NornMath"),
    .target(name: "NornCrypto", dependencies: ["CNornCrypto"], swiftSettings: strict),
    // Optimised in debug builds too: tests of the protocols encrypt thousands of numbers.
    .target(
        name: "CNornCrypto", dependencies: ["CGMP", "COpenSSL"],
        cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2"])],
        linkerSettings: [.linkedLibrary("gmp"), .linkedLibrary("crypto")]),
    .executableTarget(
        name: "crypto-bench", dependencies: ["NornCrypto"], path: "Tests/CryptoBench", swiftSettings: strict),

    .target(name: "EngineTables", dependencies: ["NornABI"], path: "Plugins/tables"),
    cPlugin("EngineLocal", path: "Plugins/local", ["EngineTables"]),
    cPlugin(
        "EngineStandalone", path: "Plugins/standalone", ["EngineTables", "CLMDB"], linking: [.linkedLibrary("lmdb")]),
    // What plugins in Python have for a library.
    .target(
        name: "PythonBridge", dependencies: ["NornABI"], path: "Plugins/python", exclude: ["norn.py", "norn_cbor.py"],
        linkerSettings: pluginLinking + cPluginLinking),
    .target(name: "EngineTestHost", dependencies: ["NornABI"], path: "Tests/EngineTestHost"),
    .executableTarget(name: "engine-bench", dependencies: ["EngineTestHost"], path: "Tests/EngineBench"),
    .executableTarget(
        name: "heart-bench", dependencies: ["NornFlow"], path: "Tests/HeartBench", swiftSettings: strict,
        linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
        name: "kit-bench", dependencies: ["NornKit", "NornTestHost"], path: "Tests/KitBench", swiftSettings: strict),
    .executableTarget(name: "engine-probe", dependencies: ["EngineTestHost"], path: "Tests/EngineProbe"),

    swiftPlugin("ComponentsData", path: "components/data", ["NornMath"]),
    swiftPlugin("ComponentsIntersect", path: "components/intersect", ["NornMath", "NornCrypto"]),
    swiftPlugin("ComponentsLinear", path: "components/linear", ["NornMath", "NornCrypto"]),
    swiftPlugin("ComponentsEvaluation", path: "components/evaluation", ["NornMath"]),
    swiftPlugin("ComponentsFeature", path: "components/feature", ["NornMath", "NornCrypto"]),
    swiftPlugin("ComponentsToy", path: "components/toy", ["NornMath"]),
    cPlugin("ComponentsCount", path: "components/count"),

    tests("NornABITests", ["NornABI", "NornHost", "NornManifest", "WorkerHarness"]),
    .target(name: "WorkerHarness", path: "Tests/WorkerHarness"),
    .target(
        name: "FixturePlugin", dependencies: ["NornABI"], path: "Tests/Plugins/Fixture",
        linkerSettings: pluginLinking),
    .target(
        name: "LaterPlugin", dependencies: ["NornABI"], path: "Tests/Plugins/Later", linkerSettings: pluginLinking),
    cPlugin("ProbePlugin", path: "Tests/Plugins/Probe"),
    cPlugin("HostilePlugin", path: "Tests/Plugins/Hostile"),
    // What benchmarks run as tasks, and what asks a site for them.
    cPlugin("RelayPlugin", path: "Tests/Plugins/Relay"),
    .executableTarget(
        name: "load-generator", path: "Tests/LoadGenerator", cSettings: [.define("_GNU_SOURCE")]),
    tests("NornManifestTests", ["NornManifest"]),
    tests("NornFlowTests", ["NornFlow"]),
    tests("NornSimulatorTests", ["NornSimulator", "NornFlow"]),
    tests("NornDialectsTests", ["NornDialects", "NornFlow", "NornManifest"]),
    tests("NornKitTests", ["NornKit", "NornTestHost"]),
    tests("NornMathTests", ["NornMath"]),
    tests("NornCryptoTests", ["NornCrypto", "CNornCrypto"]),
    tests("EngineTests", ["NornABI", "CLMDB", "EngineTables", "EngineTestHost", "engine-probe"]),
    tests("ComponentTests", ["NornKit", "NornTestHost", "NornMath", "NornCrypto"]),
    tests("ArchitectureTests", []),
]

let shell: [Target] = [
    swiftModule("NornConformance", ["NornManifest"]),
    // The process of one rule: it loads what may be anything.
    .executableTarget(
        name: "norn-check-rule",
        dependencies: [
            "NornABI", "NornConformance", "NornInterposer", "NornKit", "NornLinux", "NornManifest", "NornRegistry",
            "NornTestHost",
        ], swiftSettings: strict),
    tests(
        "NornConformanceTests",
        ["NornABI", "NornConformance", "NornManifest", "NornRegistry", "norn-check-rule", "norn-worker"]),
    cLibrary("CPostgreSQL", apt: "libpq-dev", pkgConfig: "libpq"),
    cLibrary("CZlib", apt: "zlib1g-dev", pkgConfig: "zlib"),
    .target(name: "NornLinux"),
    swiftModule("NornRegistry", ["NornManifest", .product(name: "Crypto", package: "swift-crypto")]),
    swiftModule(
        "NornStore",
        [
            "CPostgreSQL", "NornFlow", "NornManifest", .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "GRDB", package: "GRDB.swift"),
        ]),
    swiftModule(
        "NornFederation",
        [
            "NornFlow", "NornManifest",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HummingbirdHTTP2", package: "hummingbird"),
            .product(name: "HummingbirdTLS", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "X509", package: "swift-certificates"),
        ]),
    swiftModule("NornWorkers", ["NornManifest", "NornLinux", .product(name: "Logging", package: "swift-log")]),
    swiftModule(
        "NornSite",
        [
            "NornFederation", "NornFlow", "NornLinux", "NornManifest", "NornRegistry", "NornStore", "NornWorkers",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "Yams", package: "Yams"),
        ]),
    swiftModule(
        "NornServer",
        [
            "CZlib", "NornDialects", "NornSite",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ], exclude: ["V1/CLIENTS.md"]),
    .executableTarget(
        name: "norn",
        dependencies: [
            "NornConformance", "NornLinux", "NornServer", "NornSimulator",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ], swiftSettings: strict),
    .executableTarget(
        name: "norn-bench",
        dependencies: [
            "NornManifest", "NornWorkers",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ],
        path: "Tests/Benchmarks", swiftSettings: strict),

    tests("NornRegistryTests", ["NornRegistry", "NornManifest", .product(name: "Crypto", package: "swift-crypto")]),
    // A PostgreSQL of the tests' own, in a temporary folder.
    .target(name: "PostgreSQLServer", path: "Tests/PostgreSQLServer", swiftSettings: strict),
    tests(
        "NornStoreTests",
        ["NornStore", "NornFlow", "PostgreSQLServer", .product(name: "GRDB", package: "GRDB.swift")]),
    tests("NornFederationTests", ["NornFederation", "NornFlow"]),
    // What runs the probe and reads its marks.
    .target(name: "ProbeHarness", path: "Tests/ProbeHarness", swiftSettings: strict),
    tests("FaultTests", ["PostgreSQLServer", "ProbeHarness"]),
    // A worker that does what its start message names, to see how the site takes it.
    .executableTarget(
        name: "norn-scripted-worker", dependencies: ["NornLinux", "NornManifest"], path: "Tests/ScriptedWorker",
        swiftSettings: strict),
    tests("NornWorkersTests", ["NornWorkers", "NornManifest", "NornLinux", "norn-scripted-worker", "norn-worker"]),
    tests("NornServerTests", ["NornServer", "NornSite"]),
    tests(
        "NornSiteTests",
        [
            "NornSite", "NornStore", "NornManifest", "NornFlow", "NornWorkers",
            .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
        ],
        exclude: ["Fixtures"]),
    tests(
        "ScenarioTests",
        [
            "NornManifest", "PostgreSQLServer", "ProbeHarness",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]),
]

let packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
]

let package = Package(
    name: "norn",
    platforms: [.macOS(.v15)],
    products: pluginProducts.map { .library(name: $0.product, type: .dynamic, targets: [$0.target]) },
    dependencies: withoutPackages ? [] : packages,
    targets: core + (withoutPackages ? [] : shell),
    cLanguageStandard: .gnu11,
    cxxLanguageStandard: .cxx17
)
