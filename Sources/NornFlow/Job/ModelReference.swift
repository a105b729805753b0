/// A version of a model, by the names that FATE gives it. Each party of the model keeps its own part.
public struct ModelReference: Codable, Sendable, Hashable, CustomStringConvertible {
    /// The roles by name, each with its party ids: `arbiter-10000#guest-9999#host-10000_10001#model`.
    public var id: String
    /// The id of the job that made it.
    public var version: String

    public init(id: String, version: String) {
        self.id = id
        self.version = version
    }

    /// The model of a job: its version is the job's id.
    public init(of job: Job) { self.init(id: ModelReference.id(of: job.parties), version: job.id) }

    /// FATE's name of the model of these parties.
    public static func id(of parties: [Party]) -> String {
        let roles = Dictionary(grouping: parties, by: \.role.rawValue).sorted { $0.key < $1.key }
        return (roles.map { role, parties in "\(role)-\(parties.map(\.id).joined(separator: "_"))" } + ["model"])
            .joined(separator: "#")
    }

    /// The parties that an id names, in the order of roles guest, host, arbiter, local; nil for any other text.
    public static func parties(of id: String) -> [Party]? {
        let parts = id.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.last == "model" else { return nil }
        var parties: [Party] = []
        for part in parts.dropLast() {
            guard let dash = part.firstIndex(of: "-"), let role = Role(rawValue: String(part[..<dash])) else {
                return nil
            }
            let ids = part[part.index(after: dash)...].split(separator: "_", omittingEmptySubsequences: false)
            for id in ids {
                guard !id.isEmpty, id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
                parties.append(Party(role: role, id: String(id)))
            }
        }
        guard Set(parties).count == parties.count else { return nil }
        return Role.allCases.flatMap { role in parties.filter { $0.role == role } }
    }

    public var description: String { "\(id) \(version)" }
}

/// What a job without tasks does to a model: every party makes a new version of its own part, whose version is the
/// job's id, when the job ends as success, and none of them when it does not.
public struct ModelChange: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        /// Makes a version that predict jobs may use.
        case deploy
        /// Makes the same version for other party ids.
        case migrate
    }

    /// One checkpoint of a component, by its number.
    public struct Checkpoint: Codable, Sendable, Hashable {
        public var task: String
        public var step: Int

        public init(task: String, step: Int) {
            self.task = task
            self.step = step
        }
    }

    /// The party that a party becomes.
    public struct Move: Codable, Sendable, Hashable {
        public var from: Party
        public var to: Party

        public init(from: Party, to: Party) {
            self.from = from
            self.to = to
        }
    }

    public var kind: Kind
    /// The version that it is made from.
    public var source: ModelReference
    /// The DSL of predict jobs, as JSON text; empty for a migration, which keeps it.
    public var predictDSL: String
    /// Components whose model is that of a checkpoint, not the last one.
    public var checkpoints: [Checkpoint]
    /// Of a migration: what becomes of every party of the model.
    public var moves: [Move]

    public init(
        kind: Kind, source: ModelReference, predictDSL: String = "", checkpoints: [Checkpoint] = [], moves: [Move] = []
    ) {
        self.kind = kind
        self.source = source
        self.predictDSL = predictDSL
        self.checkpoints = checkpoints
        self.moves = moves
    }

    /// What a party of the model is in the version that is made.
    public func successor(of party: Party) -> Party { moves.first { $0.from == party }?.to ?? party }

    /// The version that a job makes; its id names the parties in the order of the source's.
    public func made(by job: JobID) -> ModelReference {
        guard !moves.isEmpty, let parties = ModelReference.parties(of: source.id) else {
            return ModelReference(id: source.id, version: job)
        }
        return ModelReference(id: ModelReference.id(of: parties.map(successor(of:))), version: job)
    }
}
