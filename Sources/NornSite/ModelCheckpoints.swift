import Foundation
import NornFlow
import NornManifest

/// A checkpoint that a client names: by its number, or by its name, of which the last one counts.
public struct CheckpointChoice: Sendable {
    public var task: String
    public var index: Int?
    public var name: String?

    public init(task: String, index: Int?, name: String?) {
        self.task = task
        self.index = index
        self.name = name
    }
}

/// A checkpoint as people list it.
public struct CheckpointView: Codable, Equatable, Sendable {
    public var task: String
    public var index: Int
    public var name: String
}

/// What components kept of their models while they trained: the output `checkpoint`, a CBOR sequence of maps with
/// `step_index`, `step_name` and `content`, which is the model as the component would hand it out. A map that also
/// names a `fold` or a `model` is of one fold of a cross validation or one model of several, and no model by itself.
struct ModelCheckpoints {
    static let output = "checkpoint"
    static let stepsMaximum = 100_000
    static let bytesMaximum = 512 << 20

    private struct Step {
        var index: Int
        var name: String
        var content: CBOR
    }

    let model: PartyModel

    init(_ model: PartyModel) { self.model = model }

    func list(_ task: String) throws -> [CheckpointView] {
        try steps(task).map { CheckpointView(task: task, index: $0.index, name: $0.name) }
    }

    /// The number of the step that is named.
    func step(of task: String, index: Int?, name: String?) throws -> Int {
        let steps = try steps(task)
        let found = steps.last { (index == nil || $0.index == index) && (name == nil || $0.name == name) }
        guard let found else {
            let wanted = [index.map { "step \($0)" }, name.map { "step \($0.prefix(60))" }].compactMap { $0 }
            throw SiteError(
                "checkpoint_not_found", "\(task) kept no checkpoint of \(wanted.joined(separator: ", "))",
                field: "components_checkpoint.\(task)", party: model.party.text, hint: hint(steps))
        }
        return found.index
    }

    /// Throws where a party that has a model of the component has none of that step.
    func check(_ checkpoint: ModelChange.Checkpoint) throws { _ = try content(checkpoint) }

    /// The model at a step; nil where the party has no model of the component at all.
    func content(_ checkpoint: ModelChange.Checkpoint) throws -> [UInt8]? {
        guard model.files.contains(where: { $0.task == checkpoint.task }) else { return nil }
        let steps = try steps(checkpoint.task)
        guard let step = steps.last(where: { $0.index == checkpoint.step }) else {
            throw SiteError(
                "checkpoint_not_found",
                "\(model.party.text) has no checkpoint of \(checkpoint.task) at step \(checkpoint.step)",
                field: "components_checkpoint.\(checkpoint.task)", party: model.party.text, hint: hint(steps))
        }
        return step.content.encoded()
    }

    private func hint(_ steps: [Step]) -> String {
        guard let first = steps.first?.index, let last = steps.last?.index else {
            return "Train with the callback ModelCheckpoint to keep some"
        }
        return "It has \(steps.count) of steps \(first) to \(last)"
    }

    private func steps(_ task: String) throws -> [Step] {
        guard let file = model.checkpoints.first(where: { $0.task == task }) else { return [] }
        let size = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0
        guard size <= Self.bytesMaximum, let data = FileManager.default.contents(atPath: file.path),
            let values = try? CBOR.sequence(
                decoding: data, maximum: Self.stepsMaximum, limits: CBORLimits(bytes: Self.bytesMaximum))
        else {
            throw SiteError(
                "checkpoint_not_found", "The checkpoints of \(task) cannot be read", party: model.party.text)
        }
        return values.compactMap { value in
            guard let index = value["step_index"]?.asInt, let content = value["content"] else { return nil }
            let isPart = ["fold", "model"].contains { value[$0].map { $0 != .null } ?? false }
            return isPart ? nil : Step(index: index, name: value["step_name"]?.asText ?? "", content: content)
        }
    }
}
