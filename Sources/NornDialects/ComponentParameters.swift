import NornFlow
import NornManifest

/// Folds the parameters of a component at a party: defaults, then those that come with a model of the same
/// component, then common ones, then the party's own.
struct ComponentParameters {
    let dsl: DSL
    let conf: Conf
    /// Catalogue entries by component name in the DSL.
    let entries: [String: CatalogueEntry]
    var findings = Findings()

    init(dsl: DSL, conf: Conf, entries: [String: CatalogueEntry]) {
        self.dsl = dsl
        self.conf = conf
        self.entries = entries
    }

    /// The parameters with all defaults filled in.
    mutating func resolve(_ component: DSL.Component, at party: Party) -> [String: ParameterValue] {
        guard let schema = entries[component.name]?.component.parameters else { return [:] }
        let layers = allLayers(of: component, at: party)
        var merged = layers.reduce(JSONObject()) { Self.merged($0, $1.parameters) }
        readFreeTableKey(&merged, of: component, schema)
        let isNeeded = isRun(component, at: party)
        if schema.properties["need_run"] != nil {
            if !isNeeded { merged["need_run"] = false }
        } else if isNeeded {
            merged["need_run"] = nil
        } else {
            findings.refuse(
                .parameterCheck, at: field(of: "need_run", layers, component),
                "component \(component.name) cannot be passed over at party \(party.id): its module takes no need_run",
                "Take the component out of the DSL, or need_run out of the conf.")
            merged["need_run"] = nil
        }
        let resolution = schema.resolve(.object(merged))
        for problem in resolution.problems {
            let isUnknown = problem.code == .unknown
            let place = field(of: problem.path, layers, component)
            // A common value is as wrong at every party; it is reported for the first.
            let isCommon = place.hasPrefix("conf.component_parameters.common.") && problem.code != .missing
            guard !isCommon || !findings.errors.contains(where: { $0.field == place }) else { continue }
            findings.refuse(
                isUnknown ? .redundantParameter : .parameterCheck, at: place,
                "component \(component.name) at \(party.role.rawValue) \(party.id): \(problem.message)", problem.remedy)
        }
        if resolution.problems.isEmpty {
            warnOfParametersWithoutEffect(.object(merged), schema, layers, component)
            refuseContradictions(resolution.value, layers, component, party)
        }
        let values = resolution.value.asObject ?? JSONObject()
        return Dictionary(values.members.map { ($0.key, ParameterValue($0.value)) }, uniquingKeysWith: { $1 })
    }

    /// What is right one by one and cannot be had together; what is given for several parties is told once.
    private mutating func refuseContradictions(
        _ resolved: JSON, _ layers: [Conf.Layer], _ component: DSL.Component, _ party: Party
    ) {
        let contradictions = entries[component.name]?.component.contradictions ?? []
        for contradiction in contradictions where contradiction.holds(resolved) {
            let place = field(of: contradiction.field, layers, component)
            guard !findings.errors.contains(where: { $0.field == place }) else { continue }
            findings.refuse(
                .parameterCheck, at: place,
                "component \(component.name) at \(party.role.rawValue) \(party.id): \(contradiction.field) "
                    + contradiction.message, "Change one of these parameters.")
        }
    }

    /// What is given for several parties is told once.
    private mutating func warnOfParametersWithoutEffect(
        _ given: JSON, _ schema: ParameterSchema, _ layers: [Conf.Layer], _ component: DSL.Component
    ) {
        for parameter in schema.withoutEffect(given) {
            let place = field(of: parameter.path, layers, component)
            guard !findings.warnings.contains(where: { $0.field == place }) else { continue }
            findings.warn(at: place, "\(parameter.path) of \(component.name) \(parameter.message)")
        }
    }

    /// Layers from the weakest to the strongest; those of the component that made the model come first.
    private func allLayers(of component: DSL.Component, at party: Party) -> [Conf.Layer] {
        var layers = conf.layers(of: component.name, at: party)
        var current = component
        // The graph has no cycle; the visited names only bound the walk.
        var visited: Set<String> = [component.name]
        while let source = modelSource(of: current), visited.insert(source.name).inserted {
            layers = conf.layers(of: source.name, at: party) + layers
            current = source
        }
        return layers
    }

    /// The component whose parameters are taken over: the one of the same module whose model is used, unless
    /// training goes on from that model (warm start).
    private func modelSource(of component: DSL.Component) -> DSL.Component? {
        guard let model = component.inputs.first(where: { $0.input.kind == .model }),
            !component.inputs.contains(where: { $0.input.slot == "train_data" }),
            let source = dsl.component(model.input.task),
            entries[source.name]?.component.name == entries[component.name]?.component.name
        else { return nil }
        return source
    }

    /// False when `need_run` is false here or at a component whose model is used.
    private func isRun(_ component: DSL.Component, at party: Party) -> Bool {
        var pending = [component]
        var visited: Set<String> = []
        while let current = pending.popLast() {
            guard visited.insert(current.name).inserted else { continue }
            let own = conf.layers(of: current.name, at: party).compactMap { $0.parameters["need_run"]?.asBool }.last
            if own == false { return false }
            pending += current.inputs.filter { $0.input.kind == .model }.compactMap { dsl.component($0.input.task) }
        }
        return true
    }

    /// FATE's Reader takes its table under any name; here it is `table`.
    private func readFreeTableKey(
        _ parameters: inout JSONObject, of component: DSL.Component, _ schema: ParameterSchema
    ) {
        guard entries[component.name]?.component.name == "Reader", schema.properties["table"] != nil,
            parameters["table"] == nil
        else { return }
        let tables = parameters.members.filter { member in
            schema.properties[member.key] == nil && member.value["name"] != nil && member.value["namespace"] != nil
        }
        guard tables.count == 1, let table = tables.first else { return }
        parameters[table.key] = nil
        parameters["table"] = table.value
    }

    /// Where in the conf the value stands that a problem names; for a missing one, where it could be written.
    private func field(of path: String, _ layers: [Conf.Layer], _ component: DSL.Component) -> String {
        let steps = path.split { $0 == "." || $0 == "[" || $0 == "]" }.map(String.init)
        let layer = layers.last { Self.holds(.object($0.parameters), steps[...]) } ?? layers.last
        let base = layer?.field ?? "conf.component_parameters.common.\(component.name)"
        return path.isEmpty ? base : "\(base).\(path)"
    }

    private static func holds(_ json: JSON, _ steps: ArraySlice<String>) -> Bool {
        guard let step = steps.first else { return true }
        guard let next = json[step] ?? Int(step).flatMap({ json[$0] }) else { return false }
        return holds(next, steps.dropFirst())
    }

    /// Objects in objects are merged, anything else is replaced, as FATE-Flow does.
    static func merged(_ base: JSONObject, _ over: JSONObject) -> JSONObject {
        var result = base
        for (key, value) in over.members {
            if let inner = value.asObject, let existing = result[key]?.asObject {
                result[key] = .object(merged(existing, inner))
            } else {
                result[key] = value
            }
        }
        return result
    }
}

extension ParameterValue {
    /// The same value as the heart carries it.
    public init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(Int64(value))
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements.map { ParameterValue($0) })
        case .object(let object):
            self = .object(
                Dictionary(object.members.map { ($0.key, ParameterValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }
}

extension JSON {
    /// The same value as JSON, members sorted by name.
    public init(_ value: ParameterValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(Int(value))
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements.map { JSON($0) })
        case .object(let members):
            self = .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
        }
    }
}
