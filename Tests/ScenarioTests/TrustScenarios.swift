import Foundation
import NIOHTTP1
import Testing

/// Sites agree on components before a job begins, and take only plugins that their policy trusts.
@Suite(.serialized) struct TrustScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    @Test func anotherContractAtThePartnerIsRefusedWithBoth() async throws {
        // The library is the same; what the manifest lets it send is not.
        let tree = try PluginScenarios.copyOfTheTree(plugin: "norn.toy") {
            $0.replacing("\"class\": \"noise\"", with: "\"class\": \"plain\"")
        }
        defer { try? FileManager.default.removeItem(at: tree) }
        let sites = try await SitesUnderTest(Self.guestAndHost, trees: ["host": tree])
        let guest = try sites["guest"].site
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let refused = try await guest.submit(dsl: dsl, conf: conf)
        #expect(refused.code == "refused", "\(refused.body)")
        #expect(refused.object["party"] as? String == "host:10000", "\(refused.body)")
        #expect(refused.field == "dsl.components.secure_add_example_0.module", "\(refused.body)")
        let message = refused.message
        #expect(message.contains("SecureAddExample is not the same at guest:9999 and host:10000"), "\(message)")
        let contracts = message.matches(of: #/\(contract ([0-9a-f]{16})\)/#).map(\.1)
        #expect(contracts.count == 2 && Set(contracts).count == 2, "\(message)")
        let kept = try await sites["host"].site.call(.GET, "/api/audit?kind=job_refused").list
        #expect((kept.last?["text"] as? String)?.contains("is not the same") == true, "\(kept)")
        await sites.end()
    }

    /// Other bytes of the same version are another binary and the same contract, as on a machine of another kind.
    @Test(arguments: [false, true])
    func anotherBinaryIsRefusedOnlyWhereASiteAsksForTheSame(asks: Bool) async throws {
        var digest = ""
        let tree = try PluginScenarios.copyOfTheTree(
            plugin: "norn.toy",
            library: { folder in
                let library = folder.appending(path: "libnorn_toy.so")
                let changed = try Data(contentsOf: library) + Data("another build".utf8)
                try FileManager.default.removeItem(at: library)
                try changed.write(to: library)
                digest = try HostilePlugin.digest(of: library)
            }
        ) { $0.replacing(#/"sha256": *"[0-9a-f]{64}"/#, with: "\"sha256\": \"\(digest)\"") }
        defer { try? FileManager.default.removeItem(at: tree) }
        let sites = try await SitesUnderTest(
            Self.guestAndHost, settings: asks ? ["guest": "trust: {agreement: binary}\n"] : [:],
            trees: ["host": tree])
        let guest = try sites["guest"].site
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let answer = try await guest.submit(dsl: dsl, conf: conf)
        if asks {
            #expect(
                answer.code == "refused" && answer.message.contains("library \(digest.prefix(16))"), "\(answer.body)")
        } else {
            let job = try #require(answer.object["job"] as? String, "\(answer.body)")
            #expect(try await guest.ended(job).status == "success")
        }
        await sites.end()
    }

    @Test func aSiteOfPinnedPluginsTakesNoOther() async throws {
        func site(_ settings: String) async throws -> SiteUnderTest {
            try await SiteUnderTest { home in
                try HostilePlugin.add(to: home)
                try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
            }
        }
        let strict = try await site("trust: {plugins: pinned}\n")
        let warnings = try await strict.call(.GET, "/api/site").object["warnings"] as? [String] ?? []
        #expect(warnings.contains { $0.contains("test.hostile") && $0.contains("is not pinned") }, "\(warnings)")
        let refusals = try await strict.call(.GET, "/api/audit?kind=plugin_refused").list
        #expect(refusals.count == 1, "\(refusals)")
        let names = try await strict.call(.GET, "/api/components").list.compactMap { $0["name"] as? String }
        #expect(!names.contains("Hostile") && names.contains("HeteroLR"), "the installation's own are trusted")
        let library = strict.home.appending(path: "added-plugins/test.hostile/libnorn_test_hostile.so")
        let digest = try HostilePlugin.digest(of: library)
        await strict.end()

        let pinned = try await site("trust: {plugins: pinned, pins: [\"\(digest)\"]}\n")
        let known = try await pinned.call(.GET, "/api/components").list.compactMap { $0["name"] as? String }
        #expect(known.contains("Hostile"))
        await pinned.end()
    }

    /// What `norn key new` and `norn component pack` make is what the policy asks for, at once and at every start.
    @Test func aSiteOfSignedPluginsTakesTheBundlesOfAKnownPublisher() async throws {
        let plugin = try await AuthoredPlugin.make()
        defer { plugin.remove() }
        let (known, other) = (try await plugin.newKey("known.key"), try await plugin.newKey("other.key"))
        let site = try await SiteUnderTest { home in
            try Data("trust: {plugins: signed, publishers: [\"\(known.publisher)\"]}\n".utf8)
                .write(to: home.appending(path: "site.yaml"))
        }
        let unsigned = try await InstallScenarios.install(plugin.bundle(), site)
        #expect(unsigned.code == "plugin_refused" && unsigned.message.contains("nobody signed"), "\(unsigned.body)")
        let strange = try await InstallScenarios.install(plugin.bundle(key: other.file), site)
        #expect(strange.code == "plugin_refused" && strange.message.contains(other.publisher), "\(strange.body)")
        #expect(try await InstallScenarios.plugin("row-total", site) == nil)
        let installed = try await InstallScenarios.install(plugin.bundle(key: known.file), site)
        #expect(installed.status == 201 && installed.object["publisher"] as? String == known.publisher)

        #expect(await site.terminate() == 0)
        try await site.start()
        #expect(try await InstallScenarios.plugin("row-total", site)?["publisher"] as? String == known.publisher)

        #expect(await site.terminate() == 0)
        let folder = site.home.appending(path: "added-plugins/row-total@0.1.0")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let library = folder.appending(path: try #require(names.first { $0.hasSuffix(".so") }))
        try (Data(contentsOf: library) + Data("another build".utf8)).write(to: library)
        try await site.start()
        #expect(try await InstallScenarios.plugin("row-total", site) == nil)
        #expect(try await site.call(.GET, "/api/components/RowTotal").status == 404)
        let kinds = try await site.call(.GET, "/api/audit").list.compactMap { $0["kind"] as? String }
            .filter { $0.hasPrefix("plugin_") }
        // The built-in ones came at the first start.
        #expect(
            Array(kinds.drop { $0 == "plugin_installed" }) == [
                "plugin_refused", "plugin_refused", "plugin_installed", "plugin_removed", "plugin_refused",
            ], "\(kinds)")
        await site.end()
    }
}
