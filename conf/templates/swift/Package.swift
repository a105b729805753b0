// swift-tools-version: 6.3
import PackageDescription

// Norn's kit as it is installed with Norn; set NORN_KIT where it is elsewhere.
let kit = Context.environment["NORN_KIT"] ?? "@KIT@"

let package = Package(
    name: "@NAME@",
    products: [.library(name: "@IDENTIFIER@", type: .dynamic, targets: ["@MODULE@"])],
    dependencies: [.package(path: "\(kit)/norn-kit")],
    targets: [
        .target(
            name: "@MODULE@", dependencies: [.product(name: "NornKit", package: "norn-kit")],
            // A plugin exports one symbol, carries its own Swift runtime and is never unloaded.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-Xlinker", "--version-script=\(Context.packageDirectory)/plugin.map",
                    "-Xlinker", "-z", "-Xlinker", "nodelete",
                ])
            ])
    ]
)
