import Foundation
import NIOHTTP1
import Testing

/// What a site's settings say of partners' jobs: who needs a person, who is refused, who asks for more than there is.
@Suite(.serialized) struct ApprovalScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    private static func sites(host settings: String, guest: String = "") async throws -> SitesUnderTest {
        try await SitesUnderTest(guestAndHost, settings: ["host": settings, "guest": guest])
    }

    @Test func aRuleLetsAJobGoByItsComponentsAndItsTable() async throws {
        let sites = try await Self.sites(
            host: """
                approval:
                  rules:
                    - {partner: 9999, components: [Reader, CountExample], tables: [example/open], decision: automatic}
                    - {partner: 9999, tables: [example/closed], decision: refuse}
                """)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        for name in ["open", "closed", "other"] {
            try await host.upload(example: "breast_host.csv", name: name, party: "10000")
        }
        func conf(_ table: String) -> [String: Any] {
            var conf = JobScenarios.countConf
            conf["component_parameters"] = [
                "role": [
                    "guest": ["0": ["reader_0": ["table": ["name": "breast_guest", "namespace": "example"]]]],
                    "host": ["0": ["reader_0": ["table": ["name": table, "namespace": "example"]]]],
                ]
            ]
            return conf
        }
        let open = try await guest.accepted(dsl: JobScenarios.countDSL, conf: conf("open"))
        #expect(try await guest.ended(open).status == "success")

        let refused = try await guest.submit(dsl: JobScenarios.countDSL, conf: conf("closed"))
        #expect(refused.code == "refused", "\(refused.body)")
        #expect(refused.object["party"] as? String == "host:10000", "\(refused.body)")
        #expect(refused.message.contains("example/closed"), "\(refused.body)")

        // No rule fits: a grant, or a person.
        let other = try await guest.accepted(dsl: JobScenarios.countDSL, conf: conf("other"))
        let waits = try await guest.job(other) { !$0.reasons.isEmpty }
        #expect(waits.reasons.first?["kind"] as? String == "waiting_for_approval", "\(waits.reasons)")
        try await sites["host"].grant("other", to: "9999")
        #expect(try await guest.ended(other).status == "success")
        await sites.end()
    }

    /// The one who decided at the host stands in its log of events and in the job as people see it.
    private static func requireDecision(_ status: String, on job: String, at host: SiteUnderTest) async throws {
        let stream = try await host.call(.GET, "/api/jobs/\(job)/events").body as? String ?? ""
        let events = stream.split(separator: "\n").filter { $0.hasPrefix("data: ") }.compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any]
        }
        let values = events.filter { $0["kind"] as? String == "approval" }.compactMap { $0["value"] as? [String: Any] }
        #expect(values.contains { $0["to"] as? String == status && $0["by"] as? String == "local" }, "\(values)")
        let shown = try await host.norn("job", "show", job)
        #expect(shown.output.contains("approval   host 10000: \(status) by local"), "\(shown.output)")
        let approvals = try await host.ended(job).object["approvals"] as? [[String: Any]] ?? []
        #expect(approvals.contains { $0["party"] as? String == "10000" && $0["by"] as? String == "local" })
    }

    @Test func aPersonApprovesOrRefusesWhatARuleAsks() async throws {
        let sites = try await Self.sites(
            host: "approval: {rules: [{components: [SecureAddExample], decision: ask}]}\n")
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100)
        let first = try await guest.accepted(dsl: dsl, conf: conf)
        let second = try await guest.accepted(dsl: dsl, conf: conf)
        for job in [first, second] {
            let waits = try await guest.job(job) { !$0.reasons.isEmpty }
            let reason = waits.reasons.first ?? [:]
            #expect(reason["kind"] as? String == "waiting_for_approval" && reason["party"] as? String == "host:10000")
            #expect((reason["text"] as? String)?.contains("before SecureAddExample runs") == true, "\(reason)")
        }
        #expect(try await host.norn("site", "status").output.contains("approvals   2 wait for a person"))
        let asked = try await host.norn("job", "approve")
        #expect(asked.output.contains(first) && asked.output.contains(second), "\(asked.output)")
        let yes = try await host.norn("job", "approve", first)
        #expect(yes.status == 0, "\(yes.errors)")
        #expect(try await guest.ended(first).status == "success")
        try await Self.requireDecision("approved", on: first, at: host)
        let no = try await host.norn("job", "refuse", second, "--reason", "not in the agreement")
        #expect(no.status == 0, "\(no.errors)")
        for site in [guest, host] {
            let end = try await site.ended(second)
            #expect(end.status == "failed" && end.failure["party"] as? String == "host:10000", "\(end.failure)")
            #expect((end.failure["message"] as? String)?.contains("not in the agreement") == true, "\(end.failure)")
        }
        try await Self.requireDecision("refused", on: second, at: host)
        let late = try await host.norn("job", "refuse", second)
        #expect(late.status == 4, "\(late.status) \(late.errors)")
        await sites.end()
    }

    // MARK: What can never be granted

    @Test func coresBeyondAPartnersLimitAreRefusedAtSubmit() async throws {
        let sites = try await Self.sites(
            host: "scheduling: {limits: [{partner: 8888, cores: 1}, {partner: '*', cores: 2}]}\n",
            guest: "scheduling: {limits: [{party: 9999, cores: 3}]}\n")
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        var (dsl, conf) = try CrashScenarios.toy(rows: 100)
        func refusal(_ parameters: [String: Any]) async throws -> SiteUnderTest.Answer {
            conf["job_parameters"] = parameters
            let answer = try await guest.submit(dsl: dsl, conf: conf)
            #expect(answer.code == "never_grantable", "\(answer.body)")
            return answer
        }
        let there = try await refusal(["role": ["host": ["0": ["task_cores": 3]]]])
        #expect(there.object["party"] as? String == "host:10000")
        #expect(there.field == "conf.job_parameters.role.host.0.task_cores", "\(there.body)")
        #expect(there.message.contains("3 cores") && there.message.contains("2 at once"), "\(there.body)")
        let hint = there.object["hint"] as? String ?? ""
        #expect(hint.contains("at most 2") && hint.contains("scheduling.limits[1].cores"), "\(hint)")

        let here = try await refusal(["common": ["task_cores": 4]])
        #expect(here.object["party"] as? String == "guest:9999")
        #expect(here.field == "conf.job_parameters.common.task_cores", "\(here.body)")
        // It never left the guest.
        #expect(try await host.call(.GET, "/api/jobs").list.count == 1)
        // The command says the same, and that the site refused it.
        let files = guest.home.appending(path: "refused")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for (name, value) in [("dsl", dsl), ("conf", conf)] {
            try JSONSerialization.data(withJSONObject: value).write(to: files.appending(path: name))
        }
        let command = try await guest.norn(
            "job", "submit", "--dsl", files.appending(path: "dsl").path, "--conf", files.appending(path: "conf").path)
        #expect(command.status == 3 && command.errors.contains("conf.job_parameters.common.task_cores"))

        conf["job_parameters"] = ["common": ["task_cores": 2]]
        let fits = try await guest.accepted(dsl: dsl, conf: conf)
        #expect(try await guest.ended(fits).status == "success")
        await sites.end()
    }

    /// The parts of several parties of one site are held together.
    @Test func partiesOfOneSiteThatDoNotFitTogetherAreRefusedAtSubmit() async throws {
        let site = try await SiteUnderTest { home in
            let settings = "resources: {cores: 3, attempts_per_core: 1}\n"
            try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: 100, jobParameters: ["task_cores": 2])
        let answer = try await site.submit(dsl: dsl, conf: conf)
        #expect(answer.code == "never_grantable" && answer.message.contains("4 cores"), "\(answer.body)")
        #expect(try await site.call(.GET, "/api/jobs").list.isEmpty, "a refused job left a row")
        await site.end()
    }
}
