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
        /// A job that this one depends on did not succeed.
        case dependencyFailed = "dependency_failed"
        /// The site's policy gave what the job held to one of higher priority.
        case preempted
        /// What was asked for cannot be done in the state that the job is in.
        case wrongState = "wrong_state"
        /// A code of a later version.
        case unknown

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
            case .siteRestarted, .leaseEnded, .reservationLost, .partnerUnreachable, .preempted: true
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

extension Failure {
    private enum CodingKeys: String, CodingKey { case code, exactCode, what, party, task, field, advice }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let plain = try container.decode(String.self, forKey: .code)
        let name = try container.decodeIfPresent(String.self, forKey: .exactCode) ?? plain
        self.init(
            Code(rawValue: name) ?? Code(rawValue: plain) ?? .unknown,
            try container.decode(String.self, forKey: .what),
            party: try container.decodeIfPresent(Party.self, forKey: .party),
            task: try container.decodeIfPresent(String.self, forKey: .task),
            field: try container.decodeIfPresent(String.self, forKey: .field),
            advice: try container.decode(String.self, forKey: .advice))
    }

    /// A code that the first version does not know goes along with one that it does, else it would read nothing.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(code.inFirstVersion, forKey: .code)
        if code.inFirstVersion != code { try container.encode(code, forKey: .exactCode) }
        try container.encode(what, forKey: .what)
        try container.encodeIfPresent(party, forKey: .party)
        try container.encodeIfPresent(task, forKey: .task)
        try container.encodeIfPresent(field, forKey: .field)
        try container.encode(advice, forKey: .advice)
    }
}

extension Failure.Code {
    /// The nearest code that the first version of the protocol has.
    fileprivate var inFirstVersion: Failure.Code {
        switch self {
        case .preempted: .reservationLost
        case .dependencyFailed, .wrongState, .unknown: .stopped
        default: self
        }
    }
}
