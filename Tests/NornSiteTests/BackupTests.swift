import Foundation
import NornFlow
import Testing

@testable import NornSite
@testable import NornStore

@Suite struct BackupTests {
    /// A home with a named table, a table of a job, one that nothing points to, an added plugin, settings and keys.
    private struct Fixture {
        let home: SiteHome
        let store: SQLiteStore
        let folder: URL
        var backup: URL { folder.appending(path: "backup") }
        var restored: SiteHome { SiteHome(root: folder.appending(path: "restored")) }

        init() async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "norn-backup-\(UUID().uuidString)")
            home = SiteHome(root: folder.appending(path: "home"))
            try home.prepare()
            store = try SQLiteStore(path: home.database.path)
            try await store.setValue("epoch", "7")
            let named = try HeartUnderTest.sealTable("named", in: home, "named rows")
            _ = try await store.putTable(HeartUnderTest.table("t", path: named))
            let made = try HeartUnderTest.sealTable("made", in: home)
            try await store.putArtifacts([HeartUnderTest.artifact("1", path: made)])
            _ = try HeartUnderTest.sealTable("orphan", in: home)
            let plugin = home.addedPlugins.appending(path: "mine")
            try FileManager.default.createDirectory(at: plugin, withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: plugin.appending(path: "manifest.json"))
            try Data("parties: [9999]\n".utf8).write(to: home.settings)
            try writePrivateFile(Data("secret".utf8), to: home.keys.appending(path: "site.key.pem"))
        }

        func end() { try? FileManager.default.removeItem(at: folder) }

        func make(_ name: String = "backup", base: URL? = nil, keys: URL? = nil) async throws -> BackupView {
            let request = BackupRequest(folder: folder.appending(path: name), base: base, keys: keys)
            return try await BackupWriter(home: home, store: store, request: request).run()
        }

        func restore(keys: URL? = nil) async throws -> SiteRestore.View {
            try await SiteRestore(folder: backup, home: restored, keys: keys).run()
        }

        var leftovers: [String] {
            get throws {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("part-") }
            }
        }
    }

    private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

    @Test func whatWasBackedUpIsRestoredIntoAnotherHome() async throws {
        let site = try await Fixture()
        defer { site.end() }
        let view = try await site.make()
        #expect(view.linkedBytes > 0 && view.keys == nil)
        #expect(!FileManager.default.fileExists(atPath: site.backup.appending(path: "keys").path))
        #expect(!FileManager.default.fileExists(atPath: site.backup.appending(path: "tables/orphan").path))
        let restored = try await site.restore()
        #expect(restored.epoch > 1_000_000 && !restored.hasKeys)
        let home = site.restored
        let store = try SQLiteStore(path: home.database.path)
        let table = try #require(try await store.table(namespace: "example", name: "t"))
        #expect(table.path == home.tables.appending(path: "named").path)
        #expect(try text(URL(filePath: table.path).appending(path: "0.data")) == "named rows")
        #expect(try await store.artifacts(job: "1").map(\.path) == [home.tables.appending(path: "made").path])
        #expect(try text(home.settings) == "parties: [9999]\n")
        #expect(try text(home.addedPlugins.appending(path: "mine/manifest.json")) == "{}")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.keys.path).isEmpty)
        #expect(try site.leftovers.isEmpty)
        #expect(try SQLiteStore.examine(path: site.home.database.path).values["backup"] == String(view.made))
    }

    @Test func keysGoApartAndOnlyWhenAsked() async throws {
        let site = try await Fixture()
        defer { site.end() }
        let keys = site.folder.appending(path: "keys.json")
        _ = try await site.make(keys: keys)
        let mode = try FileManager.default.attributesOfItem(atPath: keys.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try await site.restore(keys: keys).hasKeys)
        #expect(try text(site.restored.keys.appending(path: "site.key.pem")) == "secret")
    }

    @Test func anotherBackupSharesWhatTheFirstHas() async throws {
        let site = try await Fixture()
        defer { site.end() }
        _ = try await site.make("first")
        let first = site.folder.appending(path: "first")
        _ = try await site.make(base: first)
        func inode(_ folder: URL) throws -> Int? {
            let path = folder.appending(path: "tables/named/0.data").path
            return try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
        }
        #expect(try inode(first) == inode(site.backup))
        _ = try await site.restore()
    }

    @Test(arguments: ["tables/named/0.data", "store.db"])
    func aBackupThatChangedIsNotRestored(path: String) async throws {
        let site = try await Fixture()
        defer { site.end() }
        _ = try await site.make()
        let file = site.backup.appending(path: path)
        let content = try Data(contentsOf: file)
        try FileManager.default.removeItem(at: file)
        try (content.dropLast() + Data("?".utf8)).write(to: file)
        let refusal = await #expect(throws: SiteError.self) { try await site.restore() }
        #expect(refusal?.code == "backup_damaged")
        #expect(!FileManager.default.fileExists(atPath: site.restored.root.path))
        #expect(try site.leftovers.isEmpty)
    }

    @Test func nothingThatIsThereIsOverwritten() async throws {
        let site = try await Fixture()
        defer { site.end() }
        _ = try await site.make()
        let again = await #expect(throws: SiteError.self) { try await site.make() }
        #expect(again?.code == "backup_exists")
        let inside = await #expect(throws: SiteError.self) { try await site.make("home/tables/b") }
        #expect(inside?.field == "folder")
        let home = try await SiteRestore(folder: site.backup, home: site.home, keys: nil).failure()
        #expect(home?.code == "home_not_empty")
        let none = try await SiteRestore(folder: site.folder, home: site.restored, keys: nil).failure()
        #expect(none?.code == "backup_not_found")
    }

    /// Two restores of one backup never count their starts alike, and both are past what partners know.
    @Test func aRestoredSiteEndsTheJobsThatLived() async throws {
        let site = try await Fixture()
        defer { site.end() }
        try await HeartUnderTest.driver(site.store).step(.submit(HeartUnderTest.job("lives")))
        _ = try await site.make()
        let epoch = try await site.restore().epoch
        let store = try SQLiteStore(path: site.restored.database.path)
        let sent = SentMessages()
        let host = Party(role: .host, id: "10000")
        let driver = HeartUnderTest.driver(store, fence: UInt64(epoch + 1), isLocal: { $0 != host }) { sent.add($0) }
        try await driver.recover(capacity: [:])
        try await RestoredSite.endWhatLived(store, driver, HeartUnderTest.logger)
        let coordinator = try #require(try await HeartRows.coordinator("lives", in: store)?.value)
        #expect(coordinator.outcome == .canceled)
        #expect(coordinator.failure?.what.contains("the restore of the backup of 20") == true)
        // The next start ends nothing.
        try await driver.step(.submit(HeartUnderTest.job("later")))
        try await RestoredSite.endWhatLived(store, driver, HeartUnderTest.logger)
        #expect(try await HeartRows.coordinator("later", in: store)?.value.outcome == nil)
    }

    /// They may have run again since: their coordinators are asked.
    @Test func aRestoredSiteTellsOfJobsThatHadEnded() async throws {
        let site = try await Fixture()
        defer { site.end() }
        let guest = Party(role: .guest, id: "9999")
        let first = HeartUnderTest.driver(site.store, runsAttempts: true, accepts: { _ in true })
        try await first.recover(capacity: HeartUnderTest.capacity)
        let wakes = await first.feed.wakes(of: "ended")
        let serving = Task { await first.run() }
        try await first.step(.submit(HeartUnderTest.job("ended")))
        for await _ in wakes where try await first.members(of: "ended").allSatisfy(\.isSettled) { break }
        serving.cancel()
        _ = try await site.make()
        let epoch = try await site.restore().epoch
        let store = try SQLiteStore(path: site.restored.database.path)
        let driver = HeartUnderTest.driver(store, fence: UInt64(epoch + 1))
        try await driver.recover(capacity: [:])
        try await RestoredSite.endWhatLived(store, driver, HeartUnderTest.logger)
        let member = try await HeartRows.member(MemberKey(job: "ended", party: guest), in: store)
        #expect(member?.isSettled == true)
        #expect(member?.epoch == UInt64(epoch + 1))
    }

    @Test func aStoreIsCheckedForItsSchemaAndItsBackups() async throws {
        let site = try await Fixture()
        defer { site.end() }
        func finding(_ subject: String, days: Int64 = 0) -> Doctor.Finding? {
            let now = Clocks.wallMilliseconds() + days * 86_400_000
            return StoreCheckup(home: site.home, settings: SiteSettings(), now: now).examine().first {
                $0.subject == subject
            }
        }
        #expect(finding("backup")?.state == .limited)
        _ = try await site.make()
        #expect(finding("backup")?.state == .good)
        #expect(finding("backup", days: 9)?.text == "the last is 9 days old")
        #expect(finding("backup", days: 9)?.state == .limited)
        #expect(finding("schema")?.state == .good)
        try await site.store.pretendMigration("9-from-the-future")
        #expect(finding("schema")?.state == .bad)
    }
}

extension SiteRestore {
    fileprivate func failure() async throws -> SiteError? {
        do {
            _ = try await run()
            return nil
        } catch let error as SiteError {
            return error
        }
    }
}
