/// Why a job waits.
public struct WaitingReason: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        /// The party has the job and checks its rules.
        case beingChecked = "being_checked"
        /// The party does not answer.
        case partnerUnreachable = "partner_unreachable"
        /// A person at the party has to say yes.
        case waitingForApproval = "waiting_for_approval"
        /// The party's site has too little free.
        case resourcesMissing = "resources_missing"
        /// It would fit, but others are first.
        case behindOthers = "behind_others"
        /// The ledger is being asked, or the others' answers are awaited.
        case beingReserved = "being_reserved"
    }

    public var kind: Kind
    /// Which party.
    public var party: Party
    /// What is missing.
    public var missing: [MissingAmount]
    /// The place in the queue of the party's site, from 1.
    public var place: Int?
    public var since: Instant
}
