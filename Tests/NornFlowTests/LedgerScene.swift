@testable import NornFlow

/// A ledger of one engine, and requests in one line each.
struct LedgerScene {
    static let guest = Party(role: .guest, id: "9999")
    static let host = Party(role: .host, id: "10000")

    var ledger = Ledger(site: "site")
    var now = Instant(milliseconds: 1_000)

    init(cores: Int = 4, memory: Int64 = 0, nodes: Int = 0, _ policy: LedgerPolicy = LedgerPolicy()) {
        configure(Resources(cores: cores, memoryBytes: memory, workingNodes: nodes), policy)
    }

    @discardableResult mutating func configure(_ capacity: Resources, _ policy: LedgerPolicy = LedgerPolicy()) -> [Told]
    {
        step(.configured(["local": capacity], policy))
    }

    static func key(_ job: JobID, _ party: Party = guest) -> MemberKey { MemberKey(job: job, party: party) }

    /// What the ledger says, in short.
    enum Told: Equatable {
        case held(JobID)
        case short(JobID, Shortage.Cause, blockedByOlder: Bool)
        case giveBack(JobID)
    }

    @discardableResult mutating func step(_ event: Ledger.Event) -> [Told] {
        ledger.step(event, at: now).compactMap { effect in
            guard case .tell(let answer) = effect else { return nil }
            return switch answer {
            case .held(let key, _): .held(key.job)
            case .short(let key, _, let shortage):
                .short(key.job, shortage.cause, blockedByOlder: shortage.blockedByOlder)
            case .giveBack(let key, _, _): .giveBack(key.job)
            }
        }
    }

    @discardableResult mutating func hold(
        _ job: JobID, _ cores: Int, memory: Int64 = 0, party: Party = guest, together: Int? = nil, round: Int = 1,
        priority: Int = 0, owner: String = "submitter alice", initiator: Party = guest
    ) -> [Told] {
        step(
            .request(
                .hold(
                    Self.key(job, party), round: round,
                    claim: Claim(engine: "local", resources: Resources(cores: cores, memoryBytes: memory)),
                    together: Resources(cores: together ?? cores, memoryBytes: memory), priority: priority,
                    account: Account(owner: owner, party: party, initiator: initiator))))
    }

    @discardableResult mutating func confirm(_ job: JobID, party: Party = guest, round: Int = 1) -> [Told] {
        step(.request(.confirm(Self.key(job, party), round: round)))
    }

    @discardableResult mutating func release(_ job: JobID, party: Party = guest, round: Int = 1) -> [Told] {
        step(.request(.release(Self.key(job, party), round: round)))
    }

    /// Holds and confirms.
    mutating func run(_ job: JobID, _ cores: Int, priority: Int = 0, owner: String = "submitter alice") {
        hold(job, cores, priority: priority, owner: owner)
        confirm(job)
    }

    func shortage(_ job: JobID, party: Party = guest) -> Shortage? { ledger.shortage(of: Self.key(job, party)) }

    var queue: [JobID] { ledger.queue(engine: "local").map(\.entry.member.job) }
}
