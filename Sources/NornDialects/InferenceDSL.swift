import NornFlow
import NornManifest

/// The DSL of predict jobs that follows from a train job, by the rules of FATE-Flow 1.11's `deploy_component`: the
/// components that are deployed stay; each takes its model from the deployed version (`pipeline.<component>.<model>`);
/// its first data input becomes its input, in `test_data` for one that has slots; what a component left out would have
/// handed on is taken from where that one got it.
public struct InferenceDSL: Sendable {
    /// What each slot becomes. The first that a component has counts.
    private static let slots = [
        ("data", "data"), ("train_data", "test_data"), ("validate_data", "test_data"), ("test_data", "test_data"),
    ]

    private let tasks: [JobTask]
    private let deployed: [String]
    /// Whether inputs from what is left out stay named, such as those of a reader that the prediction will have again.
    private let keepsSources: Bool
    /// What the outputs of components that are left out stand for: `a.data` -> `b.data`.
    private var sources: [String: String] = [:]

    /// - Parameter components: those that are deployed; nil for all.
    /// - Throws: `DialectRefusal` for a component that the job does not have.
    public static func make(from job: Job, components: [String]?) throws(DialectRefusal) -> JSON {
        try make(from: job.tasks, components: components, keepsSources: false)
    }

    /// The same from the DSL of a train job that need not be at any site. As in FATE-Flow, data that nothing deployed
    /// makes stays named as the train job names it.
    /// - Throws: `DialectRefusal` for what is no DSL, and for a component that it does not have.
    public static func make(fromTrainDSL dsl: JSON, components: [String]?) throws(DialectRefusal) -> JSON {
        var reader = DSLReader()
        let read = reader.read(dsl)
        try reader.findings.throwErrors()
        let tasks = read.components.map { component in
            JobTask(
                name: component.name, module: component.module, provider: component.provider, parties: [],
                inputs: component.inputs.map(\.input), outputs: component.outputs)
        }
        return try make(from: tasks, components: components, keepsSources: true)
    }

    private static func make(
        from tasks: [JobTask], components: [String]?, keepsSources: Bool
    ) throws(DialectRefusal) -> JSON {
        let known = tasks.map(\.name)
        let deployed = components ?? known
        var findings = Findings()
        for (index, name) in deployed.enumerated() where !known.contains(name) {
            let nearest = NearestName.find(name, in: known).map { "Did you mean \"\($0)\"?" }
            findings.refuse(
                .deployComponentNotExist, at: "cpn_list[\(index)]", "the train job has no component \(name) to deploy",
                nearest ?? "Its components are \(known.joined(separator: ", ")).")
        }
        if deployed.isEmpty {
            findings.refuse(
                .deployComponentNotExist, at: "cpn_list", "no component is to be deployed", "Name the components.")
        }
        try findings.throwErrors()
        var maker = InferenceDSL(tasks: tasks, deployed: deployed, keepsSources: keepsSources)
        return maker.make()
    }

    private init(tasks: [JobTask], deployed: [String], keepsSources: Bool) {
        self.tasks = tasks
        self.deployed = deployed
        self.keepsSources = keepsSources
    }

    private mutating func make() -> JSON {
        var components = JSONObject()
        for name in Graph(tasks).topologicalOrder() ?? tasks.map(\.name) {
            guard let task = tasks.first(where: { $0.name == name }) else { continue }
            if deployed.contains(name) {
                components[name] = .object(component(task))
            } else {
                passOver(task)
            }
        }
        return ["components": .object(components)]
    }

    /// What a component left out hands on is what came in.
    private mutating func passOver(_ task: JobTask) {
        guard let first = task.outputs.first(where: { $0.kind == .data }),
            let input = ["data", "train_data", "test_data"].lazy.compactMap({ slot in
                task.inputs.first { $0.kind == .data && $0.slot == slot }
            }).first
        else { return }
        let reference = "\(input.task).\(input.output)"
        sources["\(task.name).\(first.name)"] = sources[reference] ?? reference
    }

    private func component(_ task: JobTask) -> JSONObject {
        var component: JSONObject = ["module": .string(task.module)]
        var input = JSONObject()
        let models = task.outputs.filter { $0.kind == .model }
        if !models.isEmpty {
            input["model"] = .array(models.map { .string("pipeline.\(task.name).\($0.name)") })
        }
        if let data = data(task) { input["data"] = .object(data) }
        if !input.isEmpty { component["input"] = .object(input) }
        let outputs = task.outputs.filter { $0.kind == .data }
        if !outputs.isEmpty { component["output"] = ["data": .array(outputs.map { .string($0.name) })] }
        component["provider"] = task.provider.map { .string($0) }
        return component
    }

    /// The data input; nil where nothing that is deployed feeds it: whoever predicts wires it.
    private func data(_ task: JobTask) -> JSONObject? {
        for (slot, target) in Self.slots {
            let inputs = task.inputs.filter { $0.kind == .data && $0.slot == slot }.sorted { $0.index < $1.index }
            guard !inputs.isEmpty else { continue }
            let references = inputs.map { input in
                let reference = "\(input.task).\(input.output)"
                return sources[reference] ?? reference
            }
            let kept = references.filter { reference in
                keepsSources || deployed.contains(String(reference.prefix { $0 != "." }))
            }
            return kept.isEmpty ? nil : [target: .array(kept.map { .string($0) })]
        }
        return nil
    }
}
