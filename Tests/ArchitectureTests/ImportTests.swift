import Foundation
import Testing

/// The table of folders and one-way imports in Sources/README.md, held against the code.
@Suite struct ImportTests {
    /// Norn's modules that each folder may import; what a module may import, it may import through another as well.
    static let allowed: [String: Set<String>] = [
        "Sources/NornManifest": [],
        "Sources/NornFlow": ["NornManifest"],
        "Sources/NornSimulator": ["NornFlow", "NornManifest"],
        "Sources/NornDialects": ["NornFlow", "NornManifest"],
        "Sources/NornKit": ["NornABI"],
        "Sources/NornTestHost": ["NornABI", "NornHost", "NornKit"],
        "Sources/NornConformance": ["NornManifest"],
        "Sources/norn-check-rule": [
            "NornABI", "NornConformance", "NornInterposer", "NornKit", "NornLinux", "NornManifest", "NornRegistry",
            "NornTestHost",
        ],
        "Sources/NornMath": [],
        "Sources/NornCrypto": ["CNornCrypto"],
        "Sources/NornRegistry": ["NornManifest"],
        "Sources/NornStore": ["NornFlow", "NornManifest"],
        "Sources/NornFederation": ["NornFlow", "NornManifest"],
        "Sources/NornWorkers": ["NornLinux", "NornManifest"],
        "Sources/NornSite": [
            "NornDialects", "NornFederation", "NornFlow", "NornLinux", "NornManifest", "NornRegistry", "NornStore",
            "NornWorkers",
        ],
        "Sources/NornServer": [
            "NornDialects", "NornFederation", "NornFlow", "NornManifest", "NornRegistry", "NornSite", "NornStore",
            "NornWorkers",
        ],
        "Sources/norn": [
            "NornConformance", "NornDialects", "NornFederation", "NornFlow", "NornLinux", "NornManifest",
            "NornRegistry", "NornServer", "NornSimulator", "NornSite", "NornStore",
        ],
        "components": ["NornABI", "NornCrypto", "NornKit", "NornMath"],
        "Plugins": ["NornABI", "NornKit"],
    ]

    /// What a plugin author builds against needs no third-party package, and no Foundation.
    static let withoutFoundation = [
        "Sources/NornKit", "Sources/NornMath", "Sources/NornCrypto", "Sources/NornFlow", "components", "Plugins",
    ]

    static let systemModules: Set<String> = [
        "Glibc", "Darwin", "Foundation", "FoundationEssentials", "Dispatch", "Synchronization",
    ]
    static let withoutPackages = [
        "Sources/NornManifest", "Sources/NornFlow", "Sources/NornDialects", "Sources/NornKit", "Sources/NornMath",
        "Sources/NornCrypto", "components", "Plugins",
    ]

    @Test(arguments: allowed.keys.sorted())
    func importsOnlyWhatTheTableAllows(folder: String) throws {
        let mayImport = try #require(Self.allowed[folder])
        for file in try SourceTree.files(folder, endings: ["swift"]) {
            let ours = file.imports.filter { $0.hasPrefix("Norn") || $0.hasPrefix("CNorn") }
            let foreign = ours.subtracting(mayImport).sorted()
            #expect(foreign.isEmpty, "\(file.path) imports \(foreign.joined(separator: ", ")), which \(folder) may not")
        }
    }

    @Test(arguments: withoutFoundation)
    func authorsModulesDoWithoutFoundation(folder: String) throws {
        for file in try SourceTree.files(folder, endings: ["swift"]) {
            #expect(!file.imports.contains { $0.hasPrefix("Foundation") }, "\(file.path) imports Foundation")
        }
    }

    @Test(arguments: withoutPackages)
    func authorsModulesNeedNoPackage(folder: String) throws {
        let cLibraries: Set<String> = ["CGMP", "CLMDB", "COpenSSL", "CNornCrypto"]
        for file in try SourceTree.files(folder, endings: ["swift"]) {
            let packages = file.imports.subtracting(Self.systemModules).subtracting(cLibraries)
                .filter { !$0.hasPrefix("Norn") }
            #expect(packages.isEmpty, "\(file.path) imports \(packages.sorted().joined(separator: ", "))")
        }
    }

    @Test func everyModuleHasARowInTheTable() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources").path)
        let swiftFolders = try folders.sorted().filter {
            try !SourceTree.files("Sources/\($0)", endings: ["swift"]).isEmpty
        }
        let tools: Set<String> = ["norn-abi-generate"]
        for folder in swiftFolders where !tools.contains(folder) {
            #expect(Self.allowed["Sources/\(folder)"] != nil, "Sources/\(folder) has no row in the table of imports")
        }
    }

    @Test func theMapNamesEveryFolder() throws {
        let map = try String(contentsOf: SourceTree.root.appending(path: "Sources/README.md"), encoding: .utf8)
        for folder in try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources").path)
        where folder != "README.md" {
            #expect(map.contains("`\(folder)`"), "Sources/README.md does not name \(folder)")
        }
    }
}
