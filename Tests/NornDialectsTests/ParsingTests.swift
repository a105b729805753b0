import NornDialects
import NornFlow
import NornManifest
import Testing

@Suite("FATE 1.11 jobs")
struct ParsingTests {
    static let guest = Party(role: .guest, id: "9999")
    static let hosts = [Party(role: .host, id: "10000"), Party(role: .host, id: "10001")]
    static let arbiter = Party(role: .arbiter, id: "10002")

    @Test("A DSL and a conf become a job with parties, tasks and edges")
    func whole() throws {
        let parsed = try Samples.parse()
        let job = parsed.job
        #expect(parsed.warnings.isEmpty)
        #expect(job.initiator == Self.guest)
        #expect(job.parties == [Self.guest] + Self.hosts + [Self.arbiter])
        #expect(job.tasks.map(\.name) == ["reader_0", "transform_0", "psi_0", "lr_0", "lr_1", "evaluation_0"])
        #expect(job.task(named: "psi_0")?.module == "Intersection")
        #expect(job.task(named: "reader_0")?.parties == [Self.guest] + Self.hosts)
        #expect(job.task(named: "lr_0")?.parties == job.parties)
        #expect(job.task(named: "lr_0")?.provider == "fate")
        #expect(
            job.task(named: "evaluation_0")?.inputs == [
                TaskInput(slot: "data", index: 0, kind: .data, task: "lr_0", output: "data"),
                TaskInput(slot: "data", index: 1, kind: .data, task: "lr_1", output: "data"),
            ])
        #expect(job.parameters.engine == "standalone")
        #expect(job.parameters.taskParallelism == 2)
        #expect(job.parameters.submitter == "tester")
    }

    @Test("Parameters fold from defaults over common ones to a party's own; objects are merged")
    func precedence() throws {
        let job = try Samples.parse().job
        let lr = try #require(job.task(named: "lr_0")?.parameters)
        #expect(lr[Self.arbiter]?["alpha"] == 0.01)
        #expect(lr[Self.arbiter]?["penalty"] == "L2")
        #expect(lr[Self.arbiter]?["optimizer"] == ["mode": "strict", "name": "adam", "rate": 0.01])
        #expect(lr[Self.guest]?["optimizer"] == ["mode": "strict", "name": "adam", "rate": 0.5])
        #expect(lr[Self.hosts[0]]?["max_iter"] == 5)
        #expect(lr[Self.hosts[1]]?["max_iter"] == 7)
        let reader = try #require(job.task(named: "reader_0")?.parameters)
        #expect(reader[Self.hosts[0]]?["table"] == ["name": "h", "namespace": "n"])
        #expect(reader[Self.hosts[1]]?["table"] == ["name": "h1", "namespace": "n"])
        #expect(job.task(named: "transform_0")?.parameters[Self.guest]?["with_label"] == true)
        #expect(job.task(named: "transform_0")?.parameters[Self.hosts[1]]?["missing_fill"] == true)
    }

    @Test("A component that uses a model of its own kind takes its parameters over, but not when training goes on")
    func inheritance() throws {
        let job = try Samples.parse().job
        #expect(job.task(named: "lr_1")?.parameters[Self.hosts[1]]?["max_iter"] == 7)
        let warm = Samples.changed(
            Samples.dsl, ["components", "lr_1", "input", "data"], to: ["train_data": ["psi_0.train"]])
        let warmJob = try Samples.parse(dsl: warm).job
        #expect(warmJob.task(named: "lr_1")?.parameters[Self.hosts[1]]?["max_iter"] == 100)
    }

    @Test("need_run false goes to those that use the model, and is refused where a module cannot be passed over")
    func needRun() throws {
        var dsl = Samples.changed(
            Samples.dsl, ["components", "transform_1"],
            to: [
                "module": "DataTransform",
                "input": ["data": ["data": ["reader_0.data"]], "model": ["transform_0.model"]],
            ])
        let conf = Samples.changed(
            Samples.conf, ["component_parameters", "common", "transform_0", "need_run"], to: false)
        let job = try Samples.parse(dsl: dsl, conf: conf).job
        #expect(job.task(named: "transform_1")?.parameters[Self.guest]?["need_run"] == false)
        dsl = Samples.dsl
        let useless = Samples.changed(Samples.conf, ["component_parameters", "common", "lr_0", "need_run"], to: true)
        #expect(
            try Samples.parse(dsl: dsl, conf: useless).job.task(named: "lr_0")?.parameters[Self.guest]?["need_run"]
                == nil)
        let impossible = Samples.changed(
            Samples.conf, ["component_parameters", "common", "lr_0", "need_run"], to: false)
        let refusal = #expect(throws: DialectRefusal.self) { try Samples.parse(conf: impossible) }
        #expect(refusal?.errors.first?.field == "conf.component_parameters.common.lr_0.need_run")
    }

    @Test("Reader takes its table under any name")
    func freeTableKey() throws {
        let conf = Samples.changed(
            Samples.conf, ["component_parameters", "role", "guest", "0", "reader_0"],
            to: ["my_table": ["name": "x", "namespace": "y"]])
        let job = try Samples.parse(conf: conf).job
        #expect(job.task(named: "reader_0")?.parameters[Self.guest]?["table"] == ["name": "x", "namespace": "y"])
    }

    @Test("Engines' own settings give the cores; a party may have its own sizes")
    func sizes() throws {
        var conf = Samples.changed(
            Samples.conf, ["job_parameters", "common"],
            to: ["task_cores": 4, "eggroll_run": ["eggroll.session.processors.per.node": 8], "timeout": "60"])
        conf = Samples.changed(
            conf, ["job_parameters", "role"],
            to: ["host": ["1": ["spark_run": ["num-executors": 2, "executor-cores": 3], "computing_partitions": 5]]])
        let parameters = try Samples.parse(conf: conf).job.parameters
        #expect(parameters.timeoutSeconds == 60)
        #expect(parameters.engine == nil)
        #expect(parameters.sizes(at: Self.guest).taskCores == 8)
        #expect(
            parameters.sizes(at: Self.hosts[1])
                == JobSizes(taskCores: 6, computingPartitions: 5, workingNodes: 2))
    }

    @Test("fate_flow stands for fate where only that is registered; a conf's provider goes before the DSL's")
    func providers() throws {
        let dsl = Samples.changed(Samples.dsl, ["components", "reader_0", "provider"], to: "fate_flow")
        #expect(try Samples.parse(dsl: dsl).job.task(named: "reader_0")?.provider == "fate")
        let conf = Samples.changed(Samples.conf, ["provider"], to: ["common": ["lr_0": "norn.sample@0.1.0"]])
        #expect(try Samples.parse(conf: conf).job.task(named: "lr_0")?.provider == "norn.sample@0.1.0")
    }

    @Test("A job is rendered as DSL and conf that give the same job again")
    func rendering() throws {
        var conf = Samples.changed(Samples.conf, ["job_parameters", "role"], to: ["host": ["1": ["task_cores": 3]]])
        conf = Samples.changed(conf, ["job_parameters", "common", "auto_retries"], to: 2)
        let job = try Samples.parse(conf: conf).job
        let rendering = FATE1Dialect.render(job)
        #expect(try Samples.parse(dsl: rendering.dsl, conf: rendering.conf).job == job)
    }

    @Test("Text with a mistake in its JSON is named by line and column")
    func syntax() {
        let refusal = #expect(throws: DialectRefusal.self) {
            try FATE1Dialect.parse(
                dslText: Samples.dsl.text(), confText: "{\n\"role\": {,}}", id: "1", catalogue: Samples.catalogue)
        }
        #expect(refusal?.errors.map(\.code) == [.syntax])
        #expect(refusal?.errors.first?.field == "conf.role")
        #expect(refusal?.errors.first?.message.hasPrefix("line 2, column 10") == true)
    }

    @Test("A FATE name stands behind every code in a refusal, and all errors of a step are listed")
    func description() {
        var conf = Samples.changed(Samples.conf, ["component_parameters", "common", "lr_0", "alpah"], to: 1)
        conf = Samples.changed(conf, ["component_parameters", "common", "lr_0", "penalty"], to: "L3")
        let refusal = #expect(throws: DialectRefusal.self) { try Samples.parse(conf: conf) }
        #expect(refusal?.errors.count == 2)
        let text = refusal?.description ?? ""
        #expect(text.contains("RedundantParameter at conf.component_parameters.common.lr_0.alpah"))
        #expect(text.contains("Did you mean \"alpha\"?"))
        #expect(text.contains("ParameterCheck at conf.component_parameters.common.lr_0.penalty"))
    }
}
