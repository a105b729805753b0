import Foundation
import NIOHTTP1
import Testing

/// A plugin that crashes is taken from all jobs, with a reason, until its time is over or a person lifts it.
@Suite(.serialized) struct QuarantineScenarios {
    @Test func aCrashingPluginIsRefusedUntilItIsLifted() async throws {
        let site = try await SiteUnderTest { home in
            try HostilePlugin.add(to: home)
            try Data("quarantine: {crashes: 2}\n".utf8).write(to: home.appending(path: "site.yaml"))
        }
        let crash = HostilePlugin.conf(HostileScenarios.deeds[0], place: "")
        for _ in 0..<2 {
            let job = try await site.accepted(dsl: HostilePlugin.dsl, conf: crash)
            #expect(try await site.ended(job).status == "failed")
        }
        let refused = try await site.submit(dsl: HostilePlugin.dsl, conf: crash)
        #expect(refused.status == 400 && refused.code == "refused", "\(refused.body)")
        #expect(refused.message.contains("test.hostile@0.1.0 of Hostile is in quarantine"), "\(refused.body)")
        #expect(refused.message.contains("it crashed for 2 jobs within 60 minutes: SIGSEGV while running"))
        #expect(refused.field == "dsl.components.hostile_0.module")
        // Other plugins are as before, and the quarantine outlives a restart.
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        #expect(try await site.ended(try await site.accepted(dsl: dsl, conf: conf)).status == "success")
        _ = await site.terminate()
        try await site.start()
        let listed = try await site.norn("component", "quarantine", "list")
        #expect(listed.output.contains("test.hostile 0.1.0") && listed.output.contains("SIGSEGV"), "\(listed.output)")
        let entry = try #require(try await site.call(.GET, "/api/quarantine").list.first)
        let digest = try #require(entry["digest"] as? String)
        #expect(entry["components"] as? [String] == ["Hostile"])
        #expect(try await site.norn("site", "status").output.contains("test.hostile@0.1.0 is in quarantine"))

        // Removed and installed again, it is the same plugin.
        let bundle = site.home.appending(path: "hostile.nornplugin").path
        let folder = site.home.appending(path: "added-plugins/test.hostile").path
        for words in [["pack", folder, "--output", bundle], ["remove", "test.hostile"], ["install", bundle]] {
            let done = try await site.norn(["component"] + words)
            #expect(done.status == 0, "\(words): \(done.errors)")
        }
        #expect(try await site.submit(dsl: HostilePlugin.dsl, conf: crash).code == "refused")

        let unknown = try await site.norn("component", "quarantine", "lift", "ffff")
        #expect(unknown.status == 4, "\(unknown.errors)")
        let lifted = try await site.norn("component", "quarantine", "lift", String(digest.prefix(12)))
        #expect(lifted.status == 0, "\(lifted.errors)")
        let job = try await site.accepted(
            dsl: HostilePlugin.dsl,
            conf: HostilePlugin.conf(HostileScenarios.Deed(name: "", says: []), place: ""))
        #expect(try await site.ended(job).status == "success")
        let kinds = try await site.call(.GET, "/api/audit").list.compactMap { $0["kind"] as? String }
        #expect(kinds.filter { $0.hasPrefix("quarantine") } == ["quarantine_placed", "quarantine_lifted"])
        await site.end()
    }
}
