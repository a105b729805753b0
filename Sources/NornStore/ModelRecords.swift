import Foundation

/// A version of a model at one party of this site: what the party keeps of it, whatever becomes of the job that made
/// it. A version is never changed.
public struct ModelRecord: Codable, Equatable, Sendable {
    public var modelID: String
    public var version: String
    public var role: String
    public var party: String
    /// `role:party` of who made it.
    public var initiator: String
    /// `deploy`, `migrate` or `import`.
    public var origin: String
    /// The version that it was made from.
    public var source: String
    /// Wall milliseconds since 1970.
    public var created: Int64
    /// JSON: the train job as this party saw it, the DSL of predict jobs, views of the model.
    public var contents: Data

    public init(
        modelID: String, version: String, role: String, party: String, initiator: String, origin: String,
        source: String, created: Int64, contents: Data
    ) {
        self.modelID = modelID
        self.version = version
        self.role = role
        self.party = party
        self.initiator = initiator
        self.origin = origin
        self.source = source
        self.created = created
        self.contents = contents
    }
}

/// One component's model in a kept version.
public struct ModelFileRecord: Codable, Equatable, Sendable {
    public var modelID: String
    public var version: String
    public var role: String
    public var party: String
    public var task: String
    /// The name of the task's output.
    public var name: String
    public var path: String
    /// SHA-256 of the file, 64 hexadecimal digits.
    public var digest: String
    public var bytes: Int64

    public init(
        modelID: String, version: String, role: String, party: String, task: String, name: String, path: String,
        digest: String, bytes: Int64
    ) {
        self.modelID = modelID
        self.version = version
        self.role = role
        self.party = party
        self.task = task
        self.name = name
        self.path = path
        self.digest = digest
        self.bytes = bytes
    }
}

/// A version with its files: written together or not at all.
public struct NewModel: Equatable, Sendable {
    public var record: ModelRecord
    public var files: [ModelFileRecord]

    public init(record: ModelRecord, files: [ModelFileRecord]) {
        self.record = record
        self.files = files
    }
}

/// A word that people put on versions of models.
public struct ModelTagRecord: Codable, Equatable, Sendable {
    public var name: String
    public var description: String
    /// Wall milliseconds since 1970.
    public var created: Int64

    public init(name: String, description: String, created: Int64) {
        self.name = name
        self.description = description
        self.created = created
    }
}

/// A tag on a version.
public struct TaggedModelRecord: Codable, Equatable, Sendable {
    public var tag: String
    public var version: String

    public init(tag: String, version: String) {
        self.tag = tag
        self.version = version
    }
}

/// Models that a site keeps for its parties, and the tags on them.
public protocol ModelStore: Sendable {
    func model(id: String, version: String, role: String, party: String) async throws -> ModelRecord?
    /// Newest first; of every version where none is named.
    func models(version: String?, limit: Int) async throws -> [ModelRecord]
    func modelFiles(of model: ModelRecord) async throws -> [ModelFileRecord]
    /// False, and nothing is changed, when there is such a version; with `replaces` it takes its place.
    func putModel(_ model: NewModel, replaces: Bool) async throws -> Bool
    func removeModel(_ model: ModelRecord) async throws -> Bool

    /// Makes a tag, or gives it another description.
    func putTag(_ tag: ModelTagRecord) async throws
    /// Gives a tag another name, with all that has it; false when the name is taken or there is no such tag.
    func renameTag(_ name: String, to next: String) async throws -> Bool
    func tags() async throws -> [ModelTagRecord]
    /// Forgets a tag, and takes it off every version.
    func removeTag(_ name: String) async throws -> Bool
    func tag(_ version: String, with tag: String) async throws
    func untag(_ version: String, of tag: String) async throws -> Bool
    func taggedModels() async throws -> [TaggedModelRecord]
}
