import NornFlow

/// Checks at quiet moments, and at the end.
extension World {
    static let auditMilliseconds: Int64 = 20_000
    /// People who have not answered do so this long after the last fault.
    static let lastAnswersMilliseconds: Int64 = 3_600_000
    /// A job that could go on does so within this time: longer than the longest pause of a repair.
    static let needlessWaitMilliseconds: Int64 = 300_000
    /// A job may stand behind others, which may take turns, no longer than this.
    static let needlessQueueMilliseconds: Int64 = 3_600_000
    /// By then a pause has reached every party that can be reached, and the leases of the others have ended.
    static let pauseMilliseconds: Int64 = 120_000

    mutating func audit() {
        if agenda.count > 0 { agenda.add(.audit, at: now + Self.auditMilliseconds) }
        for site in sites.indices where sites[site].isUp {
            if let difference = sites[site].ledger.audit() { fail(.heldIsTheSum, difference) }
        }
        for number in jobs.indices { auditPause(number) }
        auditWaiting()
    }

    private mutating func auditPause(_ number: Int) {
        let home = jobs[number].home
        guard sites[home].isUp, sites[home].rows.coordinators[number]?.phase == .paused,
            let since = sites[home].rows.coordinators[number]?.phaseSince,
            instant(home) - since > Self.pauseMilliseconds
        else { return }
        let job = jobs[number]
        if let worker = job.workers.first { fail(.pauseHoldsNothing, "\(worker.attempt) lives") }
        for (place, home) in job.homes.enumerated() {
            guard sites[home].isUp, now - sites[home].upSince > Self.pauseMilliseconds,
                let member = sites[home].rows.members[job.firstSlot + place], member.reservation.status != .none
            else { continue }
            fail(.pauseHoldsNothing, "\(member.key) is \(member.reservation.status)")
        }
    }

    private mutating func auditWaiting() {
        guard now > plan.faults.endMilliseconds + 60_000 else { return }
        let waiting = jobs.indices.filter { sites[jobs[$0].home].rows.coordinators[$0]?.phase == .reserving }
        let next = waiting.min {
            (-jobs[$0].job.parameters.priority, jobs[$0].job.id) < (-jobs[$1].job.parameters.priority, jobs[$1].job.id)
        }
        for number in jobs.indices {
            guard number == next, waitsNeedlessly(number) else {
                jobs[number].idleSince = nil
                continue
            }
            let since = jobs[number].idleSince ?? now
            jobs[number].idleSince = since
            let isAlone = jobs[number].homes.allSatisfy { sites[$0].ledger.held(Workload.engine) == .none }
            if now - since > (isAlone ? Self.needlessWaitMilliseconds : Self.needlessQueueMilliseconds) {
                fail(.noNeedlessWait, "\(jobs[number].job.id) waits though all that it asked for is free")
            }
        }
    }

    /// Whether a job could have all that it asks for.
    private func waitsNeedlessly(_ number: Int) -> Bool {
        let job = jobs[number]
        for site in Set(job.homes) {
            var need = Resources.none
            for place in job.homes.indices where job.homes[place] == site {
                // A party whose site was restored may have to be asked again whether it takes part.
                guard let member = sites[site].rows.members[job.firstSlot + place], let terms = member.terms,
                    member.approval == .approved
                else { return false }
                need = need + .claim(of: terms.needs.values, parallelism: member.job.parameters.taskParallelism)
            }
            guard sites[site].isUp, need.fits(in: sites[site].ledger.free(Workload.engine)) else { return false }
        }
        return true
    }

    /// When nothing happens any more.
    mutating func checkTheEnd() {
        for job in jobs where violation == nil && !job.isForgotten {
            guard let coordinator = coordinator(of: job) else {
                return fail(.everyJobEnds, "\(job.job.id) was never taken in")
            }
            guard coordinator.status.isFinal else {
                let why = coordinator.waitingReasons().map { "\($0)" }.joined(separator: ", ")
                return fail(.everyJobEnds, "\(job.job.id) is \(coordinator.status), \(coordinator.phase): \(why)")
            }
            checkOutcome(of: job, coordinator)
        }
        for site in sites.indices {
            let held = sites[site].ledger.held(Workload.engine)
            let workers = jobs.flatMap(\.workers).filter { $0.site == site }
            if held != .none || !workers.isEmpty {
                fail(.nothingLeaks, "\(sites[site].name) holds \(held), workers \(workers.map(\.attempt))")
            }
        }
    }

    private mutating func checkOutcome(of job: SimulatedJob, _ coordinator: Coordinator) {
        for (place, home) in job.homes.enumerated() {
            let member = sites[home].rows.members[job.firstSlot + place]
            // A restored site may know nothing of a job that has long ended.
            if member == nil, sites[home].isRestored { continue }
            guard member?.isSettled != true || member?.orders.end != coordinator.status else { continue }
            let there = member?.orders.end?.rawValue ?? "no end"
            fail(
                .sameOutcomeEverywhere,
                "\(job.job.id) is \(coordinator.status), at \(job.job.parties[place]) it is \(there)")
        }
    }
}
