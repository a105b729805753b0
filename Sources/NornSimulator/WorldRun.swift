import NornFlow

/// The course of a simulation.
extension World {
    mutating func run() {
        begin()
        let end = plan.faults.endMilliseconds + Self.patienceMilliseconds
        let stepsMaximum = (jobs.count + 1) * Self.stepsOfJobMaximum
        while violation == nil, let (time, happening) = agenda.next() {
            if time > end || steps > stepsMaximum { break }
            now = max(now, time)
            happen(happening)
        }
        if violation == nil { checkTheEnd() }
        if let violation, keepsHistory { note(nil, "VIOLATION \(violation)") }
    }

    private mutating func begin() {
        for site in sites.indices {
            startClock(site)
            sites[site].isSplit = chances.sites.happens(3_000)
            sites[site].leavesUnwritten = leavesUnwritten()
            sites[site].policy = policy()
            makeLedger(site)
            if plan.faults[.restore] > 0 { agenda.add(.backUp(site), at: chances.sites.number(10_000...120_000)) }
        }
        for number in jobs.indices { agenda.add(.submit(number), at: jobs[number].arrival) }
        for fault in timedFaults() where countsFault() { agenda.add(.strike(fault), at: fault.time) }
        agenda.add(.audit, at: Self.auditMilliseconds)
    }

    /// What the site tells its ledger.
    func configured(_ site: Int) -> LocalEvent {
        .ledger(.configured(ledgerCapacity(site), sites[site].policy))
    }

    /// How a site shares what it has.
    private mutating func policy() -> LedgerPolicy {
        var policy = LedgerPolicy(fairShare: chances.sites.happens(7_000))
        if chances.sites.happens(3_000) { policy.preemption = .lowerPriority }
        if chances.sites.happens(3_000) { policy.backfill = .init(passesMaximum: 1, patienceMilliseconds: 30_000) }
        if chances.sites.happens(2_000) {
            policy.limits = [LedgerPolicy.Limit(partner: LedgerPolicy.Limit.each, jobs: 1)]
        }
        return policy
    }

    mutating func startClock(_ site: Int) {
        let rate = chances.sites.number(9_950...10_050)
        sites[site].clock.rate = plan.faults[.drift] > 0 ? rate : 10_000
        if plan.planted == .slowClock, site > 0 { sites[site].clock.rate = 1_000 }
        sites[site].clock.restart(at: now, showing: chances.sites.number(0...1_000_000))
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .submit(let number): submit(number)
        case .deliver(let message, let from, let to): deliver(message, from: from, to: to)
        case .local(let site, let run, let event):
            guard sites[site].isUp, run == 0 || run == sites[site].rows.epoch else { return }
            feed(site, event)
        case .wake(let site, let run, let slot, let isCoordinator, let number):
            guard sites[site].isUp, sites[site].rows.epoch == run,
                sites[site].wakes[isCoordinator ? coordinatorWake(slot) : slot] == number,
                plan.planted != .lostWakes
            else { return }
            feed(site, isCoordinator ? .coordinator(slot, .woken) : .member(slot, .woken))
        case .workerEnds(let site, let run, let slot, let attempt, let outcome):
            endWorker(site, run, slot, attempt, outcome)
        case .restart(let site): restart(site)
        case .goOn(let site): drain(site)
        case .act(let action): act(action)
        case .strike(let fault): strike(fault)
        case .backUp(let site): backUp(site)
        case .audit: audit()
        }
    }

    private mutating func submit(_ number: Int) {
        let site = jobs[number].home
        guard sites[site].isUp else {
            agenda.add(.submit(number), at: now + 1_000)
            return
        }
        feed(site, .submit(number))
    }

    private mutating func deliver(_ message: Message, from: Int, to: Int) {
        guard sites[to].isUp, from == to || cuts[from * sites.count + to] <= now else { return }
        switch message {
        case .orders(let orders): feed(to, .orders(orders))
        case .report(let report):
            guard let number = numbers[report.job] else { return }
            feed(to, .coordinator(number, .report(report)))
        }
    }

    private mutating func act(_ action: Action) {
        let job = jobs[action.job]
        if keepsHistory { note(job.home, "a user: \(action.kind) of \(job.job.id)") }
        switch action.kind {
        case .pause(let length):
            person(at: job.home, .coordinator(action.job, .pause(by: "a user")))
            let resume = Happening.local(job.home, run: 0, .coordinator(action.job, .resume(by: "a user")))
            agenda.add(resume, at: now + length)
            agenda.add(resume, at: max(now, plan.faults.endMilliseconds) + Self.lastAnswersMilliseconds)
        case .rerun(let rerun): person(at: job.home, .coordinator(action.job, .rerun(rerun)))
        case .setPriority(let priority):
            person(at: job.home, .coordinator(action.job, .setPriority(priority, by: "a user")))
        case .stop: person(at: job.home, .coordinator(action.job, .stop(by: "a user")))
        case .stopPart(let place):
            person(at: job.homes[place], .member(job.firstSlot + place, .stop(by: "a partner")))
        }
    }

    /// A person tries until the site is up.
    private mutating func person(at site: Int, _ event: LocalEvent) {
        guard sites[site].isUp else {
            agenda.add(.local(site, run: 0, event), at: now + 60_000)
            return
        }
        feed(site, event)
    }

    mutating func feed(_ site: Int, _ event: LocalEvent) {
        sites[site].inbox.append(event)
        drain(site)
    }
}
