import Foundation
import NIOHTTP1
import Testing

/// What a kill leaves behind: nothing that runs, nothing that is held, and tables that can be read.
@Suite(.serialized) struct CrashScenarios {
    /// Rows of the toy that no machine adds before the scenario has come to its point.
    static let endlessRows = 4_000_000
    /// Rows that take seconds, so that a kill hits running workers and the next attempt ends soon.
    static let secondsOfRows = 300_000

    static func toy(rows: Int, jobParameters: [String: Any] = [:]) throws -> (dsl: [String: Any], conf: [String: Any]) {
        var conf = try StagedTree.json("toy_conf.json")
        conf["component_parameters"] = ["common": ["secure_add_example_0": ["data_num": rows]]]
        conf["job_parameters"] = ["common": jobParameters]
        return (try StagedTree.json("toy_dsl.json"), conf)
    }

    // MARK: A worker

    @Test func aKilledWorkerFailsItsAttemptByNameAndFreesWhatItHeld() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy(rows: Self.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let workers = try await site.workers(
            of: job, task: "secure_add_example_0", parties: ["host_10000", "guest_9999"])
        kill(workers[0].pid, SIGKILL)
        let end = try await site.ended(job)
        #expect(end.status == "failed")
        #expect(end.failure["code"] as? String == "worker_crashed", "\(end.failure)")
        let text = end.failure["message"] as? String ?? ""
        #expect(text.contains("SIGKILL") && text.contains("SecureAddExample"), "\(text)")
        #expect(Self.status(end, role: "host", attempt: 0) == "failed")
        #expect(Self.status(end, role: "guest", attempt: 0) == "canceled")
        #expect(end.attempts.count == 2)
        let logs = try await site.call(.GET, "/api/jobs/\(job)/logs?role=host").body
        #expect("\(logs)".contains("SIGKILL"), "the attempt's own log does not say it")
        try await site.workersGone(of: job)
        try await site.nothingHeld()
        await site.end()
    }

    @Test func aKilledWorkerIsTriedAgainWhenTheJobAsksForIt() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy(rows: Self.secondsOfRows, jobParameters: ["auto_retries": 1])
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let workers = try await site.workers(
            of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        kill(workers[0].pid, SIGKILL)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(Self.status(end, role: "guest", attempt: 0) == "failed")
        for role in ["guest", "host"] { #expect(Self.status(end, role: role, attempt: 1) == "success") }
        try await site.workersGone(of: job)
        try await site.nothingHeld()
        await site.end()
    }

    // MARK: The site

    @Test func aKilledSiteGoesOnWithItsJobAfterARestart() async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        let preview = try await site.call(.GET, "/api/tables/example/breast_guest/preview?rows=1000").object
        let (dsl, conf) = try Self.toy(rows: Self.secondsOfRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        _ = try await site.workers(of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        await site.kill()
        try await site.workersGone(of: job)

        try await site.start()
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        for role in ["guest", "host"] {
            #expect(Self.status(end, role: role, attempt: 0) == "lost")
            #expect(Self.failure(end, role: role, attempt: 0) == "site_restarted")
            #expect(Self.status(end, role: role, attempt: 1) == "success")
        }
        try await site.workersGone(of: job)
        try await site.nothingHeld()
        let again = try await site.call(.GET, "/api/tables/example/breast_guest/preview?rows=1000").object
        #expect((preview["rows"] as? [[String]])?.count == 569)
        #expect(preview["rows"] as? [[String]] == again["rows"] as? [[String]])
        #expect(try await Self.unfinished(at: site).isEmpty)
        await site.end()
    }

    /// What was done before the kill stays done: only the task that ran is tried again.
    @Test func aKilledSiteKeepsTheResultsOfTasksThatHadEnded() async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let job = try await site.accepted(
            dsl: try StagedTree.json("breast_lr_dsl.json"), conf: try StagedTree.json("breast_lr_conf.json"))
        _ = try await site.workers(
            of: job, task: "hetero_lr_0", parties: ["guest_9999", "host_10000", "arbiter_10001"])
        await site.kill()
        try await site.workersGone(of: job)

        try await site.start()
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.attempts(of: "intersection_0").allSatisfy { $0["attempt"] as? Int == 0 })
        #expect(end.attempts(of: "hetero_lr_0").contains { $0["attempt"] as? Int == 1 })
        #expect(abs(end.areaUnderCurve - 0.975186) <= 1e-4)
        try await site.nothingHeld()
        await site.end()
    }

