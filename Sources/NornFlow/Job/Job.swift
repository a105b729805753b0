/// A job's id: 22 characters that begin with the time of submission (`yyyyMMddHHmmss…`), so that the order of ids
/// is the order of age at every site.
public typealias JobID = String

/// A directed acyclic graph of tasks with its parties, as a dialect hands it to the heart.
public struct Job: Codable, Sendable, Hashable {
    public var id: JobID
    /// The party that submitted; its site coordinates.
    public var initiator: Party
    /// Every party, in the order of the submitted role lists.
    public var parties: [Party]
    /// The tasks, in the order of submission.
    public var tasks: [JobTask]
    public var parameters: JobParameters

    public init(
        id: JobID, initiator: Party, parties: [Party], tasks: [JobTask], parameters: JobParameters = JobParameters()
    ) {
        self.id = id
        self.initiator = initiator
        self.parties = parties
        self.tasks = tasks
        self.parameters = parameters
    }

    /// The person or program whose credential submitted the job; empty in the view of parties of other ids than the
    /// initiator's: a name of one organisation is no business of another.
    public var submitter: String {
        get { parameters.submitter }
        set { parameters.submitter = newValue }
    }

    public func task(named name: String) -> JobTask? { tasks.first { $0.name == name } }

    /// The party ids of a role, in the order of submission.
    public func partyIDs(of role: Role) -> [String] { parties.filter { $0.role == role }.map(\.id) }

    /// The job as one party may see it: the graph is the same, the parameters are its own.
    public func view(for party: Party) -> Job {
        var view = self
        for index in view.tasks.indices {
            view.tasks[index].parameters = view.tasks[index].parameters.filter { $0.key == party }
        }
        if party.id != initiator.id { view.submitter = "" }
        return view
    }
}

/// Parameters of the job as a whole. A party's own may differ in the sizes: see `sizes`.
public struct JobParameters: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable { case train, predict }

    public static let defaultTimeoutSeconds = 259_200
    public static let defaultAutoRetryDelaySeconds = 1

    public var kind: Kind
    /// The computing engine by name; nil leaves the choice to each site.
    public var engine: String?
    public var sizes: JobSizes
    /// A party's own sizes; a nil field there falls back to `sizes`.
    public var partySizes: [Party: JobSizes]
    /// The most tasks of the job that run at once, at least 1.
    public var taskParallelism: Int
    /// The longest time from the first start of a task.
    public var timeoutSeconds: Int
    /// How many more attempts a failed task gets.
    public var autoRetries: Int
    public var autoRetryDelaySeconds: Int
    /// Higher goes first.
    public var priority: Int
    /// The person or program whose credential submitted the job.
    public var submitter: String
    /// Jobs of this site that have to end as success before this one begins.
    @Later public var dependsOn: [JobID] = []
    /// Tasks that an earlier job has done, with the same parameters and inputs: they are not run again.
    public var inheritance: Inheritance?
    /// Which component the coordinator has for each task, for the other sites to compare with their own.
    @Later public var components: [String: ComponentIdentity] = [:]
    /// In what theirs must be the same.
    @Later public var agreement = ComponentAgreement.contract
    /// The deployed version that a predict job runs.
    public var model: ModelReference?
    /// Of a job without tasks: what it does to a model.
    public var modelChange: ModelChange?

    public init(
        kind: Kind = .train, engine: String? = nil, sizes: JobSizes = JobSizes(), partySizes: [Party: JobSizes] = [:],
        taskParallelism: Int = 1, timeoutSeconds: Int = defaultTimeoutSeconds, autoRetries: Int = 0,
        autoRetryDelaySeconds: Int = defaultAutoRetryDelaySeconds, priority: Int = 0, submitter: String = "",
        dependsOn: [JobID] = [], inheritance: Inheritance? = nil
    ) {
        self.kind = kind
        self.engine = engine
        self.sizes = sizes
        self.partySizes = partySizes
        self.taskParallelism = taskParallelism
        self.timeoutSeconds = timeoutSeconds
        self.autoRetries = autoRetries
        self.autoRetryDelaySeconds = autoRetryDelaySeconds
        self.priority = priority
        self.submitter = submitter
        self.dependsOn = dependsOn
        self.inheritance = inheritance
    }

    /// The sizes at one party: its own where given, else the job's.
    public func sizes(at party: Party) -> JobSizes {
        guard let own = partySizes[party] else { return sizes }
        return JobSizes(
            taskCores: own.taskCores ?? sizes.taskCores,
            computingPartitions: own.computingPartitions ?? sizes.computingPartitions,
            memoryBytes: own.memoryBytes ?? sizes.memoryBytes, workingNodes: own.workingNodes ?? sizes.workingNodes)
    }
}

/// Sizes that a submitter may set; nil takes what the component's manifest declares.
public struct JobSizes: Codable, Sendable, Hashable {
    public var taskCores: Int?
    public var computingPartitions: Int?
    public var memoryBytes: Int64?
    /// Over how many nodes (executors) a task's cores are spread.
    public var workingNodes: Int?

    public init(
        taskCores: Int? = nil, computingPartitions: Int? = nil, memoryBytes: Int64? = nil, workingNodes: Int? = nil
    ) {
        self.taskCores = taskCores
        self.computingPartitions = computingPartitions
        self.memoryBytes = memoryBytes
        self.workingNodes = workingNodes
    }
}
