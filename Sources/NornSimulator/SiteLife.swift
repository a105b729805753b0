import NornFlow

/// How sites die and come up again.
extension World {
    mutating func kill(_ site: Int, _ when: StaticString) {
        if keepsHistory { note(site, "is killed \(when)") }
        sites[site].isUp = false
        for number in jobs.indices { jobs[number].workers.removeAll { $0.site == site } }
        // Who submits and gets no answer submits again.
        for case .submit(let number) in sites[site].inbox + turn.queue where jobs[number].home == site {
            agenda.add(.submit(number), at: now + 1_000)
        }
        sites[site].inbox.removeAll(keepingCapacity: true)
        sites[site].inboxHead = 0
        sites[site].stalledUntil = 0
        sites[site].unsettled = nil
        if plan.planted == .undurableCommit, let rows = sites[site].lastRows {
            let epoch = sites[site].rows.epoch
            sites[site].rows = rows
            sites[site].rows.epoch = epoch
        }
        loseUnwritten(site)
        agenda.add(.restart(site), at: now + chances.sites.number(10...120_000))
    }

    mutating func restart(_ site: Int) {
        let isRestored = restore(site)
        sites[site].isUp = true
        sites[site].upSince = now
        sites[site].rows.epoch += 1
        sites[site].isSplit = chances.sites.happens(3_000)
        sites[site].leavesUnwritten = leavesUnwritten()
        startClock(site)
        if keepsHistory { note(site, "is up again, epoch \(sites[site].rows.epoch)") }
        plantAtStart(site)
        startHeart(site, isRestored: isRestored)
        drain(site)
    }

    /// What the driver of a site does at its start, in one turn: no consequence of one aggregate's restart may reach
    /// another that does not know of it yet. Restored, it tells of what has ended too: that may have run again since.
    private mutating func startHeart(_ site: Int, isRestored: Bool) {
        let epoch = sites[site].rows.epoch
        var events: [LocalEvent] = []
        makeLedger(site)
        // The capacity may be less than when this was granted.
        sites[site].heldCores = sites[site].ledger.held(Workload.engine).cores
        for number in jobs.indices where jobs[number].home == site {
            guard let coordinator = sites[site].rows.coordinators[number], !coordinator.isDone else { continue }
            events.append(.coordinator(number, .siteRestarted(fence: epoch)))
        }
        if plan.planted != .silentRestart {
            for slot in sites[site].rows.members.indices {
                guard let member = sites[site].rows.members[slot], isRestored || !member.isSettled else { continue }
                events.append(.member(slot, .siteRestarted(epoch: epoch)))
            }
        }
        take(events, at: site)
    }

    /// The ledger is no row: it is made from the members' rows.
    mutating func makeLedger(_ site: Int) {
        sites[site].toldCores = sites[site].cores
        let members = sites[site].rows.members.lazy.compactMap(\.self).filter { !$0.isSettled }
        sites[site].ledger = Ledger(
            site: sites[site].name, capacity: ledgerCapacity(site), policy: sites[site].policy, members: members,
            at: instant(site), closedBecause: sites[site].isDiskLow ? Self.lowDisk : nil)
    }

    mutating func backUp(_ site: Int) {
        sites[site].backup = sites[site].rows.durable
        if areFaultsOn { agenda.add(.backUp(site), at: now + 60_000) }
    }

    /// A restore brings the rows of a backup, and an epoch above all before. Returns whether there was one.
    private mutating func restore(_ site: Int) -> Bool {
        guard let backup = sites[site].backup, strikes(.restore) else { return false }
        if keepsHistory { note(site, "is restored from a backup") }
        let epoch = sites[site].rows.epoch
        sites[site].rows = backup
        sites[site].rows.epoch = epoch
        sites[site].isRestored = true
        for slot in marks.indices where jobs[slot / Self.slotsOfJob].isAt(site, slot) {
            marks[slot] = Mark()
            marks[slot].together = backup.members[slot]?.orders.reservation.together
        }
        for number in jobs.indices where jobs[number].home == site { forget(number) }
        return true
    }

    /// The coordinator that had the job knows less of it than it did: what it does again is not held against it.
    private mutating func forget(_ number: Int) {
        let row = coordinator(of: jobs[number])
        jobs[number].isForgotten = true
        (jobs[number].final, jobs[number].attempts) = (nil, 0)
        jobs[number].contract = row?.contractNumber ?? 0
    }
}
