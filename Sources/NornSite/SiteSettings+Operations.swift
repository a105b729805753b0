import Foundation

/// Settings for the people who run a site: who gets its turn, what is kept, when the disk is full, where the store is.
extension SiteSettings {
    /// Who gets resources first, and how long a site may be unheard.
    public struct Scheduling: Codable, Equatable, Sendable {
        /// The right to hold and run without an answer of the coordinator.
        public var leaseSeconds = 30
        /// What a party gets to end its workers after its lease.
        public var graceSeconds = 10
        /// Among jobs of one priority, who holds the smallest share goes first; false: the oldest.
        public var fairShare = true
        /// How many younger jobs may pass one that waits for more than is free.
        public var backfillPasses = 64
        /// From then on nobody passes it, however few have.
        public var backfillPatienceSeconds = 300
        /// `never`, or `lower_priority`: a waiting job takes what jobs of lower priority hold.
        public var preemption = "never"
        public var limits: [Limit] = []
        /// With a shared store: the right to be the site's active scheduler, between two renewals.
        public var storeLeaseSeconds = 10

        public init() {}
    }

    /// The most that the jobs of a party of this site, of a partner, or of both together, hold at once.
    public struct Limit: Codable, Equatable, Sendable {
        /// The id of a party of this site, `*` for each by itself; empty: whichever.
        public var party = ""
        /// The party id of an initiator, `*` for each by itself; empty: whichever.
        public var partner = ""
        /// 0: no limit.
        public var jobs = 0
        public var cores = 0

        public init() {}
    }

    /// What becomes of partners' jobs here.
    public struct Approval: Codable, Equatable, Sendable {
        /// The first one that fits decides; where none does, a table needs a grant or a person.
        public var rules: [ApprovalRule] = []

        public init() {}
    }

    /// A rule for partners' jobs. It fits each component of a job over each table that the job reads here; the
    /// strictest word of all counts.
    public struct ApprovalRule: Codable, Equatable, Sendable {
        /// The party id of an initiator; `*`: each.
        public var partner = "*"
        /// Module names; empty: each.
        public var components: [String] = []
        /// `namespace/name`, where `*` stands for each; empty: each, and also jobs that read no table here.
        public var tables: [String] = []
        /// `automatic`, `ask` or `refuse`.
        public var decision = "ask"

        public init() {}
    }

    /// Which plugins the site runs, and what it wants of its partners'.
    public struct Trust: Codable, Equatable, Sendable {
        /// `unsigned`, `pinned` or `signed`: what is asked of a plugin that was added to the installation.
        public var plugins = "unsigned"
        /// SHA-256 of libraries, 64 hexadecimal digits.
        public var pins: [String] = []
        /// Public keys of those whose signature counts: `ed25519:` and 64 hexadecimal digits.
        public var publishers: [String] = []
        /// `contract`, `version` or `binary`: in what the components of a job's parties must be the same.
        public var agreement = "version"

        public init() {}
    }

    /// What protects the data of the site's parties at least, whatever a job asks for.
    public struct Privacy: Codable, Equatable, Sendable {
        /// The shortest Paillier, RSA and Diffie-Hellman keys.
        public var keyBits = 2048
        /// `never`, `own` or `always`: the jobs that may have keys down to FATE's 1024 bits.
        public var compatibility = "own"
        /// `allow` or `refuse`: jobs of several sites whose arbiter is at the site of another party.
        public var arbiterAtParty = "allow"
        /// Rows that a bin of a party's column has at least, before its sums leave the party; 0: as a job says.
        public var minimumRowsPerCell = 0

        public init() {}
    }

    /// When a plugin that crashes is taken from all jobs.
    public struct Quarantine: Codable, Equatable, Sendable {
        /// Jobs for which it crashed by a signal; 0: no plugin is put in quarantine.
        public var crashes = 3
        /// Within this time.
        public var windowMinutes = 60
        /// How long it stays there, unless somebody lifts it.
        public var hours = 24

        public init() {}
    }

    /// What is swept at start and from time to time; 0 days keep it for ever.
    public struct Retention: Codable, Equatable, Sendable {
        public var sweepMinutes = 60
        public var jobDays = 30
        public var eventDays = 90
        public var securityDays = 90
        /// What is left here of a partner's job.
        public var settledMemberDays = 30

        public init() {}
    }

    /// The mark under which a site takes no new work.
    public struct Disk: Codable, Equatable, Sendable {
        /// 0: no mark.
        public var lowMegabytes = 1024
        /// Free again from here on, so that the site does not change its mind at every file.
        public var resumeMegabytes = 1280
        public var checkSeconds = 10

        public init() {}
    }

    /// Where the site's rows are.
    public struct Store: Codable, Equatable, Sendable {
        /// Empty: the SQLite file of the home. `postgresql://…`: shared by several schedulers.
        public var url = ""
        /// Its first line is the database's password; empty: libpq's own ways, such as PGPASSFILE.
        public var passwordFile = ""

        public init() {}
    }
}
