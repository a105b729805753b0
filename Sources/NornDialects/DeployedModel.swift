import NornFlow
import NornManifest

/// What a dialect has to know of a deployed version to make predict jobs of it.
public struct DeployedModel: Hashable, Sendable {
    public var reference: ModelReference
    /// The DSL that predict jobs run.
    public var predictDSL: JSON
    /// The train job that made the model, with the parameters of every party.
    public var trained: Job
    /// Component -> names of its models that the version has.
    public var outputs: [String: Set<String>]

    public init(reference: ModelReference, predictDSL: JSON, trained: Job, outputs: [String: Set<String>]) {
        self.reference = reference
        self.predictDSL = predictDSL
        self.trained = trained
        self.outputs = outputs
    }
}

/// A kept model whose parts tasks may take.
struct KeptModel {
    var reference: ModelReference
    var outputs: [String: Set<String>]
}

extension FATE1Dialect {
    /// The version that a predict job's conf names; nil for a train job.
    /// - Throws: `DialectRefusal` for a predict job that names none.
    public static func model(of conf: JSON) throws(DialectRefusal) -> ModelReference? {
        let common = conf["job_parameters"]?["common"]
        guard common?["job_type"]?.asString == "predict" else { return nil }
        var findings = Findings()
        func text(_ key: String) -> String {
            let text = common?[key]?.asString ?? common?[key]?.asInt.map { String($0) } ?? ""
            if text.isEmpty {
                findings.refuse(
                    .model, at: "conf.job_parameters.common.\(key)", "a predict job names the \(key) that it runs",
                    "Give the model_id and model_version that the deployment answered.")
            }
            return text
        }
        let reference = ModelReference(id: text("model_id"), version: text("model_version"))
        try findings.throwErrors()
        return reference
    }

    /// Reads a predict job: its DSL is the deployed one, whatever was submitted, and its conf is laid over that of
    /// the train job, as FATE-Flow 1.11 does.
    public static func parsePredict(
        conf: JSON, deployed: DeployedModel, id: JobID, submitter: String = "", catalogue: Catalogue
    ) throws(DialectRefusal) -> ParsedJob {
        var confReader = ConfReader()
        guard let own = confReader.read(conf) else { throw DialectRefusal(errors: confReader.findings.errors) }
        var merging = PredictConf(trained: deployed.trained, own: own, dsl: deployed.predictDSL)
        let merged = try merging.merged()
        let kept = KeptModel(reference: deployed.reference, outputs: deployed.outputs)
        return try parse(
            dsl: deployed.predictDSL, conf: merged, id: id, submitter: submitter, catalogue: catalogue, kept: kept)
    }

    /// Checks a DSL for predict jobs of a model that a client wrote itself.
    public static func checkPredictDSL(
        _ dsl: JSON, of model: ModelReference, outputs: [String: Set<String>]
    ) throws(DialectRefusal) {
        var reader = DSLReader()
        reader.model = model
        let read = reader.read(dsl)
        for input in read.components.flatMap(\.inputs) where input.input.model != nil {
            reader.check(input, among: outputs)
        }
        try reader.findings.throwErrors()
    }
}

extension DSLReader {
    /// Refuses a model that the kept version does not have.
    mutating func check(_ input: DSL.Input, among outputs: [String: Set<String>]) {
        let (task, output) = (input.input.task, input.input.output)
        guard outputs[task]?.contains(output) != true else { return }
        let known = outputs.sorted { $0.key < $1.key }.flatMap { task, names in names.sorted().map { "\(task).\($0)" } }
        findings.refuse(
            .model, at: input.field, "the version of the model has no \(task).\(output)",
            known.isEmpty ? "It has no models at all." : "It has \(known.joined(separator: ", ")).")
    }
}

/// Lays the conf of a predict job over that of the train job.
struct PredictConf {
    /// Of a train job these are about itself alone.
    private static let ofTrainingOnly: Set<String> = ["job_type", "depends_on", "inheritance_info", "priority"]

    let trained: Job
    let own: Conf
    let dsl: JSON
    private var findings = Findings()

    init(trained: Job, own: Conf, dsl: JSON) {
        self.trained = trained
        self.own = own
        self.dsl = dsl
    }

