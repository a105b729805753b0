import NornDialects
import NornFlow
import NornManifest
import Testing

/// What a deployment makes of a train job, and how a predict job is read.
@Suite struct PredictTests {
    private static let reference = ModelReference(
        id: "arbiter-10002#guest-9999#host-10000_10001#model", version: "2026112320000000000010")

    private static func trained() throws -> Job { try Samples.parse().job }

    private static func deployed(_ components: [String]? = ["transform_0", "psi_0", "lr_0"]) throws -> DeployedModel {
        let job = try trained()
        return DeployedModel(
            reference: ModelReference(id: reference.id, version: "2026112320000000000011"),
            predictDSL: try InferenceDSL.make(from: job, components: components), trained: job,
            outputs: ["transform_0": ["model"], "lr_0": ["model"]])
    }

    /// The same with a reader of its own before the first component, as FATE's pipeline sends it.
    private static func wired() throws -> DeployedModel {
        var model = try deployed()
        let place = ["components", "transform_0", "input", "data"]
        model.predictDSL = Samples.changed(model.predictDSL, place, to: ["data": ["reader_1.data"]])
        model.predictDSL = Samples.changed(
            model.predictDSL, ["components", "reader_1"], to: ["module": "Reader", "output": ["data": ["data"]]])
        return model
    }

