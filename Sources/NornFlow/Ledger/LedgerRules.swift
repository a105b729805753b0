extension Ledger {
    /// Why a claim could never be granted here, even if nothing else were held; nil when it could.
    /// - Parameter claim: what the job asks for one party; what it asks for all its parties at the site is held
    ///   against the capacity by the coordinator.
    public func neverGrantable(_ claim: Claim, _ account: Account) -> Failure? {
        policy.neverGrantable(claim, account) ?? Self.tooLarge(claim, for: capacity[claim.engine] ?? .none, account)
    }

    private static func tooLarge(_ claim: Claim, for capacity: Resources, _ account: Account) -> Failure? {
        guard let missing = claim.resources.missing(from: capacity).first else { return nil }
        let (field, name) = missing.kind.field
        return Failure(
            .neverGrantable,
            "the job asks for \(missing.wanted) \(name) of \(claim.engine) at \(account.party), whose site has "
                + "\(missing.available)",
            party: account.party, field: field,
            advice: "lower \(field) or task_parallelism so that they come to at most \(missing.available)")
    }
}

extension LedgerPolicy {
    /// Why the limits could never allow a claim; nil when they could.
    public func neverGrantable(_ claim: Claim, _ account: Account) -> Failure? {
        for limit in limits where limit.covers(account) {
            let whose = limit.subject(party: account.party.id, partner: account.initiator.id)
            if let most = limit.jobs, most < 1 {
                return Failure(
                    .neverGrantable, "\(account.party) allows \(whose) none at all", party: account.party,
                    field: "scheduling.limits.jobs", advice: "ask \(account.party) for a higher limit")
            }
            guard let most = limit.cores, claim.resources.cores > most else { continue }
            let field = MissingAmount.Kind.cores.field.field
            return Failure(
                .neverGrantable,
                "the job asks for \(claim.resources.cores) cores of \(claim.engine), and \(account.party) allows "
                    + "\(whose) \(most) at once",
                party: account.party, field: field,
                advice: "lower \(field) or task_parallelism so that they come to at most \(most)")
        }
        return nil
    }
}

extension MissingAmount.Kind {
    /// The field of the job that asks for it, and its name in a sentence.
    var field: (field: String, name: String) {
        switch self {
        case .cores: ("job_parameters.common.task_cores", "cores")
        case .memoryBytes: ("job_parameters.common.memory_bytes", "bytes of memory")
        case .workingNodes: ("job_parameters.common.eggroll_run", "working nodes")
        }
    }
}
