/// Which tasks a job takes over from an earlier one, as FATE's `inheritance_info` and `conf.inheritance` name them.
public struct Inheritance: Codable, Sendable, Hashable {
    public var job: JobID
    public var tasks: [String]

    public init(job: JobID, tasks: [String]) {
        self.job = job
        self.tasks = tasks
    }
}

/// A task that an earlier job has done: its outputs are those of that attempt. The site has made sure that the task
/// succeeded there with the same inputs, outputs, provider and parameters.
public struct InheritedTask: Codable, Sendable, Hashable {
    /// The job whose attempt it is: of a task that was itself inherited, the job that ran it.
    public var job: JobID
    public var attempt: Int

    public init(job: JobID, attempt: Int) {
        self.job = job
        self.attempt = attempt
    }
}