    private static func conf(_ model: DeployedModel, host: [JSON] = [10000, 10001]) -> JSON {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": .array(host), "arbiter": [10002]],
            "job_parameters": [
                "common": [
                    "job_type": "predict", "model_id": .string(model.reference.id),
                    "model_version": .string(model.reference.version),
                ]
            ],
            "component_parameters": [
                "role": [
                    "guest": ["0": ["reader_1": ["table": ["name": "g2", "namespace": "n"]]]],
                    "host": ["all": ["reader_1": ["table": ["name": "h2", "namespace": "n"]]]],
                ]
            ],
        ]
    }

    private static func parse(_ conf: JSON, _ model: DeployedModel) throws -> ParsedJob {
        try FATE1Dialect.parsePredict(
            conf: conf, deployed: model, id: "2026112320000000000012", submitter: "tester", catalogue: Samples.catalogue
        )
    }

    // MARK: The model's names

    @Test func aModelIsNamedByItsRolesInTheOrderOfTheirNames() throws {
        let job = try Self.trained()
        #expect(ModelReference(of: job) == Self.reference)
        #expect(ModelReference.parties(of: Self.reference.id).map(Set.init) == Set(job.parties))
    }

    @Test(arguments: [
        "", "model", "guest-9999", "guest-9999#", "gest-9999#model", "guest-#model", "guest-9999_#model",
        "guest-9999#host-../..#model", "guest-9999#guest-9999#model", "guest-99 99#model", "guest-9999#model#model",
    ])
    func whatIsNoModelsIDNamesNoParties(text: String) {
        #expect(ModelReference.parties(of: text) == nil)
    }

    // MARK: The DSL of predict jobs

    /// The same as FATE's own client was answered, but for names.
    @Test func theDeployedComponentsTakeTheirModelsFromThePipeline() throws {
        let expected: JSON = [
            "components": [
                "transform_0": [
                    "module": "DataTransform", "input": ["model": ["pipeline.transform_0.model"]],
                    "output": ["data": ["data"]],
                ],
                "psi_0": [
                    "module": "Intersection", "input": ["data": ["data": ["transform_0.data"]]],
                    "output": ["data": ["train"]],
                ],
                "lr_0": [
                    "module": "HeteroLR",
                    "input": ["model": ["pipeline.lr_0.model"], "data": ["test_data": ["psi_0.train"]]],
                    "output": ["data": ["data"]], "provider": "fate",
                ],
            ]
        ]
        #expect(try Self.deployed().predictDSL == expected)
    }

    @Test func whatIsLeftOutHandsOnWhatCameIn() throws {
        let dsl = try Self.deployed(["transform_0", "lr_0"]).predictDSL
        #expect(dsl["components"]?["lr_0"]?["input"]?["data"] == ["test_data": ["transform_0.data"]])
    }

    @Test func allComponentsAreDeployedUnlessSomeAreNamed() throws {
        let dsl = try InferenceDSL.make(from: Self.trained(), components: nil)
        #expect(dsl["components"]?.asObject?.count == 6)
        #expect(dsl["components"]?["transform_0"]?["input"]?["data"] == ["data": ["reader_0.data"]])
    }

    /// As `flow job dsl` has it: no job is behind the DSL, and readers stay named.
    @Test func aPredictDSLFollowsFromATrainDSLAlone() throws {
        let dsl = try InferenceDSL.make(fromTrainDSL: Samples.dsl, components: ["transform_0", "lr_0"])
        let components = dsl["components"]
        #expect(components?.asObject?.keys.sorted() == ["lr_0", "transform_0"])
        #expect(components?["transform_0"]?["input"]?["data"] == ["data": ["reader_0.data"]])
        #expect(components?["lr_0"]?["input"]?["data"] == ["test_data": ["transform_0.data"]])
        #expect(components?["lr_0"]?["input"]?["model"] == ["pipeline.lr_0.model"])
        #expect(throws: DialectRefusal.self) { try InferenceDSL.make(fromTrainDSL: [:], components: nil) }
    }

    @Test(arguments: [(["lr_9"], "cpn_list[0]"), ([], "cpn_list")])
    func aComponentThatIsNotThereIsNotDeployed(components: [String], field: String) throws {
        let refusal = #expect(throws: DialectRefusal.self) {
            try InferenceDSL.make(from: Self.trained(), components: components)
        }
        #expect(refusal?.errors.first?.code == .deployComponentNotExist)
        #expect(refusal?.errors.first?.field == field)
    }

    // MARK: Predict jobs

    @Test func aPredictJobTakesModelsAndParametersFromTheDeployedVersion() throws {
        let model = try Self.wired()
        let job = try Self.parse(Self.conf(model), model).job
        #expect(job.parameters.kind == .predict)
        #expect(job.parameters.model == model.reference)
        #expect(job.parameters.taskParallelism == 2)
        let lr = try #require(job.task(named: "lr_0"))
        let input = try #require(lr.inputs.first { $0.kind == .model })
        #expect(input.model == model.reference && input.task == "lr_0" && input.output == "model")
        #expect(Graph(job.tasks).topologicalOrder() == ["reader_1", "transform_0", "psi_0", "lr_0"])
        let guest = Party(role: .guest, id: "9999")
        let second = Party(role: .host, id: "10001")
        #expect(lr.parameters[guest]?["max_iter"] == 5)
        #expect(lr.parameters[second]?["max_iter"] == 7)
        #expect(job.task(named: "transform_0")?.parameters[guest]?["with_label"] == true)
        #expect(job.task(named: "reader_1")?.parameters[second]?["table"] == ["name": "h2", "namespace": "n"])
    }

    /// Positions are those of the predict job: the second host of the training is the only one here.
    @Test func parametersFollowTheirPartyToItsNewPosition() throws {
        let model = try Self.wired()
        let job = try Self.parse(Self.conf(model, host: ["10001"]), model).job
        let host = Party(role: .host, id: "10001")
        #expect(job.task(named: "lr_0")?.parties.contains(host) == true)
        #expect(job.task(named: "lr_0")?.parameters[host]?["max_iter"] == 7)
        #expect(job.task(named: "transform_0")?.parameters[host]?["with_label"] == false)
    }

    @Test func thePredictJobsOwnParametersAreStronger() throws {
        let model = try Self.wired()
        let place = ["component_parameters", "role", "host", "0|1"]
        let conf = Samples.changed(Self.conf(model), place, to: ["lr_0": ["max_iter": 9]])
        let job = try Self.parse(conf, model).job
        for id in ["10000", "10001"] {
            #expect(job.task(named: "lr_0")?.parameters[Party(role: .host, id: id)]?["max_iter"] == 9)
        }
    }

    @Test func aPartyThatWasNotInTheTrainingIsRefused() throws {
        let model = try Self.wired()
        let refusal = #expect(throws: DialectRefusal.self) {
            try Self.parse(Self.conf(model, host: [10000, 777]), model)
        }
        #expect(refusal?.errors.first?.field == "conf.role.host[1]")
        #expect(refusal?.errors.first?.message.contains("party_id: 777 not occurs in training") == true)
    }

    @Test func aModelThatTheVersionDoesNotHaveIsRefused() throws {
        var model = try Self.wired()
        model.outputs["lr_0"] = nil
        let refusal = #expect(throws: DialectRefusal.self) { try Self.parse(Self.conf(model), model) }
        #expect(refusal?.errors.first?.code == .model)
        #expect(refusal?.errors.first?.field == "dsl.components.lr_0.input.model[0]")
    }

    @Test func aPredictJobNamesItsVersion() throws {
        #expect(try FATE1Dialect.model(of: Samples.conf) == nil)
        let model = try Self.wired()
        #expect(try FATE1Dialect.model(of: Self.conf(model)) == model.reference)
        let place = ["job_parameters", "common", "model_version"]
        let refusal = #expect(throws: DialectRefusal.self) {
            try FATE1Dialect.model(of: Samples.changed(Self.conf(model), place, to: nil))
        }
        #expect(refusal?.errors.first?.field == "conf.job_parameters.common.model_version")
    }

    /// A rerun with other parameters reads the job again from what it shows.
    @Test func aPredictJobIsShownAndReadAgain() throws {
        let model = try Self.wired()
        let job = try Self.parse(Self.conf(model), model).job
        let rendered = FATE1Dialect.render(job)
        #expect(rendered.dsl["components"]?["lr_0"]?["input"]?["model"] == ["pipeline.lr_0.model"])
        let change: JSON = ["component_parameters": ["common": ["lr_0": ["alpha": 3]]]]
        let changed = try FATE1Dialect.change(job, by: change, catalogue: Samples.catalogue).job
        #expect(changed.task(named: "lr_0")?.parameters[Party(role: .guest, id: "9999")]?["alpha"] == 3)
        #expect(changed.parameters.model == model.reference)
        #expect(changed.tasks.map(\.inputs) == job.tasks.map(\.inputs))
    }

    @Test func theTemplateOfAConfNamesTheTablesThatAreToBeFilledIn() throws {
        let conf = FATE1Dialect.predictConfTemplate(of: Self.reference, trained: try Self.trained())
        let table: JSON = ["name": "name_to_be_filled_0", "namespace": "namespace_to_be_filled_0"]
        #expect(conf["component_parameters"]?["role"]?["host"]?["1"]?["reader_0"] == ["table": table])
        #expect(conf["component_parameters"]?["role"]?["arbiter"] == nil)
        #expect(try FATE1Dialect.model(of: conf) == Self.reference)
    }
}