    mutating func merged() throws(DialectRefusal) -> JSON {
        for party in own.parties where !trained.parties.contains(party) {
            let position = own.parties(of: party.role).firstIndex(of: party) ?? 0
            findings.refuse(
                .role, at: "conf.role.\(party.role.rawValue)[\(position)]",
                "Predict role: \(party.role.rawValue) party_id: \(party.id) not occurs in training",
                "Its parties are \(trained.parties.map(\.description).joined(separator: ", ")).")
        }
        try findings.throwErrors()
        let base = FATE1Dialect.render(trained).conf
        guard var conf = own.json.asObject else { return own.json }
        for section in ["job_parameters", "component_parameters"] {
            let laidUnder = JSON.object(under(base[section] ?? [:], section))
            let present = conf[section]?.asObject ?? JSONObject()
            conf[section] = .object(ComponentParameters.merged(laidUnder.asObject ?? JSONObject(), present))
        }
        return .object(conf)
    }

    /// A section of the train job's conf for the parties and components of the predict job. The positions of its
    /// parties are written as `0|0`, so that they stay layers of their own, below those of the predict job.
    private func under(_ section: JSON, _ name: String) -> JSONObject {
        var result = JSONObject()
        if let common = section["common"]?.asObject { result["common"] = .object(kept(common, name)) }
        var byRole = JSONObject()
        for role in Role.allCases {
            var byPosition = JSONObject()
            for (position, party) in own.parties(of: role).enumerated() {
                guard let former = trained.partyIDs(of: role).firstIndex(of: party.id),
                    let object = section["role"]?[role.rawValue]?[String(former)]?.asObject
                else { continue }
                byPosition["\(position)|\(position)"] = .object(kept(object, name))
            }
            if !byPosition.isEmpty { byRole[role.rawValue] = .object(byPosition) }
        }
        if !byRole.isEmpty { result["role"] = .object(byRole) }
        return result
    }

    private func kept(_ object: JSONObject, _ section: String) -> JSONObject {
        guard section == "component_parameters" else {
            return JSONObject(
                object.members.filter { !Self.ofTrainingOnly.contains($0.key) }.map { ($0.key, $0.value) })
        }
        let names = Set(dsl["components"]?.asObject?.keys ?? [])
        return JSONObject(object.members.filter { names.contains($0.key) }.map { ($0.key, $0.value) })
    }
}

extension FATE1Dialect {
    /// A conf for predict jobs of a version, whose tables are to be filled in: as FATE-Flow's
    /// `generate_predict_conf_template`, for the parties at which the train job read tables.
    public static func predictConfTemplate(of model: ModelReference, trained: Job) -> JSON {
        var roles = JSONObject()
        var byRole = JSONObject()
        for role in Role.allCases {
            let ids = trained.partyIDs(of: role)
            guard !ids.isEmpty else { continue }
            roles[role.rawValue] = .array(ids.map { Int($0).map { .int($0) } ?? .string($0) })
            var byPosition = JSONObject()
            for (position, id) in ids.enumerated() {
                let readers = trained.tasks.filter {
                    JobBuilder.readersOfStoredTables.contains($0.module)
                        && $0.parties.contains(Party(role: role, id: id))
                }
                let tables = readers.enumerated().map { index, reader -> (String, JSON) in
                    let table: JSON = [
                        "name": .string("name_to_be_filled_\(index)"),
                        "namespace": .string("namespace_to_be_filled_\(index)"),
                    ]
                    return (reader.name, ["table": table])
                }
                if !tables.isEmpty { byPosition[String(position)] = .object(JSONObject(tables)) }
            }
            if !byPosition.isEmpty { byRole[role.rawValue] = .object(byPosition) }
        }
        let initiator = trained.initiator
        return [
            "dsl_version": 2,
            "initiator": [
                "role": .string(initiator.role.rawValue),
                "party_id": Int(initiator.id).map { .int($0) } ?? .string(initiator.id),
            ],
            "role": .object(roles),
            "job_parameters": [
                "common": [
                    "job_type": "predict", "model_id": .string(model.id), "model_version": .string(model.version),
                ]
            ],
            "component_parameters": ["role": .object(byRole)],
        ]
    }
}
