import Foundation
import NIOHTTP1
import Testing

/// Models through real servers: fit, deploy, predict; export, import, migrate.
@Suite(.serialized) struct ModelScenarios {
    private static let guestAndHost = [
        (name: "guest", parties: ["9999"]), (name: "host", parties: ["10000", "10001"]),
    ]
    private static let deployed = ["data_transform_0", "intersection_0", "hetero_lr_0"]

    // MARK: Steps

    private static func tables(_ guest: SiteUnderTest, _ host: SiteUnderTest) async throws {
        try await guest.upload(example: "breast_guest.csv", name: "breast_guest", party: "9999")
        try await host.upload(example: "breast_host.csv", name: "breast_host", party: "10000")
    }

    private static func sites(host settings: String = "") async throws -> SitesUnderTest {
        let sites = try await SitesUnderTest(guestAndHost, settings: ["host": settings])
        try await tables(try sites["guest"].site, try sites["host"].site)
        try await sites["host"].grant("breast_host", to: "9999")
        return sites
    }

    private static func fit(
        _ site: SiteUnderTest, _ edit: (inout [String: Any], inout [String: Any]) -> Void = { _, _ in }
    ) async throws -> JobAnswer {
        var (dsl, conf) = (try StagedTree.json("breast_lr_dsl.json"), try StagedTree.json("breast_lr_conf.json"))
        edit(&dsl, &conf)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        return end
    }

    private static let modelID = "arbiter-10001#guest-9999#host-10000#model"

    private static func deploy(
        _ version: String, at site: SiteUnderTest, _ more: [String: Any] = ["components": deployed]
    ) async throws -> SiteUnderTest.Answer {
        let body: [String: Any] = ["model_id": modelID, "model_version": version]
        return try await site.call(.POST, "/api/models/deploy", json: body.merging(more) { $1 })
    }

    /// The DSL that FATE's pipeline sends with its second deployment: a reader before, an evaluation behind.
    private static func predictDSL(_ site: SiteUnderTest, _ version: String) async throws -> [String: Any] {
        let answer = try await site.call(.GET, "/api/models/\(version)/predict_dsl")
        var components = answer.object["components"] as? [String: [String: Any]] ?? [:]
        components["data_transform_0"]?["input"] = [
            "model": ["pipeline.data_transform_0.model"], "data": ["data": ["reader_1.data"]],
        ]
        components["reader_1"] = ["module": "Reader", "output": ["data": ["data"]]]
        components["evaluation_1"] = ["module": "Evaluation", "input": ["data": ["data": ["hetero_lr_0.data"]]]]
        return ["components": components]
    }

