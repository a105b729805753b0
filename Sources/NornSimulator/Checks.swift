import NornFlow

/// Checks that look at all sites at once, as no site can.
extension World {
    mutating func fail(_ invariant: Violation.Invariant, _ what: String) {
        violation = violation ?? Violation(invariant: invariant, what: what)
    }

    mutating func check(_ coordinator: Coordinator) {
        let job = coordinator.job.id
        if let final = finals[job], final != coordinator.status {
            fail(.finalStaysFinal, "\(job): \(final) became \(coordinator.status)")
        }
        guard coordinator.status.isFinal else { return }
        finals[job] = coordinator.status
        let worker = sites.lazy.compactMap { $0.workers.keys.first { $0.job == job } }.first
        if let worker { fail(.endIsEnd, "\(worker) lives while its job is \(coordinator.status)") }
    }

    mutating func check(_ member: Member, before: Member) {
        let rises = (member.fence, member.ordersNumber) >= (before.fence, before.ordersNumber)
        if !rises || member.epoch < before.epoch { fail(.fencesRise, "\(member.key)") }
    }

    mutating func check(siteAt index: Int) {
        let site = sites[index]
        if let difference = site.ledger.audit() { fail(.heldWithinCapacity, "\(site.name): \(difference)") }
        for engine in site.ledger.engines {
            let held = site.ledger.held(engine)
            let capacity = site.ledger.capacity[engine] ?? .none
            if !held.fits(in: capacity) || !Resources.none.fits(in: held) {
                fail(.heldWithinCapacity, "\(site.name): \(held) of \(capacity)")
            }
        }
        for worker in site.workers.keys {
            let key = MemberKey(job: worker.job, party: worker.party)
            if site.ledger.entry(of: key).map({ $0.status == .queued }) != false {
                fail(.workersHaveReservations, "\(worker)")
            }
        }
    }

    /// Before an attempt starts.
    mutating func check(_ order: AttemptOrder) {
        let identity = order.attempt
        if !started.insert(identity).inserted { fail(.noSecondStart, "\(identity)") }
        for site in sites {
            let other = site.workers.keys.first {
                $0.job == identity.job && $0.task == identity.task && $0.number != identity.number
            }
            if let other { fail(.oneAttemptAtATime, "\(identity) starts while \(other) lives") }
        }
        guard let job = jobs.first(where: { $0.id == identity.job }),
            let coordinator = sites[site(of: job.initiator)].coordinators[job.id]
        else { return fail(.inputsFirst, "\(identity): no such job") }
        if coordinator.status.isFinal {
            fail(.endIsEnd, "\(identity) starts though its job is \(coordinator.status)")
        }
        for input in order.task.inputs where coordinator.tasks[input.task]?.status != .success {
            fail(.inputsFirst, "\(identity) starts before \(input.task) has succeeded")
        }
    }

    /// When nothing happens any more.
    mutating func checkTheEnd() {
        for job in jobs {
            guard let coordinator = sites[site(of: job.initiator)].coordinators[job.id] else {
                return fail(.everyJobEnds, "\(job.id) was never taken in")
            }
            guard coordinator.status.isFinal else {
                let why = coordinator.waitingReasons().map(\.line).joined(separator: ", ")
                return fail(.everyJobEnds, "\(job.id) is \(coordinator.status), \(coordinator.phase): \(why)")
            }
            for party in job.parties {
                let member = sites[site(of: party)].members[MemberKey(job: job.id, party: party)]
                if member?.isSettled != true || member?.orders.end != coordinator.status {
                    let there = String(describing: member?.orders.end)
                    fail(.sameOutcomeEverywhere, "\(job.id) is \(coordinator.status), at \(party) \(there)")
                }
            }
        }
        for site in sites where !site.ledger.isEmpty || !site.workers.isEmpty {
            fail(.nothingLeaks, "\(site.name): \(site.ledger.entries) \(site.workers.keys)")
        }
    }
}
