/// Entries come and go, and with them what each index says of them.
extension Ledger {
    /// Makes all indexes anew for a capacity and a policy: the one event that looks at every entry.
    mutating func reindex(_ capacity: [String: Resources], _ policy: LedgerPolicy) {
        let entries = slots.values.sorted().map { book[$0] }
        (self.capacity, self.policy) = (capacity, policy)
        (pools, poolPlaces, book, freeSlots, slots) = ([], [:], [], [], [:])
        (lanes, freeLanes, counters, counterPlaces) = ([], [], [], [:])
        for engine in capacity.keys.sorted() { _ = pool(engine) }
        for entry in entries { insert(entry) }
    }

    mutating func pool(_ engine: String) -> Int {
        if let place = poolPlaces[engine] { return place }
        pools.append(Pool(engine: engine, capacity: capacity[engine] ?? .none))
        poolPlaces[engine] = pools.count - 1
        return pools.count - 1
    }

    @discardableResult mutating func insert(_ new: Entry) -> Int {
        var entry = new
        entry.pool = pool(new.claim.engine)
        let slot = freeSlots.popLast() ?? book.count
        if slot == book.count { book.append(entry) } else { book[slot] = entry }
        slots[entry.member] = slot
        if pools[entry.pool].jobs[entry.member.job] == nil {
            pools[entry.pool].jobs[entry.member.job] = Pool.JobHere(priority: entry.priority)
        }
        if entry.status == .queued { enterQueue(slot) } else { occupy(slot) }
        return slot
    }

    mutating func remove(_ slot: Int) {
        if book[slot].status == .queued {
            leaveQueue(slot)
        } else {
            vacate(slot)
            pools[book[slot].pool].needsScan = true
        }
        let (pool, member) = (book[slot].pool, book[slot].member)
        if let here = pools[pool].jobs[member.job], here.held.isEmpty, here.queued.isEmpty {
            pools[pool].jobs[member.job] = nil
        }
        slots[member] = nil
        freeSlots.append(slot)
    }

    // MARK: In the queue

    mutating func enterQueue(_ slot: Int) {
        let (pool, member) = (book[slot].pool, book[slot].member)
        pools[pool].jobs[member.job]?.queued.append(slot)
        book[slot].extra = extra(for: slot)
        pools[pool].waiting += 1
        if book[slot].claim.resources.cores == 0 { pools[pool].corelessWaiting += 1 }
        let lane = lane(for: slot)
        book[slot].lane = lane
        count(lane, by: 1, youngest: member)
        lanes[lane].entries.insert(Waiting(member: member, slot: slot))
        if lanes[lane].turn == nil || lanes[lane].entries.first?.slot == slot { place(lane) }
    }

    mutating func leaveQueue(_ slot: Int) {
        let (pool, lane, member) = (book[slot].pool, book[slot].lane, book[slot].member)
        pools[pool].jobs[member.job]?.queued.removeAll { $0 == slot }
        pools[pool].waiting -= 1
        if book[slot].claim.resources.cores == 0 { pools[pool].corelessWaiting -= 1 }
        if pools[pool].front == slot || pools[pool].claimants.contains(slot) {
            pools[pool].front = nil
            pools[pool].needsScan = true
        }
        pools[pool].silent.removeAll { $0 == slot }
        pools[pool].keepers.removeAll { $0 == slot }
        pools[pool].claimants.removeAll { $0 == slot }
        for counter in lanes[lane].counters { counters[counter].forget(member) }
        count(lane, by: -1, youngest: member)
        lanes[lane].entries.remove(Waiting(member: member, slot: slot))
        book[slot].lane = -1
        if lanes[lane].entries.isEmpty {
            unplace(lane)
            drop(lane)
        } else if lanes[lane].turn?.member == member {
            place(lane)
        }
    }

    private mutating func lane(for slot: Int) -> Int {
        let (pool, account) = (book[slot].pool, book[slot].account)
        let key = Lane.Key(
            priority: book[slot].priority, owner: account.owner, party: account.party.id,
            partner: account.initiator.id)
        if let lane = pools[pool].lanes[key] { return lane }
        let lane = freeLanes.popLast() ?? lanes.count
        let new = Lane(key: key, pool: pool, counters: counters(for: account))
        if lane == lanes.count { lanes.append(new) } else { lanes[lane] = new }
        pools[pool].lanes[key] = lane
        pools[pool].owners[account.owner, default: Pool.Owner()].lanes.append(lane)
        return lane
    }

    private mutating func drop(_ lane: Int) {
        let (pool, key) = (lanes[lane].pool, lanes[lane].key)
        pools[pool].lanes[key] = nil
        pools[pool].owners[key.owner]?.lanes.removeAll { $0 == lane }
        dropOwner(key.owner, in: pool)
        freeLanes.append(lane)
    }

