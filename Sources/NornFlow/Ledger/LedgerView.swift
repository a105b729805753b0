extension Ledger {
    /// What is held of an engine. A job holds what it claims for all its parties here from its first party on.
    public func held(_ engine: String) -> Resources { Holdings(entries[engine, default: []]).used }

    public func free(_ engine: String) -> Resources { capacity[engine, default: .none] - held(engine) }

    /// Why a member waits, as it stands now; nil when it does not wait here.
    public func shortage(of member: MemberKey) -> Shortage? {
        for (engine, list) in entries {
            var place = 0
            for entry in list where entry.status == .queued {
                place += 1
                guard entry.member == member else { continue }
                let holdings = Holdings(list)
                let free = capacity[engine, default: .none] - holdings.used
                return Shortage(missing: holdings.extra(for: entry).missing(from: free), place: place)
            }
        }
        return nil
    }
}
