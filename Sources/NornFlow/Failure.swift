/// Why something did not go well, in words for the person who has to act.
public struct Failure: Codable, Sendable, Hashable, Error {
    public enum Code: String, Codable, Sendable, Hashable, CaseIterable {
        /// The component itself ended with an error.
        case componentFailed = "component_failed"
        /// The worker died: a signal, or no memory.
        case workerCrashed = "worker_crashed"
        /// The worker could not be started.
        case workerNotStarted = "worker_not_started"
        /// The site was restarted, and its workers ended with it.
        case siteRestarted = "site_restarted"
        /// The coordinator was not heard within the lease.
        case leaseEnded = "lease_ended"
        /// The reservation was gone when the attempt should have started.
        case reservationLost = "reservation_lost"
        /// A job of higher priority needed the resources.
        case preempted
        /// The partner was not heard within lease and grace.
        case partnerUnreachable = "partner_unreachable"
        /// A person or program stopped it.
        case stopped
        /// Another party's attempt ended, so this one was stopped.
        case otherPartyEnded = "other_party_ended"
        case taskTimeout = "task_timeout"
        case jobTimeout = "job_timeout"
        /// The party's rules, or a person there, said no.
        case refused
        /// No party's site could ever give what was asked.
        case neverGrantable = "never_grantable"
        /// The job itself is wrong.
        case invalidJob = "invalid_job"

        /// Whether a task that ended so is tried again on the user's retry count.
        public var isRetriedOnRequest: Bool {
            switch self {
            case .componentFailed, .workerCrashed, .workerNotStarted, .taskTimeout: true
            default: false
            }
        }

        /// Whether the platform makes the next attempt by itself, outside the user's retry count.
        public var isRecovered: Bool {
            switch self {
            case .siteRestarted, .leaseEnded, .reservationLost, .preempted, .partnerUnreachable: true
            default: false
            }
        }
    }

    public var code: Code
    /// What happened, in one sentence.
    public var what: String
    public var party: Party?
    public var task: String?
    /// The field of the job to look at, such as `job_parameters.common.task_cores`.
    public var field: String?
    /// What to do about it.
    public var advice: String

    public init(
        _ code: Code, _ what: String, party: Party? = nil, task: String? = nil, field: String? = nil,
        advice: String = ""
    ) {
        self.code = code
        self.what = what
        self.party = party
        self.task = task
        self.field = field
        self.advice = advice
    }
}
