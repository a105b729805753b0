import Foundation
import NornManifest

/// What the API answers about jobs; the command reads the same types.

/// One line of a list of jobs. Times are wall milliseconds since 1970.
public struct JobSummary: Codable, Equatable, Sendable {
    public var job: String
    public var status: String
    public var submitter: String
    /// `role:party`.
    public var initiator: String
    public var parties: [String: [String]]
    /// Why a live job does not move.
    public var waiting: String?
    public var created: Int64
    public var started: Int64?
    public var ended: Int64?
    public var failure: SiteError?
    /// What the site tolerated: in the answer to a submission of its description, and in a job's detail of its keys.
    public var warnings: [String]?
}

/// A job with its tasks and what the parties of this site learned.
public struct JobDetail: Codable, Equatable, Sendable {
    public var summary: JobSummary
    /// Why it does not move, one reason for each party that it waits for.
    public var waiting: [WaitingView]
    /// How each party stands to it, as far as this site knows.
    public var approvals: [PartyApprovalView]
    public var tasks: [TaskView]
    public var attempts: [AttemptView]
    public var metrics: [TrackingView]
    public var summaries: [TrackingView]
    public var models: [TrackingView]
}

/// Whether a party takes part in a job, and who said so.
public struct PartyApprovalView: Codable, Equatable, Sendable {
    public var role: String
    public var party: String
    /// `checking`, `waiting_for_approval`, `approved` or `refused`.
    public var status: String
    /// The person of this site who decided; nil where rules did, and for parties of other sites.
    public var by: String?
    /// Why it waits or was refused.
    public var reason: String?
}

public struct TaskView: Codable, Equatable, Sendable {
    public var task: String
    public var component: String
    public var status: String
    /// Tasks whose outputs it reads.
    public var needs: [String]
    public var attempt: Int
    /// When and why it is tried again.
    public var waiting: String?
    public var parties: [PartyTaskView]
    public var started: Int64?
    public var ended: Int64?
}

/// A task at one party, as far as this site knows.
public struct PartyTaskView: Codable, Equatable, Sendable {
    public var role: String
    public var party: String
    public var status: String
    public var milliseconds: Int64?
    public var progress: ProgressView?
}

public struct ProgressView: Codable, Equatable, Sendable {
    public var done: Int64
    public var total: Int64
    public var text: String

    public init(done: Int64, total: Int64, text: String) {
        self.done = done
        self.total = total
        self.text = text
    }
}

public struct AttemptView: Codable, Equatable, Sendable {
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var component: String
    public var engine: String
    public var status: String
    public var started: Int64
    public var ended: Int64?
    public var failure: SiteError?
    /// What the component's manifest asks for.
    public var declared: AmountsView?
    /// What the site gave it.
    public var granted: AmountsView?
    /// What it used.
    public var peakMemoryBytes: Int64?
    public var processorMilliseconds: Int64?
}

/// A metric, summary or model view of one task at one of this site's parties.
public struct TrackingView: Codable, Equatable, Sendable {
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var name: String
    public var value: JSON
    public var time: Int64
}

public struct EventView: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var job: String
    public var kind: String
    public var value: JSON
    public var time: Int64
}

public struct TableView: Codable, Equatable, Sendable {
    public var namespace: String
    public var name: String
    public var engine: String
    public var rows: Int64
    public var partitions: Int
    public var owner: String
    public var created: Int64
    public var schema: JSON
    public var grants: [GrantView]
}

public struct GrantView: Codable, Equatable, Sendable {
    public var partner: String
    public var components: [String]?
    public var created: Int64
}

/// The first rows of a table, for its owner.
public struct TablePreview: Codable, Equatable, Sendable {
    public var table: TableView
    public var header: [String]
    public var rows: [[String]]
}

/// A partner's job that waits for a person here.
public struct ApprovalView: Codable, Equatable, Sendable {
    public var job: String
    public var initiator: String
    /// The party that is asked.
    public var party: String
    public var reasons: [String]
}

/// An upload that a worker has written as a table.
public struct UploadView: Codable, Equatable, Sendable {
    public var job: String
    public var table: TableView
}

public struct TokenView: Codable, Equatable, Sendable {
    public var id: String
    public var submitter: String
    public var parties: [String]
    public var rights: [String]
    public var created: Int64
    /// The secret; present once, when it is made.
    public var secret: String?
    /// What FATE's clients sign with, whose app key is the id; present with the secret.
    public var signingSecret: String?
}

public struct PeerView: Codable, Equatable, Sendable {
    public var name: String
    public var address: String?
    public var parties: [String]
    /// `sha256:` and 64 hexadecimal digits, one or two.
    public var pins: [String]
    /// The protocol that is spoken with it; nil before the two have met.
    public var protocolVersion: Int?
}

public struct ComponentView: Codable, Equatable, Sendable {
    public var name: String
    public var aliases: [String]
    public var reference: String?
    public var plugin: String
    public var version: String
    public var summary: String
    public var roles: [String]
    public var engines: [String]
    public var parameters: JSON
    public var inputs: [String]
    public var outputs: [String]
    public var discloses: [String]
}

public struct EngineView: Codable, Equatable, Sendable {
    public var name: String
    public var summary: String
    public var durable: Bool
    public var plugin: String
    public var version: String
    /// Whether jobs use it that name none.
    public var standard: Bool
}

/// The site as a whole.
public struct SiteStatus: Codable, Equatable, Sendable {
    public struct Resources: Codable, Equatable, Sendable {
        public var cores: Int
        public var coresHeld: Int
        public var memoryBytes: Int64
        public var memoryBytesHeld: Int64
    }

    public struct Federation: Codable, Equatable, Sendable {
        public var listening: Bool
        public var port: Int?
        /// What peers pin: `sha256:` and 64 hexadecimal digits.
        public var pin: String?
        public var certificateEnds: Int64?
        /// The protocols between sites that this one speaks, oldest first.
        public var protocolVersions: [Int]
        /// Attempts of the site's parties that other parties can write to.
        public var mailboxes: Int
        /// Messages of components for other sites that those have not fetched yet.
        public var messagesKept: Int
    }

    public var version: String
    public var home: String
    public var parties: [String]
    public var epoch: Int
    /// `active` or `standby`: several schedulers may share a store.
    public var scheduler: String
    public var draining: Bool
    public var jobs: [String: Int]
    /// Partners' jobs that wait for a person here.
    public var approvals: Int
    public var resources: Resources
    public var federation: Federation
    public var peers: [PeerView]
    public var components: Int
    public var engines: [String]
    public var warnings: [String]
}

public struct LogView: Codable, Equatable, Sendable {
    public struct Line: Codable, Equatable, Sendable {
        public var time: Int64
        public var level: String
        public var task: String
        public var attempt: Int
        public var role: String
        public var party: String
        public var text: String
    }

    public var lines: [Line]
}

public struct SecurityView: Codable, Equatable, Sendable {
    public var time: Int64
    public var kind: String
    public var caller: String
    public var text: String
}
