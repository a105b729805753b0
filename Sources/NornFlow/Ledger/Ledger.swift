/// A site's resources by engine: who holds what, who waits. One row per site.
public struct Ledger: Codable, Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        /// What the site has, by engine. Given at every start, and when the settings change.
        case configured([String: Resources], LedgerPolicy)
        case request(LedgerRequest)
        /// Low disk closes the site for jobs that hold nothing yet; those that run go on.
        case admission(open: Bool, why: String)
    }

    /// A place in the queue, or resources held.
    public struct Entry: Codable, Sendable, Hashable {
        public enum Status: String, Codable, Sendable, Hashable, CaseIterable {
            /// Waits for its turn.
            case queued
            /// Held, but given up at once if another party of the job is short.
            case held
            /// Held for the job's life.
            case confirmed
        }

        public let member: MemberKey
        public internal(set) var round: Int
        public let claim: Claim
        /// What the job claims for all its parties here.
        public let together: Resources
        public let priority: Int
        public internal(set) var status: Status
        public internal(set) var since: Instant
        /// Whether the member was told that it has to wait.
        var toldShort = false
    }

    public static let schema = 1

    public private(set) var schema = Ledger.schema
    public internal(set) var revision: UInt64 = 0
    /// The name of the site.
    public let site: String
    public internal(set) var capacity: [String: Resources] = [:]
    public internal(set) var policy = LedgerPolicy()
    /// By engine, then in the order of turns: priority, then age (the order of job ids), then party.
    public internal(set) var entries: [String: [Entry]] = [:]

    public init(site: String) { self.site = site }
}
