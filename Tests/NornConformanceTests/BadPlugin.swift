import Foundation
import NornManifest
import NornRegistry
import Testing

/// The plugin of Tests/Plugins/Bad in a folder of its own: good, or compiled with one defect.
struct BadPlugin {
    /// How a plugin is bad, and by which rule that is to be found.
    struct Defect: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: Int
        var change: Change = .compiled
        /// For defects that hang: how long a cancelled run may go on.
        var slackMilliseconds: UInt64 = 15_000

        enum Change: Sendable {
            /// a macro, BAD_ and the name in upper case
            case compiled
            /// other flags for the linker, in place of the usual
            case linked([String])
            /// another manifest
            case manifest(@Sendable (inout JSONObject) -> Void)
            /// another file in place of the library
            case library(String)
        }

        var testDescription: String { "\(rule) \(name)" }
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let usualLinking = [
        "-Wl,--version-script=\(root.path)/conf/plugin.map", "-Wl,-z,nodelete", "-Wl,-z,noexecstack",
    ]

    let folder: URL

    init(_ defect: Defect?) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "norn-bad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let library = folder.appending(path: "libbad.so")
        var macro = "GOOD"
        var linking = Self.usualLinking
        var manifest = Self.manifest
        switch defect?.change {
        case nil: break
        case .compiled: macro = defect?.name.uppercased().replacingOccurrences(of: " ", with: "_") ?? ""
        case .linked(let flags): linking = flags
        case .manifest(let change): change(&manifest)
        case .library(let text): try Data(text.utf8).write(to: library)
        }
        if case .library = defect?.change {} else { try Self.compile(library, macro, linking) }
        if manifest["libraries"]?[0]?["sha256"] == .string("") {
            let digest = Digest.hexadecimal(of: Array(try Data(contentsOf: library)))
            manifest["libraries"] = [
                ["platform": .string(AdmissionRules.builtPlatform), "path": "libbad.so", "sha256": .string(digest)]
            ]
        }
        try Data(JSON.object(manifest).text(.pretty).utf8).write(to: folder.appending(path: "manifest.json"))
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private static func compile(_ library: URL, _ macro: String, _ linking: [String]) throws {
        let sources = ["entry.c", "component.c", "run.c", "kernels.c"].map { "\(root.path)/Tests/Plugins/Bad/\($0)" }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-DBAD_\(macro)", "-I",
                "\(root.path)/Sources/NornABI/include", "-o", library.path,
            ] + sources + linking
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CompilationFailed(macro: macro) }
    }

    struct CompilationFailed: Error { let macro: String }

    private static let manifest: JSONObject = [
        "manifest": 1,
        "plugin": [
            "id": "test.bad", "version": "1.0.0", "vendor": "Norn", "license": "Apache-2.0", "summary": "A test.",
        ],
        "abi": ["generation": 1, "level_min": 1, "level_built": 1],
        "libraries": [["platform": .string(AdmissionRules.builtPlatform), "path": "libbad.so", "sha256": ""]],
        "components": [
            [
                "name": "Sample", "aliases": [], "reference": "sample", "summary": "Doubles numbers and sums bytes.",
                "roles": ["guest", "host"],
                "parameters": [
                    "type": "object", "additionalProperties": false,
                    "properties": ["note": ["type": "string", "default": "", "description": "for people"]],
                ],
                "inputs": [["name": "data", "kind": "table", "slots": ["data"], "optional": false]],
                "outputs": [["name": "data", "kind": "table"], ["name": "model", "kind": "model"]],
                "engines": ["local"],
                "resources": ["default": ["cores": 1, "memory_bytes": 67_108_864, "working_nodes": 1]],
                "wire": [
                    [
                        "name": "sum", "from": ["host"], "to": ["guest"], "kind": "object", "class": "plain",
                        "max_bytes": 8, "discloses": "the host's sum",
                    ],
                    [
                        "name": "more", "from": ["host"], "to": ["guest"], "kind": "object", "class": "plain",
                        "max_bytes": 8, "discloses": "nothing",
                    ],
                ],
                "discloses": ["the guest learns the host's sum"],
                "permissions": [
                    ["extension": "norn.artifacts", "why": "reads its input"],
                    ["extension": "norn.engine", "why": "runs kernels"],
                    ["extension": "norn.federation", "why": "tells the sum"],
                    ["extension": "norn.tracking", "why": "tells a summary"],
                ],
                "kernels": [["name": "double", "revision": 1], ["name": "sum", "revision": 1]],
                "stop_grace_milliseconds": 1000,
            ]
        ],
        "engines": [],
    ]
}
