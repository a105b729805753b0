import NornFlow
import NornManifest

extension FATE1Dialect {
    /// A job with other parameters: the same id, parties and graph.
    /// - Parameter conf: a whole conf (it names the roles), or only the sections that change; what it does not name
    ///   stays. A common value of a component takes the place of the parties' own ones.
    public static func change(_ job: Job, by conf: JSON, catalogue: Catalogue) throws(DialectRefusal) -> ParsedJob {
        let present = render(job)
        let next = conf["role"] == nil ? changed(present.conf, by: conf) : conf
        // A predict job goes on with the version that it has, whatever became of it meanwhile.
        let kept = job.parameters.model.map { model in
            let inputs = job.tasks.flatMap(\.inputs).filter { $0.model == model }
            return KeptModel(
                reference: model,
                outputs: Dictionary(grouping: inputs, by: \.task).mapValues { Set($0.map(\.output)) })
        }
        return try parse(
            dsl: present.dsl, conf: next, id: job.id, submitter: job.parameters.submitter, catalogue: catalogue,
            kept: kept)
    }

    private static func changed(_ present: JSON, by change: JSON) -> JSON {
        guard var base = present.asObject, let given = change.asObject else { return change }
        for section in ["component_parameters", "job_parameters"] {
            for key in given[section]?["common"]?.asObject?.members ?? [] {
                let names = section == "component_parameters" ? key.value.asObject?.keys ?? [] : [key.key]
                base[section] = base[section].map { value in
                    withoutOwn(value) { own in
                        guard section == "component_parameters" else { return drop(names, from: own) }
                        guard let component = own[key.key]?.asObject else { return own }
                        var own = own
                        own[key.key] = .object(drop(names, from: component))
                        return own
                    }
                }
            }
        }
        return .object(ComponentParameters.merged(base, given))
    }

    /// A section with every party's own object rewritten.
    private static func withoutOwn(_ section: JSON, _ rewrite: (JSONObject) -> JSONObject) -> JSON {
        guard var object = section.asObject, let roles = object["role"]?.asObject else { return section }
        object["role"] = .object(
            JSONObject(
                roles.members.map { role in
                    let positions = role.value.asObject?.members ?? []
                    let rewritten = positions.map { ($0.key, JSON.object(rewrite($0.value.asObject ?? JSONObject()))) }
                    return (role.key, .object(JSONObject(rewritten)))
                }))
        return .object(object)
    }

    private static func drop(_ names: [String], from object: JSONObject) -> JSONObject {
        JSONObject(object.members.filter { !names.contains($0.key) }.map { ($0.key, $0.value) })
    }
}
