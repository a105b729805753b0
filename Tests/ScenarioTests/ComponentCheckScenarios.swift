import Foundation
import Testing

/// `norn component check` as an author runs it, on a plugin of the installed tree and on one that is broken.
@Suite struct ComponentCheckScenarios {
    private func check(_ arguments: [String]) async throws -> Program {
        try StagedTree.check()
        return try await Program.run(StagedTree.norn, ["component", "check"] + arguments)
    }

    @Test func aGoodPluginPassesAndTheReportSaysWhatWasTried() async throws {
        let plugin = StagedTree.root.appending(path: "lib/norn/plugins/norn.count").path
        let run = try await check([plugin, "--json", "--rule", "202", "--rule", "601", "--rule", "1101"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let rules = try #require(report["rules"] as? [[String: Any]])
        #expect(rules.compactMap { $0["rule"] as? Int } == [202, 601, 1101])
        #expect(rules.allSatisfy { $0["outcome"] as? String == "passed" })
        #expect(rules.last?["suggestion"] != nil)
    }

    @Test func aBrokenOneFailsWithTheRuleAndHowToMendIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-broken-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            at: StagedTree.root.appending(path: "lib/norn/plugins/norn.count"), to: folder)
        let manifest = folder.appending(path: "manifest.json")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        try text.replacingOccurrences(of: "\"revision\": 1", with: "\"revision\": 2")
            .write(to: manifest, atomically: true, encoding: .utf8)
        let run = try await check([folder.path, "--rule", "501"])
        #expect(run.status == 1)
        #expect(run.output.contains("FAIL  501"), "\(run.output)")
        #expect(run.output.contains("revision is 1, the manifest's 2"), "\(run.output)")
        #expect(run.output.contains("Mend: "), "\(run.output)")
        #expect(run.output.contains("0 passed, 1 failed, 0 skipped"))
    }

    @Test func anUnknownRuleIsRefusedAndAMissingPluginFails() async throws {
        #expect(try await check([".", "--rule", "9999"]).status == 64)
        let missing = try await check(["/nowhere", "--rule", "101"])
        #expect(missing.status == 1)
        #expect(missing.output.contains("/nowhere is not there"), "\(missing.output)")
    }
}
