import Foundation
import NornManifest
import NornRegistry
import Testing

/// A folder of its own for a test, with plugins that are compiled from C on the spot.
final class PluginFixture {
    /// Whether there is a C compiler; tests that need a real library are skipped without one.
    static let hasCompiler = (try? run(["cc", "--version"])) != nil

    static let entry = "void norn_plugin_entry_1(void) {}"
    static let goodFlags = ["-Wl,-z,nodelete", "-Wl,-z,noexecstack"]

    let root: String

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "norn-registry-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit {
        // The store's folders are read-only; a user who is not root must open them first.
        _ = try? Self.run(["chmod", "-R", "u+w", root])
        try? FileManager.default.removeItem(atPath: root)
    }

    @discardableResult
    static func run(_ command: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        struct CommandFailed: Error {}
        guard process.terminationStatus == 0 else { throw CommandFailed() }
        return 0
    }

    /// Compiles a shared library and gives its bytes.
    func compile(_ source: String = entry, flags: [String] = goodFlags) throws -> [UInt8] {
        let (input, output) = ("\(root)/\(UUID().uuidString).c", "\(root)/\(UUID().uuidString).so")
        try source.write(toFile: input, atomically: true, encoding: .utf8)
        try Self.run(["cc", "-shared", "-fPIC", "-nostartfiles", "-o", output, input] + flags)
        return [UInt8](try Data(contentsOf: URL(filePath: output)))
    }

    static func manifest(version: String = "0.1.0", sha256: String, change: (inout JSONObject) -> Void = { _ in })
        -> JSON
    {
        var manifest: JSONObject = [
            "manifest": 1, "plugin": ["id": "norn.sample", "version": .string(version)],
            "abi": ["generation": 1, "level_min": 1, "level_built": 1],
            "libraries": [
                [
                    "platform": .string(AdmissionRules.builtPlatform), "path": "libsample.so",
                    "sha256": .string(sha256),
                ]
            ],
            "components": [
                [
                    "name": "Sample", "roles": ["guest", "host"], "engines": ["local"],
                    "parameters": [
                        "type": "object", "additionalProperties": false,
                        "properties": [
                            "alpha": ["type": "number", "default": 1],
                            "seed": ["type": ["integer", "null"], "default": nil],
                            "table": ["type": "object"],
                        ],
                    ],
                    "inputs": [["name": "data", "kind": "table"]], "outputs": [["name": "model", "kind": "model"]],
                    "kernels": [["name": "sum", "revision": 2]],
                ]
            ],
        ]
        change(&manifest)
        return .object(manifest)
    }

    /// Lays a plugin out as an author would.
    @discardableResult
    func plugin(
        _ folder: String = "plugins/sample", library: [UInt8], version: String = "0.1.0", sha256: String? = nil,
        change: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        let path = "\(root)/\(folder)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(library).write(to: URL(filePath: "\(path)/libsample.so"))
        let manifest = Self.manifest(
            version: version, sha256: sha256 ?? Digest.hexadecimal(of: library), change: change)
        try manifest.text(.pretty).write(toFile: "\(path)/manifest.json", atomically: true, encoding: .utf8)
        return path
    }

    func registry(_ prober: SampleProber = SampleProber()) throws -> PluginRegistry {
        PluginRegistry(store: try PluginStore(root: "\(root)/store"), prober: prober)
    }

    func stored() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: "\(root)/store") }
}

/// Answers as the sample plugin would.
actor SampleProber: PluginProber {
    struct Crashed: Error {}

    static let component: CBOR = [
        "name": "Sample", "roles": ["guest", "host"], "inputs": ["data"], "outputs": ["model"],
        "parameters": ["alpha": 1.0], "kernels": [["name": "sum", "revision": 2]],
    ]

    private let answer: CBOR?
    private(set) var probes = 0
    private(set) var probedPaths: [String] = []

    init(component: CBOR = component, version: String = "0.1.0", crashes: Bool = false) {
        let plugin: CBOR = ["id": "norn.sample", "version": .text(version), "level_min": 1, "level_built": 1]
        answer = crashes ? nil : ["plugin": plugin, "components": [.bytes(component.encoded())], "engines": []]
    }

    func describe(_ library: StoredLibrary, _ manifest: Manifest) async throws -> [UInt8] {
        probes += 1
        probedPaths.append(library.path)
        guard let answer else { throw Crashed() }
        return answer.encoded()
    }
}
