import Foundation
import NIOHTTP1
import Testing

/// What a person does to a job over two sites, as both see it.
@Suite(.serialized) struct PartnerControlScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    /// Two toys, neither feeding the other, that run one after the other.
    private static func twoToys(rows: Int) throws -> (dsl: [String: Any], conf: [String: Any]) {
        let names = ["first_0", "second_0"]
        var conf = try StagedTree.json("toy_conf.json")
        conf["component_parameters"] = [
            "common": Dictionary(uniqueKeysWithValues: names.map { ($0, ["data_num": rows]) })
        ]
        let components = Dictionary(uniqueKeysWithValues: names.map { ($0, ["module": "SecureAddExample"]) })
        return (["components": components], conf)
    }

    private static func stop(_ job: String, at site: SiteUnderTest) async throws {
        let stop = try await site.call(.POST, "/api/jobs/\(job)/stop")
        #expect(stop.status == 200, "\(stop.body)")
    }

    private static func place(of job: String, at site: SiteUnderTest, _ wanted: Int) async throws {
        _ = try await site.job(job) { $0.reasons.contains { $0["place"] as? Int == wanted } }
    }

    /// Sites with the reference tables, which the host has granted.
    private static func sitesWithTables() async throws -> SitesUnderTest {
        let sites = try await SitesUnderTest(guestAndHost)
        try await sites["guest"].site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await sites["host"].site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        try await sites["host"].grant("breast_host", to: "9999")
        return sites
    }

    // MARK: Priority

    @Test func aLaterJobOfHigherPriorityGoesFirstAndAPriorityChangesWhileItWaits() async throws {
        let sites = try await SitesUnderTest(
            Self.guestAndHost, settings: ["host": "resources: {cores: 1, attempts_per_core: 1}\n"])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        func submit(_ priority: Int) async throws -> String {
            let (dsl, conf) = try CrashScenarios.toy(
                rows: CrashScenarios.endlessRows, jobParameters: ["priority": priority])
            return try await guest.accepted(dsl: dsl, conf: conf)
        }
        let running = try await submit(0)
        _ = try await host.workers(of: running, task: "secure_add_example_0", parties: ["host_10000"])
        let low = try await submit(0)
        try await Self.place(of: low, at: host, 1)
        let high = try await submit(10)
        try await Self.place(of: high, at: host, 1)
        try await Self.place(of: low, at: host, 2)
        let raised = try await guest.norn("job", "priority", low, "20")
        #expect(raised.status == 0, "\(raised.errors)")
        try await Self.place(of: low, at: guest, 1)
        try await Self.place(of: high, at: guest, 2)

        try await Self.stop(running, at: guest)
        _ = try await host.workers(of: low, task: "secure_add_example_0", parties: ["host_10000"])
        #expect(try await guest.job(high) { _ in true }.status == "waiting")
        try await Self.stop(low, at: guest)
        _ = try await host.workers(of: high, task: "secure_add_example_0", parties: ["host_10000"])
        try await Self.stop(high, at: guest)
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    // MARK: Rerun and inheritance

    private static func runs(_ plan: SiteUnderTest.Answer) -> [String: Bool] {
        let tasks = plan.object["tasks"] as? [[String: Any]] ?? []
        return Dictionary(tasks.map { ($0["task"] as? String ?? "", $0["runs"] as? Bool ?? false) }) { $1 }
    }

    private static func numbers(_ job: JobAnswer, _ task: String) -> Set<Int> {
        Set(job.attempts(of: task).compactMap { $0["attempt"] as? Int })
    }

    @Test func aRerunRunsWhatItsPlanSaidAtBothSites() async throws {
        let sites = try await Self.sitesWithTables()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let job = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect(try await guest.ended(job).status == "success")
        _ = try await host.ended(job)

        let path = "/api/jobs/\(job)/rerun"
        let only = ["only": ["count_0"]]
        let plan = try await guest.call(.POST, path, json: ["only": ["count_0"], "dry_run": true] as [String: Any])
        #expect(Self.runs(plan) == ["reader_0": false, "count_0": true], "\(plan.body)")
        #expect(try await guest.job(job) { _ in true }.status == "success", "a dry run changed the job")
        let shown = try await guest.norn("job", "rerun", job, "--only", "count_0", "--dry-run")
        #expect(shown.output.contains("asked for") && shown.output.contains("its result is used again"))
        let command = try await guest.norn("job", "rerun", job, "--only", "count_0")
        #expect(command.status == 0, "\(command.errors)")
        let second = try await guest.ended(job)
        #expect(second.status == "success", "\(second.object)")
        for end in [second, try await host.job(job) { Self.numbers($0, "count_0").contains(1) }] {
            #expect(Self.numbers(end, "reader_0") == [0] && Self.numbers(end, "count_0") == [0, 1])
        }

        // Another parameter of the last task: the first is used again.
        let changed = ["component_parameters": ["common": ["count_0": ["note": "again"]]]]
        let other = try await guest.call(.POST, path, json: ["conf": changed])
        #expect(Self.runs(other) == ["reader_0": false, "count_0": true], "\(other.body)")
        #expect(try await guest.ended(job).status == "success")
        // After a restart of both, what had ended is in the store alone.
        for site in [guest, host] {
            #expect(await site.terminate() == 0)
            try await site.start()
        }
        let from = try await guest.norn("job", "rerun", job, "--from", "reader_0")
        #expect(from.status == 0 && from.output.contains("reader_0 runs again, which feeds it"), "\(from.output)")
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(Self.numbers(end, "reader_0") == [0, 1] && Self.numbers(end, "count_0") == [0, 1, 2, 3])
        #expect(end.summary(of: "count_0", role: "guest")["total"] as? Int == 1138)
        for site in [guest, host] { try await site.nothingHeld() }
        // From the partner's site nobody runs it again.
        let foreign = try await host.call(.POST, path, json: only)
        #expect(foreign.status == 403, "\(foreign.body)")
        await sites.end()
    }

    @Test func aJobInheritsWhatAnEarlierOneDidAtBothSites() async throws {
        let sites = try await Self.sitesWithTables()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let source = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect(try await guest.ended(source).status == "success")
        let then = try await host.ended(source).attempts(of: "reader_0").compactMap { $0["started"] as? Int }
        var conf = JobScenarios.countConf
        conf["job_parameters"] = [
            "common": ["inheritance_info": ["job_id": source, "component_list": ["reader_0"]]]
        ]
        let job = try await guest.accepted(dsl: JobScenarios.countDSL, conf: conf)
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "count_0", role: "guest")["total"] as? Int == 1138)
        // The host did not read its table again either: the attempt that it shows is the earlier job's.
        let there = try await host.ended(job)
        #expect(there.attempts(of: "reader_0").compactMap { $0["started"] as? Int } == then)
        #expect(then.count == 1 && there.attempts(of: "count_0").count == 1, "\(there.attempts)")
        await sites.end()
    }

    // MARK: Pause and dependence

    @Test func aPausedJobHoldsNothingAtEitherSiteAndOthersWaitForItsEnd() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try Self.twoToys(rows: CrashScenarios.secondsOfRows)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        _ = try await eventually("a worker at the host", seconds: WorkerProcess.appearSecondsMaximum) {
            host.workers(of: job).first
        }
        let pause = try await guest.norn("job", "pause", job)
        #expect(pause.status == 0, "\(pause.errors)")
        let (_, after) = try CrashScenarios.toy(rows: 100, jobParameters: ["depends_on": [job]])
        let dependent = try await guest.accepted(dsl: try StagedTree.json("toy_dsl.json"), conf: after)
        // What runs ends; then all goes back at both sites.
        let paused = try await guest.job(job) { $0.status == "waiting" }
        #expect(paused.tasks.map { $0["status"] as? String }.sorted { $0 ?? "" < $1 ?? "" } == ["success", "waiting"])
        for site in [guest, host] { try await site.nothingHeld() }
        #expect(try await guest.job(dependent) { _ in true }.status == "waiting")
        let resume = try await guest.norn("job", "resume", job)
        #expect(resume.status == 0, "\(resume.errors)")
        for one in [job, dependent] {
            #expect(try await guest.ended(one).status == "success")
            #expect(try await host.ended(one).status == "success")
        }
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    // MARK: Time limits

    @Test(arguments: [("task_timeout", "task_timeout"), ("timeout", "job_timeout")])
    func aTimeLimitEndsTheJobAtBothSites(key: String, code: String) async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows, jobParameters: [key: 1])
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        for site in [guest, host] {
            let end = try await site.ended(job)
            #expect(end.status == "timeout", "\(end.object)")
            #expect(end.failure["code"] as? String == code, "\(end.failure)")
            try await site.workersGone(of: job)
            try await site.nothingHeld()
        }
        await sites.end()
    }

    // MARK: Stops

    /// A party that is down when the job is stopped is asked until it is back; nothing starts there again.
    @Test func aStopIsOwedToAPartnerThatIsDown() async throws {
        let sites = try await SitesUnderTest(
            Self.guestAndHost, settings: ["guest": "scheduling: {lease_seconds: 3, grace_seconds: 1}\n"])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        _ = try await host.workers(of: job, task: "secure_add_example_0", parties: ["host_10000"])
        await host.kill()
        try await host.workersGone(of: job)
        let stop = try await guest.norn("job", "stop", job)
        #expect(stop.status == 0, "\(stop.errors)")
        #expect(stop.output.contains("guest 9999: confirmed"), "\(stop.output)")
        #expect(stop.output.contains("host 10000: not confirmed yet; it is asked until it answers"), "\(stop.output)")
        #expect(try await guest.ended(job).status == "canceled")
        try await guest.nothingHeld()

        try await host.start()
        #expect(try await host.ended(job).status == "canceled")
        #expect(host.workers(of: job).isEmpty, "a worker of a stopped job was started")
        try await host.nothingHeld()
        _ = try await eventually("the host's word", seconds: SiteUnderTest.jobSecondsMaximum) {
            try await guest.norn("job", "stop", job).output.contains("host 10000: confirmed") ? true : nil
        }
        await sites.end()
    }

    /// While it waits for a person there.
    @Test func aPartnerStopsItsPartOfAJobThatWaitsForIt() async throws {
        let rules = "approval: {rules: [{components: [SecureAddExample], decision: ask}]}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": rules])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        let stop = try await host.norn("job", "stop", job)
        #expect(stop.status == 0 && stop.output.contains("host 10000: confirmed"), "\(stop.output)\(stop.errors)")
        for site in [guest, host] {
            let end = try await site.ended(job)
            #expect(end.status == "canceled", "\(end.object)")
            #expect(end.failure["party"] as? String == "host:10000", "\(end.failure)")
        }
        await sites.end()
    }
}
