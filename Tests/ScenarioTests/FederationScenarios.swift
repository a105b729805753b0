import Foundation
import NIOHTTP1
import Testing

/// Sites that know one another by their keys.
@Suite(.serialized) struct FederationScenarios {
    /// Two sites that trust one another: guest 9999 and host 10000.
    private static func twoSites() async throws -> (guest: SiteUnderTest, host: SiteUnderTest) {
        let guest = try await site("9999")
        let host = try await site("10000")
        try await trust(guest, at: host, as: "guest", parties: ["9999"])
        try await trust(host, at: guest, as: "host", parties: ["10000"])
        return (guest, host)
    }

    private static func site(_ party: String) async throws -> SiteUnderTest {
        try await SiteUnderTest(
            ["--parties", party, "--federation-host", "127.0.0.1", "--federation-port", "0"],
            prepare: { home in
                let made = try await Program.run(
                    StagedTree.norn, ["site", "init", "--home", home.path, "--name", party])
                guard made.status == 0 else { throw ScenarioFailure(made.errors) }
            })
    }

    private static func trust(
        _ peer: SiteUnderTest, at site: SiteUnderTest, as name: String, parties: [String]
    ) async throws {
        let federation = try await listening(peer)
        let answer = try await site.call(
            .PUT, "/api/peers/\(name)",
            json: [
                "pin": federation["pin"] as? String ?? "", "parties": parties,
                "address": "https://127.0.0.1:\(federation["port"] as? Int ?? 0)",
            ])
        guard answer.status == 200 else { throw ScenarioFailure("trust: \(answer.body)") }
    }

    /// What the site says of its listener for peers, once it listens.
    private static func listening(_ site: SiteUnderTest) async throws -> [String: Any] {
        for _ in 0..<400 {
            let federation = try await site.call(.GET, "/api/site").object["federation"] as? [String: Any] ?? [:]
            if federation["port"] is Int { return federation }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw ScenarioFailure("the site does not listen for peers")
    }

    @Test func aJobRunsOverTwoSites() async throws {
        let (guest, host) = try await Self.twoSites()
        let job = try await guest.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.attempts.count == 1, "a site shows the attempts of its own parties")
        let there = try await host.ended(job)
        #expect(there.status == "success")
        await guest.end()
        await host.end()
    }

    @Test func aPartnersJobNeedsAGrantOrAPerson() async throws {
        let (guest, host) = try await Self.twoSites()
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await host.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let refused = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        _ = try await guest.job(refused) { "\($0.summary["waiting"] ?? "")".contains("approve") }
        let asked = try await host.call(.GET, "/api/approvals")
        #expect("\(asked.body)".contains("breast_host"), "\(asked.body)")
        let no = try await host.call(.POST, "/api/approvals/\(refused)", json: ["allow": false])
        #expect(no.status == 200, "\(no.body)")
        #expect(try await guest.ended(refused).status == "failed")

        let granted = try await host.norn("data", "grant", "-s", "example", "-n", "breast_host", "--to", "9999")
        #expect(granted.status == 0, "\(granted.errors)")
        let job = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        await guest.end()
        await host.end()
    }

    @Test func aTableThatIsNotThereIsRefusedByItsSite() async throws {
        let (guest, host) = try await Self.twoSites()
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        let answer = try await guest.submit(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect(answer.status == 400, "\(answer.body)")
        #expect(answer.object["party"] as? String == "host:10000", "\(answer.body)")
        #expect(answer.message.contains("breast_host"), "\(answer.body)")
        await guest.end()
        await host.end()
    }

    @Test func aPeerThatIsCutIsCutAtOnce() async throws {
        let (guest, host) = try await Self.twoSites()
        let cut = try await guest.norn("site", "trust", "host", "--remove", "--home", guest.home.path)
        #expect(cut.status == 0, "\(cut.errors)")
        let answer = try await guest.submit(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        #expect(answer.code == "no_route", "\(answer.body)")
        #expect(answer.object["party"] as? String == "host:10000")
        #expect(try await guest.call(.GET, "/api/jobs").list.isEmpty)
        await guest.end()
        await host.end()
    }

    @Test func aJobOutlivesTheDeathOfAPartnersSite() async throws {
        let (guest, host) = try await Self.twoSites()
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await host.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        _ = try await host.norn("data", "grant", "-s", "example", "-n", "breast_host", "--to", "9999")
        let port = try await Self.listening(host)["port"] as? Int ?? 0
        let job = try await guest.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        _ = try await guest.job(job) { !$0.attempts.isEmpty }
        await host.kill()
        host.replaceArguments(
            ["--parties", "10000", "--federation-host", "127.0.0.1", "--federation-port", "\(port)"])
        try await host.start()
        let end = try await guest.ended(job)
        #expect(end.status == "success", "\(end.object)")
        await guest.end()
        await host.end()
    }
}
