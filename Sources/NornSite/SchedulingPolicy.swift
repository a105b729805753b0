import NornFlow

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