    @Test func aSiteKilledInAnUploadHasTheOldTableOrTheNewOne() async throws {
        let site = try await SiteUnderTest()
        _ = try await site.upload("id,x0\n1,2\n3,4\n", name: "t", party: "9999")
        let rows = 200_000
        let text = "id,x0\n" + (0..<rows).map { "\($0),\($0)\n" }.joined()
        let file = site.home.appending(path: "large.csv")
        try Data(text.utf8).write(to: file)
        let home = site.home.path
        let upload = Task {
            try await Program.run(
                StagedTree.norn, ["data", "upload", file.path, "-n", "t", "-s", "example", "--party", "9999"],
                environment: ["NORN_HOME": home])
        }
        _ = try await eventually("an upload's worker", seconds: WorkerProcess.appearSecondsMaximum) {
            WorkerProcess.all().first { $0.folder.hasPrefix(site.home.path) }
        }
        await site.kill()
        _ = try await upload.value

        try await site.start()
        _ = try await eventually("the end of the upload's job", seconds: WorkerProcess.appearSecondsMaximum) {
            try await Self.unfinished(at: site).isEmpty ? true : nil
        }
        let table = try await site.call(.GET, "/api/tables/example/t").object
        #expect([2, rows].contains(table["rows"] as? Int ?? 0), "\(table)")
        let preview = try await site.call(.GET, "/api/tables/example/t/preview?rows=2")
        #expect((preview.object["rows"] as? [[String]])?.count == 2, "\(preview.body)")
        try await site.nothingHeld()
        let later = try await site.upload("id,x0\n5,6\n", name: "t", party: "9999")
        #expect((200..<300).contains(later.status), "\(later.body)")
        await site.end()
    }

    // MARK: Stop and drain

    @Test func aStoppedJobEndsItsWorkers() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy(rows: Self.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        _ = try await site.workers(of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        let stop = try await site.call(.POST, "/api/jobs/\(job)/stop")
        #expect(stop.status == 200, "\(stop.body)")
        try await site.workersGone(of: job)
        let end = try await site.ended(job)
        #expect(end.status == "canceled")
        #expect(end.attempts.allSatisfy { $0["status"] as? String == "canceled" }, "\(end.attempts)")
        try await site.nothingHeld()
        await site.end()
    }

    /// An orderly restart costs a job no more than a kill does.
    @Test func aTerminatedSiteEndsItsWorkersAndGoesOnWithTheJobLater() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy(rows: Self.secondsOfRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        _ = try await site.workers(of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        #expect(await site.terminate() == 0)
        #expect(site.workers(of: job).isEmpty, "a worker outlived its site")
        #expect(!FileManager.default.fileExists(atPath: site.home.appending(path: "run/site.json").path))

        try await site.start()
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(Self.failure(end, role: "guest", attempt: 0) == "site_restarted")
        try await site.nothingHeld()
        await site.end()
    }

    // MARK: What is looked at

    static func attempt(_ job: JobAnswer, role: String, attempt: Int) -> [String: Any] {
        job.attempts.first { $0["role"] as? String == role && $0["attempt"] as? Int == attempt } ?? [:]
    }

    static func status(_ job: JobAnswer, role: String, attempt number: Int) -> String {
        attempt(job, role: role, attempt: number)["status"] as? String ?? ""
    }

    static func failure(_ job: JobAnswer, role: String, attempt number: Int) -> String {
        (attempt(job, role: role, attempt: number)["failure"] as? [String: Any])?["code"] as? String ?? ""
    }

    /// Jobs that still wait or run.
    static func unfinished(at site: SiteUnderTest) async throws -> [[String: Any]] {
        try await site.call(.GET, "/api/jobs").list.filter {
            ["waiting", "running"].contains($0["status"] as? String ?? "")
        }
    }
}

extension JobAnswer {
    /// The figure of `evaluation_0` at the guest.
    var areaUnderCurve: Double {
        let point = points("hetero_lr_0", of: "evaluation_0", role: "guest").first { $0.first as? String == "auc" }
        return (point?.last as? NSNumber)?.doubleValue ?? 0
    }
}
