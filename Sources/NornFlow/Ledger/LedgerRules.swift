extension LedgerPolicy {
    /// What a job asks for one of its parties at a site.
    public struct Part: Sendable, Hashable {
        public var claim: Claim
        public var account: Account

        public init(claim: Claim, account: Account) {
            self.claim = claim
            self.account = account
        }
    }

    /// A limit that a job would pass even if nothing else were held.
    public struct Excess: Sendable, Hashable {
        /// The place of the limit in the policy.
        public var limit: Int
        /// Whose jobs it is about, in words.
        public var whose: String
        /// The parties of the job that fall under it.
        public var parties: [Party]
        /// Cores that the job asks for them.
        public var wanted: Int
        /// Cores that the limit allows.
        public var most: Int
    }

    /// The first limit under which a job could never be granted; nil when there is none.
    /// - Parameter parts: the parts of the job at one site, which are held together.
    public func excess(of parts: [Part]) -> Excess? {
        for (place, limit) in limits.enumerated() {
            guard let most = limit.cores else { continue }
            let covered = Dictionary(grouping: parts.filter { limit.covers($0.account) }) {
                limit.key(place, for: $0.account)
            }
            for part in parts {
                guard let together = covered[limit.key(place, for: part.account)] else { continue }
                let wanted = together.reduce(0) { $0 + $1.claim.resources.cores }
                guard wanted > most else { continue }
                return Excess(
                    limit: place,
                    whose: limit.subject(party: part.account.party.id, partner: part.account.initiator.id),
                    parties: together.map(\.account.party), wanted: wanted, most: most)
            }
        }
        return nil
    }
}

extension MissingAmount.Kind {
    /// The key of a job's parameters that asks for it, and its name in a sentence.
    public var key: (key: String, name: String) {
        switch self {
        case .cores: ("task_cores", "cores")
        case .memoryBytes: ("memory_bytes", "bytes of memory")
        case .workingNodes: ("spark_run.num-executors", "working nodes")
        }
    }

    /// The field of the job that asks for it, and its name in a sentence.
    var field: (field: String, name: String) { ("conf.job_parameters.common.\(key.key)", key.name) }
}
