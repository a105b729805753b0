import NornFlow
import NornManifest
import NornStore

/// A version of a model at one party, on one line.
public struct ModelSummary: Codable, Equatable, Sendable {
    public var modelID: String
    public var version: String
    public var role: String
    public var party: String
    /// `role:party`.
    public var initiator: String
    /// `train`, `deploy`, `migrate` or `import`.
    public var origin: String
    /// The version that it was made from.
    public var source: String?
    /// Whether predict jobs may run it.
    public var deployed: Bool
    public var created: Int64
    public var tags: [String]

    init(_ model: PartyModel, tags: [TaggedModelRecord]) {
        modelID = model.reference.id
        version = model.reference.version
        role = model.party.role.rawValue
        party = model.party.id
        initiator = model.contents.trained.initiator.text
        origin = model.origin.rawValue
        source = model.source.isEmpty ? nil : model.source
        deployed = model.isDeployed
        created = model.created
        self.tags = tags.filter { $0.version == model.reference.version }.map(\.tag)
    }
}

/// A version with its components.
public struct ModelDetail: Codable, Equatable, Sendable {
    public struct Component: Codable, Equatable, Sendable {
        public var task: String
        public var module: String
        public var name: String
    }

    /// What a component told of its model, with the fields that FATE prints.
    public struct View: Codable, Equatable, Sendable {
        public var task: String
        public var name: String
        public var value: JSON
    }

    public var summary: ModelSummary
    public var components: [Component]
    public var predictDSL: JSON?
    public var views: [View]

    init(_ model: PartyModel, tags: [TaggedModelRecord]) {
        summary = ModelSummary(model, tags: tags)
        components = model.files.map { file in
            Component(
                task: file.task, module: model.contents.trained.task(named: file.task)?.module ?? "", name: file.name)
        }
        predictDSL = model.isDeployed ? try? JSON(parsing: model.contents.predictDSL) : nil
        views = model.contents.views.map {
            View(task: $0.task, name: $0.name, value: (try? JSON(parsing: $0.value)) ?? .null)
        }
    }
}

/// What became of a deployment or migration.
public struct ModelChangeView: Codable, Equatable, Sendable {
    public struct PartyPart: Codable, Equatable, Sendable {
        public var role: String
        public var party: String
        /// Whether its site has said that it has the version.
        public var done: Bool
    }

    public var modelID: String
    /// The new version, which is also the id of the job that makes it.
    public var version: String
    /// `success` when the version is there; `waiting` while a party has to approve.
    public var status: String
    /// What it waits for.
    public var waiting: String?
    public var parties: [PartyPart]
}

/// A tag, with the versions that have it.
public struct ModelTagView: Codable, Equatable, Sendable {
    public var name: String
    public var description: String
    public var created: Int64
    public var versions: [String]
}
