import Foundation
import NIOHTTP1
import Testing

/// What a site asks of the keys of its parties' jobs.
@Suite(.serialized) struct PrivacyScenarios {
    /// The reference job with the keys that FATE's examples ask for.
    private static func shortKeys() throws -> [String: Any] {
        var conf = try StagedTree.json("breast_lr_conf.json")
        guard var parameters = conf["component_parameters"] as? [String: Any],
            var common = parameters["common"] as? [String: Any],
            var regression = common["hetero_lr_0"] as? [String: Any]
        else { throw ScenarioFailure("the example's conf has another form") }
        regression["encrypt_param"] = ["key_length": 1024]
        regression["max_iter"] = 1
        common["hetero_lr_0"] = regression
        parameters["common"] = common
        conf["component_parameters"] = parameters
        return conf
    }

    /// On one site they run, and the answer, the job and the log say so.
    @Test func shortKeysOfAnOwnJobRunWithAWarningEverywhere() async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let answer = try await site.submit(dsl: try StagedTree.json("breast_lr_dsl.json"), conf: Self.shortKeys())
        let warnings = answer.object["warnings"] as? [String] ?? []
        let warning = "hetero_lr_0: encrypt_param.key_length is 1024 bits"
        #expect(warnings.contains { $0.contains(warning) }, "\(answer.body)")
        let job = answer.object["job"] as? String ?? ""
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        let shown = end.summary["warnings"] as? [String] ?? []
        #expect(shown.contains { $0.contains("1024 bits") && $0.contains("privacy.compatibility") }, "\(end.summary)")
        let log = try await site.call(.GET, "/api/jobs/\(job)/logs?role=guest&task=hetero_lr_0").body
        #expect("\(log)".contains("[WARN] encrypt_param.key_length is 1024 bits"), "\(log)")
        await site.end()
    }

    /// What one site tolerates binds no other: its own people decide.
    @Test func aPartnerWithoutCompatibilityRefusesThem() async throws {
        let sites = try await SitesUnderTest(
            [(name: "guest", parties: ["9999", "10001"]), (name: "host", parties: ["10000"])],
            settings: ["guest": "privacy: {compatibility: always}\n"])
        let guest = try sites["guest"].site
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await sites["host"].site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        try await sites["host"].grant("breast_host", to: "9999")
        let refused = try await guest.submit(dsl: try StagedTree.json("breast_lr_dsl.json"), conf: Self.shortKeys())
        #expect(refused.status >= 400 && "\(refused.body)".contains("host:10000"), "\(refused.body)")
        #expect("\(refused.body)".contains("hetero_lr_0.encrypt_param.key_length"), "\(refused.body)")
        for member in sites.members { try await member.site.nothingHeld() }
        await sites.end()
    }

    /// The floor is the site's, though the job asks for none: no bin of 569 rows has so many.
    @Test func cellsOfFewRowsLeaveNoPartyWhoseSiteForbidsIt() async throws {
        let site = try await SiteUnderTest { home in
            try Data("privacy: {minimum_rows_per_cell: 600}\n".utf8).write(to: home.appending(path: "site.yaml"))
        }
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        var dsl = try StagedTree.json("breast_lr_dsl.json")
        guard var components = dsl["components"] as? [String: Any] else { throw ScenarioFailure("no components") }
        components["hetero_lr_0"] = nil
        components["evaluation_0"] = nil
        components["binning_0"] = [
            "module": "HeteroFeatureBinning", "input": ["data": ["data": ["intersection_0.data"]]],
            "output": ["data": ["data"], "model": ["model"]],
        ]
        dsl["components"] = components
        var conf = try StagedTree.json("breast_lr_conf.json")
        guard var parameters = conf["component_parameters"] as? [String: Any] else { throw ScenarioFailure("no conf") }
        parameters["common"] = ["binning_0": ["bin_num": 10]]
        conf["component_parameters"] = parameters
        conf["role"] = ["guest": [9999], "host": [10000]]
        let end = try await site.ended(try await site.accepted(dsl: dsl, conf: conf))
        #expect(end.status == "failed")
        #expect("\(end.failure)".contains("minimum_rows_per_cell"), "\(end.failure)")
        await site.end()
    }
}
