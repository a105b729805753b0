import Foundation
import NIOHTTP1
import Testing

/// Every job that waits says why: in its list of reasons, in one line of `norn job list`, here and at partners.
@Suite(.serialized) struct WaitingScenarios {
    /// A reason of the job at this site, once it is there: also in the command's list, and where it shows the job.
    private static func reason(
        _ kind: String, of job: String, at site: SiteUnderTest, line: String
    ) async throws -> [String: Any] {
        let detail = try await site.job(job) { $0.reasons.contains { $0["kind"] as? String == kind } }
        let list = try await site.norn("job", "list")
        let shown = list.output.split(separator: "\n").first { $0.hasPrefix(job) } ?? ""
        #expect(shown.contains(line) && shown.contains("since"), "\(shown)")
        let reason = detail.reasons.first { $0["kind"] as? String == kind } ?? [:]
        let show = try await site.norn("job", "show", job)
        let why = show.output.split(separator: "\n").filter { $0.contains("(since ") }
        #expect(why.contains { $0.contains(line) }, "\(show.output)")
        #expect((reason["since"] as? Int ?? 0) > 0, "\(reason)")
        return reason
    }

    @Test func coresMissingAtAPartnerAreNamedHereAndThere() async throws {
        let sites = try await SitesUnderTest([(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let resources = try await host.call(.GET, "/api/site").object["resources"] as? [String: Any]
        let cores = try #require(resources?["cores"] as? Int)
        // The first takes all of the host's cores and goes on until it is stopped.
        let (dsl, endless) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        var conf = endless
        conf["job_parameters"] = ["role": ["host": ["0": ["task_cores": cores]]]]
        let first = try await guest.accepted(dsl: dsl, conf: conf)
        _ = try await host.workers(of: first, task: "secure_add_example_0", parties: ["host_10000"])

        let second = try await guest.accepted(dsl: dsl, conf: conf)
        let missing = try await Self.reason("resources_missing", of: second, at: guest, line: "host:10000")
        #expect(missing["party"] as? String == "host:10000")
        let amount = (missing["missing"] as? [[String: Any]])?.first ?? [:]
        #expect(amount["kind"] as? String == "cores" && amount["wanted"] as? Int == cores, "\(missing)")
        #expect(missing["place"] as? Int == 1)
        // The partner says it of its own part.
        let there = try await Self.reason("resources_missing", of: second, at: host, line: "too little free")
        #expect(there["place"] as? Int == 1)

        for job in [second, first] {
            let stop = try await host.call(.POST, "/api/jobs/\(job)/stop")
            #expect(stop.status == 200, "\(stop.body)")
            #expect(try await guest.ended(job).status == "canceled")
        }
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    @Test func aPartnerThatIsDownAndAPersonWhoIsAskedAreNamed() async throws {
        let sites = try await SitesUnderTest([(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await host.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let asked = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        let approval = try await Self.reason("waiting_for_approval", of: asked, at: guest, line: "has to approve")
        #expect(approval["party"] as? String == "host:10000")
        _ = try await Self.reason("waiting_for_approval", of: asked, at: host, line: "norn job approve")
        let stop = try await guest.call(.POST, "/api/jobs/\(asked)/stop")
        #expect(stop.status == 200, "\(stop.body)")

        await host.kill()
        let job = try await guest.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let down = try await Self.reason("partner_unreachable", of: job, at: guest, line: "does not answer")
        #expect(down["party"] as? String == "host:10000")
        await sites.end()
    }

    // MARK: The policy of a partner's site

    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    /// The toy without end, with so many cores at the host.
    private static func endless(
        hostCores: Int = 1, _ common: [String: Any] = [:]
    ) throws -> (dsl: [String: Any], conf: [String: Any]) {
        var (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        conf["job_parameters"] = ["common": common, "role": ["host": ["0": ["task_cores": hostCores]]]]
        return (dsl, conf)
    }

    private static func stop(_ jobs: [String], at site: SiteUnderTest) async throws {
        for job in jobs {
            let stop = try await site.call(.POST, "/api/jobs/\(job)/stop")
            #expect(stop.status == 200, "\(stop.body)")
        }
    }

    /// Two cores are missing for the second; the third would fit, and nobody may pass.
    @Test func aJobThatWouldFitSaysThatOthersAreFirst() async throws {
        let settings = "resources: {cores: 3, attempts_per_core: 1}\nscheduling: {backfill_passes: 0}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": settings])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, wide) = try Self.endless(hostCores: 2)
        let first = try await guest.accepted(dsl: dsl, conf: wide)
        _ = try await host.workers(of: first, task: "secure_add_example_0", parties: ["host_10000"])
        let second = try await guest.accepted(dsl: dsl, conf: wide)
        let missing = try await Self.reason(
            "resources_missing", of: second, at: guest, line: "2 cores wanted, 1 free, place 1")
        #expect(missing["party"] as? String == "host:10000")
        let third = try await guest.accepted(dsl: dsl, conf: Self.endless().conf)
        let behind = try await Self.reason(
            "behind_others", of: third, at: guest, line: "others are first at host:10000, place 2")
        #expect(behind["party"] as? String == "host:10000" && behind["place"] as? Int == 2, "\(behind)")
        _ = try await Self.reason("behind_others", of: third, at: host, line: "place 2")
        try await Self.stop([third, second, first], at: guest)
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    @Test func aLimitOfAPartnerIsNamedWithWhatIsHeldOfIt() async throws {
        let settings = "scheduling: {limits: [{partner: 9999, jobs: 1}]}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": settings])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try Self.endless()
        let first = try await guest.accepted(dsl: dsl, conf: conf)
        _ = try await host.workers(of: first, task: "secure_add_example_0", parties: ["host_10000"])
        let second = try await guest.accepted(dsl: dsl, conf: conf)
        let words = "jobs of partner 9999 hold 1 of at most 1 jobs"
        let limit = try await Self.reason("limit_reached", of: second, at: guest, line: words)
        #expect(limit["party"] as? String == "host:10000" && limit["place"] as? Int == 1, "\(limit)")
        _ = try await Self.reason("limit_reached", of: second, at: host, line: words)
        try await Self.stop([first], at: guest)
        _ = try await guest.job(second) { $0.status == "running" }
        try await Self.stop([second], at: guest)
        await sites.end()
    }

    @Test func aPartnersFullDiskIsNamed() async throws {
        let settings = "disk: {low_megabytes: 1000000000, resume_megabytes: 1000000000}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": settings])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        let low = try await Self.reason("low_disk", of: job, at: guest, line: "the disk at host:10000 is nearly full")
        #expect(low["party"] as? String == "host:10000", "\(low)")
        _ = try await Self.reason("low_disk", of: job, at: host, line: "nearly full")
        try await Self.stop([job], at: guest)
        await sites.end()
    }

    @Test func aPauseAndAnAwaitedJobAreNamedHereAndThere() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try Self.endless()
        let first = try await guest.accepted(dsl: dsl, conf: conf)
        let second = try await guest.accepted(dsl: dsl, conf: Self.endless(["depends_on": [first]]).conf)
        _ = try await Self.reason("waiting_for_job", of: second, at: guest, line: "waits for the end of job \(first)")
        let pause = try await guest.norn("job", "pause", second)
        #expect(pause.status == 0, "\(pause.errors)")
        _ = try await Self.reason("paused", of: second, at: guest, line: "paused by")
        let there = try await Self.reason("paused", of: second, at: host, line: "paused by the initiator guest:9999")
        #expect(there["party"] == nil, "\(there)")
        try await Self.stop([second, first], at: guest)
        await sites.end()
    }

    /// A worker was killed: its task says when it starts again, which try that is, and after what.
    @Test func aTaskThatIsTriedAgainSaysWhenAndAfterWhat() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try CrashScenarios.toy(
            rows: CrashScenarios.endlessRows, jobParameters: ["auto_retries": 2, "auto_retry_delay": 300])
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let workers = try await site.workers(
            of: job, task: "secure_add_example_0", parties: ["guest_9999", "host_10000"])
        kill(workers[0].pid, SIGKILL)
        _ = try await Self.reason("retry_pause", of: job, at: site, line: "task secure_add_example_0 is tried again")
        let detail = try await site.job(job) { $0.tasks.first?["waiting"] != nil }
        let waiting = detail.tasks.first?["waiting"] as? String ?? ""
        #expect(waiting.contains("try 2 of 3") && waiting.contains("worker_crashed"), "\(waiting)")
        let show = try await site.norn("job", "show", job)
        #expect(show.output.contains("starts again at"), "\(show.output)")
        try await Self.stop([job], at: site)
        await site.end()
    }
}
