/// A job at one party: its approval, reservation and attempts. One row per job and party, at the site of the party,
/// also where that is the coordinator's.
public struct Member: Codable, Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        case orders(Orders)
        /// The answer to `Effect.check`, about the contract of that number.
        case checked(Verdict, contract: Int = 0)
        /// A person at the party said yes.
        case approved(by: String)
        /// The table's owner gave the grant that the job waited for. It holds only as long as the grant.
        case granted
        /// A person at the party said no.
        case refused(by: String, reason: String)
        /// A user of this party stops the party's part of the job; the coordinator ends it everywhere.
        case stop(by: String)
        case ledgerAnswered(LedgerAnswer)
        case attemptStarted(task: String, number: Int)
        /// The worker is gone. Repeats do no harm.
        case attemptEnded(task: String, number: Int, WorkerOutcome)
        /// The coordinator's site was heard again: what is owed to it is sent at once.
        case coordinatorBack
        case woken
        /// The site came up again: every worker that it had is dead. The epoch is higher than all before.
        case siteRestarted(epoch: UInt64)
    }

    /// What the site says of a job for one of its parties.
    public enum Verdict: Sendable, Hashable {
        case accepted(Terms)
        /// Would be accepted if a person said yes.
        case waitingForApproval(Terms, reason: String)
        case refused(Failure)
    }

    /// What a job needs of a site.
    public struct Terms: Codable, Sendable, Hashable {
        public var engine: String
        /// What an attempt of each task needs, for the tasks of this party.
        public var needs: [String: Resources]
        /// All that the site has of the engine.
        public var capacity: Resources

        public init(engine: String, needs: [String: Resources], capacity: Resources) {
            self.engine = engine
            self.needs = needs
            self.capacity = capacity
        }
    }

    /// How a worker ended.
    public enum WorkerOutcome: Sendable, Hashable {
        case success
        case failed(Failure)
    }

    public struct AttemptKey: Codable, Sendable, Hashable, Comparable {
        public var task: String
        public var number: Int

        public static func < (left: AttemptKey, right: AttemptKey) -> Bool {
            (left.task, left.number) < (right.task, right.number)
        }
    }

    /// An attempt at this party. Kept after its end.
    public struct AttemptRecord: Codable, Sendable, Hashable {
        public var key: AttemptKey
        public internal(set) var status = WorkerStatus.initial
        public internal(set) var failure: Failure?
        /// Ends as lost, not as canceled, once the worker is gone.
        var endsAsLost = false
    }

    public struct Reservation: Codable, Sendable, Hashable {
        public internal(set) var status = ReservationStatus.initial
        public internal(set) var round = 0
        public internal(set) var shortage: Shortage?
        public internal(set) var since: Instant
    }

    struct Heartbeat: Codable, Sendable, Hashable {
        var number: UInt64
        var sentAt: Instant
    }

    public static let schema = 1

    public private(set) var schema = Member.schema
    /// Raised by every step: the driver commits only over the revision that it loaded.
    public internal(set) var revision: UInt64 = 0
    public let key: MemberKey
    public let site: String
    /// Raised at every start of the site: reports of a lower one are dead.
    public internal(set) var epoch: UInt64
    /// The job as this party may see it.
    public internal(set) var job: Job
    /// Which contract that is; see `Orders.contractNumber`.
    @Later public internal(set) var contractNumber: Int = 0
    /// What the newest orders say of leases.
    @Later public internal(set) var timing: Timing = .standard
    public internal(set) var approval = ApprovalStatus.initial
    /// Why it was refused, waits, or is to be stopped.
    public internal(set) var failure: Failure?
    public internal(set) var wantsStop = false
    /// Who said yes to this very job, which then needs no grants; nil where the rules alone let it go.
    public internal(set) var approver: String?
    /// Who said no to it; nil where the rules did.
    public internal(set) var refuser: String?
    public internal(set) var terms: Terms?
    public internal(set) var reservation: Reservation
    public internal(set) var attempts: [AttemptRecord] = []
    /// The newest orders; their body holds the job's state and its tasks' for this party's users.
    public internal(set) var orders = Orders.Body()
    public internal(set) var fence: UInt64 = 0
    public internal(set) var ordersNumber: UInt64 = 0
    /// When the right to hold and run ends; nil while nothing is held.
    public internal(set) var leaseEndsAt: Instant?
    public internal(set) var heardAt: Instant
    public internal(set) var now: Instant
    var heartbeats: [Heartbeat] = []
    var heartbeatNumber: UInt64 = 0
    var heartbeatAt: Instant?
    var answeredHeartbeat: UInt64 = 0
    /// After a restart nothing starts before the coordinator has answered a heartbeat of the new run: an order that
    /// was under way meanwhile may be one that the coordinator has given up.
    var startsFromHeartbeat: UInt64 = 0
    var report = Report.Body()
    var reportNumber: UInt64 = 0
    var acknowledgedReport: UInt64 = 0
    var sendAgainAt: Instant?
    /// Until when a report waits that says only that work is under way; nil: none waits.
    var answerAt: Instant?
    var askLedgerAgainAt: Instant?
    /// The priority that the ledger was told last.
    var askedPriority: Int?
    var pauseMilliseconds: Int64 = 0
    var cleaned = false
    var wakeAt: Instant?

    /// Makes the row when orders with a contract come for a party that has none; then step it with those orders.
    /// Nil when the orders carry no contract, not for this party, or of a job that their sender did not start
    /// (only who started it coordinates it, and grants are given to that party), or with two tasks of one name. Drop
    /// them; a coordinator asks again.
    /// - Parameters:
    ///   - site: this site's name, the same for all its parties, different from every other site's.
    ///   - epoch: the number of this start of the site, as `siteRestarted` carries it.
    public init?(for orders: Orders, site: String, epoch: UInt64, at now: Instant) {
        guard let contract = orders.contract, Self.isSound(contract, in: orders) else { return nil }
        key = MemberKey(job: orders.job, party: orders.to)
        self.site = site
        self.epoch = epoch
        job = contract
        contractNumber = orders.contractNumber
        timing = orders.timing
        reservation = Reservation(since: now)
        heardAt = now
        self.now = now
        // Of a row that was cleaned up here the coordinator may have heard: numbers go on from there.
        reportNumber = orders.acknowledgedReport
        heartbeatNumber = orders.heartbeat
    }
    static func isSound(_ contract: Job, in orders: Orders) -> Bool {
        contract.parties.contains(orders.to) && contract.id == orders.job && contract.initiator == orders.from
            && Set(contract.tasks.map(\.name)).count == contract.tasks.count
    }
}
