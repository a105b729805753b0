import NornFlow
import NornManifest

/// Reads `job_parameters` of a runtime conf.
struct JobParameterReader {
    static let coresMaximum = 4096
    static let partitionsMaximum = 65_536
    static let parallelismMaximum = 1024
    static let secondsMaximum = 366 * 86_400
    static let retriesMaximum = 100
    static let memoryBytesMaximum = 1 << 46

    /// Keys of FATE that have no effect here: either Norn does it by itself, or only predict jobs need it.
    static let tolerated: Set<String> = [
        "model_id", "model_version", "federated_status_collect_type", "federated_mode", "federation_engine",
        "storage_engine", "assistant_role", "map_table_name", "map_namespace", "adaptation_parameters", "rabbitmq_run",
        "pulsar_run", "user",
    ]
    static let known: Set<String> = [
        "job_type", "computing_engine", "task_cores", "computing_partitions", "memory_bytes", "task_parallelism",
        "timeout", "auto_retries", "auto_retry_delay", "priority", "eggroll_run", "spark_run", "task_timeout",
        "task_conf", "depends_on", "inheritance_info",
    ]

    var findings = Findings()
    /// The version that a predict job takes its models from.
    var model: ModelReference?
    private(set) var timeouts = TaskTimeouts()

    mutating func read(_ conf: Conf, submitter: String, catalogue: Catalogue) -> JobParameters {
        var parameters = JobParameters(submitter: submitter)
        let field = "conf.job_parameters.common"
        let common = conf.json["job_parameters"]?["common"]?.asObject ?? JSONObject()
        parameters.kind = kind(common["job_type"], at: "\(field).job_type")
        if parameters.kind == .predict { parameters.model = model }
        parameters.engine = engine(common["computing_engine"], at: "\(field).computing_engine", catalogue)
        parameters.sizes = sizes(common, at: field)
        if let value = number(common, "task_parallelism", at: field, 1...Self.parallelismMaximum) {
            parameters.taskParallelism = value
        }
        if let value = number(common, "timeout", at: field, 1...Self.secondsMaximum) {
            parameters.timeoutSeconds = value
        }
        if let value = number(common, "auto_retries", at: field, 0...Self.retriesMaximum) {
            parameters.autoRetries = value
        }
        if let value = number(common, "auto_retry_delay", at: field, 0...Self.secondsMaximum) {
            parameters.autoRetryDelaySeconds = value
        }
        if let value = number(common, "priority", at: field, -1000...1000) { parameters.priority = value }
        readTimeouts(common, at: field)
        var relations = JobRelations()
        parameters.dependsOn = relations.dependencies(common["depends_on"], at: "\(field).depends_on")
        parameters.inheritance = relations.inheritance(common["inheritance_info"], at: "\(field).inheritance_info")
        findings.add(relations.findings)
        warnUnused(common, at: field)
        for party in conf.parties {
            var own = JobSizes()
            for (place, section) in conf.ownSections("job_parameters", of: party) {
                guard let object = section.asObject else { continue }
                let given = sizes(object, at: place)
                own.taskCores = given.taskCores ?? own.taskCores
                own.computingPartitions = given.computingPartitions ?? own.computingPartitions
                own.memoryBytes = given.memoryBytes ?? own.memoryBytes
                own.workingNodes = given.workingNodes ?? own.workingNodes
                warnOwn(object, at: place)
            }
            if own != JobSizes() { parameters.partySizes[party] = own }
        }
        return parameters
    }

    private mutating func readTimeouts(_ common: JSONObject, at field: String) {
        timeouts.common = number(common, "task_timeout", at: field, 1...Self.secondsMaximum)
        let byComponent = requireObject(common, "task_conf", at: field) ?? JSONObject()
        for component in byComponent.keys {
            guard let conf = requireObject(byComponent, component, at: "\(field).task_conf") else { continue }
            let place = "\(field).task_conf.\(component)"
            timeouts.own[component] = number(conf, "timeout", at: place, 1...Self.secondsMaximum)
            for key in conf.keys where key != "timeout" {
                findings.warn(at: "\(place).\(key)", "the key is not supported and has no effect")
            }
        }
    }

    /// Of a party's own job parameters only sizes have an effect.
    private mutating func warnOwn(_ object: JSONObject, at place: String) {
        let sizes: Set = ["task_cores", "computing_partitions", "memory_bytes", "eggroll_run", "spark_run"]
        for key in object.keys where !sizes.contains(key) && !Self.tolerated.contains(key) {
            findings.warn(at: "\(place).\(key)", "the key has no effect for one party, it is ignored")
        }
    }

