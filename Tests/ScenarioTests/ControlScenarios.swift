import Foundation
import NIOHTTP1
import Testing

/// What a person does to a job, through a real server.
@Suite(.serialized) struct ControlScenarios {
    private static func toy(_ parameters: [String: Any] = [:]) throws -> (dsl: [String: Any], conf: [String: Any]) {
        var conf = try StagedTree.json("toy_conf.json")
        conf["job_parameters"] = ["common": parameters]
        return (try StagedTree.json("toy_dsl.json"), conf)
    }

    @Test func aJobIsSubmittedOnceForItsKey() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try Self.toy()
        let body: [String: Any] = ["dsl": dsl, "conf": conf]
        let headers = ["Idempotency-Key": "first"]
        let first = try await site.call(.POST, "/api/jobs", json: body, headers: headers)
        let again = try await site.call(.POST, "/api/jobs", json: body, headers: headers)
        #expect(first.status == 201 && again.status == 201, "\(first.body) \(again.body)")
        #expect(first.object["job"] as? String == again.object["job"] as? String)
        let (_, other) = try Self.toy(["priority": 7])
        let reused = try await site.call(.POST, "/api/jobs", json: ["dsl": dsl, "conf": other], headers: headers)
        #expect(reused.status == 409, "\(reused.body)")
        #expect(try await site.call(.GET, "/api/jobs").list.count == 1)
        await site.end()
    }

    @Test func pausedJobWaitsAndGoesOnAndRunsAgain() async throws {
        let site = try await SiteUnderTest(["--parties", "9999,10000"])
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let first = try await site.accepted(dsl: dsl, conf: conf)
        // It depends on the first, so it stands still for as long as this scenario wants.
        let (toy, small) = try Self.toy(["depends_on": [first]])
        let second = try await site.accepted(dsl: toy, conf: small)
        let waits = try await site.job(second) { !$0.reasons.isEmpty }
        #expect(waits.reasons.contains { $0["kind"] as? String == "waiting_for_job" }, "\(waits.object)")
        let paused = try await site.norn("job", "pause", second)
        #expect(paused.status == 0, "\(paused.errors)")
        let detail = try await site.job(second) { $0.reasons.contains { $0["kind"] as? String == "paused" } }
        #expect(detail.reasons.first?["since"] is NSNumber)
        let list = try await site.norn("job", "list")
        #expect(list.output.contains("paused by") && list.output.contains("waits for the end of job"), "\(list.output)")
        #expect(try await site.norn("job", "resume", second).status == 0)

        let stop = try await site.call(.POST, "/api/jobs/\(first)/stop")
        let parts = stop.object["parties"] as? [[String: Any]] ?? []
        #expect(parts.count == 2 && parts.allSatisfy { $0["confirmed"] as? Bool == true }, "\(stop.body)")
        // What depended on it cannot begin.
        let dependent = try await site.ended(second)
        #expect(dependent.failure["code"] as? String == "dependency_failed", "\(dependent.failure)")

        let smaller = ["component_parameters": ["common": ["secure_add_example_0": ["data_num": 100]]]]
        let plan = try await site.call(
            .POST, "/api/jobs/\(first)/rerun", json: ["conf": smaller, "dry_run": true] as [String: Any])
        #expect((plan.object["tasks"] as? [[String: Any]])?.first?["runs"] as? Bool == true, "\(plan.body)")
        let rerun = try await site.call(.POST, "/api/jobs/\(first)/rerun", json: ["conf": smaller])
        #expect(rerun.status == 200, "\(rerun.body)")
        let end = try await site.ended(first)
        #expect(end.status == "success", "\(end.object)")
        #expect(Set(end.attempts.compactMap { $0["attempt"] as? Int }) == [0, 1])
        let granted = end.attempts.last?["granted"] as? [String: Any] ?? [:]
        let declared = end.attempts.last?["declared"] as? [String: Any] ?? [:]
        #expect((granted["cores"] as? Int ?? 0) > 0 && (declared["memoryBytes"] as? Int ?? 0) > 0, "\(end.attempts)")

        // What has ended is cleaned away on request.
        #expect(try await site.norn("job", "clean", first).status == 0)
        #expect(try await site.call(.GET, "/api/jobs/\(first)").status == 404)
        await site.end()
    }

    @Test func aNumberThatNoSiteCanGrantIsNamedAtSubmit() async throws {
        let site = try await SiteUnderTest()
        for (key, value) in [("task_cores", 4000), ("memory_bytes", 1 << 45)] {
            let (dsl, conf) = try Self.toy([key: value])
            let answer = try await site.submit(dsl: dsl, conf: conf)
            #expect(answer.code == "never_grantable", "\(answer.body)")
            #expect(answer.field.hasSuffix("job_parameters.common.\(key)"), "\(answer.field)")
        }
        await site.end()
    }

    @Test func aJobInheritsWhatAnEarlierOneDid() async throws {
        let site = try await SiteUnderTest()
        try await site.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await site.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
        let source = try await site.accepted(dsl: JobScenarios.countDSL, conf: JobScenarios.countConf)
        #expect(try await site.ended(source).status == "success")
        var conf = JobScenarios.countConf
        conf["job_parameters"] = [
            "common": ["inheritance_info": ["job_id": source, "component_list": ["reader_0"]]]
        ]
        let job = try await site.accepted(dsl: JobScenarios.countDSL, conf: conf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        #expect(end.summary(of: "count_0", role: "guest")["total"] as? Int == 1138)
        // The reader's attempt is the earlier job's: both show the same time.
        let then = try await site.ended(source).attempts(of: "reader_0").compactMap { $0["started"] as? Int }
        #expect(end.attempts(of: "reader_0").compactMap { $0["started"] as? Int } == then)
        await site.end()
    }
}

extension JobAnswer {
    /// Why it waits.
    var reasons: [[String: Any]] { object["waiting"] as? [[String: Any]] ?? [] }
}
