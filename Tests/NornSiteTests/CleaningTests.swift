import Foundation
import NornFlow
import NornStore
import Testing

@testable import NornSite

/// What is removed with a job, and what is not.
@Suite struct CleaningTests {
    private static let day: Int64 = 86_400_000

    private struct Fixture {
        let home: SiteHome
        let store: SQLiteStore
        let driver: HeartDriver
        var cleaning: JobCleaning { JobCleaning(store: store, home: home, driver: driver) }

        init() throws {
            home = try HeartUnderTest.home()
            store = try SQLiteStore.inMemory()
            driver = HeartUnderTest.driver(store)
        }

        /// An ended job with a table of its own and a log.
        func endedJob(_ id: JobID, ended: Int64 = 1, initiator: String = "guest:9999") async throws -> String {
            var record = JobRecord(
                job: id, status: "success", submitter: "ada", initiator: initiator, parties: ["guest": ["9999"]],
                specification: Data(), created: 1)
            record.ended = ended
            var commit = Commit()
            commit.jobs = [record]
            commit.events = [NewEvent(job: id, kind: "job", payload: Data("{}".utf8), time: ended)]
            _ = try await store.commit(commit)
            let path = try HeartUnderTest.sealTable("of-\(id)", in: home)
            try await store.putArtifacts([HeartUnderTest.artifact(id, path: path)])
            try FileManager.default.createDirectory(
                at: home.jobs.appending(path: "\(id)/guest_9999"), withIntermediateDirectories: true)
            return path
        }

        func sweep(_ settings: SiteSettings.Retention) -> RetentionSweep {
            RetentionSweep(
                store: store, cleaning: cleaning, settings: settings, isLocal: { $0 == "guest:9999" },
                logger: HeartUnderTest.logger)
        }
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func everythingOfAnEndedJobGoes() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        let path = try await site.endedJob("1")
        try await site.cleaning.clean("1")
        #expect(try await site.store.job("1") == nil)
        #expect(try await site.store.events(after: 0, job: "1", limit: 10).isEmpty)
        #expect(!exists(path))
        #expect(!exists(site.home.jobs.appending(path: "1").path))
        // A second time, as after a crash in between, does no harm.
        try await site.cleaning.clean("1")
    }

    @Test func aTableWithANameOrOfAnotherJobStays() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        let named = try await site.endedJob("1")
        _ = try await site.store.putTable(HeartUnderTest.table("t", path: named))
        let shared = try await site.endedJob("2")
        _ = try await site.endedJob("3")
        try await site.store.putArtifacts([
            ArtifactRecord(
                job: "3", task: "b", attempt: 0, role: "guest", party: "9999", name: "data", position: 0, kind: "table",
                path: shared)
        ])
        try await site.cleaning.clean("1")
        try await site.cleaning.clean("2")
        #expect(exists(named) && exists(shared))
        try await site.cleaning.clean("3")
        #expect(exists(named) && !exists(shared))
    }

    @Test func aJobThatLivesOrIsNeededIsRefused() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        _ = try await site.endedJob("1")
        try await site.driver.step(
            .submit(HeartUnderTest.job("2", parameters: JobParameters(inheritance: Inheritance(job: "1", tasks: [])))))
        let lives = await #expect(throws: SiteError.self) { try await site.cleaning.clean("2") }
        #expect(lives?.code == "job_lives")
        let needed = await #expect(throws: SiteError.self) { try await site.cleaning.clean("1") }
        #expect(needed?.code == "job_needed")
        #expect(try await site.cleaning.cleanAll(["1", "2"]) == 0)
    }

    @Test func jobsGoByTheirAgeAndThoseOfPartnersByTheirs() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        let now = 100 * Self.day
        _ = try await site.endedJob("own-old", ended: now - 31 * Self.day)
        _ = try await site.endedJob("own-young", ended: now - 8 * Self.day)
        _ = try await site.endedJob("theirs-old", ended: now - 8 * Self.day, initiator: "guest:10000")
        _ = try await site.endedJob("theirs-young", ended: now - 6 * Self.day, initiator: "guest:10000")
        var settings = SiteSettings.Retention()
        (settings.jobDays, settings.settledMemberDays) = (30, 7)
        let outcome = try await site.sweep(settings).sweep(now: now)
        #expect(outcome.jobs == 2)
        #expect(
            try await site.store.jobs(status: nil, limit: 10, offset: 0).map(\.job).sorted()
                == ["own-young", "theirs-young"])
        settings = SiteSettings.Retention()
        (settings.jobDays, settings.settledMemberDays, settings.eventDays) = (0, 0, 0)
        #expect(try await site.sweep(settings).sweep(now: now * 1000).jobs == 0)
    }

    @Test func aSweepDoesABoundedPieceAndComesBackForTheRest() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        for number in 0..<RetentionSweep.jobsInSweep + 3 { _ = try await site.endedJob("\(number)") }
        let sweep = site.sweep(SiteSettings.Retention())
        let first = try await sweep.sweep(now: 100 * Self.day)
        #expect(first.jobs == RetentionSweep.jobsInSweep && first.isCut)
        let second = try await sweep.sweep(now: 100 * Self.day)
        #expect(second.jobs == 3 && !second.isCut)
    }

    @Test func oldEventsAndRefusalsGoButNotThoseOfLivingJobs() async throws {
        let site = try Fixture()
        defer { try? FileManager.default.removeItem(at: site.home.root) }
        try await site.driver.step(.submit(HeartUnderTest.job("lives")))
        let kept = try await site.store.events(after: 0, job: "lives", limit: 100).count
        var commit = Commit()
        commit.events = (0..<5).map { NewEvent(job: "gone", kind: "job", payload: Data("{}".utf8), time: $0) }
        _ = try await site.store.commit(commit)
        try await site.store.appendSecurity(SecurityRecord(time: 1, kind: "k", caller: "c", text: "old"))
        let now = Clocks.wallMilliseconds() + 365 * Self.day
        try await site.store.appendSecurity(SecurityRecord(time: now, kind: "k", caller: "c", text: "new"))
        let outcome = try await site.sweep(SiteSettings.Retention()).sweep(now: now)
        #expect(outcome.events == 5 && outcome.refusals == 1 && !outcome.isCut)
        #expect(kept > 0)
        #expect(try await site.store.events(after: 0, job: "lives", limit: 100).count == kept)
        #expect(try await site.store.security(limit: 9).map(\.text) == ["new"])
    }
}
