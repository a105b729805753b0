/// What the jobs under one limit hold at the site, over all its engines, and the lanes that it keeps waiting.
struct LimitCounter: Sendable {
    struct Key: Sendable, Hashable {
        /// The place of the limit in the policy.
        var limit: Int
        /// The one that a limit for each stands for; empty otherwise.
        var party = ""
        var partner = ""
    }

    let limit: LedgerPolicy.Limit
    let key: Key
    /// By job, how many of its entries hold.
    var jobs: [JobID: Int] = [:]
    var cores = 0
    var parked = SortedChunks<Turn>()
    /// The same lanes in the global order of their heads.
    var elders = SortedChunks<Elder>()
    /// The first that waits for cores of the limit; others under it pass it within the bounds of backfill.
    var first: MemberKey?
    var firstSince = Instant(milliseconds: 0)
    var passes = 0
    /// Something was given back: parked lanes may go on.
    var hasRoom = false

    init(_ limit: LedgerPolicy.Limit, key: Key) {
        self.limit = limit
        self.key = key
    }

    func allows(_ entry: Ledger.Entry, _ backfill: LedgerPolicy.Backfill, at now: Instant) -> Bool {
        guard fits(entry) else { return false }
        guard let first, first != entry.member else { return true }
        return passes < backfill.passesMaximum && now - firstSince < backfill.patienceMilliseconds
    }

    func fits(_ entry: Ledger.Entry) -> Bool {
        if let most = limit.jobs, jobs[entry.member.job] == nil, jobs.count >= most { return false }
        if let most = limit.cores, cores + entry.claim.resources.cores > most { return false }
        return true
    }

    mutating func add(_ entry: Ledger.Entry) {
        jobs[entry.member.job, default: 0] += 1
        cores += entry.claim.resources.cores
        if first != nil { passes += 1 }
    }

    mutating func subtract(_ entry: Ledger.Entry) {
        let left = (jobs[entry.member.job] ?? 1) - 1
        jobs[entry.member.job] = left > 0 ? left : nil
        cores -= entry.claim.resources.cores
        hasRoom = true
    }

    /// Remembers who waits for cores first.
    mutating func refuse(_ entry: Ledger.Entry, at now: Instant) {
        guard first == nil, let most = limit.cores, entry.claim.resources.cores <= most,
            cores + entry.claim.resources.cores > most
        else { return }
        (first, firstSince, passes) = (entry.member, now, 0)
    }

    mutating func forget(_ member: MemberKey) {
        guard first == member else { return }
        first = nil
        hasRoom = true
    }

    /// Which limit, and what is held of it.
    var words: String {
        let counted = [
            limit.jobs.map { "\(jobs.count) of at most \($0) jobs" },
            limit.cores.map { "\(cores) of at most \($0) cores" },
        ].compactMap(\.self)
        return "\(limit.subject(party: key.party, partner: key.partner)) hold \(counted.joined(separator: " and "))"
    }
}

extension LedgerPolicy.Limit {
    /// Whether jobs of the account fall under it.
    func covers(_ account: Account) -> Bool {
        (party == nil || party == Self.each || party == account.party.id)
            && (partner == nil || partner == Self.each || partner == account.initiator.id)
    }

    func key(_ place: Int, for account: Account) -> LimitCounter.Key {
        LimitCounter.Key(
            limit: place, party: party == Self.each ? account.party.id : "",
            partner: partner == Self.each ? account.initiator.id : "")
    }

    /// Whose jobs it is about, in words.
    func subject(party one: String, partner other: String) -> String {
        var words = "jobs"
        if let partner { words += " of partner \(partner == Self.each ? other : partner)" }
        if let party { words += " at party \(party == Self.each ? one : party)" }
        return words
    }
}
