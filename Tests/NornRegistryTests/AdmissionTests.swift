import Foundation
import NornManifest
import NornRegistry
import Testing

@Suite("Admission of plugins", .enabled(if: PluginFixture.hasCompiler))
struct AdmissionTests {
    let fixture: PluginFixture

    init() throws { fixture = try PluginFixture() }

    /// The error of a refusal, after checking that it changed nothing.
    func refusal(_ folder: String, _ registry: PluginRegistry) async throws -> AdmissionError? {
        let (before, storedBefore) = (await registry.registry, try fixture.stored())
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(await registry.registry == before)
        #expect(try fixture.stored() == storedBefore)
        #expect(error?.remedy.isEmpty == false)
        return error
    }

    @Test("A right plugin is copied into the store, published and found in the catalogue")
    func admit() async throws {
        let prober = SampleProber()
        let registry = try fixture.registry(prober)
        let library = try fixture.compile()
        let plugin = try await registry.admit(fixture.plugin(library: library))
        let published = await registry.registry
        #expect(published.generation == 1)
        #expect(try published.catalogue.find("sample").pluginDigest == plugin.library.sha256)
        #expect(published.plugin(sha256: plugin.library.sha256) == plugin)
        #expect(try fixture.stored() == [Digest.hexadecimal(of: library)])
        #expect([UInt8](try Data(contentsOf: URL(filePath: plugin.library.path))) == library)
        let file = try FileManager.default.attributesOfItem(atPath: plugin.library.path)
        #expect(file[.posixPermissions] as? Int == 0o444)
        #expect(plugin.library.identity.bytes == library.count)
        let folder = (plugin.library.path as NSString).deletingLastPathComponent
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o555)
        #expect(await prober.probedPaths.allSatisfy { $0.contains("/store/") })
    }

    @Test("A plugin that is admitted already comes back without another probe or generation")
    func again() async throws {
        let prober = SampleProber()
        let registry = try fixture.registry(prober)
        let folder = try fixture.plugin(library: fixture.compile())
        let first = try await registry.admit(folder)
        #expect(try await registry.admit(folder) == first)
        #expect(await prober.probes == 1)
        #expect(await registry.registry.generation == 1)
    }

    @Test("A site that starts again finds its copy and keeps it")
    func restart() async throws {
        let folder = try fixture.plugin(library: fixture.compile())
        let first = try await fixture.registry().admit(folder)
        func changed() throws -> Date? {
            try FileManager.default.attributesOfItem(atPath: "\(fixture.root)/store")[.modificationDate] as? Date
        }
        let before = try #require(try changed())
        let second = try await fixture.registry().admit(folder)
        #expect(second.library == first.library)
        // Whatever is made in a folder or renamed changes its time: a full disk would have refused it.
        #expect(try changed() == before)
    }

    @Test("A copy that was damaged in the store is replaced")
    func damagedCopy() async throws {
        let library = try fixture.compile()
        let folder = try fixture.plugin(library: library)
        let first = try await fixture.registry().admit(folder)
        try PluginFixture.run(["chmod", "-R", "u+w", "\(fixture.root)/store"])
        try Data([1, 2, 3]).write(to: URL(filePath: first.library.path))
        let second = try await fixture.registry().admit(folder)
        #expect([UInt8](try Data(contentsOf: URL(filePath: second.library.path))) == library)
    }

    @Test("A library that is not the manifest's is refused by its digest")
    func digest() async throws {
        let registry = try fixture.registry()
        let library = try fixture.compile()
        let wrong = try fixture.plugin(library: library, sha256: String(repeating: "0", count: 64))
        #expect(try await refusal(wrong, registry)?.code == .digest)
        let missing = try fixture.plugin("plugins/missing", library: library, sha256: "")
        let error = try await refusal(missing, registry)
        #expect(error?.code == .digest)
        #expect(error?.message.contains("missing") == true)
    }

    @Test("A plugin of a later level or another generation is refused with the levels")
    func levels() async throws {
        let registry = try fixture.registry()
        let library = try fixture.compile()
        let later = try fixture.plugin(library: library) {
            $0["abi"] = ["generation": 1, "level_min": 7, "level_built": 9]
        }
        let error = try await refusal(later, registry)
        #expect(error?.code == .level)
        #expect(error?.message == "the plugin needs at least ABI level 7, this Norn speaks up to 1")
        let other = try fixture.plugin(library: library) {
            $0["abi"] = ["generation": 2, "level_min": 1, "level_built": 1]
        }
        #expect(try await refusal(other, registry)?.code == .level)
    }

    @Test("A manifest that is missing, wrong or without this platform is refused")
    func manifests() async throws {
        let registry = try fixture.registry()
        #expect(try await refusal("\(fixture.root)/nowhere", registry)?.code == .unreadable)
        let library = try fixture.compile()
        let wrong = try fixture.plugin(library: library) { $0["plugin"] = ["version": "1"] }
        let error = try await refusal(wrong, registry)
        #expect(error?.code == .manifest)
        #expect(error?.message.hasPrefix("plugin.id") == true)
        let elsewhere = try fixture.plugin(library: library) {
            $0["libraries"] = [["platform": "plan9_mips", "path": "libsample.so"]]
        }
        #expect(try await refusal(elsewhere, registry)?.code == .platform)
    }

    @Test("A link that leaves the folder is refused, one that stays inside is followed")
    func links() async throws {
        let registry = try fixture.registry()
        let folder = try fixture.plugin(library: fixture.compile())
        let outside = "\(fixture.root)/outside.so"
        try FileManager.default.moveItem(atPath: "\(folder)/libsample.so", toPath: outside)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/libsample.so", withDestinationPath: outside)
        #expect(try await refusal(folder, registry)?.code == .path)
        try FileManager.default.removeItem(atPath: "\(folder)/libsample.so")
        try FileManager.default.moveItem(atPath: outside, toPath: "\(folder)/inside.so")
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/libsample.so", withDestinationPath: "inside.so")
        _ = try await registry.admit(folder)
    }

    @Test("A plugin that crashes is refused, and tried again next time")
    func crash() async throws {
        let prober = SampleProber(crashes: true)
        let registry = try fixture.registry(prober)
        let folder = try fixture.plugin(library: fixture.compile())
        #expect(try await refusal(folder, registry)?.code == .probe)
        #expect(try await refusal(folder, registry)?.code == .probe)
        #expect(await prober.probes == 2)
    }

    static let differences: [(String, CBOR, String)] = [
        ("name", "Other", "components"), ("roles", ["guest"], "roles"), ("inputs", [], "inputs"),
        ("outputs", ["data"], "outputs"), ("kernels", [["name": "sum", "revision": 1]], "revision"),
        ("parameters", ["alpha": 2], "alpha"), ("parameters", [:], "alpha"),
        ("parameters", ["alpha": 1, "beta": 1], "beta"), ("parameters", ["alpha": 1, "seed": 5], "seed"),
    ]

    @Test(
        "A plugin that differs from its manifest is refused with the difference, once and for all",
        arguments: differences)
    func description(key: String, value: CBOR, words: String) async throws {
        var component = SampleProber.component.asMap ?? [:]
        component[key] = value
        let prober = SampleProber(component: .map(component))
        let registry = try fixture.registry(prober)
        let folder = try fixture.plugin(library: fixture.compile())
        let error = try await refusal(folder, registry)
        #expect(error?.code == .description)
        #expect(error?.message.contains(words) == true)
        #expect(try await refusal(folder, registry) == error)
        #expect(await prober.probes == 1)
    }

    @Test("Absent and null parameters are the same, and a parameter without a default may be described by any")
    func nulls() async throws {
        var component = SampleProber.component.asMap ?? [:]
        component["parameters"] = ["alpha": 1, "seed": nil, "table": ["name": ""]]
        let registry = try fixture.registry(SampleProber(component: .map(component)))
        _ = try await registry.admit(fixture.plugin(library: fixture.compile()))
    }

    @Test("A scan goes by name, admits what is right and reports the rest, second copies of a version too")
    func scan() async throws {
        let registry = try fixture.registry()
        let library = try fixture.compile()
        try fixture.plugin("plugins/b", library: library)
        try fixture.plugin("plugins/a", library: library)
        try fixture.plugin(
            "plugins/c",
            library: fixture.compile(
                PluginFixture.entry
                    + "\nstatic int other; int *f(void) __attribute__((visibility(\"hidden\"))); int *f(void) { return &other; }"
            ))
        try fixture.plugin("plugins/.hidden", library: library)
        try FileManager.default.createDirectory(
            atPath: "\(fixture.root)/plugins/empty", withIntermediateDirectories: true)
        let report = await registry.scan(["\(fixture.root)/nowhere", "\(fixture.root)/plugins"])
        #expect(report.admitted.map(\.source).allSatisfy { $0.hasSuffix("/plugins/a") })
        #expect(report.admitted.count == 2)
        #expect(report.refused.map(\.code) == [.duplicate])
        #expect(await registry.registry.plugins.count == 1)
    }

    @Test("A copy goes some days after its plugin was withdrawn, and no other one")
    func unusedCopies() async throws {
        let registry = try fixture.registry()
        let plugin = try await registry.admit(fixture.plugin(library: fixture.compile()))
        let copy = "\(fixture.root)/store/\(plugin.library.sha256)"
        func age(_ path: String) throws {
            let longAgo = Date(timeIntervalSinceNow: -30 * 86_400)
            try FileManager.default.setAttributes([.modificationDate: longAgo], ofItemAtPath: path)
        }
        try age(copy)
        await registry.removeUnusedCopies()
        #expect(FileManager.default.fileExists(atPath: copy), "an admitted plugin's copy was removed")
        #expect(await registry.withdraw(id: "norn.sample", version: "0.1.0"))
        await registry.removeUnusedCopies()
        #expect(FileManager.default.fileExists(atPath: copy), "a copy went right after its plugin")
        try age(copy)
        await registry.removeUnusedCopies()
        #expect(!FileManager.default.fileExists(atPath: copy))
    }

    @Test("A withdrawn plugin leaves the catalogue, its copy stays")
    func withdraw() async throws {
        let registry = try fixture.registry()
        let plugin = try await registry.admit(fixture.plugin(library: fixture.compile()))
        #expect(await registry.withdraw(id: "norn.sample", version: "0.1.0"))
        #expect(await registry.withdraw(id: "norn.sample", version: "0.1.0") == false)
        #expect(await registry.registry.generation == 2)
        #expect(await registry.registry.catalogue.entries.isEmpty)
        #expect(FileManager.default.fileExists(atPath: plugin.library.path))
    }
}
