import Foundation
import NIOHTTP1
import PostgreSQLServer
import Testing

/// Workers whose site cannot say that they may live on: they end by themselves, before another attempt can begin.
@Suite(.serialized) struct WorkerLeaseScenarios {
    private static let scheduling = "lease_seconds: 3, grace_seconds: 2"

    private static func attempt(_ job: JobAnswer, _ number: Int) -> Bool {
        ["guest", "host"].allSatisfy { CrashScenarios.status(job, role: $0, attempt: number) == "running" }
    }

    @Test func workersOfAFrozenSiteEndThemselves() async throws {
        let site = try await SiteUnderTest { home in
            try Data("scheduling: {\(Self.scheduling)}\n".utf8).write(to: home.appending(path: "site.yaml"))
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let workers = try await site.workers(
            of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        // Longer than a lease: it is renewed.
        try await Task.sleep(for: .seconds(6))
        #expect(Set(site.workers(of: job)) == Set(workers))
        kill(site.process.processIdentifier, SIGSTOP)
        try await site.workersGone(of: job)
        kill(site.process.processIdentifier, SIGCONT)
        // The site finds out, and tries again outside of the user's count.
        let again = try await site.job(job) { Self.attempt($0, 1) }
        for role in ["guest", "host"] {
            #expect(CrashScenarios.status(again, role: role, attempt: 0) == "lost", "\(again.attempts)")
        }
        #expect(
            ["guest", "host"].contains { CrashScenarios.failure(again, role: $0, attempt: 0) == "lease_ended" },
            "\(again.attempts)")
        _ = try await site.call(.POST, "/api/jobs/\(job)/stop")
        #expect(try await site.ended(job).status == "canceled")
        try await site.nothingHeld()
        await site.end()
    }

    /// What the heart decides cannot be written, so no lease is renewed.
    @Test func workersOfASiteWithoutItsDatabaseEndThemselves() async throws {
        let server = try PostgreSQLServer()
        defer { server.end() }
        let database = try server.makeDatabase()
        let site = try await SiteUnderTest { home in
            let settings = "store: {url: \"\(database)\"}\nscheduling: {\(Self.scheduling)}\n"
            try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        _ = try await site.workers(of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        try server.stop(.immediate)
        try await site.workersGone(of: job)
        try server.start()
        _ = try await site.job(job) { Self.attempt($0, 1) }
        _ = try await site.call(.POST, "/api/jobs/\(job)/stop")
        #expect(try await site.ended(job).status == "canceled")
        try await site.nothingHeld()
        await site.end()
    }
}
