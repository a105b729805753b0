/// A site's resources by engine: who holds what, who waits. In memory only: after a restart, and after a commit that
/// did not succeed, it is made anew from the members' rows, so that what is held is always the sum of their live
/// reservations.
///
/// **No deadlock, no livelock.** Jobs are ordered everywhere by (priority, age), whatever the order of turns at a
/// site (wait-die: Rosenkrantz, Stearns, Lewis, ACM TODS 3(2), 1978). A job that waits at one site keeps what it holds
/// at others in two cases only: untold, when it is first in turn and what younger, unconfirmed ones hold would do;
/// or told short with `blockedByOlder` false, when no older one waits or gathers here. So it waits for younger jobs
/// and for confirmed ones alone; who waits for whom has no cycle, and at its end stands a job that runs, or that
/// gives up in bounded time. The oldest job of all is never told `blockedByOlder`: it may keep for longer each time;
/// at each site the others that pass it are counted, and when its share is the smallest, as it is at the latest when
/// its owner holds nothing there, nothing passes it beyond the bounds of backfill. So it starts, and then the next.
public struct Ledger: Sendable {
    public enum Event: Sendable, Hashable {
        /// What the site has, by engine, and how it shares it. Given at every start, and when the settings change.
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
        public let round: Int
        public let claim: Claim
        /// What the job claims for all its parties here.
        public let together: Resources
        public internal(set) var priority: Int
        public let account: Account
        public internal(set) var status: Status
        public internal(set) var since: Instant
        /// How many passed it while it was the first that did not fit.
        public internal(set) var passes = 0
        /// Since when it is the first that does not fit; nil before.
        public internal(set) var firstSince: Instant?
        /// Whether the member was told that it has to wait.
        var isToldShort = false
        var pool = 0
        var lane = -1
        /// Of its job and its owner in the pool.
        var jobPlace = -1
        var ownerPlace = -1
        var age = Age()
    }

    /// How many entries are looked at, from the first, for one that fits; and how many are told of closed admission.
    public static let lookAheadMaximum = 128

    /// The name of the site.
    public let site: String
    public internal(set) var capacity: [String: Resources] = [:]
    public internal(set) var policy = LedgerPolicy()
    /// Why no job is admitted that holds nothing yet; nil while the site is open.
    public internal(set) var closedBecause: String?
    var pools: [Pool] = []
    var poolPlaces: [String: Int] = [:]
    /// Entries by slot; the slots of nobody are free for the next.
    var book: [Entry] = []
    /// What has to be free for the entry of each slot, beside the book: many are looked at.
    var extras: [Resources] = []
    var freeSlots: [Int] = []
    var slots: [MemberKey: Int] = [:]
    var lanes: [Lane] = []
    var freeLanes: [Int] = []
    var counters: [LimitCounter] = []
    var counterPlaces: [LimitCounter.Key: Int] = [:]

    public init(site: String) { self.site = site }
}

extension Ledger.Entry {
    var seat: Seat { Seat(member: member, age: age) }
}
