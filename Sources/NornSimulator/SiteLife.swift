import NornFlow

/// How sites die and come up again.
extension World {
    mutating func kill(_ site: Int, _ when: StaticString) {
        note(site, "is killed \(when)")
        sites[site].isUp = false
        for number in jobs.indices { jobs[number].workers.removeAll { $0.site == site } }
        sites[site].inbox.removeAll(keepingCapacity: true)
        sites[site].inboxHead = 0
        sites[site].stalledUntil = 0
        if plan.planted == .undurableCommit, let rows = sites[site].lastRows {
            let epoch = sites[site].rows.epoch
            sites[site].rows = rows
            sites[site].rows.epoch = epoch
        }
        agenda.add(.restart(site), at: now + chances.sites.number(10...120_000))
    }

    mutating func restart(_ site: Int) {
        restore(site)
        sites[site].isUp = true
        sites[site].rows.epoch += 1
        sites[site].isSplit = chances.sites.happens(3_000)
        startClock(site)
        note(site, "is up again, epoch \(sites[site].rows.epoch)")
        sites[site].cores = Workload.coresPerSite
        plantAtStart(site)
        startHeart(site)
        drain(site)
    }

    /// What the driver of a site does at its start.
    private mutating func startHeart(_ site: Int) {
        let epoch = sites[site].rows.epoch
        sites[site].inbox.append(.ledger(.configured(capacity)))
        if plan.planted != .silentRestart {
            for slot in sites[site].rows.members.indices {
                guard let member = sites[site].rows.members[slot], !member.isSettled else { continue }
                sites[site].inbox.append(.member(slot, .siteRestarted(epoch: epoch)))
            }
        }
        for number in jobs.indices where jobs[number].home == site {
            guard let coordinator = sites[site].rows.coordinators[number], !coordinator.isSettled else { continue }
            sites[site].inbox.append(.coordinator(number, .siteRestarted(fence: epoch)))
        }
    }

    mutating func backUp(_ site: Int) {
        sites[site].backup = sites[site].rows
        if areFaultsOn { agenda.add(.backUp(site), at: now + 60_000) }
    }

    /// A restore brings the rows of a backup, and an epoch above all before.
    private mutating func restore(_ site: Int) {
        guard let backup = sites[site].backup, strikes(.restore) else { return }
        note(site, "is restored from a backup")
        let epoch = sites[site].rows.epoch
        sites[site].rows = backup
        sites[site].rows.epoch = epoch
    }
}
