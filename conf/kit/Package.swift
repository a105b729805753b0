// swift-tools-version: 6.3
import PackageDescription

// Norn's kit for components in Swift, as it is installed: it needs no other package.
let package = Package(
    name: "norn-kit",
    products: [.library(name: "NornKit", type: .static, targets: ["NornKit", "NornABI"])],
    targets: [
        .target(name: "NornABI"),
        .target(
            name: "NornKit", dependencies: ["NornABI"],
            swiftSettings: [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]),
    ],
    cLanguageStandard: .gnu11
)
