/// What the driver has to do after it has committed a step. Effects are performed in order, each at least once unless
/// the site dies: then `siteRestarted` makes every aggregate ask again for what it still needs, so that the rows are
/// the only durable form and no outbox is needed.
public enum Effect: Sendable, Hashable {
    /// Bring the message to the site of `message.to`. Best effort is enough: the heart sends again until answered.
    indirect case send(Message)
    /// Check the party's own rules for the job (component, provider, data grants, contract) and its needs; answer
    /// with `Member.Event.checked` and the number of the contract. Doing it twice does no harm.
    indirect case check(MemberKey, Job, contract: Int)
    /// Start a worker; answer with `attemptStarted`, `attemptEnded`. Never asked twice for one identity.
    indirect case startAttempt(AttemptOrder)
    /// End a worker: flag, grace, signals; `attemptEnded` must follow even if it has ended or never began.
    indirect case cancelAttempt(AttemptIdentity, Failure)
    /// Step the site's ledger with `Ledger.Event.request`.
    indirect case ask(LedgerRequest)
    /// Step the member with `Member.Event.ledgerAnswered`.
    indirect case tell(LedgerAnswer)
    /// Step the same aggregate with `woken` at that instant. Replaces its earlier one; nil forgets it.
    case wake(Instant?)
    /// The job has ended here: scratch folders and mailboxes may go.
    case cleanUp(MemberKey)
    /// Find out which tasks of the earlier job are still good here; answer with `Coordinator.Event.inherited`, also
    /// when none is. Doing it twice does no harm.
    indirect case inherit(JobID, Inheritance)
    /// Answer with `Coordinator.Event.dependencyEnded` for each of these jobs: at once for those that have ended,
    /// else when they end. Doing it twice does no harm.
    case awaitJobs(JobID, [JobID])
    /// Append to the event log, in the same transaction as the row.
    indirect case record(LogEntry)
}

/// All that a site needs to start an attempt.
public struct AttemptOrder: Codable, Sendable, Hashable {
    public var attempt: AttemptIdentity
    public var task: JobTask
    /// The component's parameters at this party.
    public var parameters: [String: ParameterValue]
    public var inputs: [ResolvedInput]
    /// The part of the reservation that this task needs.
    public var resources: Resources
    public var engine: String
    /// Partitions of what it computes; nil leaves them to the site.
    public var partitions: Int?
    /// Every party of the job, and of the task, in the job's order.
    public var jobParties: [Party]
}

/// One change of state, as the event log keeps it. The driver adds wall time and sequence.
public struct LogEntry: Codable, Sendable, Hashable {
    public enum Subject: String, Codable, Sendable, Hashable {
        case job, phase, task, attempt, worker, approval, reservation, pause, priority, rerun
    }

    public var job: JobID
    public var subject: Subject
    /// The party that it happened at; nil when it is the job as a whole.
    public var party: Party?
    public var task: String?
    public var attempt: Int?
    /// Nil for the first state.
    public var from: String?
    public var to: String
    public var failure: Failure?
    /// Who asked for it.
    public var by: String?

    public init(
        job: JobID, subject: Subject, party: Party? = nil, task: String? = nil, attempt: Int? = nil,
        from: String? = nil, to: String, failure: Failure? = nil, by: String? = nil
    ) {
        self.job = job
        self.subject = subject
        self.party = party
        self.task = task
        self.attempt = attempt
        self.from = from
        self.to = to
        self.failure = failure
        self.by = by
    }
}
