import NornFlow
import NornStore
import Testing

@testable import NornSite

/// Plugins that crash for several jobs are taken from all for a while.
@Suite struct QuarantineTests {
    private static let plugin = PluginShelf.Plugin(
        id: "acme.boost", version: "1.0.0", digest: String(repeating: "ab", count: 32))
    private static let other = PluginShelf.Plugin(
        id: "acme.boost", version: "1.0.1", digest: String(repeating: "ac", count: 32))
    private static let minute: Int64 = 60_000

    private static func quarantine(_ store: any Store, crashes: Int = 3) -> Quarantine {
        var settings = SiteSettings.Quarantine()
        settings.crashes = crashes
        settings.windowMinutes = 10
        settings.hours = 2
        return Quarantine(settings: settings, store: store)
    }

    @Test func severalJobsWithinTheTimePutAPluginThere() async throws {
        let quarantine = Self.quarantine(try SQLiteStore.inMemory())
        for job in ["1", "2"] { try await quarantine.crashed(Self.plugin, job: job, "SIGSEGV while running", now: 0) }
        #expect(quarantine.entry(of: Self.plugin.digest, now: 0) == nil)
        try await quarantine.crashed(Self.plugin, job: "3", "SIGSEGV while running", now: Self.minute)
        let entry = try #require(quarantine.entry(of: Self.plugin.digest, now: Self.minute))
        #expect(entry.reason == "it crashed for 3 jobs within 10 minutes: SIGSEGV while running")
        #expect(quarantine.entry(of: Self.other.digest, now: Self.minute) == nil)
        // It ends by itself.
        #expect(quarantine.entry(of: Self.plugin.digest, now: 121 * Self.minute) == nil)
        #expect(quarantine.entries(now: 121 * Self.minute).isEmpty)
    }

    @Test func retriesOfOneJobCountOnceAndOldCrashesNotAtAll() async throws {
        let quarantine = Self.quarantine(try SQLiteStore.inMemory())
        for _ in 0..<10 { try await quarantine.crashed(Self.plugin, job: "1", "SIGABRT while running", now: 0) }
        #expect(quarantine.entry(of: Self.plugin.digest, now: 0) == nil)
        for job in 2...9 {
            try await quarantine.crashed(
                Self.plugin, job: "\(job)", "SIGABRT while running", now: Int64(job) * 6 * Self.minute)
        }
        #expect(quarantine.entries(now: 54 * Self.minute).isEmpty)
    }

    @Test func noneIsPutThereWhereTheSettingSaysSo() async throws {
        let quarantine = Self.quarantine(try SQLiteStore.inMemory(), crashes: 0)
        for job in 1...100 { try await quarantine.crashed(Self.plugin, job: "\(job)", "SIGSEGV", now: 0) }
        #expect(quarantine.entries(now: 0).isEmpty)
    }

    @Test func itOutlivesARestartAndIsLiftedByAPerson() async throws {
        let store = try SQLiteStore.inMemory()
        let before = Self.quarantine(store, crashes: 1)
        try await before.crashed(Self.plugin, job: "1", "SIGBUS while running", now: 0)
        try await before.crashed(Self.other, job: "1", "SIGBUS while running", now: 0)
        let after = Self.quarantine(store)
        try await after.load()
        #expect(after.entries(now: 1).count == 2)
        await #expect(throws: SiteError.self) { try await after.lift("a", by: "alice", now: 1) }
        await #expect(throws: SiteError.self) { try await after.lift("ff", by: "alice", now: 1) }
        #expect(try await after.lift("ab", by: "alice", now: 1).plugin == Self.plugin)
        let again = Self.quarantine(store)
        try await again.load()
        #expect(again.entries(now: 1).map(\.plugin) == [Self.other])
        let kinds = try await store.audit(AuditQuery(limit: 10)).map { "\($0.kind) \($0.actor) \($0.digest.prefix(2))" }
        #expect(kinds == ["quarantine_placed site ab", "quarantine_placed site ac", "quarantine_lifted alice ab"])
    }
}
