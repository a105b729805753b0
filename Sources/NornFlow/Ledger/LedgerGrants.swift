/// Who gets what is free.
extension Ledger {
    /// Grants all that can be granted, then tells those who wait untold and may not go on so.
    mutating func settle(at now: Instant, _ effects: inout [Effect]) {
        repeat {
            openLimits(at: now)
            for pool in pools.indices where pools[pool].needsScan {
                while let slot = nextGrant(in: pool, at: now, &effects) { grant(slot, at: now, &effects) }
            }
        } while counters.contains(where: \.hasRoom)
        for pool in pools.indices { review(pool, &effects) }
    }

    /// The first, in the order of turns, that fits and may pass those before it that do not.
    private mutating func nextGrant(in pool: Int, at now: Instant, _ effects: inout [Effect]) -> Int? {
        pools[pool].front = nil
        guard pools[pool].waiting > 0, closedBecause == nil else { return nil }
        var refused: [(lane: Int, counter: Int)] = []
        var found: Int?
        var looked = 0
        let freeCores = pools[pool].free.cores
        var scan = TurnScan(self, pool: pool)
        while found == nil, looked < Self.lookAheadMaximum, let slot = scan.next(self, pool: pool) {
            if let counter = refusingCounter(slot, at: now) {
                if let lane = scan.skipLane() { refused.append((lane, counter)) }
                counters[counter].refuse(book[slot], at: now)
                continue
            }
            looked += 1
            // Most of those behind the first that does not fit are past with this one look.
            if pools[pool].front != nil, extras[slot].cores > max(0, freeCores) { continue }
            // What never fits holds nobody back.
            guard extras[slot].fits(in: pools[pool].capacity) else { continue }
            if fits(slot, at: now) {
                found = slot
            } else {
                setFront(slot, at: now, &effects)
            }
            if found == nil, nothingElseFits(in: pool, at: now) { break }
        }
        for (lane, counter) in refused { park(lane, at: counter) }
        pools[pool].needsScan = false
        return found
    }

    private mutating func setFront(_ slot: Int, at now: Instant, _ effects: inout [Effect]) {
        let pool = book[slot].pool
        guard pools[pool].front == nil, !pools[pool].claimants.contains(slot) else { return }
        book[slot].firstSince = book[slot].firstSince ?? now
        if policy.preemption == .lowerPriority { preempt(for: slot, &effects) }
        // What others give back for it is kept for it: the bounds are for the next one.
        if !pools[pool].claimants.contains(slot) { pools[pool].front = slot }
    }

    /// Every other one that waits asks for a core, and none is free, or those that are may not be taken from the first.
    private func nothingElseFits(in pool: Int, at now: Instant) -> Bool {
        guard let front = pools[pool].front, pools[pool].corelessWaiting == 0 else { return false }
        let free = pools[pool].free.cores
        return free <= 0 || (extras[front].cores > free && !mayBePassed(front, at: now))
    }

    /// Whether it fits beside what is kept for those for whom others give back, and for the first when it has been
    /// passed enough.
    func fits(_ slot: Int, at now: Instant) -> Bool {
        let pool = book[slot].pool
        var reserved = keptForClaimants(before: slot)
        if let front = pools[pool].front, front != slot, !mayBePassed(front, at: now) {
            reserved = reserved + extras[front]
        }
        return extras[slot].leaves(reserved, of: pools[pool].free)
    }

    /// What others give back is kept from those alone whose turn is later: two that kept it from each other would wait
    /// for ever.
    func keptForClaimants(before slot: Int) -> Resources {
        pools[book[slot].pool].claimants.reduce(Resources.none) { kept, claimant in
            claimant != slot && isBefore(claimant, slot) ? kept + extras[claimant] : kept
        }
    }

    private func mayBePassed(_ front: Int, at now: Instant) -> Bool {
        let since = book[front].firstSince ?? now
        return book[front].passes < policy.backfill.passesMaximum && now - since < policy.backfill.patienceMilliseconds
    }

    /// Whether a grant takes of what the one before it misses.
    private func delays(_ front: Int, _ slot: Int) -> Bool {
        !extras[slot].leaves(extras[front], of: pools[book[slot].pool].free)
    }

    /// Whether a request that has just come in goes before, or past, all that wait: when nobody else has to be
    /// looked at.
    func mayTakeNow(_ slot: Int, at now: Instant) -> Bool {
        let pool = book[slot].pool
        guard refusingCounter(slot, at: now) == nil else { return false }
        let joins = !pools[pool].jobs[book[slot].jobPlace].held.isEmpty
        if joins { return extras[slot] == .none || fits(slot, at: now) }
        guard closedBecause == nil, !pools[pool].needsScan, let front = pools[pool].front,
            lanes[book[slot].lane].parkedAt == nil
        else { return false }
        return isBefore(front, slot) && fits(slot, at: now)
    }

    func isBefore(_ one: Int, _ other: Int) -> Bool {
        guard let left = turn(of: one), let right = turn(of: other) else { return false }
        return left < right
    }

    func turn(of slot: Int) -> Turn? {
        guard book[slot].lane >= 0, var turn = lanes[book[slot].lane].turn else { return nil }
        turn.seat = book[slot].seat
        return turn
    }

    mutating func grant(_ slot: Int, at now: Instant, _ effects: inout [Effect]) {
        let (pool, job) = (book[slot].pool, book[slot].jobPlace)
        if let front = pools[pool].front, front != slot, delays(front, slot) { book[front].passes += 1 }
        leaveQueue(slot)
        book[slot].status = .held
        book[slot].since = now
        book[slot].firstSince = nil
        occupy(slot)
        effects.append(.tell(.held(book[slot].member, round: book[slot].round)))
        // What the first took for the others is theirs.
        let others = pools[pool].jobs[job].queued
        for other in others where book[other].status == .queued && extras[other] == .none {
            if refusingCounter(other, at: now) == nil { grant(other, at: now, &effects) }
        }
    }

    // MARK: Limits

    /// The first limit that does not allow it now.
    func refusingCounter(_ slot: Int, at now: Instant) -> Int? {
        guard !policy.limits.isEmpty else { return nil }
        return lanes[book[slot].lane].counters.first { !counters[$0].allows(book[slot], policy.backfill, at: now) }
    }

    /// Lets lanes go on whose limit has room again: those whose turn is first, as many as are looked at anyway.
    private mutating func openLimits(at now: Instant) {
        guard !policy.limits.isEmpty else { return }
        for counter in counters.indices where counters[counter].hasRoom {
            counters[counter].hasRoom = false
            let turns = counters[counter].parked.prefix(Self.lookAheadMaximum)
            var candidates = turns.map(\.lane)
            // There may be more to let go on.
            var opened = 0
            // The one that was passed often enough goes on wherever it stands.
            if let first = counters[counter].first, let slot = slots[first], book[slot].lane >= 0 {
                candidates.append(book[slot].lane)
            }
            for lane in candidates where lanes[lane].parkedAt == counter {
                guard let head = lanes[lane].entries.first?.slot else { continue }
                if counters[counter].allows(book[head], policy.backfill, at: now) {
                    unpark(lane)
                    opened += 1
                }
            }
            if opened >= Self.lookAheadMaximum { counters[counter].hasRoom = true }
        }
    }
}
