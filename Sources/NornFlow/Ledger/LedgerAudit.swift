extension Ledger {
    /// Recomputes from the entries alone what the indexes keep; the first difference, or nil. For tests and the
    /// simulator: it looks at every entry.
    package func audit() -> String? {
        for pool in pools.indices {
            if let difference = auditSums(pool) ?? auditQueue(pool) { return "\(pools[pool].engine): \(difference)" }
        }
        return auditCounters()
    }

    private func auditSums(_ pool: Int) -> String? {
        var holding: [JobID: [Int]] = [:]
        for slot in slots.values where book[slot].pool == pool && book[slot].status != .queued {
            holding[book[slot].member.job, default: []].append(slot)
        }
        let used = holding.values.reduce(Resources.none) { $0 + occupation($1) }
        if used != pools[pool].used { return "\(pools[pool].used) is used, the reservations come to \(used)" }
        var owners: [String: Resources] = [:]
        for (job, here) in pools[pool].jobs.all {
            if Set(here.held) != Set(holding[job] ?? []) { return "\(job) holds \(here.held)" }
            let confirmed = here.held.count { book[$0].status == .confirmed }
            if confirmed != here.confirmed { return "\(job) confirmed \(here.confirmed), not \(confirmed)" }
            if !here.held.isEmpty {
                let owner = pools[pool].owners[here.owner]
                let name = book[here.held[0]].account.owner
                if owner.entries < 1 { return "\(name) is gone" }
                owners[name, default: .none] = owners[name, default: .none] + here.occupies
            }
            for slot in here.queued where extra(for: slot) != extras[slot] { return "\(book[slot].member): extra" }
        }
        for (name, owner) in pools[pool].owners.all where owner.occupies != owners[name] ?? .none {
            return "\(name) occupies \(owner.occupies), not \(owners[name] ?? .none)"
        }
        let gathering = pools[pool].jobs.all.count { !$0.value.held.isEmpty && $0.value.confirmed == 0 }
        return gathering == pools[pool].gathering.count
            ? nil : "\(pools[pool].gathering.count) gather, not \(gathering)"
    }

    private func auditQueue(_ pool: Int) -> String? {
        let queued = slots.values.filter { book[$0].pool == pool && book[$0].status == .queued }
        let coreless = queued.count { book[$0].claim.resources.cores == 0 }
        if queued.count != pools[pool].waiting || coreless != pools[pool].corelessWaiting { return "waiting" }
        var inLanes = 0
        var buckets: [Bucket: Int] = [:]
        for lane in pools[pool].lanes.values {
            inLanes += lanes[lane].entries.count
            guard let turn = lanes[lane].turn, turn.seat == lanes[lane].entries.first?.seat,
                turn.share == pools[pool].owners[lanes[lane].owner].share
            else { return "lane \(lanes[lane].key) does not stand where it should" }
            if lanes[lane].parkedAt == nil { buckets[turn.bucket, default: 0] += lanes[lane].entries.count }
        }
        if inLanes != queued.count { return "\(inLanes) in lanes, \(queued.count) queued" }
        let parked = pools[pool].lanes.values.count { lanes[$0].parkedAt != nil }
        let inTurns = pools[pool].lanes.count - parked
        if pools[pool].turns.count != inTurns || pools[pool].elders.count != inTurns { return "turns" }
        return buckets == pools[pool].buckets.mapValues(\.waiting) ? nil : "buckets"
    }

    private func auditCounters() -> String? {
        for (place, counter) in counters.enumerated() {
            var expected = LimitCounter(counter.limit, key: counter.key)
            for slot in slots.values where book[slot].status != .queued {
                let limit = policy.limits[counter.key.limit]
                guard limit.covers(book[slot].account),
                    limit.key(counter.key.limit, for: book[slot].account) == counter.key
                else { continue }
                expected.add(book[slot])
            }
            if expected.jobs != counter.jobs || expected.cores != counter.cores { return counter.words }
            let parked = pools.reduce(0) { sum, pool in sum + pool.lanes.values.count { lanes[$0].parkedAt == place } }
            if parked != counter.parked.count || parked != counter.elders.count {
                return "\(parked) parked, not \(counter.parked.count)"
            }
        }
        return nil
    }
}
