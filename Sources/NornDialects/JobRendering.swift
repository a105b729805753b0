import NornFlow
import NornManifest

extension FATE1Dialect {
    /// A job as a DSL and a conf, for display. Parsing them against the same catalogue gives the job again.
    public struct Rendering: Hashable, Sendable {
        public var dsl: JSON
        public var conf: JSON
    }

    public static func render(_ job: Job) -> Rendering {
        let components = job.tasks.map { ($0.name, JSON.object(component($0))) }
        return Rendering(dsl: ["components": .object(JSONObject(components))], conf: conf(job))
    }

    private static func component(_ task: JobTask) -> JSONObject {
        var component: JSONObject = ["module": .string(task.module)]
        component["provider"] = task.provider.map { .string($0) }
        var data = JSONObject()
        var input = JSONObject()
        for edge in task.inputs.sorted(by: { $0.index < $1.index }) {
            let place = edge.model == nil ? "" : "pipeline."
            let reference = JSON.string("\(place)\(edge.task).\(edge.output)")
            if edge.kind == .data {
                data[edge.slot] = .array((data[edge.slot]?.asArray ?? []) + [reference])
            } else {
                input[edge.kind.rawValue] = .array((input[edge.kind.rawValue]?.asArray ?? []) + [reference])
            }
        }
        if !data.isEmpty { input["data"] = .object(data) }
        if !input.isEmpty { component["input"] = .object(input) }
        var output = JSONObject()
        for item in task.outputs {
            output[item.kind.rawValue] = .array((output[item.kind.rawValue]?.asArray ?? []) + [.string(item.name)])
        }
        if !output.isEmpty { component["output"] = .object(output) }
        return component
    }

    private static func conf(_ job: Job) -> JSON {
        var roles = JSONObject()
        for role in Role.allCases {
            let ids = job.partyIDs(of: role)
            if !ids.isEmpty { roles[role.rawValue] = .array(ids.map(partyID)) }
        }
        var conf: JSONObject = [
            "dsl_version": 2,
            "initiator": ["role": .string(job.initiator.role.rawValue), "party_id": partyID(job.initiator.id)],
            "role": .object(roles), "job_parameters": .object(jobParameters(job)),
        ]
        let parameters = componentParameters(job)
        if !parameters.isEmpty { conf["component_parameters"] = .object(parameters) }
        return .object(conf)
    }

    private static func partyID(_ text: String) -> JSON { Int(text).map { .int($0) } ?? .string(text) }

    /// What differs from the defaults.
    private static func jobParameters(_ job: Job) -> JSONObject {
        let parameters = job.parameters
        let defaults = JobParameters()
        var common: JSONObject = ["job_type": .string(parameters.kind.rawValue)]
        common["model_id"] = parameters.model.map { .string($0.id) }
        common["model_version"] = parameters.model.map { .string($0.version) }
        common["computing_engine"] = parameters.engine.map { .string($0) }
        add(parameters.sizes, to: &common)
        func addNumber(_ key: String, _ value: Int, _ standard: Int) {
            if value != standard { common[key] = .int(value) }
        }
        addNumber("task_parallelism", parameters.taskParallelism, defaults.taskParallelism)
        addNumber("timeout", parameters.timeoutSeconds, defaults.timeoutSeconds)
        addNumber("auto_retries", parameters.autoRetries, defaults.autoRetries)
        addNumber("auto_retry_delay", parameters.autoRetryDelaySeconds, defaults.autoRetryDelaySeconds)
        addNumber("priority", parameters.priority, defaults.priority)
        addRelations(job, to: &common)
        let byRole = byPosition(job) { party in
            var own = JSONObject()
            if let sizes = parameters.partySizes[party] { add(sizes, to: &own) }
            return own
        }
        var section: JSONObject = ["common": .object(common)]
        if !byRole.isEmpty { section["role"] = .object(byRole) }
        return section
    }

    private static func addRelations(_ job: Job, to common: inout JSONObject) {
        if !job.parameters.dependsOn.isEmpty {
            common["depends_on"] = .array(job.parameters.dependsOn.map { .string($0) })
        }
        if let inheritance = job.parameters.inheritance {
            common["inheritance_info"] = [
                "job_id": .string(inheritance.job),
                "component_list": .array(inheritance.tasks.map { .string($0) }),
            ]
        }
        let timeouts = job.tasks.compactMap { task in
            task.timeoutSeconds.map { (task.name, JSON.object(["timeout": .int($0)])) }
        }
        if !timeouts.isEmpty { common["task_conf"] = .object(JSONObject(timeouts)) }
    }

    private static func add(_ sizes: JobSizes, to object: inout JSONObject) {
        object["task_cores"] = sizes.taskCores.map { .int($0) } ?? object["task_cores"]
        object["computing_partitions"] =
            sizes.computingPartitions.map { .int($0) } ?? object["computing_partitions"]
        object["memory_bytes"] = sizes.memoryBytes.map { .int(Int($0)) } ?? object["memory_bytes"]
        object["spark_run"] = sizes.workingNodes.map { ["num-executors": .int($0)] } ?? object["spark_run"]
    }

    /// What is equal at all parties of a task is common; the rest stands with each party.
    private static func componentParameters(_ job: Job) -> JSONObject {
        var common = JSONObject()
        var own: [Party: JSONObject] = [:]
        for task in job.tasks {
            let shared = sharedParameters(task)
            if !shared.isEmpty { common[task.name] = .object(shared) }
            for party in task.parties {
                let rest = (task.parameters[party] ?? [:]).filter { shared[$0.key] == nil }
                if !rest.isEmpty { own[party, default: [:]][task.name] = JSON(.object(rest)) }
            }
        }
        var section = JSONObject()
        if !common.isEmpty { section["common"] = .object(common) }
        let byRole = byPosition(job) { own[$0] ?? [:] }
        if !byRole.isEmpty { section["role"] = .object(byRole) }
        return section
    }

    private static func sharedParameters(_ task: JobTask) -> JSONObject {
        guard let first = task.parties.first.flatMap({ task.parameters[$0] }) else { return [:] }
        let shared = first.filter { name, value in task.parties.allSatisfy { task.parameters[$0]?[name] == value } }
        return JSON(.object(shared)).asObject ?? [:]
    }

    /// `{role: {position: object}}` of the objects that are not empty.
    private static func byPosition(_ job: Job, _ object: (Party) -> JSONObject) -> JSONObject {
        var byRole = JSONObject()
        for role in Role.allCases {
            var positions = JSONObject()
            for (position, id) in job.partyIDs(of: role).enumerated() {
                let own = object(Party(role: role, id: id))
                if !own.isEmpty { positions[String(position)] = .object(own) }
            }
            if !positions.isEmpty { byRole[role.rawValue] = .object(positions) }
        }
        return byRole
    }
}