    private static func predictConf(_ version: String, id: String = modelID) -> [String: Any] {
        func table(_ name: String) -> [String: Any] {
            ["0": ["reader_1": ["table": ["name": name, "namespace": "example"]]]]
        }
        return [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000], "arbiter": [10001]],
            "job_parameters": ["common": ["job_type": "predict", "model_id": id, "model_version": version]],
            "component_parameters": [
                "common": ["evaluation_1": ["eval_type": "binary"]],
                "role": ["guest": table("breast_guest"), "host": table("breast_host")],
            ],
        ]
    }

    /// All that an evaluation told: the metrics, and every curve, whose points are those of the rows' scores.
    private static func metrics(_ job: JobAnswer, _ task: String) throws -> [String: NSArray] {
        let all = (job.object["metrics"] as? [[String: Any]] ?? []).filter { $0["task"] as? String == task }
        let values = all.compactMap { $0["value"] as? [String: Any] }
        let pairs = values.map { ($0["name"] as? String ?? "", $0["points"] as? NSArray ?? []) }
        #expect(pairs.count > 4 && pairs.contains { $0.1.count > 50 }, "\(pairs.map { ($0.0, $0.1.count) })")
        return Dictionary(pairs) { former, more in former.addingObjects(from: more as? [Any] ?? []) as NSArray }
    }

    /// Deploys twice as FATE's pipeline does, and predicts.
    private static func predict(
        _ fit: JobAnswer, _ components: [String] = deployed, at site: SiteUnderTest
    ) async throws -> JobAnswer {
        let version = fit.summary["job"] as? String ?? ""
        let first = try await deploy(version, at: site, ["components": components])
        #expect(first.status == 200, "\(first.body)")
        let dsl = try await predictDSL(site, first.object["version"] as? String ?? "")
        let second = try await deploy(version, at: site, ["predict_dsl": dsl])
        #expect(second.status == 200, "\(second.body)")
        let next = second.object["version"] as? String ?? ""
        let job = try await site.accepted(dsl: [:] as [String: Any], conf: predictConf(next))
        let end = try await site.ended(job)
        #expect(end.status == "success", "\(end.object)")
        return end
    }

    // MARK: Scenarios

    @Test func aPredictionOnTheTrainingDataIsTheFitsAgain() async throws {
        let site = try await SiteUnderTest()
        try await Self.tables(site, site)
        let fit = try await Self.fit(site)
        let predicted = try await Self.predict(fit, at: site)
        #expect(try Self.metrics(predicted, "evaluation_1") == Self.metrics(fit, "evaluation_0"))
        await site.end()
    }

    /// Every step has a model of its own, which the prediction takes instead of fitting anew; the selection also had
    /// one of another step, which only the fit needs.
    @Test func aChainOfModelsPredictsWhatItFitted() async throws {
        let sites = try await Self.sites()
        let guest = try sites["guest"].site
        let steps = [
            ("feature_imputation_0", "FeatureImputation"), ("feature_scale_0", "FeatureScale"),
            ("hetero_feature_binning_0", "HeteroFeatureBinning"),
            ("hetero_feature_selection_0", "HeteroFeatureSelection"),
        ]
        let fit = try await Self.fit(guest) { dsl, conf in
            var components = dsl["components"] as? [String: [String: Any]] ?? [:]
            var before = "intersection_0"
            for (name, module) in steps {
                var input: [String: Any] = ["data": ["data": ["\(before).data"]]]
                if module == "HeteroFeatureSelection" { input["isometric_model"] = ["\(before).model"] }
                components[name] = [
                    "module": module, "input": input, "output": ["data": ["data"], "model": ["model"]],
                ]
                before = name
            }
            components["hetero_lr_0"]?["input"] = ["data": ["train_data": ["\(before).data"]]]
            dsl["components"] = components
            var parameters = conf["component_parameters"] as? [String: Any] ?? [:]
            let common = parameters["common"] as? [String: Any] ?? [:]
            let more: [String: Any] = [
                "feature_imputation_0": ["missing_fill_method": "mean"],
                "feature_scale_0": ["method": "min_max_scale"], "hetero_feature_binning_0": ["bin_num": 5],
                "hetero_feature_selection_0": [
                    "filter_methods": ["iv_filter"],
                    "iv_param": ["metrics": "iv", "filter_type": "threshold", "threshold": 0.5],
                ],
            ]
            parameters["common"] = common.merging(more) { $1 }
            conf["component_parameters"] = parameters
        }
        let components = ["data_transform_0", "intersection_0"] + steps.map(\.0) + ["hetero_lr_0"]
        let predicted = try await Self.predict(fit, components, at: guest)
        #expect(try Self.metrics(predicted, "evaluation_1") == Self.metrics(fit, "evaluation_0"))
        await sites.end()
    }

    @Test func overTwoSitesEachKeepsItsOwnPartAlone() async throws {
        let sites = try await Self.sites()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let fit = try await Self.fit(guest)
        let predicted = try await Self.predict(fit, at: guest)
        #expect(try Self.metrics(predicted, "evaluation_1") == Self.metrics(fit, "evaluation_0"))
        let parts = { (list: [[String: Any]]) in Set(list.compactMap { $0["party"] as? String }) }
        #expect(parts(try await guest.call(.GET, "/api/models").list) == ["9999"])
        #expect(parts(try await host.call(.GET, "/api/models").list) == ["10000", "10001"])
        // What is deployed outlives its job.
        let version = fit.summary["job"] as? String ?? ""
        let deployed = try await Self.deploy(version, at: guest).object["version"] as? String ?? ""
        for site in [guest, host] {
            let cleaned = try await site.call(.DELETE, "/api/jobs/\(version)")
            #expect(cleaned.status == 200, "\(cleaned.body)")
        }
        let again = try await Self.deploy(version, at: guest)
        #expect(again.status == 404, "\(again.body)")
        let redeployed = try await Self.deploy(
            deployed, at: guest, ["predict_dsl": try await Self.predictDSL(guest, deployed)])
        let job = try await guest.accepted(
            dsl: [:] as [String: Any], conf: Self.predictConf(redeployed.object["version"] as? String ?? ""))
        #expect(try await guest.ended(job).status == "success")
        await sites.end()
    }

    @Test func whenAPartyRefusesNobodyHasTheVersion() async throws {
        let sites = try await Self.sites()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let fit = try await Self.fit(guest)
        let version = fit.summary["job"] as? String ?? ""
        let cleaned = try await host.call(.DELETE, "/api/jobs/\(version)")
        #expect(cleaned.status == 200, "\(cleaned.body)")
        let refused = try await Self.deploy(version, at: guest)
        #expect(refused.code == "refused", "\(refused.body)")
        #expect(refused.message.contains(version), "\(refused.body)")
        for site in [guest, host] { #expect(try await site.call(.GET, "/api/models").list.isEmpty) }
        await sites.end()
    }

    @Test func whatIsNotDeployedIsNotPredictedWith() async throws {
        let site = try await SiteUnderTest()
        try await Self.tables(site, site)
        let fit = try await Self.fit(site)
        let version = fit.summary["job"] as? String ?? ""
        let undeployed = try await site.submit(dsl: [:] as [String: Any], conf: Self.predictConf(version))
        #expect(undeployed.code == "model_not_deployed", "\(undeployed.body)")
        #expect(undeployed.field == "conf.job_parameters.common.model_version", "\(undeployed.body)")
        let unknown = try await site.submit(dsl: [:] as [String: Any], conf: Self.predictConf("20260101"))
        #expect(unknown.status == 404, "\(unknown.body)")
        let foreign = try await site.submit(
            dsl: [:] as [String: Any], conf: Self.predictConf(version, id: "guest-9999#model"))
        #expect(foreign.status == 404, "\(foreign.body)")
        let component = try await Self.deploy(version, at: site, ["components": ["hetero_lr_9"]])
        #expect(component.code == "job_DeployComponentNotExist", "\(component.body)")
        var dsl = try StagedTree.json("breast_lr_dsl.json")
        dsl["components"] = [
            "hetero_lr_0": ["module": "HeteroLR", "input": ["model": ["pipeline.hetero_lr_1.model"]]]
        ]
        let model = try await Self.deploy(version, at: site, ["predict_dsl": dsl])
        #expect(model.code == "job_Model", "\(model.body)")
        await site.end()
    }

    // MARK: Export, import, migration

    private static func export(_ version: String, _ role: String, _ party: String, at site: SiteUnderTest) async throws
        -> (
            file: URL, digest: String
        )
    {
        let file = site.home.appending(path: "\(version)-\(role)-\(party).zip")
        let made = try await site.norn(
            "model", "export", version, "--model-id", modelID, "--role", role, "--party", party, "--output", file.path)
        #expect(made.status == 0, "\(made.errors)")
        let digest = made.output.split(separator: " ").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        return (file, digest ?? "")
    }

    @Test func aPartIsExportedForgottenAndTakenBack() async throws {
        let site = try await SiteUnderTest()
        try await Self.tables(site, site)
        let fit = try await Self.fit(site)
        let version = fit.summary["job"] as? String ?? ""
        let answer = try await Self.deploy(version, at: site)
        let deployed = answer.object["version"] as? String ?? ""
        let (file, digest) = try await Self.export(deployed, "guest", "9999", at: site)
        #expect(digest.count == 64)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let there = try await site.norn("model", "import", file.path)
        #expect(there.status == 3 && there.errors.contains("already"), "\(there.errors)")
        let removed = try await site.norn("model", "remove", deployed, "--role", "guest", "--party", "9999")
        #expect(removed.status == 0, "\(removed.errors)")
        let wrong = try await site.norn("model", "import", file.path, "--digest", String(repeating: "0", count: 64))
        #expect(wrong.status == 3 && wrong.errors.contains("digest"), "\(wrong.errors)")
        let imported = try await site.norn("model", "import", file.path, "--digest", digest)
        #expect(imported.status == 0, "\(imported.errors)")
        let list = try await site.call(.GET, "/api/models?version=\(deployed)").list
        #expect(list.count == 3, "\(list)")
        #expect(list.first { $0["party"] as? String == "9999" }?["origin"] as? String == "import")

        // What was changed on its way is refused whole.
        var bytes = [UInt8](try Data(contentsOf: file))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: file)
        let damaged = try await site.norn("model", "import", file.path, "--replace")
        #expect(damaged.status == 3 && damaged.errors.contains("refused"), "\(damaged.errors)")
        let kept = try FileManager.default.contentsOfDirectory(atPath: site.home.appending(path: "models").path)
        #expect(!kept.contains { $0.hasSuffix(".new") })
        await site.end()
    }

    @Test func aSiteTakesNoPartOfAnothersParty() async throws {
        let sites = try await Self.sites()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let version = try await Self.fit(guest).summary["job"] as? String ?? ""
        let (file, _) = try await Self.export(version, "guest", "9999", at: guest)
        let foreign = try await host.norn("model", "import", file.path)
        #expect(foreign.status != 0 && foreign.errors.contains("does not serve"), "\(foreign.errors)")
        let other = try await guest.norn(
            "model", "export", version, "--role", "host", "--party", "10000", "--output", "/dev/null")
        #expect(other.status == 4, "\(other.errors)")
        await sites.end()
    }

    @Test func aMigrationWaitsForEachPartyAndGivesNewIDs() async throws {
        let sites = try await Self.sites()
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let version = try await Self.fit(guest).summary["job"] as? String ?? ""
        let deployed = try await Self.deploy(version, at: guest).object["version"] as? String ?? ""
        func migrate() async throws -> String {
            let asked = try await guest.norn(
                "model", "migrate", deployed, "--json", "--move", "guest:9999=99", "--move", "host:10000=100",
                "--move", "arbiter:10001=101")
            #expect(asked.status == 0, "\(asked.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(asked.output.utf8)) as? [String: Any]
            #expect(object?["status"] as? String == "waiting", "\(asked.output)")
            return object?["version"] as? String ?? ""
        }
        let refused = try await migrate()
        let no = try await host.norn("job", "refuse", refused, "--reason", "not moved")
        #expect(no.status == 0, "\(no.errors)")
        #expect(try await guest.ended(refused).status == "failed")
        for site in [guest, host] { #expect(try await site.call(.GET, "/api/models/\(refused)").status == 404) }

        let moved = try await migrate()
        let yes = try await host.norn("job", "approve", moved)
        #expect(yes.status == 0, "\(yes.errors)")
        #expect(try await guest.ended(moved).status == "success")
        _ = try await host.ended(moved)
        let id = "arbiter-101#guest-99#host-100#model"
        let atGuest = try await guest.call(.GET, "/api/models?version=\(moved)").list
        #expect(atGuest.map { $0["modelID"] as? String } == [id])
        #expect(atGuest.first?["party"] as? String == "99")
        let atHost = try await host.call(.GET, "/api/models?version=\(moved)").list
        #expect(Set(atHost.compactMap { $0["party"] as? String }) == ["100", "101"])
        await sites.end()
    }

    // MARK: Tags

    @Test func aTagIsPutOnAVersionAndTakenOff() async throws {
        let site = try await SiteUnderTest()
        try await Self.tables(site, site)
        let version = try await Self.fit(site).summary["job"] as? String ?? ""
        let put = try await site.norn("model", "tag", version, "good")
        #expect(put.status == 0, "\(put.errors)")
        let shown = try await site.call(.GET, "/api/models/\(version)").list.first?["summary"] as? [String: Any]
        #expect(shown?["tags"] as? [String] == ["good"])
        let listed = try await site.norn("model", "tag")
        #expect(listed.output.contains("good") && listed.output.contains(version), "\(listed.output)")
        let off = try await site.norn("model", "tag", version, "good", "--remove")
        #expect(off.status == 0, "\(off.errors)")
        let unknown = try await site.norn("model", "tag", "123", "good")
        #expect(unknown.status == 4, "\(unknown.errors)")
        await site.end()
    }
}
