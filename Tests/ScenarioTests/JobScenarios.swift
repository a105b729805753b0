import Foundation
import NIOHTTP1
import Testing

/// Jobs through a real server, all parties on one site.
@Suite(.serialized) struct JobScenarios {
    @Test func toyOfTwoPartiesSucceeds() async throws {
        let site = try await SiteUnderTest()
        let job = try await site.accepted(
            dsl: try StagedTree.json("toy_dsl.json"), conf: try StagedTree.json("toy_conf.json"))
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.attempts.count == 2)
        #expect(end.attempts.allSatisfy { $0["attempt"] as? Int == 0 })
        let status = try await site.call(.GET, "/api/site").object["resources"] as? [String: Any]
        #expect(status?["coresHeld"] as? Int == 0)
        await site.end()
    }

    @Test func componentInPlainCCountsTheRowsOfBothParties() async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let job = try await site.accepted(dsl: Self.countDSL, conf: Self.countConf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "count_0", role: "guest")["total"] as? Int == 1138)
        await site.end()
    }

    /// FATE's own test of this job asserts the AUC; the losses are those of a plain computation over the joined rows.
    @Test(arguments: ["standalone", "local"])
    func regressionOverThreePartiesGivesTheReferenceFigures(engine: String) async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        var conf = try StagedTree.json("breast_lr_conf.json")
        conf["job_parameters"] = ["common": ["computing_engine": engine]]
        let job = try await site.accepted(dsl: try StagedTree.json("breast_lr_dsl.json"), conf: conf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "intersection_0", role: "guest")["intersect_num"] as? Int == 569)
        let losses = end.points("loss", of: "hetero_lr_0", role: "arbiter").compactMap {
            ($0.last as? NSNumber)?.doubleValue
        }
        let reference = [0.693147, 78.87555, 5.69506, 1.47856, 0.73301]
        #expect(losses.count == reference.count)
        for (loss, expected) in zip(losses, reference) { #expect(abs(loss - expected) <= expected * 1e-3) }
        let auc =
            end.points("hetero_lr_0", of: "evaluation_0", role: "guest")
            .first { $0.first as? String == "auc" }?.last as? NSNumber
        #expect(abs((auc?.doubleValue ?? 0) - 0.975186) <= 1e-4)
        await site.end()
    }

    static var countDSL: [String: Any] {
        [
            "components": [
                "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
                "count_0": ["module": "CountExample", "input": ["data": ["data": ["reader_0.data"]]]],
            ]
        ]
    }

    static var countConf: [String: Any] {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000]],
            "component_parameters": [
                "role": [
                    "guest": ["0": ["reader_0": ["table": ["name": "breast_guest", "namespace": "example"]]]],
                    "host": ["0": ["reader_0": ["table": ["name": "breast_host", "namespace": "example"]]]],
                ]
            ],
        ]
    }
}