    private mutating func dropOwner(_ name: String, in pool: Int) {
        guard let owner = pools[pool].owners[name], owner.lanes.isEmpty, owner.occupies == .none else { return }
        pools[pool].owners[name] = nil
    }

    /// The counters of all limits that cover the account, made when they are first needed.
    mutating func counters(for account: Account) -> [Int] {
        policy.limits.indices.filter { policy.limits[$0].covers(account) }.map { limit in
            let key = policy.limits[limit].key(limit, for: account)
            if let counter = counterPlaces[key] { return counter }
            counters.append(LimitCounter(policy.limits[limit], key: key))
            counterPlaces[key] = counters.count - 1
            return counters.count - 1
        }
    }

    // MARK: Held

    mutating func occupy(_ slot: Int) {
        let (pool, member) = (book[slot].pool, book[slot].member)
        pools[pool].jobs[member.job]?.held.append(slot)
        if book[slot].status == .confirmed { pools[pool].jobs[member.job]?.confirmed += 1 }
        if !policy.limits.isEmpty {
            for counter in counters(for: book[slot].account) { counters[counter].add(book[slot]) }
        }
        recount(member.job, in: pool)
    }

    private mutating func vacate(_ slot: Int) {
        let (pool, member) = (book[slot].pool, book[slot].member)
        pools[pool].jobs[member.job]?.held.removeAll { $0 == slot }
        if book[slot].status == .confirmed { pools[pool].jobs[member.job]?.confirmed -= 1 }
        if !policy.limits.isEmpty {
            for counter in counters(for: book[slot].account) { counters[counter].subtract(book[slot]) }
        }
        recount(member.job, in: pool)
    }

    mutating func confirm(_ slot: Int) {
        let (pool, job) = (book[slot].pool, book[slot].member.job)
        book[slot].status = .confirmed
        pools[pool].jobs[job]?.confirmed += 1
        recount(job, in: pool)
        // A confirmed job may be one to preempt, and is none that gives up soon.
        pools[pool].needsScan = pools[pool].needsScan || policy.preemption == .lowerPriority
    }

    /// Brings the sums to what the entries of a job say. A job holds all that it claims here from its first party on.
    mutating func recount(_ job: JobID, in pool: Int) {
        guard var here = pools[pool].jobs[job] else { return }
        let before = (owner: here.owner, occupies: here.occupies)
        pools[pool].gathering.remove(Elder(priority: here.priority, job: job))
        here.occupies = occupation(here.held)
        here.owner = here.held.first.map { book[$0].account.owner } ?? ""
        here.priority = (here.held.first ?? here.queued.first).map { book[$0].priority } ?? here.priority
        if here.held.isEmpty { here.isPreempted = false }
        if !here.held.isEmpty, here.confirmed == 0 {
            pools[pool].gathering.insert(Elder(priority: here.priority, job: job))
        }
        pools[pool].jobs[job] = here
        for slot in here.queued { book[slot].extra = extra(for: slot) }
        guard before.owner != here.owner || before.occupies != here.occupies else { return }
        pools[pool].used = pools[pool].used - before.occupies + here.occupies
        if before.owner == here.owner {
            charge(here.owner, here.occupies - before.occupies, in: pool)
        } else {
            charge(before.owner, .none - before.occupies, in: pool)
            charge(here.owner, here.occupies, in: pool)
        }
    }

    func occupation(_ held: [Int]) -> Resources {
        var sum = Resources.none
        var together = Resources.none
        for slot in held {
            sum = sum + book[slot].claim.resources
            together = .larger(together, book[slot].together)
        }
        return .larger(sum, together)
    }

    private mutating func charge(_ name: String, _ difference: Resources, in pool: Int) {
        guard difference != .none else { return }
        var owner = pools[pool].owners[name] ?? Pool.Owner()
        owner.occupies = owner.occupies + difference
        let share = policy.fairShare ? pools[pool].dominantShare(of: owner.occupies) : 0
        let moves = share != owner.share
        owner.share = share
        pools[pool].owners[name] = owner
        if moves { for lane in owner.lanes { place(lane) } }
        dropOwner(name, in: pool)
    }

    /// What has to be free besides what the job holds already.
    func extra(for slot: Int) -> Resources {
        let claim = book[slot].claim.resources
        guard let here = pools[book[slot].pool].jobs[book[slot].member.job], !here.held.isEmpty else {
            return .larger(claim, book[slot].together)
        }
        let taken = here.held.reduce(Resources.none) { $0 + book[$1].claim.resources }
        return .larger(.none, claim - (here.occupies - taken))
    }
}
