import NornFlow

extension Timing {
    /// The leases of jobs that begin here.
    init(_ scheduling: SiteSettings.Scheduling) {
        let lease = Int64(scheduling.leaseSeconds) * 1_000
        self.init(
            leaseMilliseconds: lease, graceMilliseconds: Int64(scheduling.graceSeconds) * 1_000,
            renewalMilliseconds: lease / 3)
    }
}

extension LedgerPolicy {
    /// The policy that the settings describe.
    init(_ scheduling: SiteSettings.Scheduling) {
        self.init(
            fairShare: scheduling.fairShare,
            backfill: Backfill(
                passesMaximum: scheduling.backfillPasses,
                patienceMilliseconds: Int64(scheduling.backfillPatienceSeconds) * 1_000),
            limits: scheduling.limits.map { limit in
                Limit(
                    party: limit.party.isEmpty ? nil : limit.party,
                    partner: limit.partner.isEmpty ? nil : limit.partner,
                    jobs: limit.jobs > 0 ? limit.jobs : nil, cores: limit.cores > 0 ? limit.cores : nil)
            },
            preemption: Preemption(rawValue: scheduling.preemption) ?? .never)
    }
}
