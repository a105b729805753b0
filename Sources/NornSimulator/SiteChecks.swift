import NornFlow

/// Checks that look at all of a site, or at all sites at once, as no site can.
extension World {
    mutating func check(siteAt site: Int) {
        checkWorkers(site)
        guard sites[site].inboxHead == sites[site].inbox.count else { return }
        let held = sites[site].ledger.held(Workload.engine)
        let expected = heldByRows(site)
        if held != expected { fail(.heldIsTheSum, "\(sites[site].name): \(held), by the rows \(expected)") }
        let limit = max(sites[site].cores, sites[site].heldCores)
        if held.cores > limit || held.cores < 0 {
            fail(.heldWithinCapacity, "\(sites[site].name): \(held.cores) of \(sites[site].cores) cores")
        }
        sites[site].heldCores = held.cores
    }

    /// What the members' rows hold: a job holds all that it claims at a site from its first party on.
    private func heldByRows(_ site: Int) -> Resources {
        var sum = Resources.none
        for job in jobs {
            var own = Resources.none
            var together = Resources.none
            for place in job.homes.indices where job.homes[place] == site {
                guard let member = sites[site].rows.members[job.firstSlot + place], member.holds,
                    let terms = member.terms
                else { continue }
                own = own + .claim(of: terms.needs.values, parallelism: member.job.parameters.taskParallelism)
                together = together.largest(marks[job.firstSlot + place].together)
            }
            sum = sum + own.largest(together)
        }
        return sum
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
        guard let number = numbers[attempt.job] else { return }
        if !started.insert(attempt).inserted { fail(.noSecondStart, "\(attempt)") }
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
        for input in order.task.inputs where coordinator.tasks[input.task]?.status != .success {
            fail(.inputsFirst, "\(attempt) starts before \(input.task) has succeeded")
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
