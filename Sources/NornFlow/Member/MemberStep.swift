extension Member {
    /// Carries out one event. The driver commits the member over the revision that it loaded, with the entries to
    /// record, then performs the other effects in order.
    public mutating func step(_ event: Event, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        var answers = false
        revision += 1
        if case .siteRestarted(let epoch) = event { restart(epoch: epoch, at: now, &effects) }
        self.now = now
        if let end = leaseEndsAt, now >= end { endLease(&effects) }
        switch event {
        case .orders(let orders): answers = receive(orders, &effects)
        case .checked(let verdict, let contract): if contract == contractNumber { apply(verdict, &effects) }
        case .approved(let person):
            guard approval == .waitingForApproval else { break }
            approver = person
            approve(.approved, nil, by: person, &effects)
        case .granted: if approval == .waitingForApproval { approve(.approved, nil, &effects) }
        case .refused(let person, let reason):
            guard approval == .waitingForApproval else { break }
            refuser = person
            let failure = Failure(.refused, "\(person) refused: \(reason)", party: key.party)
            approve(.refused, failure, by: person, &effects)
        case .stop(let person): withdraw(by: person)
        case .ledgerAnswered(let answer): receive(answer, &effects)
        case .attemptStarted(let task, let number):
            if let place = place(task, number), attempts[place].status == .starting {
                move(place, to: .running, nil, &effects)
            }
        case .attemptEnded(let task, let number, let outcome): end(task, number, outcome, &effects)
        case .woken: wakeAt = nil
        case .coordinatorBack: askAtOnce()
        case .siteRestarted: break
        }
        carryOut(&effects)
        sendReport(answers: answers, &effects)
        scheduleWake(&effects)
        return effects
    }

    /// Takes newer orders; returns whether they want an answer.
    private mutating func receive(_ new: Orders, _ effects: inout [Effect]) -> Bool {
        guard new.job == key.job, new.to == key.party, new.from == job.initiator, new.fence >= fence else {
            return false
        }
        heardAt = now
        if new.fence > fence { acknowledgedReport = 0 }
        if new.acknowledgedReport > reportNumber {
            // Of a row that is no more here the coordinator heard more than this one has said: it would pass over what
            // comes under those numbers.
            reportNumber = new.acknowledgedReport + 1
            sendAgainAt = now
        }
        acknowledgedReport = max(acknowledgedReport, min(new.acknowledgedReport, reportNumber))
        answeredHeartbeat = max(answeredHeartbeat, new.heartbeat)
        if let beat = heartbeats.last(where: { $0.number <= new.heartbeat }), leaseEndsAt != nil {
            leaseEndsAt = max(leaseEndsAt ?? now, beat.sentAt + timing.leaseMilliseconds)
            heartbeats.removeAll { $0.number <= new.heartbeat }
        }
        guard (new.fence, new.number) > (fence, ordersNumber) else { return new.needsAnswer }
        if new.contractNumber > contractNumber {
            // Without the contract itself they can mean nothing here. The answer shows which one this party has, also
            // when none is asked for: a coordinator whose job has ended does not know that it was forgotten here.
            guard let contract = new.contract, Self.isSound(contract, in: new), contract.parties == job.parties
            else { return true }
            take(contract, new.contractNumber, &effects)
        } else if ordersNumber == 0 {
            effects.append(.check(key, job, contract: contractNumber))
        }
        timing = new.timing
        logChanges(to: new.body, &effects)
        (fence, ordersNumber, orders) = (new.fence, new.number, new.body)
        return new.needsAnswer
    }

    /// The job runs again, under another contract: what this party said of the one before counts no more. Attempts
    /// and rounds go on.
    private mutating func take(_ contract: Job, _ number: Int, _ effects: inout [Effect]) {
        job = contract
        contractNumber = number
        terms = nil
        approver = nil
        refuser = nil
        wantsStop = false
        cleaned = false
        approve(.checking, nil, &effects)
        effects.append(.check(key, job, contract: number))
    }

    private func logChanges(to body: Orders.Body, _ effects: inout [Effect]) {
        if body.jobStatus != orders.jobStatus || ordersNumber == 0 {
            let from = ordersNumber == 0 ? nil : orders.jobStatus.rawValue
            let failure = body.jobStatus.isFinal ? body.endFailure : nil
            record(.job, from: from, to: body.jobStatus.rawValue, failure: failure, &effects)
        }
        for (task, status) in body.taskStatuses.sorted(by: { $0.key < $1.key }) {
            let from = orders.taskStatuses[task]
            guard from != status else { continue }
            record(.task, task: task, from: from?.rawValue, to: status.rawValue, &effects)
        }
    }

    private mutating func apply(_ verdict: Verdict, _ effects: inout [Effect]) {
        guard approval == .checking else { return }
        switch verdict {
        case .accepted(let terms):
            self.terms = terms
            approve(.approved, nil, &effects)
        case .waitingForApproval(let terms, let reason):
            self.terms = terms
            approve(.waitingForApproval, Failure(.refused, reason, party: key.party), &effects)
        case .refused(let failure): approve(.refused, failure, &effects)
        }
    }

    /// - Parameter person: who decided; nil where the rules did.
    private mutating func approve(
        _ next: ApprovalStatus, _ failure: Failure?, by person: String? = nil, _ effects: inout [Effect]
    ) {
        let from = approval.rawValue
        self.failure = failure
        guard approval != next else { return }
        approval.move(to: next)
        record(.approval, from: from, to: next.rawValue, failure: failure, by: person, &effects)
    }

    /// Sends what the coordinator has not acknowledged and asks for the lease, without waiting for the next pause.
    private mutating func askAtOnce() {
        pauseMilliseconds = 0
        if acknowledgedReport < reportNumber { sendAgainAt = now }
        if heartbeatAt != nil { heartbeatAt = now }
    }

    private mutating func withdraw(by person: String) {
        guard !isSettled, !wantsStop else { return }
        wantsStop = true
        failure = Failure(.stopped, "\(person) stopped the job at \(key.party)", party: key.party)
    }

    private mutating func restart(epoch: UInt64, at now: Instant, _ effects: inout [Effect]) {
        self.epoch = max(self.epoch, epoch)
        shift(by: now - self.now)
        self.now = now
        let failure = Failure(.siteRestarted, "the site of \(key.party) was restarted", party: key.party)
        for place in attempts.indices where !attempts[place].status.isFinal {
            let wasStopping = attempts[place].status == .stopping && !attempts[place].endsAsLost
            move(place, to: wasStopping ? .canceled : .lost, wasStopping ? nil : failure, &effects)
        }
        if approval == .checking, ordersNumber > 0 { effects.append(.check(key, job, contract: contractNumber)) }
        heartbeats = []
        // A row of a backup may have sent heartbeats that it does not remember: no answer to one may pass for new.
        heartbeatNumber = max(heartbeatNumber, self.epoch << Heartbeats.numberBits)
        if leaseEndsAt != nil { beginLease() }
        startsFromHeartbeat = heartbeatNumber
        askLedgerAgain(&effects)
        // Whether the coordinator knows of this run is not known, whatever it acknowledged before: told until it is.
        acknowledgedReport = 0
        sendAgainAt = now
        answerAt = nil
        wakeAt = nil
    }

    /// A new run of the site counts time from another origin.
    private mutating func shift(by milliseconds: Int64) {
        reservation.since = reservation.since + milliseconds
        heardAt = heardAt + milliseconds
        leaseEndsAt = leaseEndsAt.map { $0 + milliseconds }
        heartbeatAt = heartbeatAt.map { $0 + milliseconds }
        sendAgainAt = sendAgainAt.map { $0 + milliseconds }
        askLedgerAgainAt = askLedgerAgainAt.map { $0 + milliseconds }
    }

    func record(
        _ subject: LogEntry.Subject, task: String? = nil, attempt: Int? = nil, from: String?, to: String,
        failure: Failure? = nil, by person: String? = nil, _ effects: inout [Effect]
    ) {
        effects.append(
            .record(
                LogEntry(
                    job: key.job, subject: subject, party: key.party, task: task, attempt: attempt, from: from,
                    to: to, failure: failure, by: person)))
    }
}
