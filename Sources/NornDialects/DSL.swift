import NornFlow
import NornManifest

/// The components of a FATE 1.11 DSL (version 2) as written, before any of it is looked up.
struct DSL {
    static let componentsMaximum = 1000
    static let referencesMaximum = 256
    static let nameBytesMaximum = 128

    struct Component {
        var name: String
        var module: String
        var provider: String?
        var inputs: [Input]
        var outputs: [TaskOutput]

        var field: String { "dsl.components.\(name)" }

        /// Whether something of this kind is wired to it.
        func takes(_ kind: ArtifactKind) -> Bool { inputs.contains { $0.input.kind == kind } }
    }

    struct Input {
        var field: String
        var input: TaskInput
    }

    /// In the order as written.
    var components: [Component]
    /// The provider of all components that name none.
    var provider: String?

    func component(_ name: String) -> Component? { components.first { $0.name == name } }
}

/// Reads the JSON of a DSL.
struct DSLReader {
    /// The data slots of FATE; others are tolerated and feed nothing.
    static let dataSlots = ["data", "train_data", "validate_data", "test_data", "eval_data"]

    var findings = Findings()
    /// Of a predict job: the version that all its models are from.
    var model: ModelReference?

    mutating func read(_ json: JSON?) -> DSL {
        var dsl = DSL(components: [], provider: nil)
        guard let json, !json.isNull, json != [:] else {
            findings.refuse(.dslNotExist, at: "dsl", "the DSL is empty", "Submit a DSL with \"components\".")
            return dsl
        }
        guard let components = json["components"]?.asObject, !components.isEmpty else {
            findings.refuse(
                .componentField, at: "dsl.components", "the DSL has no object \"components\" with components in it",
                "Write {\"components\": {\"reader_0\": {\"module\": \"Reader\", …}}}.")
            return dsl
        }
        guard components.count <= DSL.componentsMaximum else {
            findings.refuse(
                .limit, at: "dsl.components", "there are more than \(DSL.componentsMaximum) components",
                "Split the job.")
            return dsl
        }
        for key in json.asObject?.keys ?? [] where !["components", "provider"].contains(key) {
            findings.warn(at: "dsl.\(key)", "the key is not known and is ignored")
        }
        dsl.provider = provider(json["provider"], at: "dsl.provider")
        for (name, value) in components.members {
            checkName(name)
            if let component = component(name, value) { dsl.components.append(component) }
        }
        return dsl
    }

    mutating func checkName(_ name: String) {
        let isRight = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        guard !isRight || name.isEmpty || name.utf8.count > DSL.nameBytesMaximum else { return }
        findings.refuse(
            .namingFormat, at: "dsl.components.\(name.prefix(64))",
            "the component's name may hold only letters, digits, \"_\" and \"-\", at most \(DSL.nameBytesMaximum) bytes",
            "Rename the component, such as to \"hetero_lr_0\".")
    }

    mutating func component(_ name: String, _ json: JSON) -> DSL.Component? {
        let field = "dsl.components.\(name)"
        guard let object = json.asObject else {
            findings.refuse(.componentField, at: field, "the component is not an object", "Write {\"module\": …}.")
            return nil
        }
        guard let module = object["module"]?.asString, !module.isEmpty else {
            findings.refuse(
                .moduleField, at: "\(field).module", "component \(name) names no module",
                "Add \"module\" with a name such as \"HeteroLR\".")
            return nil
        }
        for key in object.keys
        where !["module", "input", "output", "provider", "CodePath", "need_deploy"].contains(key) {
            findings.warn(at: "\(field).\(key)", "the key is not known and is ignored")
        }
        // Kinds and slots in an order of their own, so that the order of JSON's members means nothing.
        return DSL.Component(
            name: name, module: module, provider: provider(object["provider"], at: "\(field).provider"),
            inputs: inputs(object["input"], of: name, at: "\(field).input"),
            outputs: outputs(object["output"], of: name, at: "\(field).output"))
    }

