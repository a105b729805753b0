extension Ledger {
    /// The ledger as the members' rows have it: first what they hold, then what they wait for. Nothing is granted;
    /// the members ask again after a restart, and are answered then.
    public init(
        site: String, capacity: [String: Resources], policy: LedgerPolicy, members: some Sequence<Member>,
        at now: Instant, closedBecause: String? = nil
    ) {
        self.init(site: site)
        self.closedBecause = closedBecause
        reindex(capacity, policy)
        var waiting: [Entry] = []
        for entry in members.compactMap({ $0.ledgerEntry(at: now) }).sorted(by: { $0.member < $1.member }) {
            if entry.status == .queued { waiting.append(entry) } else { insert(entry) }
        }
        for entry in waiting { insert(entry) }
    }
}

extension Member {
    /// What the site's ledger has of this member; nil when it neither holds nor waits.
    func ledgerEntry(at now: Instant) -> Ledger.Entry? {
        let status: Ledger.Entry.Status
        switch reservation.status {
        case .none: return nil
        case .asked, .short: status = .queued
        case .held: status = .held
        case .confirmed, .releasing: status = .confirmed
        }
        guard let terms else { return nil }
        var entry = Ledger.Entry(
            member: key, round: reservation.round, claim: terms.claim(of: job), together: orders.reservation.together,
            priority: priority, account: account, status: status, since: min(now, reservation.since))
        entry.isToldShort = reservation.status == .short
        return entry
    }
}
