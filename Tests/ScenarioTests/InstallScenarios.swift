import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// Plugins come and go while a site serves, and the site says who did it.
@Suite(.serialized) struct InstallScenarios {
    @Test func aPluginIsInstalledUsedSwitchedAndRemovedWithoutARestart() async throws {
        let plugin = try await AuthoredPlugin.make()
        defer { plugin.remove() }
        let site = try await SiteUnderTest()
        try await AuthoredPlugin.uploadTables(site)
        let bundle = try await plugin.bundle()

        let installed = try await Self.install(bundle, site)
        #expect(installed.status == 201, "\(installed.body)")
        #expect(installed.object["builtIn"] as? Bool == false)
        #expect(try await Self.total(site) == 7)

        let again = try await Self.install(bundle, site)
        #expect(again.status == 201 && again.object["digest"] as? String == installed.object["digest"] as? String)

        _ = try await site.call(.POST, "/api/plugins/row-total/disable")
        let refused = try await site.submit(dsl: AuthoredPlugin.dsl, conf: AuthoredPlugin.conf())
        #expect((400..<500).contains(refused.status))
        #expect("\(refused.body)".contains("row-total@0.1.0 is disabled"), "\(refused.body)")

        #expect(await site.terminate() == 0)
        try await site.start()
        let kept = try await Self.plugin("row-total", site)
        #expect(kept?["enabled"] as? Bool == false, "\(String(describing: kept))")
        _ = try await site.call(.POST, "/api/plugins/row-total/enable")
        #expect(try await Self.total(site) == 7)

        #expect(try await site.call(.DELETE, "/api/plugins/row-total").status == 200)
        #expect(try await Self.plugin("row-total", site) == nil)
        #expect(try await site.call(.GET, "/api/components/RowTotal").status == 404)
        #expect(try await site.call(.DELETE, "/api/plugins/norn.count").code == "plugin_built_in")

        let history = try await site.call(.GET, "/api/plugin-history?plugin=row-total").list
        #expect(history.compactMap { $0["action"] as? String } == ["remove", "enable", "disable", "install"])
        // The audit log has the same, once: the restart between told of nothing again.
        let audit = try await site.call(.GET, "/api/audit").list.filter {
            $0["subject"] as? String == "row-total@0.1.0"
        }
        #expect(
            audit.compactMap { $0["kind"] as? String } == [
                "plugin_installed", "plugin_disabled", "plugin_enabled", "plugin_removed",
            ], "\(audit)")
        #expect(audit.allSatisfy { $0["actor"] as? String == history.first?["caller"] as? String }, "\(audit)")
        #expect(audit.allSatisfy { $0["digest"] as? String == installed.object["digest"] as? String }, "\(audit)")
        await site.end()
    }

    @Test func anAttemptKeepsItsPluginToTheEndAndTheNextOneGetsTheNewVersion() async throws {
        let plugin = try await AuthoredPlugin.make()
        defer { plugin.remove() }
        let site = try await SiteUnderTest()
        try await AuthoredPlugin.uploadTables(site)
        _ = try await Self.install(plugin.bundle(), site)
        let job = try await site.accepted(
            dsl: AuthoredPlugin.dsl, conf: AuthoredPlugin.conf(minimumRows: AuthoredPlugin.waitingRows))
        _ = try await site.job(job) { answer in
            answer.attempts(of: "row_total_0").filter { $0["status"] as? String == "running" }.count == 2
        }
        #expect(try await site.call(.DELETE, "/api/plugins/row-total").status == 200)
        let newer = try await AuthoredPlugin.make(version: "0.2.0")
        defer { newer.remove() }
        #expect(try await Self.install(newer.bundle(), site).status == 201)
        #expect(try await Self.total(site) == 7)
        let running = JobAnswer(object: try await site.call(.GET, "/api/jobs/\(job)").object)
        #expect(running.status == "running", "\(running.object)")
        _ = try await site.call(.POST, "/api/jobs/\(job)/stop")
        let ended = try await site.ended(job)
        #expect(
            ended.attempts(of: "row_total_0").allSatisfy { $0["status"] as? String == "canceled" }, "\(ended.object)")
        await site.end()
    }

    @Test func whatCannotBeInstalledIsRefusedWithTheReason() async throws {
        let plugin = try await AuthoredPlugin.make()
        defer { plugin.remove() }
        let site = try await SiteUnderTest()
        let bundle = try Data(contentsOf: try await plugin.bundle())
        let cut = try await Self.install(bundle.dropLast(700), site)
        #expect(cut.code == "bundle_not_valid" && cut.message.contains("no end"), "\(cut.body)")
        var changed = bundle
        changed[bundle.count / 2] ^= 0xFF
        let damaged = try await Self.install(changed, site)
        #expect(damaged.code == "bundle_not_valid" && damaged.message.contains("digest"), "\(damaged.body)")
        #expect(try await Self.plugin("row-total", site) == nil)

        try plugin.change("src/plugin.c") { $0.replacing("\"minimum_rows\"", with: "\"maximum_rows\"") }
        let make = try await Program.run(URL(filePath: "/usr/bin/env"), ["make", "-C", plugin.folder.path])
        #expect(make.status == 0, "\(make.errors)")
        let liar = try await Self.install(plugin.bundle(), site)
        #expect(liar.code == "plugin_refused" && liar.message.contains("maximum_rows"), "\(liar.body)")

        #expect(try await Self.install(bundle, site).status == 201)
        let other = try await AuthoredPlugin.make()
        defer { other.remove() }
        try other.change("manifest.json") { $0.replacing("Counts the rows", with: "Adds the rows") }
        let double = try await Self.install(other.bundle(), site)
        #expect(double.status == 409 && double.code == "plugin_exists", "\(double.body)")
        let refusals = try await site.call(.GET, "/api/plugin-history").list.filter {
            $0["action"] as? String == "refuse"
        }
        #expect(refusals.count == 4, "\(refusals)")
        #expect(try await site.call(.GET, "/api/audit?kind=plugin_refused").list.count == 4)
        await site.end()
    }

    @Test func onlyAdministratorsChangePlugins() async throws {
        let site = try await SiteUnderTest()
        let token = try await site.call(
            .POST, "/api/tokens", json: ["submitter": "ada", "rights": ["submit", "read", "data"]])
        let headers = ["Authorization": "Bearer \(token.object["secret"] as? String ?? "")"]
        #expect(try await site.call(.GET, "/api/plugins", headers: headers).status == 200)
        for (method, path) in [
            (HTTPMethod.POST, "/api/plugins"), (.DELETE, "/api/plugins/norn.count"),
            (.POST, "/api/plugins/norn.count/disable"), (.POST, "/api/plugins/norn.count/enable"),
            (.GET, "/api/plugin-history"),
        ] {
            #expect(try await site.call(method, path, headers: headers).status == 403, "\(method) \(path)")
        }
        await site.end()
    }

    @Test func aBundleThatIsRenamedIntoTheDropFolderIsInstalledAndAHalfOneIsNot() async throws {
        let plugin = try await AuthoredPlugin.make()
        defer { plugin.remove() }
        let site = try await SiteUnderTest()
        let drop = site.home.appending(path: "drop")
        let bundle = try Data(contentsOf: try await plugin.bundle())
        let final = drop.appending(path: "row-total.nornplugin")
        try bundle.dropLast(900).write(to: final)
        // Another one makes the site look, in the order of names: the half one is seen first, and left.
        let other = drop.appending(path: "copying")
        try Data(repeating: 7, count: 4096).write(to: other)
        try FileManager.default.moveItem(at: other, to: drop.appending(path: "worse.nornplugin"))
        let worse = drop.appending(path: "worse.nornplugin.refused.txt")
        try await Self.wait { FileManager.default.fileExists(atPath: worse.path) }
        #expect(try String(contentsOf: worse, encoding: .utf8).contains("not a tar archive"))
        #expect(try await Self.plugin("row-total", site) == nil)
        #expect(FileManager.default.fileExists(atPath: final.path))

        let whole = drop.appending(path: "copying")
        try bundle.write(to: whole)
        guard rename(whole.path, final.path) == 0 else { throw ScenarioFailure("no rename") }
        try await Self.wait { !FileManager.default.fileExists(atPath: final.path) }
        #expect(try await Self.plugin("row-total", site)?["enabled"] as? Bool == true)
        let history = try await site.call(.GET, "/api/plugin-history?plugin=row-total").list
        #expect(history.first?["caller"] as? String == "drop folder")
        await site.end()
    }

    @Test func aRegistryIsAFolderOrAnotherSite() async throws {
        let (older, newer) = (try await AuthoredPlugin.make(), try await AuthoredPlugin.make(version: "0.10.0"))
        defer { older.remove() }
        defer { newer.remove() }
        let registry = older.folder.appending(path: "registry")
        try FileManager.default.createDirectory(at: registry, withIntermediateDirectories: true)
        for (name, file) in [("a", try await older.bundle()), ("b", try await newer.bundle())] {
            try FileManager.default.moveItem(at: file, to: registry.appending(path: "\(name).nornplugin"))
        }
        try Data("junk".utf8).write(to: registry.appending(path: "c.nornplugin"))
        let first = try await SiteUnderTest()
        let fromFolder = try await first.norn("component", "install", "row-total@\(registry.path)", "--json")
        #expect(fromFolder.status == 0 && fromFolder.output.contains("0.10.0"), "\(fromFolder.errors)")
        let missing = try await first.norn("component", "install", "other@\(registry.path)")
        #expect(missing.status == 4, "\(missing.errors)")

        let second = try await SiteUnderTest()
        let token = try await first.call(.POST, "/api/tokens", json: ["submitter": "peer", "rights": ["read"]])
        let fromSite = try await Program.run(
            StagedTree.norn, ["component", "install", "row-total@\(first.address)"],
            environment: [
                "NORN_HOME": second.home.path,
                "NORN_REGISTRY_TOKEN": token.object["secret"] as? String ?? "",
            ])
        #expect(fromSite.status == 0, "\(fromSite.errors)")
        let plugins = (try await Self.plugin("row-total", first), try await Self.plugin("row-total", second))
        #expect(plugins.0?["digest"] as? String == plugins.1?["digest"] as? String)
        await first.end()
        await second.end()
    }

    // MARK: Steps

    static func install(_ bundle: URL, _ site: SiteUnderTest) async throws -> SiteUnderTest.Answer {
        try await install(Data(contentsOf: bundle), site)
    }

    private static func install(_ bundle: Data, _ site: SiteUnderTest) async throws -> SiteUnderTest.Answer {
        var request = HTTPClientRequest(url: site.address + "/api/plugins?source=test")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(site.token)")
        request.body = .bytes(ByteBuffer(bytes: bundle))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let body = Data((try await response.body.collect(upTo: 1 << 20)).readableBytesView)
        return SiteUnderTest.Answer(
            status: Int(response.status.code), body: try JSONSerialization.jsonObject(with: body))
    }

    static func plugin(_ id: String, _ site: SiteUnderTest) async throws -> [String: Any]? {
        try await site.call(.GET, "/api/plugins").list.first { $0["plugin"] as? String == id }
    }

    /// Runs the plugin's job, which must succeed, and gives what it counted.
    private static func total(_ site: SiteUnderTest) async throws -> Int? {
        let job = try await site.accepted(dsl: AuthoredPlugin.dsl, conf: AuthoredPlugin.conf())
        let ended = try await site.ended(job)
        guard ended.status == "success" else { throw ScenarioFailure("\(ended.object)") }
        return ended.summary(of: "row_total_0", role: "guest")["total"] as? Int
    }

    private static func wait(_ condition: () -> Bool) async throws {
        let deadline = Date(timeIntervalSinceNow: SiteUnderTest.jobSecondsMaximum)
        while !condition() {
            guard Date() < deadline else { throw ScenarioFailure("it did not come so far") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
