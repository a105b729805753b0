import Foundation
import NIOHTTP1
import PostgreSQLServer
import ProbeHarness
import Testing

/// Several schedulers of one site: one is active, the others stand by and take over.
@Suite(.serialized) struct SchedulerScenarios {
    /// Jobs that run when the active scheduler is killed; NORN_TAKEOVER_JOBS=50 gives the figure of the releases.
    static let jobs = ProcessInfo.processInfo.environment["NORN_TAKEOVER_JOBS"].flatMap { Int($0) } ?? 4
    /// From the end of the lease until the other one has taken over.
    static let takeoverSecondsMaximum = 5.0

    private func requireSuccess(of jobs: [String], at site: SiteUnderTest) async throws {
        for job in jobs {
            let end = try await site.ended(job)
            #expect(end.status == "success", "\(end.object)")
            let identities = end.attempts.map { attempt in
                ["task", "attempt", "role", "party"].map { "\(attempt[$0] ?? "")" }.joined(separator: "/")
            }
            #expect(Set(identities).count == identities.count)
        }
    }

    @Test func aKilledSchedulersJobsGoOnAtTheOther() async throws {
        let schedulers = try await SchedulersUnderTest(cores: max(64, Self.jobs * 2))
        let site = schedulers.site
        try await schedulers.startStandby()
        let jobs = try await schedulers.running(Self.jobs, at: [site.address, schedulers.standbyAddress])
        let killed = Date()
        await site.kill()
        let takeover = try await schedulers.takeover(since: killed)
        #expect(takeover < Double(SchedulersUnderTest.leaseSeconds) + Self.takeoverSecondsMaximum)
        try schedulers.release()
        try await requireSuccess(of: jobs, at: site)
        let all = Date().timeIntervalSince(killed)
        try requireOneStart(of: jobs, schedulers)
        let marks = try schedulers.marks()
        print(
            "takeover: \(jobs.count) running jobs, killed; active again after \(takeover.formatted()) s, "
                + "all ended after \(all.formatted()) s; \(marks.starts.count) workers started, "
                + "\(marks.doubled.count) twice, \(marks.overlapping.count) beside another attempt")
        try await site.nothingHeld()
        await schedulers.end()
    }

    /// Each attempt at a party ran once and alone by what its workers marked, and was started once by the site's log:
    /// the first one was under way at the kill, the second one came to its end.
    private func requireOneStart(of jobs: [String], _ schedulers: SchedulersUnderTest) throws {
        let marks = try schedulers.marks()
        #expect(marks.doubled.isEmpty, "started twice: \(marks.doubled)")
        #expect(marks.overlapping.isEmpty, "started beside another attempt: \(marks.overlapping)")
        for attempt in [0, 1] {
            #expect(marks.starts.count { $0.attempt == attempt } == jobs.count * 2, "attempt \(attempt)")
        }
        #expect(marks.ended.count == jobs.count * 2)
        #expect(marks.all.allSatisfy { $0.what != "end" || $0.attempt == 1 })
        let logged = try schedulers.workerStarts()
        #expect(logged.values.allSatisfy { $0 == 1 }, "\(logged.filter { $0.value != 1 })")
        #expect(logged.count == marks.starts.count)
    }

    @Test func aStandbyAnswersReadersAndPassesTheRestOn() async throws {
        let schedulers = try await SchedulersUnderTest()
        let site = schedulers.site
        try await schedulers.startStandby()
        let standby = schedulers.standbyAddress
        #expect(try await site.call(.GET, standby + "/api/site").object["scheduler"] as? String == "standby")
        // An upload and a submission by way of the standby, with the caller's own token.
        let text = try String(contentsOf: StagedTree.examples.appending(path: "breast_guest.csv"), encoding: .utf8)
        let upload = try await site.call(
            .POST, standby + "/api/tables/example/breast_guest?party=9999", text: text)
        #expect((200..<300).contains(upload.status), "\(upload.body)")
        let preview = try await site.call(.GET, standby + "/api/tables/example/breast_guest/preview?rows=5").object
        #expect((preview["rows"] as? [[String]])?.count == 5)
        let job = try await schedulers.running(1, at: [standby])[0]
        let stopped = try await site.call(.POST, standby + "/api/jobs/\(job)/stop")
        #expect(stopped.status == 200, "\(stopped.body)")
        #expect(try await site.call(.GET, standby + "/api/jobs/\(job)").status == 200)
        // Who is nobody is refused here, and what was passed on is not passed on again.
        let nobody = ["Authorization": "Bearer norn_nobody"]
        #expect(try await site.call(.POST, standby + "/api/jobs", json: [:], headers: nobody).status == 401)
        let twice = try await site.call(.POST, standby + "/api/jobs", json: [:], headers: ["Norn-Passed-On": "1"])
        #expect(twice.status == 503)
        #expect(twice.code == "no_active_scheduler")
        await schedulers.end()
    }

