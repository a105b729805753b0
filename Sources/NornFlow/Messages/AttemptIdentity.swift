/// One try of a task at one party. In text `<job>/<task>/<attempt>/<role>/<party>`.
public struct AttemptIdentity: Codable, Sendable, Hashable, CustomStringConvertible {
    public var job: JobID
    public var task: String
    /// From 0, the same number at every party.
    public var number: Int
    public var party: Party

    public init(job: JobID, task: String, number: Int, party: Party) {
        self.job = job
        self.task = task
        self.number = number
        self.party = party
    }

    public var description: String { "\(job)/\(task)/\(number)/\(party.role.rawValue)/\(party.id)" }
}

/// One member of a job: the key of its row.
public struct MemberKey: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
    public var job: JobID
    public var party: Party

    public init(job: JobID, party: Party) {
        self.job = job
        self.party = party
    }

    public var description: String { "\(job)/\(party.role.rawValue)/\(party.id)" }

    public static func < (left: MemberKey, right: MemberKey) -> Bool {
        (left.job, left.party) < (right.job, right.party)
    }
}

/// An input of an attempt: which attempt of which task made it. The site finds the artifact under these names.
public struct ResolvedInput: Codable, Sendable, Hashable {
    public var slot: String
    public var index: Int
    public var kind: ArtifactKind
    public var task: String
    public var attempt: Int
    public var output: String
    /// The job that made it, where the task was inherited; nil: this one.
    public var job: JobID?
    /// The kept model that has it, where no job of now made it; the attempt says nothing then.
    public var model: ModelReference?

    public init(
        slot: String, index: Int, kind: ArtifactKind, task: String, attempt: Int, output: String, job: JobID? = nil,
        model: ModelReference? = nil
    ) {
        self.slot = slot
        self.index = index
        self.kind = kind
        self.task = task
        self.attempt = attempt
        self.output = output
        self.job = job
        self.model = model
    }
}
