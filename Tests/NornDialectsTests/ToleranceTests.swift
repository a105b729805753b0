import NornDialects
import NornManifest
import Testing

@Suite("Tolerated oddities of FATE 1.11 jobs")
struct ToleranceTests {
    func warned(dsl: JSON = Samples.dsl, conf: JSON = Samples.conf) throws -> [String] {
        try Samples.parse(dsl: dsl, conf: conf).warnings.map(\.field)
    }

    @Test("Unknown job parameters, and those of version 1, are warnings; those that Norn decides itself are silent")
    func jobParameters() throws {
        let conf = Samples.changed(
            Samples.conf, ["job_parameters", "common"],
            to: [
                "task_core": 1, "work_mode": 1, "federated_mode": "SINGLE", "inheritance_info": [:], "model_id": "",
                "computing_engine": "EGGROLL",
            ])
        let parsed = try Samples.parse(conf: conf)
        #expect(
            Set(parsed.warnings.map(\.field)) == [
                "conf.job_parameters.common.task_core", "conf.job_parameters.common.work_mode",
                "conf.job_parameters.common.computing_engine",
            ])
        #expect(parsed.warnings.allSatisfy { $0.description.hasPrefix("[WARN]") })
        #expect(parsed.warnings.contains { $0.message.contains("\"task_cores\"") })
    }

    @Test("A name in the place of a position is ignored with a warning")
    func positions() throws {
        let conf = Samples.changed(
            Samples.conf, ["component_parameters", "role", "guest", "lr_0"], to: ["alpha": "no"])
        #expect(try warned(conf: conf) == ["conf.component_parameters.role.guest.lr_0"])
    }

    @Test("Unknown data slots, unknown keys and outputs that stay empty are warnings")
    func dsl() throws {
        var dsl = Samples.changed(
            Samples.dsl, ["components", "lr_0", "input", "data", "tran_data"], to: ["psi_0.train"])
        dsl = Samples.changed(dsl, ["components", "lr_0", "colour"], to: "red")
        dsl = Samples.changed(dsl, ["components", "evaluation_0", "output"], to: ["data": ["data"], "smoke": ["x"]])
        dsl = Samples.changed(dsl, ["components", "lr_0", "need_deploy"], to: true)
        #expect(
            try Set(warned(dsl: dsl)) == [
                "dsl.components.lr_0.input.data.tran_data", "dsl.components.lr_0.colour",
                "dsl.components.evaluation_0.output.data", "dsl.components.evaluation_0.output.smoke",
            ])
    }

    @Test("A parameter that changes nothing is a warning where it is given another value than its default, told once")
    func parametersWithoutEffect() throws {
        var conf = Samples.changed(
            Samples.conf, ["component_parameters", "common", "lr_0", "precision"], to: nil as JSON?)
        #expect(try warned(conf: conf).isEmpty)
        conf = Samples.changed(conf, ["component_parameters", "common", "lr_0", "precision"], to: 23.0)
        #expect(try warned(conf: conf).isEmpty)
        conf = Samples.changed(conf, ["component_parameters", "common", "lr_0", "precision"], to: 40)
        conf = Samples.changed(
            conf, ["component_parameters", "role", "host", "1", "lr_0", "optimizer"], to: ["mode": "fast"])
        let parsed = try Samples.parse(conf: conf)
        #expect(
            Set(parsed.warnings.map(\.description)) == [
                "[WARN] conf.component_parameters.common.lr_0.precision: precision of lr_0 has no effect: it is always exact",
                "[WARN] conf.component_parameters.role.host.1.lr_0.optimizer.mode: optimizer.mode of lr_0 has no effect, "
                    + "as precision",
            ])
        #expect(parsed.warnings.count == 2)
    }

    @Test("Parameters for a component that the DSL does not have are a warning")
    func strangers() throws {
        var conf = Samples.changed(Samples.conf, ["component_parameters", "common", "lr_2"], to: ["x": 1])
        #expect(try warned(conf: conf) == ["conf.component_parameters.common.lr_2"])
        conf = Samples.changed(Samples.conf, ["provider"], to: ["common": ["lr_2": "fate"]])
        #expect(try warned(conf: conf) == ["conf.provider.common.lr_2"])
    }

    @Test("A conf without job_parameters, with a numeric text for its version and only common parameters, is right")
    func sparse() throws {
        var conf = Samples.changed(Samples.conf, ["job_parameters"], to: nil)
        conf = Samples.changed(conf, ["dsl_version"], to: "2")
        conf = Samples.changed(
            conf, ["component_parameters"], to: ["common": ["reader_0": ["table": ["name": "x", "namespace": "n"]]]])
        #expect(try warned(conf: conf).isEmpty)
    }
}
