/// Whose work a claim is: what fair share and limits count by.
public struct Account: Codable, Sendable, Hashable {
    /// Who shares with whom: `submitter alice` for a job that began at this party, else `partner 10000`.
    public var owner: String
    /// The party that takes part here.
    public var party: Party
    /// The party that submitted the job.
    public var initiator: Party

    public init(owner: String, party: Party, initiator: Party) {
        self.owner = owner
        self.party = party
        self.initiator = initiator
    }

    /// The account of a job's part at a party. Who submitted is known only where the job began.
    public init(party: Party, initiator: Party, submitter: String) {
        let isOwn = party.id == initiator.id && !submitter.isEmpty
        self.init(
            owner: isOwn ? "submitter \(submitter)" : "partner \(initiator.id)", party: party, initiator: initiator)
    }
}

/// What a member asks of its site's ledger. Idempotent; a round never comes back after a higher one or its release.
public enum LedgerRequest: Sendable, Hashable {
    /// Hold the claim for this round: now, or from its turn in the queue. `together` is what the job claims of the
    /// engine for all its parties at this site: the first of them takes it all, so that the others find their part.
    case hold(MemberKey, round: Int, claim: Claim, together: Resources, priority: Int, account: Account)
    /// The hold of this round is for the job's life: nobody needs to wait for it to be given up soon.
    case confirm(MemberKey, round: Int)
    /// Give back, or leave the queue; this round and all before it.
    case release(MemberKey, round: Int)

    public var member: MemberKey {
        switch self {
        case .hold(let member, _, _, _, _, _), .confirm(let member, _), .release(let member, _): member
        }
    }
}

/// What the ledger tells a member.
public enum LedgerAnswer: Sendable, Hashable {
    case held(MemberKey, round: Int)
    case short(MemberKey, round: Int, Shortage)
    /// A job of higher priority needs what this one holds: end the attempts, then release.
    case giveBack(MemberKey, round: Int, Failure)

    public var member: MemberKey {
        switch self {
        case .held(let member, _), .short(let member, _, _), .giveBack(let member, _, _): member
        }
    }
}
