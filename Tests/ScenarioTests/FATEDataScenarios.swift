import Foundation
import NIOHTTP1
import Testing

/// Uploads, tables and outputs as FATE's clients handle them on `/v1`, by plain HTTP.
@Suite(.serialized) struct FATEDataScenarios {
    @Test func anUploadIsPolledShownAndNeverReplacedUnasked() async throws {
        let site = try await SiteUnderTest()
        let text = "id,y,x0\n1,1,0.1\n2,0,0.2\n2,1,0.3\n"
        let conf: [String: Any] = [
            "file": "/data/d=1&2.csv", "table_name": "t", "namespace": "experiment", "head": 1, "partition": 2,
            "id_delimiter": ",", "verbose": 1,
        ]
        let first = try await site.v1Upload(text, conf)
        #expect(first.code == 0, "\(first.reply)")
        #expect((first.data["board_url"] as? String ?? "").contains(first.job))
        #expect(try await site.v1Ended(first.job, role: "local", party: 0) == "success")
        let info = try await site.v1("table/table_info", ["table_name": "t", "namespace": "experiment"]).data
        #expect(info["exist"] as? Int == 1 && info["count"] as? Int == 2 && info["partition"] as? Int == 2)
        #expect((info["schema"] as? [String: Any])?["header"] as? String == "y,x0")
        #expect((info["schema"] as? [String: Any])?["sid"] as? String == "id")

        let again = try await site.v1Upload("id,y\n7,1\n", conf)
        #expect(again.code == 100 && again.message.contains("--drop"))
        #expect(
            try await site.v1("table/table_info", ["name": "t", "namespace": "experiment"]).data["count"] as? Int == 2)
        let failed = try await site.v1Upload("id,y\n7\n", conf.merging(["drop": 1]) { $1 })
        #expect(failed.code == 100 && failed.message.contains("line 2"), "\(failed.reply)")
        #expect(
            try await site.v1("table/table_info", ["name": "t", "namespace": "experiment"]).data["count"] as? Int == 2)
        let replaced = try await site.v1Upload("id,y\n7,1\n", conf.merging(["drop": 1]) { $1 })
        #expect(replaced.code == 0)

        let history = try await site.v1("data/upload/history", ["limit": 2]).rows
        let newest = history.first?[replaced.job] as? [String: Any]
        #expect((newest?["upload_info"] as? [String: Any])?["upload_count"] as? Int == 1)
        let named = try await site.v1("data/upload/history", ["job_id": first.job]).rows
        #expect(named.count == 1 && named[0][first.job] != nil)
        #expect(try await site.v1("table/delete", ["table_name": "t", "namespace": "experiment"]).code == 0)
        #expect(try await site.v1("table/delete", ["table_name": "t", "namespace": "experiment"]).code == 101)
        let gone = try await site.v1("table/table_info", ["table_name": "t", "namespace": "experiment"])
        #expect(gone.code == 0 && gone.data["exist"] as? Int == 0)
        await site.end()
    }

    @Test func badUploadsNameTheField() async throws {
        let site = try await SiteUnderTest()
        let conf: [String: Any] = [
            "file": "/d.csv", "table_name": "t", "namespace": "experiment", "head": 1, "partition": 4,
        ]
        let missing = try await site.v1Upload("id\n1\n", ["file": "/d.csv", "head": 1])
        #expect(missing.code == 100)
        #expect(missing.message == "required parameters are missing: namespace,table_name,partition; ")
        for (field, value) in [
            ("head", 2), ("partition", 1024), ("partition", "many"), ("drop", "x"), ("id_delimiter", "::"),
            ("party_id", "x"), ("hed", 1),
        ] as [(String, Any)] {
            let refused = try await site.v1Upload("id\n1\n", conf.merging([field: value]) { $1 })
            #expect(
                refused.code != 0 && refused.message.contains(field),
                "\(field): \(refused.reply)")
        }
        let empty = try await site.v1Upload("", conf)
        #expect(empty.code != 0 && empty.message.contains("empty"))
        let onServer = try await site.v1("data/upload", conf.merging(["use_local_data": 0]) { $1 })
        #expect(onServer.code == 108 && onServer.message.contains("data.folders"), "\(onServer.reply)")
        #expect(
            try await site.v1("table/table_info", ["name": "t", "namespace": "experiment"]).data["exist"] as? Int == 0)
        await site.end()
    }

    @Test func filesOfTheServerAreReadOnlyBelowItsFoldersWithLinksResolved() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-served-\(UUID().uuidString)")
        let secret = FileManager.default.temporaryDirectory.appending(path: "norn-secret-\(UUID().uuidString).csv")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            try? FileManager.default.removeItem(at: folder)
            try? FileManager.default.removeItem(at: secret)
        }
        try "id,x\n1,2\n".write(to: folder.appending(path: "d.csv"), atomically: true, encoding: .utf8)
        try "id,x\n1,2\n".write(to: secret, atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "link.csv"), withDestinationURL: secret)
        let site = try await SiteUnderTest { home in
            try "data:\n  folders: [\(folder.path)]\n".write(
                to: home.appending(path: "site.yaml"), atomically: true, encoding: .utf8)
        }
        func upload(_ path: String, _ name: String) async throws -> SiteUnderTest.V1 {
            try await site.v1(
                "data/upload",
                [
                    "file": path, "table_name": name, "namespace": "experiment", "head": 1, "partition": 1,
                    "use_local_data": 0,
                ])
        }
        #expect(try await upload(folder.path + "/d.csv", "a").code == 0)
        for path in [
            folder.path + "/link.csv", folder.path + "/../" + secret.lastPathComponent, secret.path, "/etc/passwd",
            folder.path + "/none.csv", "d.csv",
        ] {
            #expect(try await upload(path, "b").code != 0, "\(path)")
        }
        await site.end()
    }

    @Test func theOutputsOfEveryRoleAreDownloadedWithTheirHeader() async throws {
        let site = try await SiteUnderTest()
        let job = try await Self.trained(site)
        for (role, party, columns) in [("guest", 9999, 12), ("host", 10000, 21)] {
            let body: [String: Any] = [
                "job_id": job, "role": role, "party_id": party, "component_name": "intersection_0", "limit": -1,
                "local": ["role": role, "party_id": party], "output_path": "/tmp",
            ]
            let answer = try await site.v1Bytes(
                "tracking/component/output/data/download", body, method: .GET)
            #expect(answer.status == 200)
            let folder = try await Archive.unpacked(answer.data)
            defer { try? FileManager.default.removeItem(at: folder) }
            let text = try String(contentsOf: folder.appending(path: "data.csv"), encoding: .utf8)
            let lines = text.split(separator: "\n")
            let meta = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appending(path: "data.meta")))
            let header = (meta as? [String: [String]])?["header"] ?? []
            #expect(lines.first?.split(separator: ",").map(String.init) == header && header.count == columns)
            #expect(lines.count == 570, "\(lines.count) lines")
        }
        let table = try await site.v1(
            "tracking/component/output/data/table",
            ["job_id": job, "role": "guest", "party_id": 9999, "component_name": "intersection_0"])
        let names = try #require(table.rows.first)
        let info = try await site.v1(
            "table/table_info",
            ["table_name": names["table_name"] ?? "", "namespace": names["table_namespace"] ?? ""])
        #expect(info.data["count"] as? Int == 569, "\(info.reply)")
        let none = try await site.v1(
            "tracking/component/output/data/download",
            ["job_id": job, "role": "guest", "party_id": 9999, "component_name": "evaluation_0"], method: .GET)
        #expect(none.status == 210 && none.code == 210 && none.message == "no data")
        await site.end()
    }

    @Test func predictionsAndWhatComponentsToldAreAsTheClientReadsThem() async throws {
        let site = try await SiteUnderTest()
        let job = try await Self.trained(site)
        let lr: [String: Any] = [
            "job_id": job, "role": "guest", "party_id": 9999, "component_name": "hetero_lr_0",
        ]
        let answer = try await site.v1Bytes(
            "tracking/component/output/data/download", lr.merging(["limit": 3]) { $1 }, method: .GET)
        let folder = try await Archive.unpacked(answer.data)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = try String(contentsOf: folder.appending(path: "data.csv"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines[0].hasSuffix("label,predict_result,predict_score,predict_detail,type"))
        let header = lines[0].split(separator: ",").count
        let cells = lines[1].split(separator: ",").map(String.init)
        let detail = cells[(header - 2)..<(cells.count - 1)].joined(separator: ",").dropFirst().dropLast()
            .replacing("'", with: "\"")
        #expect((try JSONSerialization.jsonObject(with: Data(detail.utf8)) as? [String: Double])?.count == 2)

        let metrics = try await site.v1(
            "tracking/component/metrics", lr.merging(["role": "arbiter", "party_id": 10001]) { $1 })
        #expect((metrics.data["train"] as? [String])?.contains("loss") == true, "\(metrics.reply)")
        let evaluation = lr.merging(["component_name": "evaluation_0"]) { $1 }
        let all = try await site.v1("tracking/component/metric/all", evaluation).data
        let summary = (all["train"] as? [String: [String: Any]])?["hetero_lr_0"]
        #expect((summary?["meta"] as? [String: Any])?["metric_type"] as? String == "EVALUATION_SUMMARY")
        let auc = (summary?["data"] as? [[Any]])?.first { $0.first as? String == "auc" }?.last as? Double
        #expect((auc ?? 0) > 0.95)
        let told = try await site.v1("tracking/component/summary/download", lr).data
        #expect(told["is_converged"] is Bool && told["coef"] is [String: Any])
        let model = try await site.v1("tracking/component/output/model", lr)
        #expect((model.data["weight"] as? [String: Any])?.isEmpty == false && model.meta["meta_data"] is [String: Any])
        let parameters = try await site.v1("tracking/component/parameters", lr).data
        #expect(parameters["module"] as? String == "HeteroLR" && parameters["ComponentParam"] is [String: Any])
        let list = try await site.v1("tracking/component/list", ["job_id": job]).data
        #expect((list["components"] as? [String])?.contains("hetero_lr_0") == true)
        let wrong = try await site.v1(
            "tracking/component/parameters", lr.merging(["component_name": "hetero_lr_1"]) { $1 })
        #expect(wrong.code == 101 && wrong.message.contains("component_name") && wrong.message.contains("hetero_lr_0"))
        await site.end()
    }

    /// Vertical logistic regression on the example, from tables that FATE's client uploaded.
    static func trained(_ site: SiteUnderTest) async throws -> String {
        for side in ["guest", "host"] {
            let upload = try await site.v1Upload(
                example: "breast_\(side).csv", name: "breast_\(side)", conf: ["namespace": "example"])
            guard upload.code == 0 else { throw ScenarioFailure("upload: \(upload.reply)") }
        }
        let submitted = try await site.v1(
            "job/submit",
            [
                "job_dsl": try StagedTree.json("breast_lr_dsl.json"),
                "job_runtime_conf": try StagedTree.json("breast_lr_conf.json"),
            ])
        guard submitted.code == 0 else { throw ScenarioFailure("submit: \(submitted.reply)") }
        let status = try await site.v1Ended(submitted.job, role: "guest", party: 9999)
        guard status == "success" else { throw ScenarioFailure("the job ended as \(status)") }
        return submitted.job
    }
}
