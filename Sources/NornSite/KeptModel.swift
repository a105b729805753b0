import Foundation
import NornFlow
import NornStore

/// A version of a model at one party: as it is kept, or as the job left it that trained it.
struct PartyModel: Sendable {
    struct File: Equatable, Sendable {
        var task: String
        var name: String
        var path: String
        /// SHA-256; nil for an output of a job, whose digest is taken when a version keeps it.
        var digest: String?
    }

    var reference: ModelReference
    var party: Party
    var origin: ModelOrigin
    /// The version that it was made from; empty for one that was trained.
    var source = ""
    var created: Int64
    var contents: ModelContents
    var files: [File]
    /// Of a version that a train job left: what its components kept of themselves on the way.
    var checkpoints: [File] = []

    func file(_ task: String, _ name: String) -> File? { files.first { $0.task == task && $0.name == name } }

    var isDeployed: Bool { !contents.predictDSL.isEmpty }
}

/// How a version came to be.
public enum ModelOrigin: String, Codable, Sendable {
    /// By a train job; it is there as long as its job is.
    case train
    case deploy
    case migrate
    case `import`
}

/// What a kept version says of itself besides its files.
struct ModelContents: Codable, Equatable, Sendable {
    /// What a component told of its model, as JSON: the fields that FATE prints.
    struct View: Codable, Equatable, Sendable {
        var task: String
        var name: String
        var value: String
    }

    static let formats = 1...1

    var format = ModelContents.formats.upperBound
    /// The train job as the party saw it: its graph, and the party's own parameters; at the initiator everybody's.
    var trained: Job
    /// JSON; empty for a version that no predict job may run.
    var predictDSL = ""
    var views: [View] = []

    static func decode(_ data: Data) throws -> ModelContents {
        let contents = try JSONDecoder().decode(ModelContents.self, from: data)
        guard formats.contains(contents.format) else {
            throw SiteError(
                "model_not_readable",
                "The version was kept in form \(contents.format), which this release does not know",
                hint: "Use the release that wrote it, or a later one")
        }
        return contents
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
