import Foundation
import Testing

/// The pairs of `Tests/BadJobs/mutations.json`, posted to a running site as FATE's client posts them.
@Suite(.serialized) struct BadJobScenarios {
    private static func mutations() throws -> [[String: Any]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BadJobs/mutations.json")
        let list = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]
        return list ?? []
    }

    /// The value with one place changed, or removed with nil.
    private static func changed(_ value: Any?, _ path: ArraySlice<Substring>, to new: Any?) -> Any? {
        guard let step = path.first else { return new }
        var object = value as? [String: Any] ?? [:]
        object[String(step)] = changed(object[String(step)], path.dropFirst(), to: new)
        return object
    }

    private static func spoilt(_ pair: [String: Any], by mutation: [String: Any]) -> [String: Any] {
        var spoilt: Any? = pair
        for path in mutation["remove"] as? [String] ?? [] {
            spoilt = changed(spoilt, path.split(separator: "/")[...], to: nil)
        }
        for (path, value) in mutation["set"] as? [String: Any] ?? [:] {
            spoilt = changed(spoilt, path.split(separator: "/")[...], to: value)
        }
        return spoilt as? [String: Any] ?? [:]
    }

    @Test func badPairsAreRefusedByTheirFieldAndNothingIsStarted() async throws {
        let site = try await SiteUnderTest()
        for (file, name, party) in [
            ("breast_guest.csv", "breast_guest", "9999"), ("breast_host.csv", "breast_host", "10000"),
        ] {
            try await site.upload(example: file, name: name, party: party)
        }
        let before = try await site.v1("job/list/job", ["limit": 0, "role": ["guest", "host", "arbiter"]])
        #expect(before.data["count"] as? Int == 0)
        let good: [String: Any] = [
            "dsl": try StagedTree.json("breast_lr_dsl.json"), "conf": try StagedTree.json("breast_lr_conf.json"),
        ]
        for mutation in try Self.mutations() {
            let pair = Self.spoilt(good, by: mutation)
            let field = mutation["field"] as? String ?? ""
            let answer = try await site.v1(
                "job/submit",
                ["job_dsl": pair["dsl"] ?? [String: Any](), "job_runtime_conf": pair["conf"] ?? [String: Any]()])
            #expect(answer.code != 0 && answer.code != -1, "\(mutation["what"] ?? ""): \(answer.reply)")
            #expect(answer.message.contains(field), "\(mutation["what"] ?? "") without \(field): \(answer.reply)")
            #expect(answer.reply["data"] == nil)
        }
        let after = try await site.v1("job/list/job", ["limit": 0, "role": ["guest", "host", "arbiter"]])
        #expect(after.data["count"] as? Int == 0, "a refused job left a row: \(after.reply)")
        let held = try await site.v1("resource/query").data
        #expect((held["use_resource_job"] as? [Any])?.isEmpty == true, "\(held)")
        let submitted = try await site.v1("job/submit", ["job_dsl": good["dsl"]!, "job_runtime_conf": good["conf"]!])
        #expect(submitted.code == 0, "the pair itself is refused: \(submitted.reply)")
        #expect(try await site.v1Ended(submitted.job, role: "guest", party: 9999) == "success")
        await site.end()
    }
}
