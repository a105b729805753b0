import NornFlow

/// Checks that look at all of a site, or at all sites at once, as no site can.
extension World {
    mutating func check(siteAt site: Int) {
        checkWorkers(site)
        guard sites[site].inboxHead == sites[site].inbox.count else { return }
        let held = sites[site].ledger.held(Workload.engine)
        let (least, most) = heldByRows(site)
        if !least.fits(in: held) || !held.fits(in: most) {
            fail(.heldIsTheSum, "\(sites[site].name): \(held.cores) cores, by the rows \(least.cores) to \(most.cores)")
        }
        let limit = max(sites[site].toldCores, sites[site].heldCores)
        if held.cores > limit || held.cores < 0 {
            fail(.heldWithinCapacity, "\(sites[site].name): \(held.cores) of \(sites[site].toldCores) cores")
        }
        sites[site].heldCores = held.cores
    }

    /// What the members' rows hold. A job holds all that it claims at a site from its first party on, and may until
    /// its last.
    private func heldByRows(_ site: Int) -> (least: Resources, most: Resources) {
        var least = Resources.none
        var most = Resources.none
        for number in jobs.indices {
            var own = Resources.none
            var together = Resources.none
            for place in jobs[number].homes.indices where jobs[number].homes[place] == site {
                let slot = jobs[number].firstSlot + place
                // A look at fields: a copy of the member costs more than all the rest here.
                guard sites[site].rows.members[slot]?.holds == true,
                    let needs = sites[site].rows.members[slot]?.terms?.needs,
                    let parallelism = sites[site].rows.members[slot]?.job.parameters.taskParallelism
                else { continue }
                own = own + .claim(of: needs.values, parallelism: parallelism)
                together = together.largest(marks[slot].together ?? .none)
            }
            least = least + own
            most = most + own.largest(together)
        }
        return (least, most)
    }

    private mutating func checkWorkers(_ site: Int) {
        for number in jobs.indices {
            for worker in jobs[number].workers where worker.site == site {
                let status = sites[site].rows.members[worker.slot]?.reservation.status
                if status != .confirmed, status != .releasing {
                    fail(.workersHaveReservations, "\(worker.attempt): \(status?.rawValue ?? "no row")")
                }
            }
        }
    }

    /// Before an attempt starts.
    mutating func checkStart(_ order: AttemptOrder, at site: Int) {
        let attempt = order.attempt
        guard let number = numbers[attempt.job], !jobs[number].isForgotten else { return }
        if sites[site].isRestored {
            started.insert(attempt)
        } else if !started.insert(attempt).inserted {
            fail(.noSecondStart, "\(attempt)")
        }
        if jobs[number].workers.contains(where: { $0.attempt == attempt }) {
            fail(.noSecondStart, "\(attempt) starts while it lives")
        }
        let other = jobs[number].workers.first {
            $0.attempt.task == attempt.task && $0.attempt.number != attempt.number
        }
        if let other { fail(.oneAttemptAtATime, "\(attempt) starts while \(other.attempt) lives") }
        guard let coordinator = coordinator(of: jobs[number]) else {
            return fail(.inputsFirst, "\(attempt): no such job")
        }
        if coordinator.status.isFinal {
            fail(.endIsEnd, "\(attempt) starts though its job is \(coordinator.status)")
        }
        if coordinator.stopConfirmed[attempt.party] == true {
            fail(.cancelIsFinal, "\(attempt) starts though its party has confirmed the end")
        }
        for input in order.task.inputs where coordinator.tasks[input.task]?.status != .success {
            fail(.inputsFirst, "\(attempt) starts before \(input.task) has succeeded")
        }
        checkInputs(order)
    }

    /// What feeds it was made, at every party: by what the workers did, whatever the rows say.
    private mutating func checkInputs(_ order: AttemptOrder) {
        for input in order.inputs {
            let id = input.job ?? order.attempt.job
            guard let source = numbers[id].map({ jobs[$0] }), !source.isForgotten,
                let task = source.job.task(named: input.task)
            else { continue }
            for party in task.parties {
                let made = AttemptIdentity(job: id, task: input.task, number: input.attempt, party: party)
                if !succeeded.contains(made) { fail(.inputsFirst, "\(order.attempt) starts without \(made)") }
            }
        }
    }
}

extension Member {
    /// Whether the party holds resources, by its row.
    fileprivate var holds: Bool { [.held, .confirmed, .releasing].contains(reservation.status) }
}

extension Resources {
    fileprivate func largest(_ other: Resources) -> Resources {
        Resources(
            cores: max(cores, other.cores), memoryBytes: max(memoryBytes, other.memoryBytes),
            workingNodes: max(workingNodes, other.workingNodes))
    }
}
