import Foundation
import NIOHTTP1
import Testing

/// Every job that waits says why: in its list of reasons, in one line of `norn job list`, here and at partners.
@Suite(.serialized) struct WaitingScenarios {
    /// A reason of the job at this site, once it is there, also in the command's list.
    private static func reason(
        _ kind: String, of job: String, at site: SiteUnderTest, line: String
    ) async throws -> [String: Any] {
        let detail = try await site.job(job) { $0.reasons.contains { $0["kind"] as? String == kind } }
        let list = try await site.norn("job", "list")
        let shown = list.output.split(separator: "\n").first { $0.hasPrefix(job) } ?? ""
        #expect(shown.contains(line) && shown.contains("since"), "\(shown)")
        let reason = detail.reasons.first { $0["kind"] as? String == kind } ?? [:]
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
}
