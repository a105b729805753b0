/// A node of a job's graph: one component, run at each of its parties.
public struct JobTask: Codable, Sendable, Hashable {
    /// The node's name, such as `hetero_lr_0`; unique in its job.
    public var name: String
    /// The component's module name, as the catalogue spells it.
    public var module: String
    /// The plugin by the name that jobs use, such as `fate@1.11.3`; nil leaves the choice to each site.
    public var provider: String?
    /// The parties at which the task runs, in the job's order of parties; never empty.
    public var parties: [Party]
    /// The component's parameters at each party, defaults and overrides already folded in.
    public var parameters: [Party: [String: ParameterValue]]
    /// Edges into this task.
    public var inputs: [TaskInput]
    /// What this task hands on.
    public var outputs: [TaskOutput]
    /// The longest time for one attempt; nil leaves it to the job's limit.
    public var timeoutSeconds: Int?

    public init(
        name: String, module: String, provider: String? = nil, parties: [Party],
        parameters: [Party: [String: ParameterValue]] = [:], inputs: [TaskInput] = [], outputs: [TaskOutput] = [],
        timeoutSeconds: Int? = nil
    ) {
        self.name = name
        self.module = module
        self.provider = provider
        self.parties = parties
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What flows along an edge.
public enum ArtifactKind: String, Codable, Sendable, Hashable, CaseIterable {
    case data
    /// A model of the same module: its parameters come along.
    case model
    /// A model of another module.
    case isometricModel = "isometric_model"
    case cache
}

/// An edge: the output of another task of the same job, wired to a slot of this one.
public struct TaskInput: Codable, Sendable, Hashable {
    /// The slot's name, such as `train_data`; for models and caches the name of the component's port.
    public var slot: String
    /// The place among the references of one slot, from 0.
    public var index: Int
    public var kind: ArtifactKind
    /// The task that makes it.
    public var task: String
    /// The name of that task's output.
    public var output: String
    /// Where the task is not one of this job but of a kept model: the version that has it. No edge of the graph then.
    public var model: ModelReference?

    public init(
        slot: String, index: Int = 0, kind: ArtifactKind, task: String, output: String, model: ModelReference? = nil
    ) {
        self.slot = slot
        self.index = index
        self.kind = kind
        self.task = task
        self.output = output
        self.model = model
    }
}

/// Something that a task hands on. Its place among the outputs of its kind matters, its name is free.
public struct TaskOutput: Codable, Sendable, Hashable {
    public var name: String
    public var kind: ArtifactKind

    public init(name: String, kind: ArtifactKind) {
        self.name = name
        self.kind = kind
    }
}
