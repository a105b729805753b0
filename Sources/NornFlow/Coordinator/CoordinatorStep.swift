extension Coordinator {
    /// Carries out one event. The driver commits the coordinator over the revision that it loaded, with the entries
    /// to record, then performs the other effects in order.
    public mutating func step(_ event: Event, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        revision += 1
        if graph == nil { graph = Graph(job.tasks) }
        if case .siteRestarted(let fence) = event { restart(fence: fence, at: now) }
        self.now = now
        switch event {
        case .submitted:
            record(.job, from: nil, to: status.rawValue, &effects)
            lookUp(&effects)
            if gathersEarly == true { gatherEarly() }
        case .report(let report): receive(report)
        case .stop(let person):
            let failure = Failure(.stopped, "\(person) stopped the job", party: job.initiator)
            decide(.canceled, failure, &effects)
        case .woken: wakeAt = nil
        case .siteRestarted: lookUp(&effects)
        case .dependencyEnded(let other, let status): dependencyEnded(other, status, &effects)
        case .inherited(let found): inherit(found, &effects)
        case .pause(let person): pause(by: person, &effects)
        case .resume(let person): resume(by: person, &effects)
        case .rerun(let wanted): rerun(wanted, &effects)
        case .setPriority(let priority, let person): setPriority(priority, by: person, &effects)
        case .partnerBack(let parties): askAtOnce(parties)
        }
        proceed(&effects)
        sendOrders(&effects)
        scheduleWake(&effects)
        return effects
    }

    private mutating func receive(_ report: Report) {
        guard report.job == job.id, report.to == job.initiator, var member = members[report.from] else { return }
        var returned: String?
        defer {
            members[report.from] = member
            // The whole site is back: its other parties owe answers too.
            if let returned { askAtOnce(job.parties.filter { members[$0]?.site == returned }) }
        }
        note(needsAnswer: report, &member)
        guard (report.epoch, report.number) >= (member.epoch, member.reportNumber) else { return }
        member.heardAt = now
        member.site = report.site
        if report.epoch > member.epoch { takeBack(report, &member) }
        if report.fence == fence, report.acknowledgedOrders >= member.acknowledged {
            member.acknowledged = report.acknowledgedOrders
            if member.acknowledged >= member.ordersNumber { member.askedAt = nil }
        }
        let isNew = (report.epoch, report.number) > (member.epoch, member.reportNumber)
        member.contractNumber = max(member.contractNumber, report.contractNumber ?? 0)
        member.timing = report.timing
        if report.fence == fence, !knowsContracts(report, member) { member.isOutdated = true }
        let beats = report.epoch > member.epoch || report.heartbeat > member.heartbeat
        if isNew {
            if member.report?.approval != report.body.approval || member.report?.reservation != report.body.reservation
            {
                member.since = now
            }
            if report.epoch > member.epoch, member.reportNumber > 0 {
                returned = report.site
                loseAttempts(at: report.from, besides: report.body.attempts)
            }
            (member.epoch, member.reportNumber) = (report.epoch, report.number)
            // What is said of an earlier contract counts no more, but its round is never used again.
            if (report.contractNumber ?? 0) >= contractNumber {
                member.report = report.body
            } else {
                member.reservation.round = max(member.reservation.round, report.body.reservation.round)
            }
        }
        // Also of a report that is known: restored from a backup, a coordinator begins an attempt again that the party
        // has ended, and of which it has nothing new to say.
        if (report.contractNumber ?? 0) >= contractNumber { note(report.body.attempts, of: report.from) }
        // The lease at the member runs from when it sent this, so it ends no later than counted from here.
        let holds = [.held, .confirmed, .releasing].contains(report.body.reservation.status)
        if beats || isNew { member.leaseFrom = holds ? now : nil }
        if beats { member.heartbeat = report.heartbeat }
    }

    /// While tasks run, most reports are soon answered by what follows from them. A heartbeat is answered at once.
    private func note(needsAnswer report: Report, _ member: inout MemberState) {
        guard report.needsAnswer else { return }
        let beats = report.epoch > member.epoch || report.heartbeat > member.heartbeat
        if phase != .running || beats {
            member.answerAt = nil
        } else if !member.owesAnswer {
            member.answerAt = now + Repair.answerMilliseconds
        }
        member.owesAnswer = true
    }

    /// A site that was restored from a backup forgot orders that it had acknowledged: they are due again.
    private func takeBack(_ report: Report, _ member: inout MemberState) {
        let known = report.fence == fence ? report.acknowledgedOrders : 0
        guard known < member.acknowledged else { return }
        member.acknowledged = known
        member.askedAt = member.askedAt ?? now
        member.askAgainAt = now
        member.pauseMilliseconds = 0
    }

    /// False once a site of the first version has shown that it passed over a contract of a rerun.
    private func knowsContracts(_ report: Report, _ member: MemberState) -> Bool {
        report.contractNumber != nil || contractNumber == 0 || report.acknowledgedOrders < member.contractOrdersNumber
    }

    /// The site of a party came up again: no worker of the run before lives, also of attempts that its rows no longer
    /// know because they were restored from a backup. Told so, the party never starts them.
    private mutating func loseAttempts(at party: Party, besides reports: [Report.Attempt]) {
        for task in job.tasks where task.parties.contains(party) {
            guard let state = tasks[task.name], state.status == .running, let number = state.attempts.indices.last,
                isLosable(state.attempts[number], at: party),
                !reports.contains(where: { $0.task == task.name && $0.number == number })
            else { continue }
            let failure = Failure(
                .siteRestarted, "the site of \(party) was restarted", party: party, task: task.name)
            tasks[task.name]?.attempts[number].parties[party] = Report.Attempt(
                task: task.name, number: number, status: .lost, failure: failure)
        }
    }

    /// A success that the party's rows no longer know went with its outputs; beside an attempt that others still run
    /// it would be run anew.
    private func isLosable(_ attempt: AttemptState, at party: Party) -> Bool {
        guard let status = attempt.parties[party]?.status, status.isFinal else { return true }
        return status == .success && attempt.status == .running
    }

    /// Keeps what a party says of attempts that are under way. A final word is never taken back.
    private mutating func note(_ reports: [Report.Attempt], of party: Party) {
        for report in reports {
            guard let task = tasks[report.task], task.attempts.indices.contains(report.number) else { continue }
            let attempt = task.attempts[report.number]
            guard !attempt.status.isFinal, attempt.parties[party]?.status.isFinal != true else { continue }
            tasks[report.task]?.attempts[report.number].parties[party] = report
        }
    }

    private mutating func proceed(_ effects: inout [Effect]) {
        heedMembers(&effects)
        if let deadline, now >= deadline, outcome == nil, phase != .ended {
            let failure = Failure(
                .jobTimeout, "the job ran longer than \(job.parameters.timeoutSeconds) s",
                field: "job_parameters.common.timeout", advice: "set a longer timeout")
            decide(.timeout, failure, &effects)
        }
        if phase == .creating {
            reconsiderEarlyGathering()
            finishCreating(&effects)
        }
        if phase == .reserving { reserve(&effects) }
        if phase == .running || phase == .ending { foldAttempts(&effects) }
        if phase == .running { runTasks(&effects) }
        if phase == .ending { finishEnding(&effects) }
    }

    private mutating func heedMembers(_ effects: inout [Effect]) {
        guard outcome == nil, phase != .ended else { return }
        for party in job.parties {
            if members[party]?.isOutdated == true { decide(.failed, .outdated(party), &effects) }
            guard let report = members[party]?.report else { continue }
            let fallback = Failure(.refused, "\(party) refused", party: party)
            if report.approval == .refused { decide(.failed, report.failure ?? fallback, &effects) }
            if report.wantsStop { decide(.canceled, report.failure ?? fallback, &effects) }
        }
    }

    private mutating func finishCreating(_ effects: inout [Effect]) {
        guard members.values.allSatisfy({ $0.report?.approval == .approved && $0.report?.claim != nil }) else { return }
        guard awaitedJobs.isEmpty, !awaitsInheritance else { return }
        if let failure = neverGrantable() {
            decide(.failed, failure, &effects)
        } else {
            enter(pause == nil ? .reserving : .paused, &effects)
        }
    }

    private mutating func finishEnding(_ effects: inout [Effect]) {
        guard let outcome, job.parties.allSatisfy({ !mayRunWorkers(at: $0) }) else { return }
        guard tasks.values.allSatisfy({ $0.status != .running }) else { return }
        enter(.ended, &effects)
        move(to: outcome, &effects)
    }

    /// Decides how the job ends. The first decision stands.
    mutating func decide(_ outcome: JobStatus, _ failure: Failure?, _ effects: inout [Effect]) {
        guard self.outcome == nil, phase != .ended else { return }
        self.outcome = outcome
        self.failure = failure
        ordersChanged = true
        if outcome == .success {
            enter(.ended, &effects)
            move(to: .success, &effects)
            return
        }
        enter(.ending, &effects)
        let ending: AttemptStatus = outcome == .timeout ? .timeout : .canceled
        let reason = failure ?? Failure(.stopped, "the job ends")
        for name in taskNames { stopAttempt(of: name, as: ending, reason, &effects) }
    }

    private mutating func restart(fence: UInt64, at now: Instant) {
        let slept = now - self.now
        self.fence = max(self.fence + 1, fence)
        phaseSince = phaseSince + slept
        if let since = pause?.since { pause?.since = since + slept }
        keepsUntil = keepsUntil.map { $0 + slept }
        gaveUpAt = gaveUpAt.map { $0 + slept }
        deadline = deadline.map { $0 + slept }
        for party in members.keys { members[party]?.wakeUp(after: slept, at: now) }
        for name in tasks.keys { tasks[name]?.shift(by: slept) }
        wakeAt = nil
        ordersChanged = true
    }

    var taskNames: [String] { job.tasks.map(\.name) }

    mutating func enter(_ next: JobPhase, _ effects: inout [Effect]) {
        let from = phase.rawValue
        phase.move(to: next)
        phaseSince = now
        ordersChanged = true
        record(.phase, from: from, to: next.rawValue, &effects)
    }

    mutating func move(to next: JobStatus, _ effects: inout [Effect]) {
        guard next != status else { return }
        let from = status.rawValue
        status.move(to: next)
        ordersChanged = true
        record(.job, from: from, to: next.rawValue, failure: next.isFinal ? failure : nil, &effects)
    }

    func record(
        _ subject: LogEntry.Subject, task: String? = nil, attempt: Int? = nil, from: String?, to: String,
        failure: Failure? = nil, by person: String? = nil, _ effects: inout [Effect]
    ) {
        effects.append(
            .record(
                LogEntry(
                    job: job.id, subject: subject, party: nil, task: task, attempt: attempt, from: from, to: to,
                    failure: failure, by: person)))
    }
}

extension Failure {
    fileprivate static func outdated(_ party: Party) -> Failure {
        Failure(
            .refused, "the site of \(party) runs a version that cannot run a job again", party: party,
            advice: "submit the job anew, or have the site upgraded")
    }
}

extension Coordinator.MemberState {
    /// After a restart all that was unanswered is asked again, under the new fence.
    fileprivate mutating func wakeUp(after slept: Int64, at now: Instant) {
        since = since + slept
        heardAt = heardAt + slept
        leaseFrom = leaseFrom.map { $0 + slept }
        reservationSince = reservationSince + slept
        answerAt = nil
        pauseMilliseconds = 0
        isOutdated = false
        guard report?.settled != true || acknowledged < ordersNumber else { return }
        acknowledged = 0
        askedAt = now
        askAgainAt = now
    }
}

extension Coordinator.TaskState {
    fileprivate mutating func shift(by milliseconds: Int64) {
        retryAt = retryAt.map { $0 + milliseconds }
        for number in attempts.indices { attempts[number].startedAt = attempts[number].startedAt + milliseconds }
    }
}
