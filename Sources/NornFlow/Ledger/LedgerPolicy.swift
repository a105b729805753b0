/// How a site shares its resources: part of its settings.
public struct LedgerPolicy: Codable, Sendable, Hashable {
    /// How far smaller jobs may pass one that waits for resources. Beyond either bound nothing passes it.
    public struct Backfill: Codable, Sendable, Hashable {
        public static let defaultPassesMaximum = 64
        public static let defaultPatienceMilliseconds: Int64 = 300_000

        /// How many jobs may pass it.
        public var passesMaximum: Int
        /// For how long since it is first.
        public var patienceMilliseconds: Int64

        public init(
            passesMaximum: Int = defaultPassesMaximum, patienceMilliseconds: Int64 = defaultPatienceMilliseconds
        ) {
            self.passesMaximum = passesMaximum
            self.patienceMilliseconds = patienceMilliseconds
        }
    }

    /// The most that the jobs of a party of this site, of a partner, or of both together, hold at once here.
    public struct Limit: Codable, Sendable, Hashable {
        /// In place of a party id: the limit is for each one by itself.
        public static let each = "*"

        /// The id of the party that takes part here; nil: whichever.
        public var party: String?
        /// The id of the party that submitted; nil: whichever.
        public var partner: String?
        public var jobs: Int?
        public var cores: Int?

        public init(party: String? = nil, partner: String? = nil, jobs: Int? = nil, cores: Int? = nil) {
            self.party = party
            self.partner = partner
            self.jobs = jobs
            self.cores = cores
        }
    }

    public enum Preemption: String, Codable, Sendable, Hashable, CaseIterable {
        case never
        /// A job that waits may have running jobs of lower priority begin again later.
        case lowerPriority = "lower_priority"
    }

    public var fairShare: Bool
    public var backfill: Backfill
    public var limits: [Limit]
    public var preemption: Preemption

    public init(
        fairShare: Bool = true, backfill: Backfill = Backfill(), limits: [Limit] = [], preemption: Preemption = .never
    ) {
        self.fairShare = fairShare
        self.backfill = backfill
        self.limits = limits
        self.preemption = preemption
    }
}