    @Test func aPausedSchedulerIsReplacedAndItsWorkersEnd() async throws {
        let schedulers = try await SchedulersUnderTest()
        let site = schedulers.site
        try await schedulers.startStandby()
        let jobs = try await schedulers.running(2, at: [site.address])
        let old = site.process.processIdentifier
        let workers = Set(WorkerProcess.all().filter { $0.parent == old }.map(\.pid))
        #expect(!workers.isEmpty)
        let paused = Date()
        kill(old, SIGSTOP)
        let takeover = try await schedulers.takeover(since: paused)
        #expect(takeover < Double(SchedulersUnderTest.leaseSeconds) + Self.takeoverSecondsMaximum)
        // It cannot come back: it was ended, and so were its workers, before anything was started anew.
        #expect(!site.process.isRunning)
        #expect(workers.isDisjoint(with: WorkerProcess.all().map(\.pid)))
        try schedulers.release()
        try await requireSuccess(of: jobs, at: site)
        try requireOneStart(of: jobs, schedulers)
        await schedulers.end()
    }

    /// Even if nobody ends it: its lease is another's, so it writes nothing, and ends with its workers.
    @Test func aPausedSchedulerThatComesBackWritesNothing() async throws {
        let schedulers = try await SchedulersUnderTest()
        let site = schedulers.site
        let jobs = try await schedulers.running(1, at: [site.address])
        kill(site.process.processIdentifier, SIGSTOP)
        let state = """
            UPDATE lease SET fence = fence + 1;
            SELECT event, committed, (SELECT count(*) FROM tracking), (SELECT count(*) FROM attempt WHERE ended IS NULL),
                (SELECT sum(version) FROM aggregate) FROM lease
            """
        let before = try schedulers.server.query(state, database: schedulers.database)
        kill(site.process.processIdentifier, SIGCONT)
        let status = try await eventually("the end of the old scheduler", seconds: 10) {
            site.process.isRunning ? nil : site.process.terminationStatus
        }
        #expect(status == 75)
        try await site.workersGone(of: jobs[0])
        #expect(try schedulers.server.query(state, database: schedulers.database) == before)
        let log = try String(contentsOf: site.home.appending(path: "serve.log"), encoding: .utf8)
        #expect(log.contains("another scheduler has taken this site over"))
        await schedulers.end()
    }

    @Test func aSiteWaitsForItsDatabaseAndLosesNothing() async throws {
        let server = try PostgreSQLServer()
        defer { server.end() }
        let schedulers = try await SchedulersUnderTest(server: server)
        let site = schedulers.site
        try await schedulers.startStandby()
        let jobs = try await schedulers.running(3, at: [site.address])
        try server.stop(.immediate)
        let refused = try await eventually("a refusal", seconds: 10) {
            let answer = try await site.call(.GET, "/api/jobs")
            return answer.status == 503 ? answer : nil
        }
        #expect(refused.code == "store_unreachable")
        try await Task.sleep(for: .seconds(SchedulersUnderTest.leaseSeconds + 1))
        try server.start()
        _ = try await eventually("the site", seconds: 20) {
            try await site.call(.GET, "/api/jobs").status == 200 ? true : nil
        }
        try schedulers.release()
        try await requireSuccess(of: jobs, at: site)
        // Nobody took over, and no attempt was lost.
        #expect(site.process.isRunning)
        for job in jobs {
            let end = try await site.ended(job)
            #expect(end.attempts.allSatisfy { $0["attempt"] as? Int == 0 && $0["status"] as? String == "success" })
        }
        try await site.nothingHeld()
        await schedulers.end()
    }

    @Test func aDatabaseOfAnotherHomeIsRefused() async throws {
        let schedulers = try await SchedulersUnderTest()
        let home = FileManager.default.temporaryDirectory.appending(path: "norn-scenario-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: schedulers.site.home.appending(path: "site.yaml"), to: home.appending(path: "site.yaml"))
        let refused = try await Program.run(StagedTree.norn, ["serve", "--home", home.path, "--port", "0"])
        #expect(refused.status != 0)
        #expect(refused.errors.contains("another home"), "\(refused.errors)")
        let doctor = try await Program.run(StagedTree.norn, ["doctor", "--home", home.path])
        #expect(doctor.output.contains("PostgreSQL"), "\(doctor.output)")
        await schedulers.end()
    }
}
