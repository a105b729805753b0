/// A job as a whole, at the initiator's site: the only writer of its federated state. One row per job.
public struct Coordinator: Codable, Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        /// First of all, once.
        case submitted
        case report(Report)
        /// A user of the initiator's stops the job.
        case stop(by: String)
        /// No task starts any more; when none runs, all is given back until `resume`. The job's time limit rests.
        case pause(by: String)
        case resume(by: String)
        /// An ended job begins again; see `plan`.
        case rerun(Rerun)
        /// A job of this site ended. Given for each of `awaitedJobs`: at submit, rerun and start of the site for those
        /// that have ended by then, else when they end. Repeats do no harm.
        case dependencyEnded(JobID, JobStatus)
        /// Which of the tasks named in the job's inheritance the site found valid; given when asked by
        /// `Effect.inherit`. The others run.
        case inherited([String: InheritedTask])
        case setPriority(Int, by: String)
        /// The sites of these parties were heard again: what they owe is asked for at once.
        case partnerBack([Party])
        /// The wake that was asked for. Early and needless ones do no harm.
        case woken
        /// The site came up again, or another scheduler took the job over: `fence` is higher than all before.
        case siteRestarted(fence: UInt64)
    }

    /// The schema of the coded form.
    public static let schema = 1

    public private(set) var schema = Coordinator.schema
    /// Raised by every step: the driver commits only over the revision that it loaded.
    public internal(set) var revision: UInt64 = 0
    public internal(set) var job: Job
    /// Raised with every rerun: answers to an earlier contract count no more.
    @Later public internal(set) var contractNumber: Int = 0
    /// What leases are counted with.
    @Later public internal(set) var timing: Timing = .standard
    public internal(set) var fence: UInt64
    public internal(set) var status = JobStatus.initial
    public internal(set) var phase = JobPhase.initial
    /// Since when the job is in its phase.
    public internal(set) var phaseSince: Instant
    /// How the job ends, from the moment that it is decided.
    public internal(set) var outcome: JobStatus?
    public internal(set) var failure: Failure?
    public internal(set) var tasks: [String: TaskState]
    public internal(set) var members: [Party: MemberState]
    /// When the job times out; set when it first runs, nil while it is paused.
    public internal(set) var deadline: Instant?
    /// What was left until then when the job was paused.
    var timeLeftMilliseconds: Int64?
    /// Who paused the job and when, until it is resumed.
    public internal(set) var pause: Pause?
    /// Jobs that this one depends on and that have ended.
    @Later var endedDependencies: [JobID: JobStatus] = [:]
    /// Whether the site has said which tasks are inherited.
    @Later var isInheritanceKnown: Bool = false
    /// How many gatherings of resources in a row came to nothing.
    @Later var failedGatherings: Int = 0
    /// How long the longest of them took.
    @Later var longestGatheringMilliseconds: Int = 0
    /// When the newest of them was given up.
    var gaveUpAt: Instant?
    /// Until when what is held is kept for a party that is short.
    var keepsUntil: Instant?
    /// The priority that a user gave after the contract was written.
    var changedPriority: Int?
    /// The instant of the newest step.
    public internal(set) var now: Instant
    /// The wake that the driver was last asked for.
    var wakeAt: Instant?
    /// Whether resources are asked for together with the parties' consent; looked at when the job is submitted.
    @Uncoded var gathersEarly: Bool?
    /// Worked out from the job when first needed.
    @Uncoded var graph: Graph?
    /// Whether what the parties are told may have changed since it was last made; nil: it has to be looked at.
    @Uncoded var knowsOrders: Bool?

    /// - Parameters:
    ///   - fence: at least 1, and higher than any that the site used for this job before (its epoch).
    ///   - gathersEarly: whether to ask for resources with the first orders, which saves one exchange with each party.
    ///     Only where no two parties share a site: what those claim together is known when they have answered.
    public init(
        job: Job, fence: UInt64, timing: Timing = .standard, gathersEarly: Bool = false, at now: Instant
    ) {
        self.job = job
        self.timing = timing
        self.fence = fence
        self.now = now
        phaseSince = now
        tasks = Dictionary(job.tasks.map { ($0.name, TaskState()) }) { first, _ in first }
        members = Dictionary(job.parties.map { ($0, MemberState(at: now)) }) { first, _ in first }
        self.gathersEarly = gathersEarly
    }
}

extension Coordinator {
    /// Whether what the parties are told may have changed since it was last made.
    var ordersChanged: Bool {
        get { knowsOrders != true }
        set { knowsOrders = !newValue }
    }

    public struct Pause: Codable, Sendable, Hashable {
        public var by: String
        public internal(set) var since: Instant
    }

    /// A task over all its parties.
    public struct TaskState: Codable, Sendable, Hashable {
        public internal(set) var status = TaskStatus.initial
        /// Every attempt; its number is its place.
        public internal(set) var attempts: [AttemptState] = []
        /// How many tries of the user's count were spent.
        public internal(set) var retries = 0
        /// The next attempt not before.
        public internal(set) var retryAt: Instant?
        public internal(set) var failure: Failure?
        /// The attempt of an earlier job that stands for this task.
        public internal(set) var inherited: InheritedTask?
        /// How many attempts in a row were ended by the platform.
        @Later var losses: Int = 0
    }

    /// One attempt over all its parties.
    public struct AttemptState: Codable, Sendable, Hashable {
        public internal(set) var status = AttemptStatus.initial
        public internal(set) var startedAt: Instant
        /// What each party reported; nothing yet for those that have not.
        public internal(set) var parties: [Party: Report.Attempt] = [:]
        /// How it ends, from the moment that it is decided.
        public internal(set) var outcome: AttemptStatus?
        public internal(set) var failure: Failure?
        public internal(set) var inputs: [ResolvedInput]
    }

    /// What the coordinator knows of a party, and what it told it.
    public struct MemberState: Codable, Sendable, Hashable {
        /// The newest report to the job's present contract; nil before the first.
        public internal(set) var report: Report.Body?
        public internal(set) var site: String?
        /// The number of the newest report.
        public internal(set) var reportNumber: UInt64 = 0
        public internal(set) var epoch: UInt64 = 0
        /// Since when the state that it waits in holds.
        public internal(set) var since: Instant
        /// When a report, or an answer, came last.
        public internal(set) var heardAt: Instant
        /// The party may hold resources and run workers until its lease, counted from here, has ended.
        public internal(set) var leaseFrom: Instant?
        var heartbeat: UInt64 = 0
        var orders = Orders.Body()
        var ordersNumber: UInt64 = 0
        var acknowledged: UInt64 = 0
        /// Since when the present orders are unanswered.
        public internal(set) var askedAt: Instant?
        var askAgainAt: Instant?
        var pauseMilliseconds: Int64 = 0
        var reservation = Orders.Reservation(want: .nothing, round: 0)
        var reservationSince: Instant
        /// The contract and the timing that the party reported last.
        @Later var contractNumber: Int = 0
        @Later var timing: Timing = .standard
        /// The first orders of the present contract.
        @Later var contractOrdersNumber: UInt64 = 0
        /// Its site is of the first version and passed over the contract of a rerun.
        @Later var isOutdated: Bool = false
        var owesAnswer = false
        /// Until when the answer may wait for orders that go anyway; nil: it goes at once.
        @Uncoded var answerAt: Instant?
        var repairAt: Instant?

        init(at now: Instant) {
            since = now
            heardAt = now
            reservationSince = now
        }
    }
}
