/// What a user wants to run again of an ended job.
public struct Rerun: Sendable, Hashable {
    public enum Selection: Codable, Sendable, Hashable {
        /// Every task.
        case all
        /// These tasks and all that they feed. None: only what has to run anyway.
        case from([String])
        /// These tasks; what they feed stays as it is where it succeeded.
        case only([String])
    }

    /// Who asks.
    public var by: String
    public var selection: Selection
    /// The job with changed parameters: the same id, parties and graph. Nil: as it was.
    public var job: Job?
    /// Tasks whose outputs are gone: they run again if they feed one that runs.
    public var unavailable: Set<String>

    public init(by: String, selection: Selection = .from([]), job: Job? = nil, unavailable: Set<String> = []) {
        self.by = by
        self.selection = selection
        self.job = job
        self.unavailable = unavailable
    }
}

/// What a rerun will do, task by task, in the order of submission.
public struct RerunPlan: Codable, Sendable, Hashable {
    public enum Why: Codable, Sendable, Hashable {
        case selected
        case parametersChanged
        /// This task runs again, and feeds the one in question.
        case downstreamOf(String)
        case outputsGone
        case notSucceeded
        /// It succeeded, with the same parameters and inputs, and its outputs are there.
        case reused
    }

    public struct Entry: Codable, Sendable, Hashable {
        public var task: String
        public var runs: Bool
        public var why: Why
    }

    public var tasks: [Entry]

    public func runs(_ task: String) -> Bool { tasks.contains { $0.task == task && $0.runs } }
}
