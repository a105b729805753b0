import NornFlow

/// Settings in the heart's words.
extension SiteSettings.Scheduling {
    /// How many times a lease is renewed before it would end.
    private static let renewalsInLease: Int64 = 3

    /// What jobs that begin at this site are coordinated with.
    var timing: Timing {
        let lease = Int64(leaseSeconds) * 1000
        return Timing(
            leaseMilliseconds: lease, graceMilliseconds: Int64(graceSeconds) * 1000,
            renewalMilliseconds: lease / Self.renewalsInLease)
    }

    /// How the site shares its resources.
    var ledgerPolicy: LedgerPolicy {
        LedgerPolicy(
            fairShare: fairShare,
            backfill: LedgerPolicy.Backfill(
                passesMaximum: backfillPasses, patienceMilliseconds: Int64(backfillPatienceSeconds) * 1000),
            limits: limits.map(\.inLedger), preemption: LedgerPolicy.Preemption(rawValue: preemption) ?? .never)
    }
}

extension SiteSettings.Limit {
    fileprivate var inLedger: LedgerPolicy.Limit {
        LedgerPolicy.Limit(
            party: party.isEmpty ? nil : party, partner: partner.isEmpty ? nil : partner, jobs: jobs > 0 ? jobs : nil,
            cores: cores > 0 ? cores : nil)
    }
}
