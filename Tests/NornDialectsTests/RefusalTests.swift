import NornDialects
import NornManifest
import Testing

@Suite("Refused FATE 1.11 jobs")
struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var path: [String]
        var value: JSON?
        var code: DialectError.Code
        var field: String
        var words = ""
        var testDescription: String { "\(code.rawValue) at \(field)" }
    }

    static let dslCases: [Case] = [
        Case(path: [], value: [:], code: .dslNotExist, field: "dsl"),
        Case(path: [], value: nil, code: .dslNotExist, field: "dsl"),
        Case(path: [], value: ["component": [:]], code: .componentField, field: "dsl.components"),
        Case(path: ["components"], value: [], code: .componentField, field: "dsl.components"),
        Case(path: ["components", "lr_0"], value: 1, code: .componentField, field: "dsl.components.lr_0"),
        Case(
            path: ["components", "lr_0", "module"], value: nil, code: .moduleField, field: "dsl.components.lr_0.module"),
        Case(
            path: ["components", "lr_0", "module"], value: "HetroLR", code: .moduleNotExist,
            field: "dsl.components.lr_0.module", words: "Did you mean \"HeteroLR\"?"),
        Case(
            path: ["components", "a b"], value: ["module": "Evaluation"], code: .namingFormat,
            field: "dsl.components.a b"),
        Case(
            path: ["components", "lr_0", "input"], value: [], code: .componentInputType,
            field: "dsl.components.lr_0.input"),
        Case(
            path: ["components", "lr_0", "input", "data"], value: [], code: .componentInputDataType,
            field: "dsl.components.lr_0.input.data"),
        Case(
            path: ["components", "lr_0", "input", "data", "train_data"], value: "psi_0.train",
            code: .componentInputValueType, field: "dsl.components.lr_0.input.data.train_data"),
        Case(
            path: ["components", "lr_0", "input", "model"], value: [7], code: .componentInputValueType,
            field: "dsl.components.lr_0.input.model[0]"),
        Case(
            path: ["components", "lr_0", "input", "data", "train_data"], value: ["psi_0"],
            code: .componentInputValueType, field: "dsl.components.lr_0.input.data.train_data[0]"),
        Case(
            path: ["components", "lr_0", "output"], value: [], code: .componentOutputType,
            field: "dsl.components.lr_0.output"),
        Case(
            path: ["components", "lr_0", "output", "data"], value: "data", code: .outputKeyType,
            field: "dsl.components.lr_0.output.data"),
        Case(
            path: ["components", "lr_0", "input", "data", "train_data"], value: ["psi_1.train"],
            code: .inputComponentNotExist, field: "dsl.components.lr_0.input.data.train_data[0]",
            words: "Component lr_0's data input psi_1 does not exist"),
        Case(
            path: ["components", "lr_0", "input", "data", "train_data"], value: ["psi_0.data"],
            code: .inputNameNotExist,
            field: "dsl.components.lr_0.input.data.train_data[0]", words: "outputs train"),
        Case(
            path: ["components", "transform_0", "input", "data", "data"], value: ["psi_0.train"], code: .loop,
            field: "dsl.components.", words: "form a loop"),
        Case(
            path: ["components", "lr_0", "input", "model"], value: ["pipeline.lr_0.model"], code: .mode,
            field: "dsl.components.lr_0.input.model[0]"),
        Case(
            path: ["components", "psi_0", "input", "data"], value: ["train_data": ["transform_0.data"]],
            code: .inputNotTaken, field: "dsl.components.psi_0.input.data.train_data[0]"),
        Case(
            path: ["components", "psi_0", "input"], value: [:], code: .inputMissing, field: "dsl.components.psi_0.input"
        ),
        Case(
            path: ["components", "lr_0", "provider"], value: "@1", code: .provider,
            field: "dsl.components.lr_0.provider"),
        Case(
            path: ["components", "lr_0", "provider"], value: "acme", code: .provider,
            field: "dsl.components.lr_0.provider",
            words: "component lr_0, module HeteroLR's provider acme does not exist"),
        Case(
            path: ["components", "lr_0", "provider"], value: "fate@9.9", code: .provider,
            field: "dsl.components.lr_0.provider", words: "version: 9.9 does not support in HeteroLR, please register"),
    ]

    static let confCases: [Case] = [
        Case(path: [], value: 1, code: .confField, field: "conf"),
        Case(path: ["dsl_version"], value: nil, code: .dslVersion, field: "conf.dsl_version"),
        Case(path: ["dsl_version"], value: 1, code: .dslVersion, field: "conf.dsl_version"),
        Case(path: ["role_parameters"], value: [:], code: .dslVersion, field: "conf.role_parameters"),
        Case(path: ["role"], value: [:], code: .role, field: "conf.role"),
        Case(path: ["role", "gest"], value: [1], code: .role, field: "conf.role.gest", words: "guest"),
        Case(path: ["role", "guest"], value: 9999, code: .role, field: "conf.role.guest"),
        Case(path: ["role", "host"], value: ["ten"], code: .role, field: "conf.role.host[0]"),
        Case(path: ["role", "host"], value: [1, "01"], code: .role, field: "conf.role.host[1]"),
        Case(path: ["role", "host"], value: [-1], code: .role, field: "conf.role.host[0]"),
        Case(path: ["initiator"], value: nil, code: .initiator, field: "conf.initiator"),
        Case(
            path: ["initiator", "party_id"], value: 1, code: .initiator, field: "conf.initiator.party_id",
            words: "initiator party id 1 not in roles"),
        Case(
            path: ["role", "arbiter"], value: [9999], code: .parameterCheck, field: "conf.role.arbiter",
            words: "constraint party id"),
        Case(
            path: ["job_parameters", "common", "job_type"], value: "predict", code: .mode,
            field: "conf.job_parameters.common.job_type", words: "deployed version"),
        Case(
            path: ["job_parameters", "common", "job_type"], value: "dance", code: .mode,
            field: "conf.job_parameters.common.job_type"),
        Case(
            path: ["job_parameters", "common", "task_cores"], value: "many", code: .jobParameter,
            field: "conf.job_parameters.common.task_cores"),
        Case(
            path: ["job_parameters", "common", "timeout"], value: 0, code: .jobParameter,
            field: "conf.job_parameters.common.timeout"),
        Case(
            path: ["job_parameters", "common", "computing_engine"], value: "standalon", code: .engine,
            field: "conf.job_parameters.common.computing_engine", words: "standalone"),
        Case(path: ["component_parameters"], value: [], code: .confField, field: "conf.component_parameters"),
        Case(
            path: ["component_parameters", "common", "lr_0"], value: 3, code: .confField,
            field: "conf.component_parameters.common.lr_0"),
        Case(
            path: ["component_parameters", "role", "guest", "0", "lr_0"], value: 3, code: .confField,
            field: "conf.component_parameters.role.guest.0.lr_0"),
        Case(
            path: ["component_parameters", "common", "lr_0", "max_iter"], value: "x", code: .parameterCheck,
            field: "conf.component_parameters.common.lr_0.max_iter"),
        Case(
            path: ["component_parameters", "role", "host", "1", "lr_0", "max_itr"], value: 3, code: .redundantParameter,
            field: "conf.component_parameters.role.host.1.lr_0.max_itr", words: "host 10001"),
        Case(
            path: ["component_parameters", "role", "guest", "0", "lr_0", "optimizer", "rate"], value: "fast",
            code: .parameterCheck, field: "conf.component_parameters.role.guest.0.lr_0.optimizer.rate"),
        Case(
            path: ["component_parameters", "role", "guest", "0", "reader_0"], value: nil, code: .parameterCheck,
            field: "conf.component_parameters.common.reader_0.table"),
        Case(
            path: ["provider"], value: ["common": ["lr_0": "a@b@c"]], code: .provider,
            field: "conf.provider.common.lr_0"),
        Case(
            path: ["provider"], value: ["role": ["host": ["0": ["lr_0": "norn.sample"]]]], code: .provider,
            field: "conf.provider.role.host.0.lr_0"),
    ]

    func check(_ refusal: DialectRefusal?, _ sample: Case) {
        let errors = refusal?.errors.filter { $0.code == sample.code && $0.field.hasPrefix(sample.field) } ?? []
        #expect(!errors.isEmpty, "\(refusal?.description ?? "nothing was refused")")
        #expect(errors.allSatisfy { $0.description.contains(sample.words) && !$0.remedy.isEmpty })
    }

    @Test("A wrong DSL is refused with FATE's name for it and its field", arguments: dslCases)
    func dsl(sample: Case) {
        let dsl = sample.path.isEmpty ? sample.value : Samples.changed(Samples.dsl, sample.path, to: sample.value)
        check(#expect(throws: DialectRefusal.self) { try Samples.parse(dsl: dsl) }, sample)
    }

    @Test("A wrong conf is refused with its field", arguments: confCases)
    func conf(sample: Case) {
        let conf =
            sample.path.isEmpty ? sample.value ?? .null : Samples.changed(Samples.conf, sample.path, to: sample.value)
        check(#expect(throws: DialectRefusal.self) { try Samples.parse(conf: conf) }, sample)
    }

    @Test("A loop is shown as a path that ends where it begins")
    func loop() throws {
        let dsl = Samples.changed(
            Samples.dsl, ["components", "transform_0", "input", "data", "data"], to: ["psi_0.train"])
        let refusal = #expect(throws: DialectRefusal.self) { try Samples.parse(dsl: dsl) }
        let message = try #require(refusal?.errors.first { $0.code == .loop }?.message)
        #expect(
            ["transform_0->psi_0->transform_0 form a loop", "psi_0->transform_0->psi_0 form a loop"].contains(message))
    }

    @Test("Parties without a role of the component are refused")
    func noParty() {
        var conf = Samples.changed(Samples.conf, ["role"], to: ["arbiter": [1]])
        conf = Samples.changed(conf, ["component_parameters"], to: nil)
        conf = Samples.changed(conf, ["initiator"], to: ["role": "arbiter", "party_id": 1])
        let refusal = #expect(throws: DialectRefusal.self) { try Samples.parse(conf: conf) }
        #expect(refusal?.errors.contains { $0.code == .role && $0.field == "dsl.components.reader_0" } == true)
    }
}
