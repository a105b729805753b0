/// What a member asks of its site's ledger. Idempotent; a round never comes back after a higher one or its release.
public enum LedgerRequest: Codable, Sendable, Hashable {
    /// Hold the claim for this round: now, or from its turn in the queue. `together` is what the job claims of the
    /// engine for all its parties at this site: the first of them takes it all, so that the others find their part.
    case hold(MemberKey, round: Int, claim: Claim, together: Resources, priority: Int)
    /// The hold of this round is for the job's life: nobody needs to wait for it to be given up soon.
    case confirm(MemberKey, round: Int)
    /// Give back, or leave the queue; this round and all before it.
    case release(MemberKey, round: Int)

    public var member: MemberKey {
        switch self {
        case .hold(let member, _, _, _, _), .confirm(let member, _), .release(let member, _): member
        }
    }
}

/// What the ledger tells a member.
public enum LedgerAnswer: Codable, Sendable, Hashable {
    case held(MemberKey, round: Int)
    case short(MemberKey, round: Int, Shortage)

    public var member: MemberKey {
        switch self {
        case .held(let member, _), .short(let member, _, _): member
        }
    }
}
