import Foundation
import GRDB
import NIOHTTP1
import Testing

/// What a site did stands in its audit log, which shows what was done to it.
@Suite(.serialized) struct AuditScenarios {
    @Test func approvalsRefusalsGrantsInstallsAndRunsAreKept() async throws {
        let sites = try await SitesUnderTest(
            [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])],
            settings: ["host": "approval: {rules: [{components: [SecureAddExample], decision: ask}]}\n"])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let allowed = try await guest.accepted(dsl: dsl, conf: conf)
        let forbidden = try await guest.accepted(dsl: dsl, conf: conf)
        for job in [allowed, forbidden] { _ = try await guest.job(job) { !$0.reasons.isEmpty } }
        #expect(try await host.norn("job", "approve", allowed).status == 0)
        #expect(try await host.norn("job", "refuse", forbidden, "--reason", "not agreed").status == 0)
        #expect(try await guest.ended(allowed).status == "success")
        #expect(try await host.ended(forbidden).status == "failed")

        let yes = try await Self.entries(host, "job=\(allowed)")
        #expect(
            yes.map { $0["kind"] as? String } == ["job_asked", "job_approved", "run_started", "run_ended"], "\(yes)")
        #expect(yes.allSatisfy { $0["party"] as? String == "host:10000" })
        let digest = yes[2]["digest"] as? String ?? ""
        #expect(digest.count == 64 && (yes[2]["subject"] as? String)?.contains("norn.toy@") == true, "\(yes[2])")
        #expect((yes[3]["text"] as? String)?.hasSuffix(" success") == true, "\(yes[3])")
        let no = try await Self.entries(host, "job=\(forbidden)&kind=job_refused")
        #expect((no.first?["text"] as? String)?.contains("not agreed") == true, "\(no)")
        let installed = try await Self.entries(host, "kind=plugin_installed")
        #expect(installed.contains { $0["digest"] as? String == digest }, "\(installed)")

        let refused = try await guest.submit(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect((400..<500).contains(refused.status))
        let submission = try await Self.entries(guest, "kind=job_refused")
        #expect((submission.last?["text"] as? String)?.contains("example/breast_guest") == true, "\(submission)")
        try await host.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        try await sites["host"].grant("breast_host", to: "9999")
        #expect(try await Self.entries(host, "kind=grant_given").first?["text"] as? String == "to 9999")
        await sites.end()
    }

    /// Each finding through the command, on a store that somebody wrote into while the site was down.
    @Test func verificationFindsWhatWasChangedRemovedReorderedOrCutOff() async throws {
        let site = try await SiteUnderTest()
        let whole = try await site.norn("audit", "verify")
        #expect(whole.status == 0 && whole.output.contains("the audit log holds"), "\(whole.output)\(whole.errors)")
        let noted = whole.output.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) } ?? ""
        let count = try await Self.entries(site, "limit=10000").count
        #expect(count > 6)
        _ = await site.terminate()
        let file = site.home.appending(path: "norn.db")
        let copy = site.home.appending(path: "whole.db")
        // The server's last words may still be in the write-ahead log.
        let database = try DatabaseQueue(path: file.path)
        try await database.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try database.close()
        try FileManager.default.copyItem(at: file, to: copy)
        let damages: [(statements: [String], finding: String)] = [
            (["UPDATE audit SET subject = 'x' WHERE sequence = 2"], "entry 2 was changed"),
            (["DELETE FROM audit WHERE sequence = 3"], "entry 3 was removed"),
            (
                [
                    "UPDATE audit SET sequence = -1 WHERE sequence = 4",
                    "UPDATE audit SET sequence = 4 WHERE sequence = 5",
                    "UPDATE audit SET sequence = 5 WHERE sequence = -1",
                ], "entry 4 does not follow"
            ),
            (["DELETE FROM audit WHERE sequence = \(count)"], "its last entry was \(count)"),
        ]
        for (statements, finding) in damages {
            try Self.damage(file, from: copy, statements)
            try await site.start()
            let found = try await site.norn("audit", "verify")
            #expect(found.status == 1 && found.output.contains(finding), "\(found.output)\(found.errors)")
            _ = await site.terminate()
        }
        // Cut off with the store's own mark of the last entry: only a hash that was noted elsewhere tells.
        try Self.damage(
            file, from: copy,
            [
                "DELETE FROM audit WHERE sequence = \(count)",
                "UPDATE auditHead SET sequence = \(count - 1), hash = (SELECT hash FROM audit WHERE sequence = \(count - 1))",
            ])
        try await site.start()
        #expect(try await site.norn("audit", "verify").status == 0)
        let late = try await site.norn("audit", "verify", "--noted", noted)
        #expect(late.status == 1 && late.output.contains("its last entry was \(count)"), "\(late.output)")
        let wrong = try await site.norn("audit", "verify", "--noted", "5")
        #expect(wrong.status == 3 && wrong.errors.contains("noted"), "\(wrong.errors)")
        await site.end()
    }

    private static func entries(_ site: SiteUnderTest, _ query: String) async throws -> [[String: Any]] {
        try await site.call(.GET, "/api/audit?\(query)").list
    }

    /// Puts the whole store back and damages it, as somebody with the rights of the site's user could.
    private static func damage(_ file: URL, from copy: URL, _ statements: [String]) throws {
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: file.path + ending)
        }
        try FileManager.default.copyItem(at: copy, to: file)
        let database = try DatabaseQueue(path: file.path)
        try database.write { database in
            for trigger in ["auditNeverChanges", "auditNeverShrinks"] {
                try database.execute(sql: "DROP TRIGGER \(trigger)")
            }
            for statement in statements { try database.execute(sql: statement) }
        }
        try database.close()
    }
}
