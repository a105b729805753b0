import Foundation
import NornManifest

/// How the kit runs a plugin's components: parties, parameters and inputs. From check.json beside the manifest, or, for
/// components that it does not name, made up from the manifest.
///
///     {"cases": [{"component": "Scale", "parameters": {"factor": 2}, "parties": [
///         {"role": "guest", "party": "9999", "inputs": [
///             {"name": "data", "form": "instances", "csv": "id,y,x0\nr1,1,0.5\n", "label": "y"}]}]}],
///      "exceptions": [{"rule": 204, "why": "opens libpython, which runs the component"}]}
struct CheckCases {
    static let casesMaximum = 64
    static let partiesMaximum = 8

    struct Input: Hashable, Sendable {
        enum Form: String, Hashable, Sendable, CaseIterable {
            /// a table as Upload makes it
            case raw
            /// a table as DataTransform makes it
            case instances
            /// a table as HeteroLR hands it out
            case predictions
            /// the bytes of a file
            case file
        }

        let name: String
        let form: Form
        let text: String
        let label: String?
    }

    struct Party: Hashable, Sendable {
        let role: String
        let id: String
        let parameters: JSON
        let inputs: [Input]
    }

    struct Case: Hashable, Sendable {
        let component: String
        let parameters: JSON
        let parties: [Party]
        /// Made up by the kit.
        let isStandard: Bool
    }

    private(set) var cases: [Case] = []
    /// Why rules may be broken, by number.
    private(set) var exceptions: [Int: String] = [:]

    init(bytes: [UInt8]?, manifest: Manifest, folder: String) throws {
        let json = try bytes.map { try JSON(parsing: $0) } ?? [:]
        try Self.refuseUnknown(json, "check.json", knowing: ["cases", "exceptions"])
        for item in json["cases"]?.asArray ?? [] { cases.append(try Self.read(item, manifest)) }
        guard cases.count <= Self.casesMaximum else {
            throw TrialError("check.json has more than \(Self.casesMaximum) cases")
        }
        for item in json["exceptions"]?.asArray ?? [] {
            guard let rule = item["rule"]?.asInt, let why = item["why"]?.asString, why.count >= 10 else {
                throw TrialError("an exception in check.json needs the rule's number and why, in a sentence")
            }
            try Self.refuseUnknown(item, "an exception in check.json", knowing: ["rule", "why"])
            exceptions[rule] = why
        }
        for component in manifest.components where !cases.contains(where: { $0.component == component.name }) {
            cases.append(StandardCase.make(component))
        }
    }

    /// A misspelt key would silently leave out what its author wanted checked.
    private static func refuseUnknown(_ json: JSON, _ what: String, knowing known: Set<String>) throws {
        guard let object = json.asObject else { throw TrialError("\(what) is no object") }
        guard let odd = object.members.first(where: { !known.contains($0.key) }) else { return }
        let names = known.sorted().joined(separator: ", ")
        throw TrialError("\(what) has the unknown key \(odd.key); it knows \(names)")
    }

    private static func read(_ json: JSON, _ manifest: Manifest) throws -> Case {
        guard let name = json["component"]?.asString, let component = manifest.component(name) else {
            throw TrialError("a case in check.json names no component of the plugin")
        }
        try refuseUnknown(json, "the case of \(name) in check.json", knowing: ["component", "parameters", "parties"])
        let parties = try (json["parties"]?.asArray ?? []).map { try party($0, name) }
        guard !parties.isEmpty, parties.count <= partiesMaximum else {
            throw TrialError("the case of \(name) in check.json needs 1 to \(partiesMaximum) parties")
        }
        let given = json["parameters"] ?? [:]
        if let problem = component.parameters.problems(of: given).first {
            throw TrialError("the case of \(name) in check.json: \(problem)")
        }
        return Case(component: name, parameters: given, parties: parties, isStandard: false)
    }

    private static func party(_ json: JSON, _ component: String) throws -> Party {
        guard let role = json["role"]?.asString, let id = json["party"]?.asString else {
            throw TrialError("a party of \(component)'s case in check.json needs role and party")
        }
        let what = "of \(component)'s case in check.json"
        try refuseUnknown(json, "a party \(what)", knowing: ["role", "party", "parameters", "inputs"])
        let inputs = try (json["inputs"]?.asArray ?? []).map { input in
            try refuseUnknown(input, "an input \(what)", knowing: ["name", "form", "csv", "text", "label"])
            guard let name = input["name"]?.asString,
                let form = Input.Form(rawValue: input["form"]?.asString ?? "instances"),
                let text = (input["csv"] ?? input["text"])?.asString
            else {
                let forms = Input.Form.allCases.map(\.rawValue).joined(separator: ", ")
                throw TrialError(
                    "an input of \(component)'s case in check.json needs name, form (\(forms)) and csv or text")
            }
            return Input(name: name, form: form, text: text, label: input["label"]?.asString)
        }
        return Party(role: role, id: id, parameters: json["parameters"] ?? [:], inputs: inputs)
    }
}

/// What is run when a plugin has no case of its own for a component: one party of each role, defaults for parameters, and
/// a small table of numbers with common ids for every table port.
enum StandardCase {
    static let rows = 24
    private static let ids: [Manifest.Role: String] = [.guest: "9999", .host: "10000", .arbiter: "10001", .local: "0"]

    static func make(_ component: ComponentDeclaration) -> CheckCases.Case {
        let roles = component.roles.count > 1 ? component.roles.filter { $0 != .local } : component.roles
        let parties = roles.map { role in
            let ports = component.inputs.filter { $0.roles.contains(role) && !$0.isOptional }
            return CheckCases.Party(
                role: role.rawValue, id: ids[role] ?? "0", parameters: [:],
                inputs: role == .arbiter ? [] : ports.map { input($0, role) })
        }
        return CheckCases.Case(component: component.name, parameters: [:], parties: parties, isStandard: true)
    }

    private static func input(_ port: InputPort, _ role: Manifest.Role) -> CheckCases.Input {
        let hasLabel = role == .guest || role == .local
        let form: CheckCases.Input.Form = port.kind == .table ? .instances : .file
        // A component sees a table under the slot that feeds it.
        let name = port.slots.contains(port.name) ? port.name : port.slots.first ?? port.name
        return CheckCases.Input(name: name, form: form, text: table(labelled: hasLabel), label: hasLabel ? "y" : nil)
    }

    private static func table(labelled: Bool) -> String {
        let lines = (0..<rows).map { row in
            let x = Double(row * 7 % 11) / 4 - 1
            let z = Double(row * 5 % 13) / 4 - 1.5
            return labelled ? "r\(100 + row),\(x + z > 0 ? 1 : 0),\(x),\(z)" : "r\(100 + row),\(z),\(x)"
        }
        return ([labelled ? "id,y,x0,x1" : "id,x2,x3"] + lines).joined(separator: "\n") + "\n"
    }
}
