import NornFlow

/// One turn of a site's driver: what it steps until nothing of the site's own is left, and one commit for all of it.
struct Turn {
    /// How the commit goes.
    enum Fate {
        case fine, undone, conflict, killedBefore, killedAfter, answerLost
    }

    struct Outward {
        var effect: Effect
        /// The slot of the aggregate, and which it is.
        var slot: Int
        var isCoordinator: Bool
    }

    struct Touched {
        var slot: Int
        var isCoordinator: Bool
        /// It need not be written for this step.
        var isQuiet: Bool
    }

    var queue: [LocalEvent] = []
    /// For the site's next turns, once this one is durable.
    var next: [LocalEvent] = []
    var touched: [Touched] = []
    /// In order; performed after the commit.
    var outward: [Outward] = []
    /// The rows as they were, if the turn may have to be undone.
    var saved: SimulatedSite.Rows?

    /// Whether a step of this turn has the row written.
    func writes(_ slot: Int, isCoordinator: Bool) -> Bool {
        touched.contains { $0.slot == slot && $0.isCoordinator == isCoordinator && !$0.isQuiet }
    }

    mutating func begin(_ events: [LocalEvent]) {
        queue.removeAll(keepingCapacity: true)
        outward.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        queue += events
        saved = nil
    }
}

extension World {
    mutating func drain(_ site: Int) {
        if sites[site].isUp, sites[site].stalledUntil <= now, let unsettled = sites[site].unsettled.take() {
            turn = unsettled
            performAll(site)
        }
        while violation == nil, sites[site].isUp, sites[site].inboxHead < sites[site].inbox.count {
            if sites[site].stalledUntil > now { return }
            if strikes(.stall) {
                sites[site].stalledUntil = now + chances.sites.number(10...3_000)
                if keepsHistory { note(site, "stands still until \(sites[site].stalledUntil) ms") }
                agenda.add(.goOn(site), at: sites[site].stalledUntil)
                return
            }
            let event = sites[site].inbox[sites[site].inboxHead]
            sites[site].inboxHead += 1
            if sites[site].inboxHead == sites[site].inbox.count {
                sites[site].inbox.removeAll(keepingCapacity: true)
                sites[site].inboxHead = 0
            }
            take([event], at: site)
        }
    }

    private mutating func fate() -> Turn.Fate {
        guard areFaultsOn else { return .fine }
        if strikes(.kill) { return chances.sites.happens(5_000) ? .killedBefore : .killedAfter }
        if strikes(.answer) { return .answerLost }
        if strikes(.store) { return .undone }
        return strikes(.conflict) ? .conflict : .fine
    }

    /// One turn, one commit.
    mutating func take(_ events: [LocalEvent], at site: Int) {
        let fate = fate()
        turn.begin(events)
        let isUndone = fate == .undone || fate == .conflict || fate == .killedBefore
        if isUndone { turn.saved = sites[site].rows }
        if plan.planted == .undurableCommit { sites[site].lastRows = sites[site].rows }
        stepAll(site)
        if isUndone, plan.planted == .effectsBeforeCommit { performAll(site) }
        if isUndone { undo(site, readsAgain: fate == .conflict) }
        switch fate {
        case .fine: performAll(site)
        case .killedBefore: kill(site, "before a commit")
        case .killedAfter: kill(site, "between commit and effects")
        case .undone, .conflict:
            if keepsHistory { note(site, "commits nothing, steps again") }
            turn.begin(events)
            stepAll(site)
            performAll(site)
        case .answerLost:
            if keepsHistory { note(site, "does not hear that it has committed") }
            guard plan.planted == .lostEffects else { return findOut(site) }
            turn.begin(events)
            stepAll(site)
            performAll(site)
        }
    }

    /// The commit is durable, and the driver does not know: it steps nothing before it has read the rows, at once or
    /// when the store answers; it may be killed before.
    private mutating func findOut(_ site: Int) {
        guard violation == nil else { return }
        if chances.sites.happens(2_000) { return kill(site, "before it knows of its commit") }
        guard chances.sites.happens(5_000) else { return performAll(site) }
        sites[site].unsettled = turn
        sites[site].stalledUntil = now + chances.sites.number(10...3_000)
        agenda.add(.goOn(site), at: sites[site].stalledUntil)
    }

    private mutating func stepAll(_ site: Int) {
        var next = 0
        while next < turn.queue.count, violation == nil {
            let event = turn.queue[next]
            next += 1
            step(site, event)
        }
    }

    /// Nothing of the turn remains. After a conflict the rows are what the store has.
    private mutating func undo(_ site: Int, readsAgain: Bool) {
        guard let rows = turn.saved.take() else { return }
        sites[site].rows = rows
        if readsAgain { loseUnwritten(site) }
        makeLedger(site)
    }

    /// What is left to do outside, in order; the site may die before any of it.
    private mutating func performAll(_ site: Int) {
        guard violation == nil else { return }
        checkCommitted(site)
        sites[site].inbox += turn.next
        let outward = turn.outward
        for item in outward {
            if strikes(.kill) { return kill(site, "between two effects") }
            perform(site, item)
            guard violation == nil else { return }
        }
        check(siteAt: site)
    }
}
