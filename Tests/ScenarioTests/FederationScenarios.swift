import Foundation
import NIOHTTP1
import Testing

/// Jobs over several sites on loopback, each a process with a home and keys of its own.
@Suite(.serialized) struct FederationScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    @Test func toyOverTwoSitesSucceeds() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let job = try await guest.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "secure_add_example_0", role: "guest")["secure_sum"] as? Int == 2000)
        // Each site has its own party's attempt, and no other.
        #expect(end.attempts.map { $0["role"] as? String } == ["guest"])
        let there = try await host.ended(job)
        #expect(there.status == "success", "\(there.object)")
        #expect(there.attempts.map { $0["role"] as? String } == ["host"])
        for site in [guest, host] {
            try await site.workersGone(of: job)
            try await site.nothingHeld()
        }
        await sites.end()
    }

    // MARK: The reference job

    @Test(arguments: [1, 2])
    func regressionOverSitesGivesTheReferenceFigure(hosts: Int) async throws {
        var conf = try StagedTree.json("breast_lr_conf.json")
        var plan = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]
        if hosts == 2 {
            plan += [(name: "second", parties: ["10002"])]
            conf = try Self.withTwoHosts(conf)
        }
        let sites = try await SitesUnderTest(plan + [(name: "arbiter", parties: ["10001"])])
        let guest = try sites["guest"].site
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        for (number, member) in sites.members.filter({ ["host", "second"].contains($0.name) }).enumerated() {
            let table = hosts == 1 ? "breast_host" : "breast_host_\(number + 1)"
            try await member.site.upload(example: "\(table).csv", name: table, party: member.parties[0])
            try await member.grant(table, to: "9999")
        }
        let job = try await guest.accepted(dsl: try StagedTree.json("breast_lr_dsl.json"), conf: conf)
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "intersection_0", role: "guest")["intersect_num"] as? Int == 569)
        #expect(abs(end.areaUnderCurve - 0.975186) <= 1e-4)
        for member in sites.members { try await member.site.nothingHeld() }
        await sites.end()
    }

    private static func withTwoHosts(_ conf: [String: Any]) throws -> [String: Any] {
        var conf = conf
        conf["role"] = ["guest": [9999], "host": [10000, 10002], "arbiter": [10001]]
        guard var parameters = conf["component_parameters"] as? [String: Any],
            var roles = parameters["role"] as? [String: Any]
        else { throw ScenarioFailure("the example's conf has no parameters of roles") }
        func host(_ table: String) -> [String: Any] {
            [
                "reader_0": ["table": ["name": table, "namespace": "example"]],
                "data_transform_0": ["with_label": false],
            ]
        }
        roles["host"] = ["0": host("breast_host_1"), "1": host("breast_host_2")]
        parameters["role"] = roles
        conf["component_parameters"] = parameters
        return conf
    }

    // MARK: Grants

    @Test func aTableOfThePartnerNeedsAGrantOrAPerson() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"])
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await host.site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")

        let approved = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        let waiting = try await guest.call(.GET, "/api/jobs/\(approved)").object
        let summary = waiting["summary"] as? [String: Any] ?? [:]
        #expect(summary["status"] as? String == "waiting")
        let why = summary["waiting"] as? String ?? ""
        #expect(why.contains("10000") && why.contains("example/breast_host"), "\(summary)")
        let asked = try await host.site.call(.GET, "/api/approvals").list
        #expect("\(asked)".contains("example/breast_host") && "\(asked)".contains("9999"), "\(asked)")
        let yes = try await host.site.call(.POST, "/api/approvals/\(approved)", json: ["allow": true])
        #expect(yes.status == 200, "\(yes.body)")
        #expect(try await guest.ended(approved).status == "success")

        // The yes was for one job.
        let refused = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        _ = try await host.site.call(.POST, "/api/approvals/\(refused)", json: ["allow": false])
        let end = try await guest.ended(refused)
        #expect(end.status == "failed")
        #expect("\(end.failure)".contains("10000"), "\(end.failure)")

        // A job that waits for the grant goes on with it, and later ones do not wait.
        let patient = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        try await host.grant("breast_host", to: "9999")
        #expect(try await guest.ended(patient).status == "success")
        let granted = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect(try await guest.ended(granted).status == "success")

        var missing = JobScenarios.countConf
        missing["component_parameters"] = [
            "role": [
                "guest": ["0": ["reader_0": ["table": ["name": "breast_guest", "namespace": "example"]]]],
                "host": ["0": ["reader_0": ["table": ["name": "no_such", "namespace": "example"]]]],
            ]
        ]
        // A table that is not there waits just so: only the host's own people read which it is.
        let blind = try await guest.accepted(dsl: JobScenarios.countDSL, conf: missing)
        let sight = try await guest.job(blind) { ($0.summary["waiting"] as? String)?.contains("no_such") == true }
            .summary
        #expect((sight["waiting"] as? String)?.contains("no grant, or no such table") == true, "\(sight)")
        let there = try await host.site.call(.GET, "/api/approvals").list.filter { $0["job"] as? String == blind }
        #expect("\(there)".contains("there is no table example/no_such"), "\(there)")
        _ = try await host.site.call(.POST, "/api/approvals/\(blind)", json: ["allow": false])
        #expect(try await guest.ended(blind).status == "failed")
        await sites.end()
    }

    // MARK: Trust

    @Test func aPartyWithNoRouteIsRefusedByName() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let guest = try sites["guest"].site
        var conf = try StagedTree.json("toy_conf.json")
        conf["role"] = ["guest": [9999], "host": [20000]]
        let answer = try await guest.submit(dsl: try StagedTree.json("toy_dsl.json"), conf: conf)
        #expect((400..<500).contains(answer.status))
        #expect(answer.code == "no_route" && answer.message.contains("20000"), "\(answer.body)")
        #expect(try await guest.call(.GET, "/api/jobs").list.isEmpty, "a refused job left a row")
        await sites.end()
    }

    /// The caller trusts us, but we do not trust the caller.
    @Test func anUntrustedCertificateIsRefusedAndRecorded() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost, trusting: false)
        let (guest, host) = (try sites["guest"], try sites["host"])
        try await guest.trust(host)
        let answer = try await guest.site.submit(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let refusal = try await host.refusal("untrusted_certificate")
        #expect(refusal["caller"] as? String == guest.pin, "\(refusal)")
        #expect(try await host.site.call(.GET, "/api/jobs").list.isEmpty, "a stranger's job came in")
        if let job = answer.object["job"] as? String {
            let shown = try await guest.site.call(.GET, "/api/jobs/\(job)").object["summary"] as? [String: Any]
            #expect("\(shown ?? [:])".contains("10000"), "the job does not say for whom it waits: \(shown ?? [:])")
            // When trust is there the job goes on by itself.
            try await host.trust(guest)
            #expect(try await guest.site.ended(job).status == "success")
        }
        await sites.end()
    }

    @Test func aPeerThatClaimsAForeignPartyIsRefusedAndRecorded() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost, trusting: false)
        let (guest, host) = (try sites["guest"], try sites["host"])
        try await guest.trust(host)
        try await host.trust(guest, parties: ["7777"])
        let answer = try await guest.site.submit(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let refusal = try await host.refusal("foreign_party")
        #expect(refusal["caller"] as? String == "guest", "\(refusal)")
        #expect((refusal["text"] as? String)?.contains("9999") == true, "\(refusal)")
        #expect(try await host.site.call(.GET, "/api/jobs").list.isEmpty, "a job of a foreign party came in")
        #expect(answer.status < 500, "\(answer.body)")
        let warnings = try await guest.site.call(.GET, "/api/site").object["warnings"] as? [String] ?? []
        #expect(warnings.contains { $0.contains("host") && $0.contains("9999") }, "\(warnings)")
        await sites.end()
    }

    @Test func aPeerIsCutAtOnce() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"], try sites["host"])
        let (dsl, conf) = (try StagedTree.json("toy_dsl.json"), try StagedTree.json("toy_conf.json"))
        let first = try await guest.site.accepted(dsl: dsl, conf: conf)
        #expect(try await guest.site.ended(first).status == "success")
        _ = try await host.site.ended(first)

        // The connection that the first job opened is still there: the next message on it is refused.
        try await host.cut(guest)
        let second = try await guest.site.submit(dsl: dsl, conf: conf)
        _ = try await host.refusal("untrusted_certificate")
        #expect(try await host.site.call(.GET, "/api/jobs").list.count == 1, "a job of a cut peer came in")
        #expect(second.status < 500, "\(second.body)")

        try await guest.cut(host)
        let third = try await guest.site.submit(dsl: dsl, conf: conf)
        #expect(third.code == "no_route" && third.message.contains("10000"), "\(third.body)")
        await sites.end()
    }

    // MARK: Kills

    /// The site that started the job learns what happened at the other one, and its own worker does not wait in vain.
    @Test func aWorkerKilledAtThePartnerFailsTheJobByNameAtBothSites() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        let workers = try await host.workers(of: job, task: "secure_add_example_0", parties: ["host_10000"])
        kill(workers[0].pid, SIGKILL)
        for site in [guest, host] {
            let end = try await site.ended(job)
            #expect(end.status == "failed")
            #expect(end.failure["code"] as? String == "worker_crashed", "\(end.failure)")
            #expect(end.failure["party"] as? String == "host:10000", "\(end.failure)")
            #expect((end.failure["message"] as? String)?.contains("SIGKILL") == true, "\(end.failure)")
            try await site.workersGone(of: job)
            try await site.nothingHeld()
        }
        await sites.end()
    }

    @Test(arguments: ["host", "guest"])
    func aSiteKilledInTheMiddleOfAJobRunsItToItsEndAfterARestart(killed: String) async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.secondsOfRows)
        let job = try await guest.accepted(dsl: dsl, conf: conf)
        _ = try await host.workers(of: job, task: "secure_add_example_0", parties: ["host_10000"])
        _ = try await guest.workers(of: job, task: "secure_add_example_0", parties: ["guest_9999"])
        let site = try sites[killed].site
        await site.kill()
        try await site.workersGone(of: job)

        try await site.start()
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        let there = try await host.ended(job)
        #expect(there.status == "success", "\(there.object)")
        let own = killed == "host" ? there : end
        #expect(CrashScenarios.failure(own, role: killed, attempt: 0) == "site_restarted")
        #expect(CrashScenarios.status(own, role: killed, attempt: 1) == "success")
        for site in [guest, host] {
            try await site.workersGone(of: job)
            try await site.nothingHeld()
        }
        await sites.end()
    }

    @Test func aJobWaitsForAPartnerThatIsDown() async throws {
        let sites = try await SitesUnderTest(Self.guestAndHost)
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        await host.kill()
        let job = try await guest.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let summary = try await guest.job(job) { ($0.summary["waiting"] as? String)?.contains("10000") == true }.summary
        #expect(summary["status"] as? String == "waiting", "\(summary)")
        try await host.start()
        #expect(try await guest.ended(job).status == "success")
        await sites.end()
    }
}