    /// `name` or `name@version`.
    mutating func provider(_ json: JSON?, at field: String) -> String? {
        guard let json, !json.isNull else { return nil }
        let parts = json.asString?.split(separator: "@", omittingEmptySubsequences: false) ?? []
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), let text = json.asString else {
            findings.refuse(
                .provider, at: field, "the provider is not of the form name or name@version",
                "Write it like \"fate\" or \"fate@1.11.3\".")
            return nil
        }
        return text
    }

    mutating func inputs(_ json: JSON?, of name: String, at field: String) -> [DSL.Input] {
        guard let json else { return [] }
        guard let object = json.asObject else {
            findings.refuse(
                .componentInputType, at: field, "component \(name)'s input is not an object",
                "Write {\"data\": {\"data\": [\"reader_0.data\"]}}.")
            return []
        }
        var inputs: [DSL.Input] = []
        for (key, value) in object.members {
            let place = "\(field).\(key)"
            guard key != "data" else {
                inputs += dataInputs(value, of: name, at: place)
                continue
            }
            guard let kind = ArtifactKind(rawValue: key) else {
                findings.warn(at: place, "the kind of input is not known and is ignored")
                continue
            }
            inputs += references(value, slot: key, kind: kind, of: name, at: place)
        }
        return ArtifactKind.allCases.flatMap { kind in inputs.filter { $0.input.kind == kind } }
    }

    mutating func dataInputs(_ json: JSON, of name: String, at field: String) -> [DSL.Input] {
        guard let slots = json.asObject else {
            findings.refuse(
                .componentInputDataType, at: field, "component \(name)'s input data is not an object",
                "Write {\"data\": [\"reader_0.data\"]}.")
            return []
        }
        var inputs: [DSL.Input] = []
        for (slot, value) in slots.members {
            guard Self.dataSlots.contains(slot) else {
                let hint = NearestName.find(slot, in: Self.dataSlots).map { ", did you mean \"\($0)\"?" } ?? ""
                findings.warn(at: "\(field).\(slot)", "the data slot is not known and feeds nothing\(hint)")
                continue
            }
            inputs += references(value, slot: slot, kind: .data, of: name, at: "\(field).\(slot)")
        }
        return Self.dataSlots.flatMap { slot in inputs.filter { $0.input.slot == slot } }
    }

    mutating func references(
        _ json: JSON, slot: String, kind: ArtifactKind, of name: String, at field: String
    ) -> [DSL.Input] {
        guard let list = json.asArray, list.count <= DSL.referencesMaximum else {
            findings.refuse(
                .componentInputValueType, at: field,
                "component \(name)'s input \(slot) is not a list of at most \(DSL.referencesMaximum) references",
                "Write [\"component.output\"].")
            return []
        }
        var inputs: [DSL.Input] = []
        for (index, element) in list.enumerated() {
            let place = "\(field)[\(index)]"
            let steps = element.asString?.split(separator: ".", omittingEmptySubsequences: false) ?? []
            guard steps.count >= 2, steps.allSatisfy({ !$0.isEmpty }), let first = steps.first, let last = steps.last
            else {
                findings.refuse(
                    .componentInputValueType, at: place,
                    "component \(name)'s input \(slot) has a reference that is not \"component.output\"",
                    "Write it like \"reader_0.data\".")
                continue
            }
            let isOfPipeline = first == "pipeline" && steps.count >= 3
            guard !isOfPipeline || model != nil else {
                findings.refuse(
                    .mode, at: place, "the reference to a deployed model belongs into predict jobs only",
                    "Refer to the output of a component of this job.")
                continue
            }
            // In a predict job every model is one of the deployed version.
            let isKept = kind == .model || kind == .isometricModel
            let task = isOfPipeline ? steps.dropFirst().dropLast().joined(separator: ".") : String(first)
            inputs.append(
                DSL.Input(
                    field: place,
                    input: TaskInput(
                        slot: slot, index: index, kind: kind, task: task, output: String(last),
                        model: isKept ? model : nil)))
        }
        return inputs
    }

    mutating func outputs(_ json: JSON?, of name: String, at field: String) -> [TaskOutput] {
        guard let json else { return [] }
        guard let object = json.asObject else {
            findings.refuse(
                .componentOutputType, at: field, "component \(name)'s output is not an object",
                "Write {\"data\": [\"data\"], \"model\": [\"model\"]}.")
            return []
        }
        var outputs: [TaskOutput] = []
        for (key, value) in object.members {
            guard let kind = ArtifactKind(rawValue: key), kind != .isometricModel else {
                findings.warn(at: "\(field).\(key)", "the kind of output is not known and is ignored")
                continue
            }
            let names = (value.asArray ?? []).compactMap(\.asString).filter { !$0.isEmpty && !$0.contains(".") }
            guard let list = value.asArray, names.count == list.count, Set(names).count == names.count,
                names.count <= DSL.referencesMaximum
            else {
                findings.refuse(
                    .outputKeyType, at: "\(field).\(key)",
                    "component \(name)'s output \(key) is not a list of different names without points",
                    "Write [\"\(key)\"].")
                continue
            }
            outputs += names.map { TaskOutput(name: $0, kind: kind) }
        }
        return ArtifactKind.allCases.flatMap { kind in outputs.filter { $0.kind == kind } }
    }
}
