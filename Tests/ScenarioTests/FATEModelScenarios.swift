import Foundation
import NIOHTTP1
import Testing

/// What FATE's clients do with models on `/v1`, by plain HTTP.
@Suite(.serialized) struct FATEModelScenarios {
    private static let modelID = "arbiter-10001#guest-9999#host-10000#model"

    /// A conf or DSL of the examples on the tables that FATE's client uploaded.
    private static func conf() throws -> [String: Any] {
        let data = try JSONSerialization.data(withJSONObject: try StagedTree.json("breast_lr_conf.json"))
        let text = String(decoding: data, as: UTF8.self).replacing(#""example""#, with: #""experiment""#)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private static func trained(_ site: SiteUnderTest) async throws -> String {
        for name in ["breast_guest", "breast_host"] {
            let upload = try await site.v1Upload(example: "\(name).csv", name: name)
            #expect(upload.code == 0, "\(upload.reply)")
        }
        return try await fit(site)
    }

    /// Trains on the tables that are there.
    /// - Parameters:
    ///   - training: over the conf's parameters of the training
    ///   - steps: between intersection and training: name, module and parameters
    private static func fit(
        _ site: SiteUnderTest, _ training: [String: Any] = [:], steps: [(String, String, [String: Any])] = []
    ) async throws -> String {
        var (dsl, conf) = (try StagedTree.json("breast_lr_dsl.json"), try conf())
        var parameters = conf["component_parameters"] as? [String: Any] ?? [:]
        var common = parameters["common"] as? [String: [String: Any]] ?? [:]
        common["hetero_lr_0"]?.merge(training) { $1 }
        var components = dsl["components"] as? [String: [String: Any]] ?? [:]
        var before = "intersection_0"
        for (name, module, given) in steps {
            var input: [String: Any] = ["data": ["data": ["\(before).data"]]]
            if module == "HeteroFeatureSelection" { input["isometric_model"] = ["\(before).model"] }
            components[name] = ["module": module, "input": input, "output": ["data": ["data"], "model": ["model"]]]
            common[name] = given
            before = name
        }
        components["hetero_lr_0"]?["input"] = ["data": ["train_data": ["\(before).data"]]]
        dsl["components"] = components
        parameters["common"] = common
        conf["component_parameters"] = parameters
        let fit = try await site.v1(
            "job/submit", ["job_dsl": dsl, "job_runtime_conf": conf])
        #expect(fit.code == 0, "\(fit.reply)")
        #expect(try await site.v1Ended(fit.job, role: "guest", party: 9999) == "success")
        return fit.job
    }

    private static func deploy(
        _ version: String, at site: SiteUnderTest, _ more: [String: Any] = [:]
    ) async throws -> SiteUnderTest.V1 {
        let body: [String: Any] = ["model_id": modelID, "model_version": version]
        return try await site.v1("model/deploy", body.merging(more) { $1 })
    }

    private static func reference(_ version: String) -> [String: Any] {
        ["model_id": modelID, "model_version": version]
    }

    private static func part(_ version: String, _ role: String, _ party: Int) -> [String: Any] {
        reference(version).merging(["role": role, "party_id": party]) { $1 }
    }

    /// The lines of a component's output, the header too; of predictions without the column that says which set a row
    /// was in.
    private static func rows(
        _ job: String, _ task: String, at site: SiteUnderTest, role: String = "guest", party: Int = 9999
    ) async throws -> [Substring] {
        let place: [String: Any] = [
            "job_id": job, "component_name": task, "role": role, "party_id": party, "limit": -1,
        ]
        let answer = try await site.v1Bytes("tracking/component/output/data/download", place, method: .GET)
        #expect(answer.status == 200)
        let folder = try await Archive.unpacked(answer.data)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try String(contentsOf: folder.appending(path: "data.csv"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        guard lines.first?.hasSuffix(",type") == true else { return lines.sorted() }
        return lines.map { line in line[..<(line.lastIndex(of: ",") ?? line.endIndex)] }.sorted()
    }

    @Test func aPredictionOnTheTrainingDataGivesTheFitsRowsAgain() async throws {
        let site = try await SiteUnderTest()
        let fit = try await Self.trained(site)
        let first = try await Self.deploy(
            fit, at: site, ["cpn_list": ["data_transform_0", "intersection_0", "hetero_lr_0"]])
        #expect(first.code == 0, "\(first.reply)")
        let detail = first.data["detail"] as? [String: [String: [String: Any]]]
        #expect(
            detail?["host"]?["10000"]?["retcode"] as? Int == 0 && first.data["guest"] as? [String: Int] == ["9999": 0])
        let deployed = first.data["model_version"] as? String ?? ""
        #expect(!deployed.isEmpty && deployed != fit)

        let components = try await Self.wired(deployed, at: site)
        // The pipeline sends an object, the command the text of a file.
        let wired = String(
            decoding: try JSONSerialization.data(withJSONObject: ["components": components]), as: UTF8.self)
        let asText = try await Self.deploy(fit, at: site, ["dsl": wired, "components_checkpoint": [String: Any]()])
        #expect(asText.code == 0, "\(asText.reply)")
        let second = try await Self.deploy(fit, at: site, ["predict_dsl": ["components": components]])
        #expect(second.code == 0, "\(second.reply)")
        let version = second.data["model_version"] as? String ?? ""

        let predict = try await Self.predicted(version, at: site)
        let fitted = try await Self.rows(fit, "hetero_lr_0", at: site)
        #expect(fitted.count > 100)
        #expect(try await Self.rows(predict, "hetero_lr_0", at: site) == fitted)

        // Deployments are jobs of the site's own, which FATE's clients do not look for.
        let listed = try await site.v1("job/list/job", ["limit": 0, "party_id": 9999, "role": "guest"]).data
        let jobs = (listed["jobs"] as? [[String: Any]] ?? []).compactMap { $0["job_id"] as? String }
        #expect(Set(jobs) == [fit, predict])
        await site.end()
    }

    /// What is deployed of an epoch predicts as a training that ended with it.
    @Test func aDeployedCheckpointPredictsAsATrainingThatEndedThere() async throws {
        let site = try await SiteUnderTest()
        _ = try await Self.trained(site)
        let short = try await Self.fit(site, ["max_iter": 3])
        let long = try await Self.fit(
            site, ["max_iter": 5, "callback_param": ["callbacks": ["ModelCheckpoint"], "save_freq": 1]])
        let place = Self.part(long, "guest", 9999).merging(["component_name": "hetero_lr_0"]) { $1 }
        let kept = try await site.v1("checkpoint/list", place)
        #expect(kept.rows.compactMap { $0["step_index"] as? Int } == [0, 1, 2, 3, 4], "\(kept.reply)")
        let one = try await site.v1("checkpoint/get", place.merging(["step_index": 2]) { $1 })
        #expect(one.data["step_index"] as? Int == 2, "\(one.reply)")

        let first = try await Self.deploy(
            long, at: site, ["cpn_list": ["data_transform_0", "intersection_0", "hetero_lr_0"]])
        let components = try await Self.wired(first.data["model_version"] as? String ?? "", at: site)
        func deploy(_ step: [String: Any]) async throws -> SiteUnderTest.V1 {
            try await Self.deploy(
                long, at: site,
                ["predict_dsl": ["components": components], "components_checkpoint": ["hetero_lr_0": step]])
        }
        let ended = try await Self.rows(short, "hetero_lr_0", at: site)
        let whole = try await Self.rows(long, "hetero_lr_0", at: site)
        #expect(ended.count > 100 && ended != whole)
        // A name that all steps have means the last of them.
        for (step, rows) in [(["step_index": 2], ended), (["step_name": "step_name"], whole)] as [([String: Any], _)] {
            let deployed = try await deploy(step)
            #expect(deployed.code == 0, "\(deployed.reply)")
            let job = try await Self.predicted(deployed.data["model_version"] as? String ?? "", at: site)
            #expect(try await Self.rows(job, "hetero_lr_0", at: site) == rows)
        }
        let none = try await deploy(["step_index": 7])
        #expect(none.code != 0 && none.message.contains("hetero_lr_0") && none.message.contains("step 7"))
        await site.end()
    }

    /// Each step has a model of its own, which the prediction takes instead of fitting anew.
    @Test func everyStepOfAChainGivesTheRowsOfItsFitAtEveryParty() async throws {
        let site = try await SiteUnderTest()
        _ = try await Self.trained(site)
        let steps: [(String, String, [String: Any])] = [
            ("feature_imputation_0", "FeatureImputation", ["missing_fill_method": "mean"]),
            ("feature_scale_0", "FeatureScale", ["method": "min_max_scale"]),
            (
                "hetero_feature_binning_0", "HeteroFeatureBinning",
                ["bin_num": 5, "transform_param": ["transform_cols": -1, "transform_type": "bin_num"]]
            ),
            (
                "hetero_feature_selection_0", "HeteroFeatureSelection",
                [
                    "filter_methods": ["iv_filter"],
                    "iv_param": ["metrics": "iv", "filter_type": "threshold", "threshold": 2.0],
                ]
            ), ("one_hot_encoder_0", "OneHotEncoder", ["transform_col_indexes": -1]),
        ]
        let fit = try await Self.fit(site, ["max_iter": 2], steps: steps)
        let names = ["data_transform_0", "intersection_0"] + steps.map(\.0) + ["hetero_lr_0"]
        let first = try await Self.deploy(fit, at: site, ["cpn_list": names])
        let components = try await Self.wired(first.data["model_version"] as? String ?? "", names, at: site)
        let second = try await Self.deploy(fit, at: site, ["predict_dsl": ["components": components]])
        #expect(second.code == 0, "\(second.reply)")
        let predict = try await Self.predicted(second.data["model_version"] as? String ?? "", at: site)
        for (role, party) in [("guest", 9999), ("host", 10000)] {
            var former: [Substring] = []
            for name in names {
                let fitted = try await Self.rows(fit, name, at: site, role: role, party: party)
                #expect(fitted.count > 100 && fitted != former, "\(name) changes the rows of \(role)")
                let again = try await Self.rows(predict, name, at: site, role: role, party: party)
                #expect(again == fitted, "\(name) at \(role)")
                // Neither an intersection of the same ids nor an imputation of nothing missing changes a row.
                former = ["data_transform_0", "intersection_0"].contains(name) ? [] : fitted
            }
        }
        await site.end()
    }

    /// As the pipeline goes on from a first deployment: a reader before what was deployed.
    private static func wired(
        _ deployed: String, _ names: [String] = ["data_transform_0", "intersection_0", "hetero_lr_0"],
        at site: SiteUnderTest
    ) async throws -> [String: [String: Any]] {
        let dsl = try await site.v1("model/get/predict/dsl", reference(deployed))
        var components = dsl.data["components"] as? [String: [String: Any]] ?? [:]
        #expect(Set(components.keys) == Set(names))
        components["data_transform_0"]?["input"] = [
            "model": ["pipeline.data_transform_0.model"], "data": ["data": ["reader_1.data"]],
        ]
        components["reader_1"] = ["module": "Reader", "output": ["data": ["data"]], "provider": "fate_flow"]
        return components
    }

    /// A job that predicts on the tables of the training.
    private static func predicted(_ version: String, at site: SiteUnderTest) async throws -> String {
        let template = try await site.v1("model/get/predict/conf", reference(version))
        #expect((template.data["role"] as? [String: [Int]])?["host"] == [10000], "\(template.reply)")
        func table(_ name: String) -> [String: Any] {
            ["0": ["reader_1": ["table": ["name": name, "namespace": "experiment"]]]]
        }
        var conf = template.data
        conf["component_parameters"] = ["role": ["guest": table("breast_guest"), "host": table("breast_host")]]
        let predict = try await site.v1("job/submit", ["job_dsl": [String: Any](), "job_runtime_conf": conf])
        #expect(predict.code == 0, "\(predict.reply)")
        #expect((predict.data["model_info"] as? [String: String])?["model_version"] == version)
        #expect(try await site.v1Ended(predict.job, role: "guest", party: 9999) == "success")
        return predict.job
    }

    @Test func versionsAreShownExportedAndTakenBack() async throws {
        let site = try await SiteUnderTest()
        let fit = try await Self.trained(site)
        let version = try await Self.deploy(fit, at: site).data["model_version"] as? String ?? ""
        let rows = try await site.v1("model/query", Self.part(version, "host", 10000)).rows
        #expect(rows.count == 1 && rows[0]["f_model_version"] as? String == version)
        #expect((rows[0]["f_parent_info"] as? [String: String])?["parent_model_version"] == fit)
        #expect(rows[0]["f_train_dsl"] is [String: Any] && rows[0]["f_inference_dsl"] is [String: Any])
        let few = try await site.v1(
            "model/query", Self.reference(fit).merging(["query_filters": ["role", "parent"]]) { $1 }
        ).rows
        #expect(few.count == 3 && few.allSatisfy { Set($0.keys) == ["f_role", "f_parent"] }, "\(few)")
        #expect(try await site.v1("model/query", Self.reference("1")).code == 100)

        let place = Self.part(version, "guest", 9999)
        let exported = try await site.v1Bytes("model/export", place, method: .GET)
        #expect(exported.status == 200 && exported.data.starts(with: Data("PK".utf8)))
        let missing = try await site.v1("model/export", Self.part("1", "guest", 9999), method: .GET)
        #expect(missing.status == 404 && missing.code == 404)
        let there = try await site.v1Import(exported.data, place)
        #expect(there.code == 409, "\(there.reply)")
        let forced = try await site.v1Import(exported.data, place.merging(["force_update": 1]) { $1 })
        #expect(forced.code == 0, "\(forced.reply)")
        let imported = try await site.v1("model/query", place).rows
        #expect(imported.first?["f_imported"] as? Int == 1)
        let other = try await site.v1Import(exported.data, Self.part(version, "host", 10000))
        #expect(other.code == 400 && other.message.contains("role"), "\(other.reply)")
        let digest = try await site.v1Import(
            exported.data, place.merging(["force_update": 1, "sha256": String(repeating: "0", count: 64)]) { $1 })
        #expect(digest.code == 400 && digest.message.contains("digest"), "\(digest.reply)")

        let moved = try await site.v1(
            "model/migrate",
            Self.reference(version).merging([
                "role": ["guest": [9999], "host": [10000], "arbiter": [10001]],
                "migrate_role": ["guest": [99], "host": [100], "arbiter": [101]],
                "migrate_initiator": ["role": "guest", "party_id": 99],
                "execute_party": ["guest": [9999], "host": [10000], "arbiter": [10001]],
                "job_parameters": [String: Any](),
            ]) { $1 })
        #expect(moved.code == 0, "\(moved.reply)")
        #expect(moved.data["model_id"] as? String == "arbiter-101#guest-99#host-100#model")
        let few2 = try await site.v1(
            "model/migrate",
            Self.reference(version).merging([
                "role": ["guest": [9999]], "migrate_role": ["guest": [99], "host": [100]],
            ]) { $1 })
        #expect(few2.code == 101 && few2.message.contains("migrate_role"), "\(few2.reply)")
        await site.end()
    }

    @Test func tagsCheckpointsAndWhatIsNotServed() async throws {
        let site = try await SiteUnderTest()
        let fit = try await Self.trained(site)
        #expect(try await site.v1("model/tag/create", ["tag_name": "good", "tag_desc": "a"]).code == 0)
        #expect(try await site.v1("model/tag/create", ["tag_name": "good"]).code == 100)
        #expect(try await site.v1("model/model_tag/create", ["job_id": fit, "tag_name": "good"]).code == 0)
        let tags = try await site.v1("model/model_tag/retrieve", ["job_id": fit]).data
        #expect((tags["tags"] as? [[String: Any]])?.first?["name"] as? String == "good")
        let tag = try await site.v1("model/tag/retrieve", ["tag_name": "good", "with_model": true]).data
        #expect((tag["models"] as? [[String: String]])?.first?["model_version"] == fit)
        #expect(try await site.v1("model/tag/update", ["tag_name": "good", "new_tag_name": "best"]).code == 0)
        #expect(try await site.v1("model/tag/list", ["limit": 3]).data["count"] as? Int == 1)
        #expect(try await site.v1("model/model_tag/remove", ["job_id": fit, "tag_name": "best"]).code == 0)
        #expect(try await site.v1("model/tag/destroy", ["tag_name": "best"]).code == 0)
        #expect(try await site.v1("model/tag/retrieve", ["tag_name": "best"]).code == 100)

        let place = Self.part(fit, "guest", 9999).merging(["component_name": "hetero_lr_0"]) { $1 }
        let none = try await site.v1("checkpoint/list", place)
        #expect(none.code == 0 && none.rows.isEmpty, "\(none.reply)")
        let unknown = try await site.v1("checkpoint/get", place.merging(["step_index": 3]) { $1 })
        #expect(unknown.code == 404, "\(unknown.reply)")
        #expect(try await site.v1("checkpoint/get", place).code == 101)

        for route in ["model/load", "model/bind"] {
            let refused = try await site.v1(route, ["job_parameters": Self.reference(fit), "service_id": "s"])
            #expect(refused.code == 103 && refused.message.contains("serving is not in this version"))
        }
        let undeployed = try await site.v1("model/get/predict/dsl", Self.reference(fit))
        #expect(undeployed.status == 210 && undeployed.message.contains("not deployed"), "\(undeployed.reply)")
        let wrong = try await Self.deploy(fit, at: site, ["cpn_list": ["hetero_lr_9"]])
        #expect(wrong.code == 101 && wrong.message.contains("hetero_lr_0"), "\(wrong.reply)")
        #expect(try await Self.deploy("1", at: site).code == 404)

        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: StagedTree.json("breast_lr_dsl.json")), as: UTF8.self)
        let made = try await site.v1(
            "job/dsl/generate", ["cpn_str": "[data_transform_0, hetero_lr_0]", "train_dsl": text, "version": "2"])
        let broken = try await site.v1("job/dsl/generate", ["train_dsl": "{", "filename": "a.json"])
        #expect(broken.status == 210 && broken.code == 101 && broken.message.contains("train_dsl"))
        let components = made.data["components"] as? [String: Any]
        #expect(components.map { Set($0.keys) } == ["data_transform_0", "hetero_lr_0"], "\(made.reply)")
        await site.end()
    }
}

extension SiteUnderTest {
    /// Imports a part of a model as FATE's client does: the conf as fields of a form, then the file.
    func v1Import(
        _ archive: Data, _ conf: [String: Any], headers: [String: String] = [:]
    ) async throws -> V1 {
        let boundary = "8c60153efea40089f207e4ba83da5b9"
        var body = Data()
        for (name, value) in conf.sorted(by: { $0.key < $1.key }) {
            body += Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"m.zip\"\r\n\r\n"
        body += Data("--\(boundary)\r\n\(head)".utf8) + archive + Data("\r\n--\(boundary)--\r\n".utf8)
        var headers = headers
        headers["Content-Type"] = "multipart/form-data; boundary=\(boundary)"
        let (status, data) = try await send(.POST, "/v1/model/import", body, headers: headers)
        let reply = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        return V1(status: status, reply: reply ?? ["text": String(decoding: data, as: UTF8.self)])
    }
}
