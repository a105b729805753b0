import Foundation
import NIOHTTP1
import PostgreSQLServer
import Testing

/// Backup and restore of a site whose rows are in PostgreSQL.
@Suite(.serialized) struct SharedBackupScenarios {
    private static let leaseSeconds = 3

    private static func settings(_ database: String) -> String {
        "store: {url: \"\(database)\"}\nscheduling: {store_lease_seconds: \(leaseSeconds)}\n"
    }

    /// A folder beside the homes that goes with the test.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "norn-backup-\(UUID().uuidString)")
        var backup: String { url.appending(path: "b").path }
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private static func restore(_ backup: String, into home: URL, _ more: [String] = []) async throws -> Program {
        try await Program.run(StagedTree.norn, ["site", "restore", backup, "--home", home.path] + more)
    }

    /// The site serves, its home and its database go on without the backup, and both come back as they were then.
    @Test func aSiteComesBackIntoItsDatabase() async throws {
        let server = try PostgreSQLServer.common()
        let database = try server.makeDatabase()
        let site = try await SiteUnderTest { home in
            try Data(Self.settings(database).utf8).write(to: home.appending(path: "site.yaml"))
        }
        try await site.upload(example: "breast_guest.csv", name: "kept", party: "9999")
        let (small, smallConf) = try CrashScenarios.toy(rows: 100)
        let done = try await site.ended(try await site.accepted(dsl: small, conf: smallConf))
        #expect(done.status == "success", "\(done.object)")
        let doneJob = done.summary["job"] as? String ?? ""
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let lives = try await site.accepted(dsl: dsl, conf: conf)
        _ = try await site.job(lives) { $0.status == "running" }
        let folder = try Folder()
        let made = try await site.norn("site", "backup", folder.backup)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try await site.norn("doctor").output.contains("ok    backup: the last is 0 hours old"))
        let after = try await site.accepted(dsl: small, conf: smallConf)
        #expect(try await site.ended(after).status == "success")
        let epoch = try await site.call(.GET, "/api/site").object["epoch"] as? Int ?? 0

        // While a server is active nothing is touched.
        let early = FileManager.default.temporaryDirectory.appending(path: "norn-scenario-\(UUID().uuidString)")
        let refused = try await Self.restore(folder.backup, into: early)
        #expect(refused.status != 0 && refused.errors.contains("A scheduler is active"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: early.path))
        #expect(await site.terminate() == 0)

        let restored = try await SiteUnderTest { home in
            let run = try await Self.restore(folder.backup, into: home)
            guard run.status == 0 else { throw ScenarioFailure("norn site restore: \(run.errors)") }
        }
        #expect(!FileManager.default.fileExists(atPath: restored.home.appending(path: "norn.db").path))
        let later = try await restored.call(.GET, "/api/site").object["epoch"] as? Int ?? 0
        #expect(later > epoch + 1000)
        #expect(try await restored.ended(doneJob).attempts.count == 2)
        let end = try await restored.ended(lives)
        #expect(end.status == "canceled", "\(end.object)")
        #expect((end.failure["message"] as? String)?.contains("the restore of the backup of") == true)
        #expect(try await restored.call(.GET, "/api/jobs/\(after)").status == 404)
        let table = try await restored.call(.GET, "/api/tables/example/kept/preview?rows=1000").object
        #expect((table["rows"] as? [[String]])?.count == 569)
        let again = try await restored.accepted(dsl: small, conf: smallConf)
        #expect(try await restored.ended(again).status == "success")
        #expect(await restored.terminate() == 0)

        // The home of before is not the database's any more.
        let old = try await Program.run(StagedTree.norn, ["serve", "--home", site.home.path, "--port", "0"])
        #expect(old.status != 0 && old.errors.contains("another home"), "\(old.errors)")
        await site.end()
        await restored.end()
    }

    /// No server runs; the rows go to another database, by a settings file, or into the home's own file.
    @Test func aBackupGoesIntoAnotherStore() async throws {
        let server = try PostgreSQLServer.common()
        let database = try server.makeDatabase()
        let site = try await SiteUnderTest { home in
            try Data(Self.settings(database).utf8).write(to: home.appending(path: "site.yaml"))
        }
        try await site.upload(example: "breast_guest.csv", name: "kept", party: "9999")
        #expect(await site.terminate() == 0)
        let folder = try Folder()
        let made = try await site.norn("site", "backup", folder.backup)
        #expect(made.status == 0, "\(made.errors)")

        let settings = folder.url.appending(path: "site.yaml")
        for shared in [true, false] {
            try Data((shared ? Self.settings(try server.makeDatabase()) : "").utf8).write(to: settings)
            let restored = try await SiteUnderTest { home in
                let run = try await Self.restore(folder.backup, into: home, ["--settings", settings.path])
                guard run.status == 0 else { throw ScenarioFailure("norn site restore: \(run.errors)") }
            }
            let file = restored.home.appending(path: "norn.db").path
            #expect(FileManager.default.fileExists(atPath: file) == !shared)
            let table = try await restored.call(.GET, "/api/tables/example/kept/preview?rows=1000").object
            #expect((table["rows"] as? [[String]])?.count == 569)
            await restored.end()
        }

        // A database with the rows of another site keeps them.
        let other = try server.makeDatabase()
        try Data(Self.settings(other).utf8).write(to: settings)
        let neighbour = try await SiteUnderTest { home in
            try FileManager.default.copyItem(at: settings, to: home.appending(path: "site.yaml"))
        }
        #expect(await neighbour.terminate() == 0)
        let home = FileManager.default.temporaryDirectory.appending(path: "norn-scenario-\(UUID().uuidString)")
        let refused = try await Self.restore(folder.backup, into: home, ["--settings", settings.path])
        #expect(refused.status != 0 && refused.errors.contains("the rows of another site"), "\(refused.errors)")
        try await neighbour.start()
        await neighbour.end()
        await site.end()
    }
}
