/// What the API answers about waiting and about what people do to jobs.

/// Jobs, newest first, and how many there are in all.
public struct JobList: Equatable, Sendable {
    public var jobs: [JobSummary]
    public var total: Int
}

/// One reason why a job waits, as it stands now.
public struct WaitingView: Codable, Equatable, Sendable {
    public struct Missing: Codable, Equatable, Sendable {
        /// `cores`, `memory_bytes` or `working_nodes`.
        public var kind: String
        public var wanted: Int64
        public var available: Int64
    }

    public var kind: String
    /// `role:party` that it waits for; nil when it is the job as a whole.
    public var party: String?
    public var missing: [Missing]
    /// In the queue of the party's site, from 1.
    public var place: Int?
    /// Wall milliseconds since 1970.
    public var since: Int64
    /// All of it in one sentence.
    public var text: String
}

/// What a stop has come to.
public struct StopView: Codable, Equatable, Sendable {
    public struct PartyPart: Codable, Equatable, Sendable {
        public var role: String
        public var party: String
        /// No worker of the job lives there, and nothing is held for it. Until then the site is asked again.
        public var confirmed: Bool
    }

    public var summary: JobSummary
    /// Every party where this site coordinates the job; else the parties of this site.
    public var parties: [PartyPart]
}

/// Something that a task handed on, or left behind.
public struct OutputView: Codable, Equatable, Sendable {
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var name: String
    public var position: Int
    /// `table`, `model`, `cache` or `file`.
    public var kind: String
    public var engine: String
    public var rows: Int64
    public var partitions: Int
}
