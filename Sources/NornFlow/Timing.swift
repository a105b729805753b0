/// The right of a coordinator to have workers run and resources held at a member, in milliseconds. The job's row
/// holds it and its orders carry it; a member uses what the orders say, and its reports say what it uses.
///
/// A lease runs from the instant at which the member sent the heartbeat that the coordinator answered. The
/// coordinator heard that heartbeat later, so what it counts from then ends later too, however long a message took.
public struct Timing: Codable, Sendable, Hashable {
    /// The bounds that every member keeps, whatever orders say.
    public static let leaseBounds: ClosedRange<Int64> = 2_000...600_000
    public static let graceBounds: ClosedRange<Int64> = 1_000...300_000
    /// A lease is renewed at least so many times before it ends.
    static let renewalsInLease: Int64 = 2

    /// How long a member goes on without an answer.
    public let leaseMilliseconds: Int64
    /// What a member needs to end its workers, and the drift of two clocks over a lease.
    public let graceMilliseconds: Int64
    /// How often a member asks for its lease to be renewed.
    public let renewalMilliseconds: Int64

    /// What the first version used, and what counts when nothing is said.
    public static let standard = Timing()

    /// Takes the nearest values within the bounds.
    public init(
        leaseMilliseconds: Int64 = 30_000, graceMilliseconds: Int64 = 10_000, renewalMilliseconds: Int64 = 10_000
    ) {
        func within(_ bounds: ClosedRange<Int64>, _ value: Int64) -> Int64 {
            min(max(value, bounds.lowerBound), bounds.upperBound)
        }
        self.leaseMilliseconds = within(Self.leaseBounds, leaseMilliseconds)
        self.graceMilliseconds = within(Self.graceBounds, graceMilliseconds)
        let longest = self.leaseMilliseconds / Self.renewalsInLease
        self.renewalMilliseconds = within(min(500, longest)...longest, renewalMilliseconds)
    }

    private enum CodingKeys: String, CodingKey { case leaseMilliseconds, graceMilliseconds, renewalMilliseconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            leaseMilliseconds: try container.decode(Int64.self, forKey: .leaseMilliseconds),
            graceMilliseconds: try container.decode(Int64.self, forKey: .graceMilliseconds),
            renewalMilliseconds: try container.decode(Int64.self, forKey: .renewalMilliseconds))
    }

    /// After so long without a heartbeat no worker of a member can live.
    var silenceMilliseconds: Int64 { leaseMilliseconds + graceMilliseconds }
}

extension Timing: Absent { public static var absent: Timing { .standard } }

enum Heartbeats {
    /// How many heartbeats a member remembers: answers to older ones renew nothing.
    static let remembered = 4
    /// The heartbeats of a run are numbered from its epoch times two to this power: enough for each of a job's.
    static let numberBits: UInt64 = 24
}

enum Repair {
    /// An unanswered message is sent again after this pause, then after twice as long each time.
    static let firstPauseMilliseconds: Int64 = 1_000
    static let longestPauseMilliseconds: Int64 = 60_000
    /// How long a coordinator keeps an answer back that says nothing but that a report came, and a member one that
    /// says nothing but that ordered work began; well before either comes again.
    static let answerMilliseconds: Int64 = 300
    /// From this pause on the contract goes along again.
    static let contractPauseMilliseconds: Int64 = 8_000
    /// How often a coordinator asks a member that has nothing new to say, and a member its ledger for its place.
    static let intervalMilliseconds: Int64 = 120_000

    static func longer(_ pauseMilliseconds: Int64) -> Int64 {
        min(max(pauseMilliseconds * 2, firstPauseMilliseconds), longestPauseMilliseconds)
    }
}

enum Reserving {
    /// How long other parties hold for one that has not answered; then they give back until it does.
    static let answerMilliseconds: Int64 = 5_000
    /// After so many gatherings that failed, what is held is kept for longer although one party is short.
    static let quickGatherings = 3
    /// How long before that: a job whose turn has come at one site is mostly next at the others too, where the one
    /// before it is just ending.
    static let quickPatienceMilliseconds: Int64 = 300
    /// How long the first time, then twice as long each time, and no less than twice the longest gathering so far: so
    /// a large job, first in its queues, holds long enough for smaller ones to end at its last party.
    static let firstPatienceMilliseconds: Int64 = 5_000
    static let longestPatienceMilliseconds: Int64 = 24 * 3_600_000

    /// - Parameters:
    ///   - failed: how many gatherings of the job have failed.
    ///   - longest: how long the longest of them took, in milliseconds.
    static func patienceMilliseconds(after failed: Int, longest: Int64) -> Int64 {
        guard failed >= quickGatherings else { return quickPatienceMilliseconds }
        let doublings = min(failed - quickGatherings, 20)
        let patience = max(firstPatienceMilliseconds << Int64(doublings), 2 * longest)
        return min(patience, longestPatienceMilliseconds)
    }
}
