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
    /// What the party itself says of it.
    public var words: String?
    public var since: Instant
}

extension Coordinator {
    /// Why the job waits, a reason for each party that it waits for; empty when it does not wait.
    public func waitingReasons() -> [WaitingReason] {
        guard phase == .creating || phase == .reserving else { return [] }
        return job.parties.compactMap { party in
            guard let member = members[party] else { return nil }
            func reason(
                _ kind: WaitingReason.Kind, since: Instant, _ shortage: Shortage? = nil, words: String? = nil
            ) -> WaitingReason {
                WaitingReason(
                    kind: kind, party: party, missing: shortage?.missing ?? [], place: shortage?.place, words: words,
                    since: since)
            }
            if let asked = member.askedAt, now >= asked + Reserving.patienceMilliseconds {
                return reason(.partnerUnreachable, since: asked)
            }
            guard let report = member.report, report.approval != .checking else {
                return phase == .creating ? reason(.beingChecked, since: phaseSince) : nil
            }
            if report.approval == .waitingForApproval {
                return reason(.waitingForApproval, since: member.since, words: report.failure?.what)
            }
            guard phase == .reserving, member.reservation.want == .hold else { return nil }
            guard report.reservation.round == member.reservation.round else {
                return reason(.beingReserved, since: member.reservationSince)
            }
            switch report.reservation.status {
            case .asked: return reason(.beingReserved, since: member.reservationSince)
            case .short:
                let shortage = report.reservation.shortage
                let kind: WaitingReason.Kind = shortage?.missing.isEmpty == true ? .behindOthers : .resourcesMissing
                return reason(kind, since: member.reservationSince, shortage)
            default: return nil
            }
        }
    }
}
