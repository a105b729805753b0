/// What the coordinator wants of one party: always the whole of it, never a change. A member does what the newest
/// orders say and forgets older ones, so that loss, doubling and delay of messages do no harm.
public struct Orders: Codable, Sendable, Hashable {
    public struct Reservation: Codable, Sendable, Hashable {
        public enum Want: String, Codable, Sendable, Hashable { case nothing, hold, confirm }

        public var want: Want
        /// Numbers the times that this party was asked to hold. A round that ended never comes back.
        public var round: Int
        /// What the job claims at the party's site for all its parties there: given together or not at all.
        public var together = Resources.none
        /// What a user set after the contract was written; nil: the contract's.
        public var priority: Int?
    }

    public struct Attempt: Codable, Sendable, Hashable {
        public var task: String
        public var number: Int
        /// Nil: run. Otherwise stop, because of this.
        public var stop: Failure?
        public var inputs: [ResolvedInput]
    }

    /// What is wanted; numbered as a whole.
    public struct Body: Codable, Sendable, Hashable {
        public var reservation = Reservation(want: .nothing, round: 0)
        /// Attempts that are under way. A live attempt that is not among them has to end.
        public var attempts: [Attempt] = []
        /// Set when the job has ended, or is to end so: stop all, give all back.
        public var end: JobStatus?
        public var endFailure: Failure?
        /// The job's state and its tasks', for the party's own users.
        public var jobStatus = JobStatus.waiting
        public var taskStatuses: [String: TaskStatus] = [:]
        /// A user at the initiator paused the job.
        @Later public var isPaused: Bool = false
    }

    public var job: JobID
    public var from: Party
    public var to: Party
    /// Raised when the coordinator's site restarts or another takes the job over. A member ignores lower ones.
    public var fence: UInt64
    /// Raised with every change of the body, within the fence's order.
    public var number: UInt64
    /// The number of the newest report that the coordinator has seen.
    public var acknowledgedReport: UInt64
    /// The newest heartbeat seen: the lease runs from when the member sent that one.
    public var heartbeat: UInt64
    /// Whether the member has to answer.
    public var needsAnswer: Bool
    /// The job as this party may see it, until the party has answered to this contract.
    public var contract: Job?
    /// Which contract the orders are about: 0, then one more with every rerun. A member that has an earlier one
    /// ignores orders without the contract itself.
    @Later public var contractNumber: Int = 0
    @Later public var timing: Timing = .standard
    public var body: Body
}

extension Orders {
    /// Adds a task to what the party has to run. For the simulator, which plants wrong orders with it.
    package mutating func add(_ task: JobTask, as number: Int) {
        body.attempts.append(Attempt(task: task.name, number: number, stop: nil, inputs: []))
    }
}