    private mutating func kind(_ json: JSON?, at field: String) -> JobParameters.Kind {
        switch json?.asString {
        case "train": return .train
        case "predict":
            if model == nil {
                findings.refuse(
                    .mode, at: field,
                    "a predict job is read with the deployed version of its model, which is not given",
                    "Name model_id and model_version.")
            }
            return .predict
        case nil where json == nil || json == .null: return .train
        default:
            findings.refuse(
                .mode, at: field, "the job type is neither \"train\" nor \"predict\"",
                "Write \"train\" or leave it out.")
            return .train
        }
    }

    /// The engine's name; nil leaves the choice to the sites.
    private mutating func engine(_ json: JSON?, at field: String, _ catalogue: Catalogue) -> String? {
        guard let json, !json.isNull else { return nil }
        guard let name = json.asString?.lowercased(), !name.isEmpty else {
            findings.refuse(
                .engine, at: field, "the engine is not named by a text", "Write \"standalone\" or leave it out.")
            return nil
        }
        let engines = catalogue.engines.map(\.name)
        if engines.contains(name) { return name }
        // FATE's own default engine stands in many confs; what they compute does not depend on it.
        if name == "eggroll" {
            findings.warn(at: field, "eggroll is not an engine here, each site takes its default engine")
            return nil
        }
        let nearest = NearestName.find(name, in: engines).map { "Did you mean \"\($0)\"?" }
        findings.refuse(
            .engine, at: field, "there is no engine \"\(name)\"",
            nearest ?? "Engines here: \(Set(engines).sorted().joined(separator: ", ")).")
        return nil
    }

    private mutating func sizes(_ object: JSONObject, at field: String) -> JobSizes {
        var sizes = JobSizes()
        sizes.taskCores = number(object, "task_cores", at: field, 1...Self.coresMaximum)
        if let run = requireObject(object, "eggroll_run", at: field) {
            let key = "eggroll.session.processors.per.node"
            sizes.taskCores = number(run, key, at: "\(field).eggroll_run", 1...Self.coresMaximum) ?? sizes.taskCores
        }
        if let run = requireObject(object, "spark_run", at: field) {
            let place = "\(field).spark_run"
            let executors = number(run, "num-executors", at: place, 1...Self.coresMaximum)
            let cores = number(run, "executor-cores", at: place, 1...Self.coresMaximum)
            sizes.workingNodes = executors
            if let cores { sizes.taskCores = (executors ?? 1) * cores }
        }
        sizes.computingPartitions = number(object, "computing_partitions", at: field, 1...Self.partitionsMaximum)
        sizes.memoryBytes = number(object, "memory_bytes", at: field, 1...Self.memoryBytesMaximum).map { Int64($0) }
        return sizes
    }

    /// An object; nil when it is not given or wrong.
    private mutating func requireObject(_ object: JSONObject, _ key: String, at field: String) -> JSONObject? {
        guard let json = object[key], !json.isNull else { return nil }
        if let inner = json.asObject { return inner }
        findings.refuse(
            .jobParameter, at: "\(field).\(key)", "\"\(key)\" is not an object", "Write {…} or leave it out.")
        return nil
    }

    /// A whole number, or the same as text; nil when it is not given or wrong.
    private mutating func number(
        _ object: JSONObject, _ key: String, at field: String, _ range: ClosedRange<Int>
    ) -> Int? {
        guard let json = object[key], !json.isNull else { return nil }
        guard let value = json.asInt ?? json.asString.flatMap({ Int($0) }), range.contains(value) else {
            findings.refuse(
                .jobParameter, at: "\(field).\(key)",
                "\"\(key)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)",
                "Give such a number or leave it out.")
            return nil
        }
        return value
    }

    private mutating func warnUnused(_ object: JSONObject, at field: String) {
        for key in object.keys where !Self.known.contains(key) {
            let place = "\(field).\(key)"
            if key == "backend" || key == "work_mode" {
                findings.warn(at: place, "the key is of version 1 and has no effect")
            } else if !Self.tolerated.contains(key) {
                let hint = NearestName.find(key, in: Self.known).map { ", did you mean \"\($0)\"?" } ?? ""
                findings.warn(at: place, "the job parameter is not known and is ignored\(hint)")
            }
        }
    }
}
