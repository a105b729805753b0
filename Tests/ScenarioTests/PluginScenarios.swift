import Foundation
import NIOHTTP1
import Testing

/// A plugin that cannot be trusted is refused with a reason, and the site goes on with the others.
@Suite(.serialized) struct PluginScenarios {
    @Test func aLibraryThatIsNotTheManifestsIsRefused() async throws {
        let tree = try Self.copyOfTheTree { manifest in
            manifest.replacing(#/"sha256": *"[0-9a-f]{4}/#, with: "\"sha256\": \"0000")
        }
        defer { try? FileManager.default.removeItem(at: tree) }
        let site = try await SiteUnderTest(tree: tree)
        let status = try await site.call(.GET, "/api/site").object
        let warnings = (status["warnings"] as? [String] ?? []).joined(separator: "\n")
        #expect(warnings.contains("norn.count") && warnings.contains("digest"), "\(status)")
        let names = try await site.call(.GET, "/api/components").list.compactMap { $0["name"] as? String }
        #expect(!names.contains("CountExample"))
        #expect(names.contains("HeteroLR"))
        let refused = try await site.submit(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect((400..<500).contains(refused.status))
        await site.end()
    }

    @Test func aPluginOfALaterLevelIsRefused() async throws {
        let tree = try Self.copyOfTheTree { manifest in
            manifest.replacing(#/"level_min": *1, *"level_built": *1/#, with: "\"level_min\": 7, \"level_built\": 9")
        }
        defer { try? FileManager.default.removeItem(at: tree) }
        let site = try await SiteUnderTest(tree: tree)
        let status = try await site.call(.GET, "/api/site").object
        let warnings = (status["warnings"] as? [String] ?? []).joined(separator: "\n")
        #expect(warnings.contains("norn.count") && warnings.contains("level"), "\(status)")
        #expect(warnings.contains("7"), "the plugin's own level is not named: \(warnings)")
        await site.end()
    }

    /// The staged tree with the manifest of a plugin changed, and its library if that is said.
    static func copyOfTheTree(
        plugin: String = "norn.count", library: (URL) throws -> Void = { _ in }, _ change: (String) throws -> String
    ) throws -> URL {
        try StagedTree.check()
        let tree = FileManager.default.temporaryDirectory.appending(path: "norn-tree-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: StagedTree.root, to: tree)
        // A link was never open for writing: a program that was just copied may still be, in a child of another test.
        for program in ["bin/norn", "libexec/norn/norn-worker"] {
            let spare = tree.appending(path: program + ".link")
            guard (try? FileManager.default.linkItem(at: StagedTree.root.appending(path: program), to: spare)) != nil
            else { continue }
            guard rename(spare.path, tree.appending(path: program).path) == 0 else {
                throw ScenarioFailure("\(program) was not linked")
            }
        }
        let folder = tree.appending(path: "lib/norn/plugins/\(plugin)")
        let manifest = folder.appending(path: "manifest.json")
        try library(folder)
        let text = try String(contentsOf: manifest, encoding: .utf8)
        let changed = try change(text)
        guard changed != text else { throw ScenarioFailure("the manifest of \(plugin) has nothing to change") }
        try changed.write(to: manifest, atomically: true, encoding: .utf8)
        return tree
    }
}
