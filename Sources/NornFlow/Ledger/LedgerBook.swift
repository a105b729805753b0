/// Entries come and go, and with them what each index says of them.
extension Ledger {
    /// Makes all indexes anew for a capacity and a policy: the one event that looks at every entry.
    mutating func reindex(_ capacity: [String: Resources], _ policy: LedgerPolicy) {
        let entries = slots.values.sorted().map { book[$0] }
        (self.capacity, self.policy) = (capacity, policy)
        (pools, poolPlaces, book, extras, freeSlots, slots) = ([], [:], [], [], [], [:])
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
        let place = pool(new.claim.engine)
        let (job, owner) = (entry.member.job, entry.account.owner)
        entry.pool = place
        entry.age = Age(job)
        entry.jobPlace =
            pools[place].jobs.place(of: job)
            ?? pools[place].jobs.add(job, Pool.JobHere(id: job, priority: entry.priority))
        entry.ownerPlace = pools[place].owners.place(of: owner) ?? pools[place].owners.add(owner, Pool.Owner())
        pools[place].owners[entry.ownerPlace].entries += 1
        let slot = freeSlots.popLast() ?? book.count
        if slot == book.count {
            book.append(entry)
            extras.append(.none)
        } else {
            book[slot] = entry
        }
        slots[entry.member] = slot
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
        let (pool, job, owner) = (book[slot].pool, book[slot].jobPlace, book[slot].ownerPlace)
        if pools[pool].jobs[job].held.isEmpty, pools[pool].jobs[job].queued.isEmpty {
            pools[pool].jobs.remove(book[slot].member.job)
        }
        pools[pool].owners[owner].entries -= 1
        if pools[pool].owners[owner].entries == 0 { pools[pool].owners.remove(book[slot].account.owner) }
        slots[book[slot].member] = nil
        freeSlots.append(slot)
    }

    // MARK: In the queue

    mutating func enterQueue(_ slot: Int) {
        let (pool, seat) = (book[slot].pool, book[slot].seat)
        pools[pool].jobs[book[slot].jobPlace].queued.append(slot)
        extras[slot] = extra(for: slot)
        pools[pool].waiting += 1
        if book[slot].claim.resources.cores == 0 { pools[pool].corelessWaiting += 1 }
        let lane = lane(for: slot)
        book[slot].lane = lane
        count(lane, by: 1, youngest: seat)
        lanes[lane].entries.insert(Waiting(seat: seat, slot: slot))
        if lanes[lane].turn == nil || lanes[lane].entries.first?.slot == slot { place(lane) }
    }

    mutating func leaveQueue(_ slot: Int) {
        let (pool, lane, seat) = (book[slot].pool, book[slot].lane, book[slot].seat)
        pools[pool].jobs[book[slot].jobPlace].queued.removeAll { $0 == slot }
        pools[pool].waiting -= 1
        if book[slot].claim.resources.cores == 0 { pools[pool].corelessWaiting -= 1 }
        if pools[pool].front == slot || pools[pool].claimants.contains(slot) {
            pools[pool].front = nil
            pools[pool].needsScan = true
        }
        pools[pool].silent.removeAll { $0 == slot }
        pools[pool].keepers.removeAll { $0 == slot }
        pools[pool].claimants.removeAll { $0 == slot }
        for counter in lanes[lane].counters { counters[counter].forget(seat.member) }
        count(lane, by: -1, youngest: seat)
        lanes[lane].entries.remove(Waiting(seat: seat, slot: slot))
        book[slot].lane = -1
        if lanes[lane].entries.isEmpty {
            unplace(lane)
            drop(lane)
        } else if lanes[lane].turn?.seat == seat {
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
        let owner = book[slot].ownerPlace
        let new = Lane(key: key, pool: pool, owner: owner, counters: counters(for: account))
        if lane == lanes.count { lanes.append(new) } else { lanes[lane] = new }
        pools[pool].lanes[key] = lane
        pools[pool].owners[owner].lanes.append(lane)
        return lane
    }

    private mutating func drop(_ lane: Int) {
        let pool = lanes[lane].pool
        pools[pool].lanes[lanes[lane].key] = nil
        pools[pool].owners[lanes[lane].owner].lanes.removeAll { $0 == lane }
        freeLanes.append(lane)
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
        let (pool, job) = (book[slot].pool, book[slot].jobPlace)
        pools[pool].jobs[job].held.append(slot)
        if book[slot].status == .confirmed { pools[pool].jobs[job].confirmed += 1 }
        if !policy.limits.isEmpty {
            for counter in counters(for: book[slot].account) { counters[counter].add(book[slot]) }
        }
        recount(job, in: pool)
    }

    private mutating func vacate(_ slot: Int) {
        let (pool, job) = (book[slot].pool, book[slot].jobPlace)
        pools[pool].jobs[job].held.removeAll { $0 == slot }
        if book[slot].status == .confirmed { pools[pool].jobs[job].confirmed -= 1 }
        if !policy.limits.isEmpty {
            for counter in counters(for: book[slot].account) { counters[counter].subtract(book[slot]) }
        }
        recount(job, in: pool)
    }

    mutating func confirm(_ slot: Int) {
        let (pool, job) = (book[slot].pool, book[slot].jobPlace)
        book[slot].status = .confirmed
        pools[pool].jobs[job].confirmed += 1
        recount(job, in: pool)
        // A confirmed job may be one to preempt, and is none that gives up soon.
        pools[pool].needsScan = pools[pool].needsScan || policy.preemption == .lowerPriority
    }

    /// Brings the sums to what the entries of a job say. A job holds all that it claims here from its first party on.
    mutating func recount(_ job: Int, in pool: Int) {
        var here = pools[pool].jobs[job]
        let before = (owner: here.owner, occupies: here.occupies)
        here.occupies = occupation(here.held)
        here.owner = here.held.first.map { book[$0].ownerPlace } ?? -1
        let first = here.held.first ?? here.queued.first
        here.priority = first.map { book[$0].priority } ?? here.priority
        if here.held.isEmpty { here.isPreempted = false }
        let gathersAt = !here.held.isEmpty && here.confirmed == 0 ? here.priority : nil
        if gathersAt != here.gathersAt {
            if let priority = here.gathersAt { pools[pool].gathering.remove(Elder(priority: priority, job: here.id)) }
            if let gathersAt { pools[pool].gathering.insert(Elder(priority: gathersAt, job: here.id)) }
            here.gathersAt = gathersAt
        }
        pools[pool].jobs[job] = here
        for slot in here.queued { extras[slot] = extra(for: slot) }
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

    private mutating func charge(_ owner: Int, _ difference: Resources, in pool: Int) {
        guard difference != .none else { return }
        let occupies = pools[pool].owners[owner].occupies + difference
        let share = policy.fairShare ? pools[pool].dominantShare(of: occupies) : 0
        pools[pool].owners[owner].occupies = occupies
        guard share != pools[pool].owners[owner].share else { return }
        pools[pool].owners[owner].share = share
        for lane in pools[pool].owners[owner].lanes { place(lane) }
    }

    /// What has to be free besides what the job holds already.
    func extra(for slot: Int) -> Resources {
        let claim = book[slot].claim.resources
        let here = pools[book[slot].pool].jobs[book[slot].jobPlace]
        if here.held.isEmpty { return .larger(claim, book[slot].together) }
        let taken = here.held.reduce(Resources.none) { $0 + book[$1].claim.resources }
        return .larger(.none, claim - (here.occupies - taken))
    }
}
