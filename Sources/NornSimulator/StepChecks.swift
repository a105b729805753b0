import NornFlow

/// Checks of one step, or of one row once it is durable.
extension World {
    /// The coordinator as it would be without a message that is of the past; nil when the event is not one.
    func control(of event: Coordinator.Event, _ number: Int, _ site: Int) -> Coordinator? {
        guard case .report(let report) = event,
            let known = sites[site].rows.coordinators[number]?.newestReport(of: report.from),
            (report.epoch, report.number) < known, var row = sites[site].rows.coordinators[number]
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
        guard case .orders(let orders) = event, let known = sites[site].rows.members[slot]?.newestOrders,
            (orders.fence, orders.number) < known, var row = sites[site].rows.members[slot]
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
        guard let row = sites[site].rows.coordinators[number]?.look else { return }
        let id = jobs[number].job.id
        if row.contractNumber > jobs[number].contract {
            jobs[number].contract = row.contractNumber
            jobs[number].final = nil
        }
        if row.attempts < jobs[number].attempts { fail(.numbersRise, "\(id) forgot an attempt") }
        jobs[number].attempts = row.attempts
        if let final = jobs[number].final, final != row.status {
            fail(.finalStaysFinal, "\(id): \(final) became \(row.status)")
        }
        if row.waitsWithoutReason { fail(.waitingHasReasons, "\(id) is \(row.phase) and does not say why") }
        if row.hasOutcome { checkConfirmed(number, site) }
        guard row.status.isFinal else { return }
        if jobs[number].final == nil { ended(number, row.status) }
        if !jobs[number].isForgotten, let worker = jobs[number].workers.first {
            fail(.endIsEnd, "\(worker.attempt) lives while its job is \(row.status)")
        }
    }

    /// Parties that say that the job has ended with them.
    private mutating func checkConfirmed(_ number: Int, _ site: Int) {
        guard !jobs[number].isForgotten else { return }
        for worker in jobs[number].workers {
            let party = worker.attempt.party
            guard sites[site].rows.coordinators[number]?.hasConfirmed(party) == true else { continue }
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
        guard let mark = sites[site].rows.members[slot]?.mark else { return }
        let before = marks[slot]
        let number = slot / Self.slotsOfJob
        if (mark.fence, mark.ordersNumber) < (before.fence, before.ordersNumber) || mark.epoch < before.epoch {
            fail(.numbersRise, jobs[number].name(ofSlot: slot))
        }
        if let end = mark.end, !jobs[number].isForgotten {
            let coordinator = sites[jobs[number].home].rows.coordinators[number]?.look
            if let coordinator, coordinator.contractNumber == mark.contract, coordinator.outcome != end {
                fail(.sameOutcomeEverywhere, "\(jobs[number].name(ofSlot: slot)) ends as \(end), its job does not")
            }
        }
        if before.isApproved, !mark.isApproved, mark.contract == before.contract {
            fail(.approvalStays, jobs[number].name(ofSlot: slot))
        }
        marks[slot] = mark
        marks[slot].together = mark.together ?? before.together
    }
}

/// What a member's row last was, to see that it only rises.
struct Mark {
    var fence: UInt64 = 0
    var ordersNumber: UInt64 = 0
    var epoch: UInt64 = 0
    var isApproved = false
    var contract = 0
    var end: JobStatus?
    /// What the job claims at the site for all its parties there; nil where the row does not say.
    var together: Resources?
}

// Looks at rows where they lie: a copy of a row costs more than a step of it.

extension Member {
    fileprivate var newestOrders: (UInt64, UInt64) { (fence, ordersNumber) }

    fileprivate var mark: Mark {
        let isOfRound = orders.end == nil && orders.reservation.round == reservation.round
        return Mark(
            fence: fence, ordersNumber: ordersNumber, epoch: epoch, isApproved: approval == .approved,
            contract: contractNumber, end: orders.end, together: isOfRound ? orders.reservation.together : nil)
    }
}

extension Coordinator {
    fileprivate struct Look {
        var contractNumber: Int
        var attempts: Int
        var status: JobStatus
        var phase: JobPhase
        var outcome: JobStatus?
        var waitsWithoutReason: Bool

        var hasOutcome: Bool { outcome != nil }
    }

    fileprivate var look: Look {
        let mayWait = phase == .creating || phase == .reserving || phase == .paused
        return Look(
            contractNumber: contractNumber, attempts: tasks.values.reduce(0) { $0 + $1.attempts.count },
            status: status, phase: phase, outcome: outcome,
            waitsWithoutReason: mayWait && outcome == nil && waitingReasons().isEmpty)
    }

    fileprivate func newestReport(of party: Party) -> (UInt64, UInt64)? {
        members[party].map { ($0.epoch, $0.reportNumber) }
    }

    fileprivate func hasConfirmed(_ party: Party) -> Bool { members[party]?.report?.settled == true }
}
