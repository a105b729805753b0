/// What those who wait are told.
extension Ledger {
    /// How many lanes of one share are looked at for a place that is told; the views look at all. How many
    /// unconfirmed holds are looked at for whether to wait for them.
    static let lanesLookedAtMaximum = 1024
    static let gatheringLookedAtMaximum = 128

    /// Tells one that has just asked that it waits, unless it waits for younger ones that may give up at once.
    mutating func answer(_ slot: Int, _ effects: inout [Effect]) {
        let pool = book[slot].pool
        guard mayWaitUntold(slot) else { return tellShort(slot, &effects) }
        if !pools[pool].silent.contains(slot) { pools[pool].silent.append(slot) }
    }

    mutating func tellShort(_ slot: Int, _ effects: inout [Effect]) {
        let pool = book[slot].pool
        let shortage = shortage(slot, lanesMaximum: Self.lanesLookedAtMaximum)
        book[slot].isToldShort = true
        pools[pool].silent.removeAll { $0 == slot }
        pools[pool].keepers.removeAll { $0 == slot }
        if !shortage.blockedByOlder { pools[pool].keepers.append(slot) }
        effects.append(.tell(.short(book[slot].member, round: book[slot].round, shortage)))
    }

    /// Those who wait untold have to be told when they are no longer first or others confirm; those who may keep what
    /// they hold elsewhere, when an older one has come. There is one of either, or there was until now.
    mutating func review(_ pool: Int, _ effects: inout [Effect]) {
        for slot in pools[pool].silent where !mayWaitUntold(slot) { tellShort(slot, &effects) }
        for slot in pools[pool].keepers where isBlockedByOlder(slot) { tellShort(slot, &effects) }
    }

    private func mayWaitUntold(_ slot: Int) -> Bool {
        let pool = book[slot].pool
        guard closedBecause == nil, pools[pool].turns.first?.seat == book[slot].seat else { return false }
        return waitsForYounger(slot)
    }

    /// Whether it would fit if younger ones that have not confirmed gave up.
    func waitsForYounger(_ slot: Int) -> Bool {
        let pool = book[slot].pool
        let elder = Elder(priority: book[slot].priority, job: book[slot].member.job, age: book[slot].age)
        var free = pools[pool].free - keptForClaimants(before: slot)
        guard !extras[slot].fits(in: free) else { return false }
        var position = pools[pool].gathering.position(of: elder)
        var looked = 0
        while let other = pools[pool].gathering[position], looked < Self.gatheringLookedAtMaximum {
            if other.job != elder.job { free = free + (pools[pool].jobs[key: other.job]?.occupies ?? .none) }
            if extras[slot].fits(in: free) { return true }
            position = pools[pool].gathering.after(position)
            looked += 1
        }
        return false
    }

    /// Whether an older job waits or gathers here; for one that waits for its limit, under that limit as well.
    func isBlockedByOlder(_ slot: Int) -> Bool {
        let elder = Elder(priority: book[slot].priority, job: book[slot].member.job, age: book[slot].age)
        if pools[book[slot].pool].oldest?.isOlder(than: elder) == true { return true }
        guard let counter = lanes[book[slot].lane].parkedAt else { return false }
        return counters[counter].elders.first?.isOlder(than: elder) == true
            || pools.contains { $0.gathering.first?.isOlder(than: elder) == true }
    }

    func shortage(_ slot: Int, lanesMaximum: Int) -> Shortage {
        let pool = book[slot].pool
        let place = place(of: slot, lanesMaximum: lanesMaximum)
        let blockedByOlder = isBlockedByOlder(slot)
        let holdsHere = !pools[pool].jobs[book[slot].jobPlace].held.isEmpty
        if let closedBecause, !holdsHere {
            return Shortage(
                missing: [], place: place, cause: .lowDisk, words: closedBecause, blockedByOlder: blockedByOlder)
        }
        let lane = book[slot].lane
        let limit = lanes[lane].parkedAt ?? lanes[lane].counters.first { !counters[$0].fits(book[slot]) }
        if let limit {
            return Shortage(
                missing: [], place: place, cause: .limit, words: counters[limit].words, blockedByOlder: blockedByOlder)
        }
        return Shortage(
            missing: extras[slot].missing(from: pools[pool].free), place: place, blockedByOlder: blockedByOlder)
    }

    /// The place in the order of turns, from 1. With many lanes of one share and more than `lanesMaximum` of them to
    /// look at, those beyond count whole: never a better place than it is.
    func place(of slot: Int, lanesMaximum: Int) -> Int {
        guard let turn = turn(of: slot) else { return 0 }
        let pool = book[slot].pool
        let own = lanes[turn.lane].entries.rank(of: Waiting(seat: turn.seat, slot: slot))
        let bucket = turn.bucket
        let before = pools[pool].buckets.reduce(0) { $1.key.isBefore(bucket) ? $0 + $1.value.waiting : $0 }
        var known = lanes[turn.lane].parkedAt == nil ? lanes[turn.lane].entries.count : 0
        guard let content = pools[pool].buckets[bucket], content.waiting > known else { return before + own + 1 }
        if content.youngest == turn.seat { return before + content.waiting }
        var older = own
        var start = turn
        start.seat = Seat(MemberKey(job: "", party: turn.member.party))
        var position = pools[pool].turns.position(of: start)
        var looked = 0
        while let other = pools[pool].turns[position], other < turn {
            if looked >= lanesMaximum { return before + older + content.waiting - known + 1 }
            if other.lane != turn.lane {
                let entries = lanes[other.lane].entries
                older += entries.rank(of: Waiting(seat: turn.seat, slot: -1))
                known += entries.count
            }
            position = pools[pool].turns.after(position)
            looked += 1
        }
        return before + older + 1
    }
}
