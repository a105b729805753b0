/// How a job stands at one party: always the whole of it.
public struct Report: Codable, Sendable, Hashable {
    public struct Attempt: Codable, Sendable, Hashable {
        public var task: String
        public var number: Int
        public var status: WorkerStatus
        public var failure: Failure?
    }

    public struct Reservation: Codable, Sendable, Hashable {
        public var status: ReservationStatus
        public var round: Int
        public var shortage: Shortage?
    }

    /// The report proper; numbered as a whole.
    public struct Body: Codable, Sendable, Hashable {
        public var approval = ApprovalStatus.checking
        /// Why the party refused or waits, or why it wants its part stopped.
        public var failure: Failure?
        /// The party wants out: the coordinator ends the job everywhere.
        public var wantsStop = false
        public var claim: Claim?
        /// All that the site has of the engine that the claim is for.
        public var capacity: Resources?
        public var reservation = Reservation(status: .none, round: 0, shortage: nil)
        /// The attempts that the newest orders name.
        public var attempts: [Attempt] = []
        /// The job has ended here: no worker, nothing held.
        public var settled = false
    }

    public var job: JobID
    public var from: Party
    public var to: Party
    /// The member's site, by the name that its ledger has everywhere.
    public var site: String
    /// The start of the site that sends. Reports are ordered by epoch, then number.
    public var epoch: UInt64
    /// The newest fence that the member has seen.
    public var fence: UInt64
    /// Raised with every change of the body.
    public var number: UInt64
    /// The number of the newest orders that the member has carried out or begun to.
    public var acknowledgedOrders: UInt64
    /// Numbers the times that the member asked for its lease to be renewed.
    public var heartbeat: UInt64
    /// Whether the coordinator has to answer.
    public var needsAnswer: Bool
    public var body: Body
    /// The contract that the member has; nil from a site of the first version, which knows only one.
    public var contractNumber: Int?
    /// What the member's lease is counted with.
    @Later public var timing: Timing = .standard
}

/// A message between the coordinator of a job and its members.
public enum Message: Codable, Sendable, Hashable {
    case orders(Orders)
    case report(Report)

    public var job: JobID {
        switch self {
        case .orders(let orders): orders.job
        case .report(let report): report.job
        }
    }

    /// The party whose site sends it.
    public var from: Party {
        switch self {
        case .orders(let orders): orders.from
        case .report(let report): report.from
        }
    }

    /// The party whose site it goes to: orders to the member of that party, a report to the job's coordinator there.
    public var to: Party {
        switch self {
        case .orders(let orders): orders.to
        case .report(let report): report.to
        }
    }
}
