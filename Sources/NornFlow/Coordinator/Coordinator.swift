/// A job as a whole, at the initiator's site: the only writer of its federated state. One row per job.
public struct Coordinator: Codable, Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        /// First of all, once.
        case submitted
        case report(Report)
        /// A user of the initiator's stops the job.
        case stop(by: String)
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
    public let job: Job
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
    /// When the job times out; set when it first runs.
    public internal(set) var deadline: Instant?
    /// The instant of the newest step.
    public internal(set) var now: Instant
    /// The wake that the driver was last asked for.
    var wakeAt: Instant?

    /// - Parameter fence: at least 1, and higher than any that the site used for this job before (its epoch).
    public init(job: Job, fence: UInt64, at now: Instant) {
        self.job = job
        self.fence = fence
        self.now = now
        phaseSince = now
        tasks = Dictionary(job.tasks.map { ($0.name, TaskState()) }) { first, _ in first }
        members = Dictionary(job.parties.map { ($0, MemberState(at: now)) }) { first, _ in first }
    }
}

extension Coordinator {
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
        /// The newest report; nil before the first.
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
        var owesAnswer = false
        var repairAt: Instant?

        init(at now: Instant) {
            since = now
            heardAt = now
            reservationSince = now
        }
    }
}
