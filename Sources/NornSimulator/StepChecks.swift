import NornFlow

/// Checks of one step, or of one row once it is durable.
extension World {
    /// The coordinator as it would be without a message that is of the past; nil when the event is not one.
    func control(of event: Coordinator.Event, _ number: Int, _ site: Int) -> Coordinator? {
        guard case .report(let report) = event, var row = sites[site].rows.coordinators[number],
            let member = row.members[report.from],
            (report.epoch, report.number) < (member.epoch, member.reportNumber)
        else { return nil }
        _ = row.step(.woken, at: instant(site))
        return row
    }

    mutating func checkStale(_ control: Coordinator, _ number: Int, _ site: Int) {
        guard let row = sites[site].rows.coordinators[number] else { return }
        let isSame =
            row.phase == control.phase && row.status == control.status && row.outcome == control.outcome
            && row.tasks == control.tasks && row.members.mapValues(\.report) == control.members.mapValues(\.report)
        if !isSame { fail(.staleIsDead, "an old report changed the coordinator of \(row.job.id)") }
    }

    func control(of event: Member.Event, _ slot: Int, _ site: Int) -> Member? {
        guard case .orders(let orders) = event, var row = sites[site].rows.members[slot],
            (orders.fence, orders.number) < (row.fence, row.ordersNumber)
        else { return nil }
        _ = row.step(.woken, at: instant(site))
        return row
    }

    mutating func checkStale(_ control: Member, _ slot: Int, _ site: Int) {
        guard let row = sites[site].rows.members[slot] else { return }
        let isSame =
            row.orders == control.orders && row.attempts == control.attempts && row.reservation == control.reservation
            && row.approval == control.approval && row.terms == control.terms
        if !isSame { fail(.staleIsDead, "old orders changed the member \(row.key)") }
    }

    mutating func checkTransition(_ entry: LogEntry) {
        guard let from = entry.from, from != entry.to else { return }
        let isLegal =
            switch entry.subject {
            case .job: entry.party != nil || mayBecome(JobStatus.self, from, entry.to)
            case .phase: mayBecome(JobPhase.self, from, entry.to)
            case .task: entry.party != nil || mayBecome(TaskStatus.self, from, entry.to)
            case .attempt: mayBecome(AttemptStatus.self, from, entry.to)
            case .worker: mayBecome(WorkerStatus.self, from, entry.to)
            case .approval: mayBecome(ApprovalStatus.self, from, entry.to)
            case .pause, .priority, .rerun: true
            case .reservation: mayBecome(ReservationStatus.self, from, entry.to)
            }
        if !isLegal { fail(.legalTransitions, "\(entry.job) \(entry.subject): \(from) to \(entry.to)") }
    }

    private func mayBecome<States: StateMachine>(_: States.Type, _ from: String, _ to: String) -> Bool {
        guard let from = States(rawValue: from), let to = States(rawValue: to) else { return false }
        return from.mayBecome(to)
    }

    /// Rows that a turn has made durable.
    mutating func checkCommitted(_ site: Int) {
        for item in turn.touched where violation == nil {
            if item.isCoordinator { checkCoordinator(item.slot, site) } else { checkMember(item.slot, site) }
        }
    }

    private mutating func checkCoordinator(_ number: Int, _ site: Int) {
        guard let row = sites[site].rows.coordinators[number] else { return }
        if row.contractNumber > jobs[number].contract {
            jobs[number].contract = row.contractNumber
            jobs[number].final = nil
        }
        let attempts = row.tasks.values.reduce(0) { $0 + $1.attempts.count }
        if attempts < jobs[number].attempts { fail(.numbersRise, "\(row.job.id) forgot an attempt") }
        jobs[number].attempts = attempts
        if let final = jobs[number].final, final != row.status {
            fail(.finalStaysFinal, "\(row.job.id): \(final) became \(row.status)")
        }
        let mayWait = row.phase == .creating || row.phase == .reserving || row.phase == .paused
        if mayWait, row.outcome == nil, row.waitingReasons().isEmpty {
            fail(.waitingHasReasons, "\(row.job.id) is \(row.phase) and does not say why")
        }
        checkConfirmed(row, number)
        guard row.status.isFinal else { return }
        if jobs[number].final == nil { ended(number, row.status) }
        if !jobs[number].isForgotten, let worker = jobs[number].workers.first {
            fail(.endIsEnd, "\(worker.attempt) lives while its job is \(row.status)")
        }
    }

    /// Parties that say that the job has ended with them.
    private mutating func checkConfirmed(_ row: Coordinator, _ number: Int) {
        guard row.outcome != nil, !jobs[number].isForgotten else { return }
        for worker in jobs[number].workers where row.members[worker.attempt.party]?.report?.settled == true {
            fail(.cancelIsFinal, "\(worker.attempt) lives though its party has confirmed the end")
        }
    }

    /// A job came to its end: its users may have something in mind for then.
    private mutating func ended(_ number: Int, _ status: JobStatus) {
        jobs[number].final = status
        for action in jobs[number].afterEnd {
            guard case .afterEnd(let delay) = action.moment else { continue }
            agenda.add(.act(action), at: now + delay)
        }
        jobs[number].afterEnd = []
        for other in jobs.indices where jobs[other].home == jobs[number].home {
            guard coordinator(of: jobs[other])?.awaitedJobs.contains(jobs[number].job.id) == true else { continue }
            let event = Coordinator.Event.dependencyEnded(jobs[number].job.id, status)
            later(jobs[number].home, .coordinator(other, event), 1)
        }
    }

    private mutating func checkMember(_ slot: Int, _ site: Int) {
        guard let row = sites[site].rows.members[slot] else { return }
        let mark = Mark(row)
        let before = marks[slot]
        if (mark.fence, mark.ordersNumber) < (before.fence, before.ordersNumber) || mark.epoch < before.epoch {
            fail(.numbersRise, "\(row.key)")
        }
        let number = slot / Self.slotsOfJob
        if let end = row.orders.end, !jobs[number].isForgotten, let coordinator = coordinator(of: jobs[number]),
            coordinator.contractNumber == row.contractNumber, coordinator.outcome != end
        {
            fail(.sameOutcomeEverywhere, "\(row.key) ends as \(end), its job does not")
        }
        if before.isApproved, !mark.isApproved, mark.contract == before.contract { fail(.approvalStays, "\(row.key)") }
        marks[slot] = mark
        if row.orders.end == nil, row.orders.reservation.round == row.reservation.round {
            marks[slot].together = row.orders.reservation.together
        } else {
            marks[slot].together = before.together
        }
    }
}

/// What a member's row last was, to see that it only rises.
struct Mark {
    var fence: UInt64 = 0
    var ordersNumber: UInt64 = 0
    var epoch: UInt64 = 0
    var isApproved = false
    var contract = 0
    /// What the job claims at the site for all its parties there.
    var together = Resources.none

    init() {}

    init(_ member: Member) {
        fence = member.fence
        ordersNumber = member.ordersNumber
        epoch = member.epoch
        contract = member.contractNumber
        isApproved = member.approval == .approved
    }
}
