extension Ledger {
    /// Carries out one event. What is granted follows from the order of turns (priority, then the owner with the
    /// smallest share of the engine now, then age) and the bounds of backfill; see `LedgerGrants.swift`.
    ///
    /// An event costs O(log n) and a look at no more than `lookAheadMaximum` entries for each grant; `configured`
    /// alone looks at all.
    public mutating func step(_ event: Event, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .configured(let capacity, let policy):
            reindex(capacity, policy)
            for pool in pools.indices { pools[pool].needsScan = true }
            settle(at: now, &effects)
        case .admission(let isOpen, let why): admit(isOpen, why, at: now, &effects)
        case .request(let request): carryOut(request, at: now, &effects)
        }
        return effects
    }

    private mutating func carryOut(_ request: LedgerRequest, at now: Instant, _ effects: inout [Effect]) {
        let slot = slots[request.member]
        switch request {
        case .hold(let member, let round, let claim, let together, let priority, let account):
            if let slot {
                guard book[slot].round <= round else { return }
                if book[slot].round == round { return answerAgain(slot, priority: priority, at: now, &effects) }
                remove(slot)
            }
            hold(
                Entry(
                    member: member, round: round, claim: claim, together: together, priority: priority,
                    account: account, status: .queued, since: now), at: now, &effects)
        case .confirm(_, let round):
            guard let slot, book[slot].round == round, book[slot].status == .held else { return }
            confirm(slot)
            settle(at: now, &effects)
        case .release(_, let round):
            guard let slot, book[slot].round <= round else { return }
            remove(slot)
            settle(at: now, &effects)
        }
    }

    private mutating func hold(_ entry: Entry, at now: Instant, _ effects: inout [Effect]) {
        let pool = pool(entry.claim.engine)
        let wasScanned = !pools[pool].needsScan
        let slot = insert(entry)
        // One that comes in behind the first that does not fit changes nothing for the others.
        let isBehind = pools[pool].front.map { isBefore($0, slot) } ?? false
        pools[pool].needsScan = !(wasScanned && isBehind)
        if mayTakeNow(slot, at: now) { grant(slot, at: now, &effects) }
        settle(at: now, &effects)
        if book[slot].status == .queued, book[slot].member == entry.member { answer(slot, &effects) }
    }

    /// A request that came before: after a restart the member asks what it can count on.
    private mutating func answerAgain(_ slot: Int, priority: Int, at now: Instant, _ effects: inout [Effect]) {
        let pool = book[slot].pool
        if book[slot].priority != priority { setPriority(priority, of: slot) }
        guard book[slot].status == .queued else {
            effects.append(.tell(.held(book[slot].member, round: book[slot].round)))
            if pools[pool].jobs[book[slot].jobPlace].isPreempted { tellToGiveBack(slot, &effects) }
            return
        }
        settle(at: now, &effects)
        guard book[slot].status == .queued else { return }
        if book[slot].isToldShort { tellShort(slot, &effects) } else { answer(slot, &effects) }
    }

    private mutating func setPriority(_ priority: Int, of slot: Int) {
        guard book[slot].status == .queued else {
            book[slot].priority = priority
            return recount(book[slot].jobPlace, in: book[slot].pool)
        }
        leaveQueue(slot)
        book[slot].priority = priority
        enterQueue(slot)
        recount(book[slot].jobPlace, in: book[slot].pool)
    }

    private mutating func admit(_ isOpen: Bool, _ why: String, at now: Instant, _ effects: inout [Effect]) {
        let wasOpen = closedBecause == nil
        closedBecause = isOpen ? nil : why
        guard isOpen != wasOpen else { return }
        for pool in pools.indices where isOpen { pools[pool].needsScan = true }
        settle(at: now, &effects)
        guard !isOpen else { return }
        // The others hear of it when they ask again.
        for pool in pools.indices {
            var scan = TurnScan(self, pool: pool)
            var told: [Int] = []
            while told.count < Self.lookAheadMaximum, let slot = scan.next(self, pool: pool) { told.append(slot) }
            for slot in told { tellShort(slot, &effects) }
        }
    }
}
