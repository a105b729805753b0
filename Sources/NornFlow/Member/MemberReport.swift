extension Member {
    /// Tells the coordinator what is new, what it asked for, and what it has not acknowledged.
    mutating func sendReport(answers: Bool, _ effects: inout [Effect]) {
        if reservation.status == .releasing, !hasLiveAttempts { release(&effects) }
        let body = makeReport()
        let isNew = body != report || reportNumber == 0
        if isNew {
            answerAt = saysOnlyThatWorkRuns(body) ? answerAt ?? now + Repair.answerMilliseconds : nil
            report = body
            reportNumber += 1
            pauseMilliseconds = 0
        }
        var isDue = isNew ? answerAt == nil : answers
        for at in [sendAgainAt, answerAt].compactMap(\.self) where now >= at { isDue = true }
        var beats = false
        if let at = heartbeatAt, now >= at {
            beat()
            beats = true
        }
        if let at = askLedgerAgainAt, now >= at { askLedgerAgain(&effects) }
        let isUnacknowledged = acknowledgedReport < reportNumber
        if isDue || beats {
            answerAt = nil
            effects.append(.send(.report(makeMessage(needsAnswer: isUnacknowledged || beats))))
            pauseMilliseconds = Repair.longer(pauseMilliseconds)
            sendAgainAt = now + pauseMilliseconds
        }
        if !isUnacknowledged { sendAgainAt = nil }
    }

    /// A task that was ordered mostly ends soon, and the report of that says all that this one does: it waits a little.
    private func saysOnlyThatWorkRuns(_ body: Report.Body) -> Bool {
        guard !body.attempts.isEmpty, body.attempts.allSatisfy({ $0.status == .running }) else { return false }
        var before = report
        before.attempts = body.attempts
        // The orders that start the first tasks confirm the reservation.
        if before.reservation.status == .held, body.reservation.status == .confirmed {
            before.reservation.status = .confirmed
        }
        return before == body
    }

    private func makeReport() -> Report.Body {
        var body = Report.Body()
        body.approval = approval
        body.failure = failure
        body.wantsStop = wantsStop
        body.claim = terms?.claim(of: job)
        body.capacity = terms?.capacity
        body.reservation = Report.Reservation(
            status: reservation.status, round: reservation.round, shortage: reservation.shortage)
        body.attempts = orders.attempts.compactMap { order in
            guard let place = place(order.task, order.number) else { return nil }
            let record = attempts[place]
            // That the worker is up is no news for others: one message less in each hop.
            let status = record.status == .starting ? .running : record.status
            return Report.Attempt(
                task: order.task, number: order.number, status: status, failure: record.failure)
        }
        body.settled = isSettled
        return body
    }

    private func makeMessage(needsAnswer: Bool) -> Report {
        Report(
            job: key.job, from: key.party, to: job.initiator, site: site, epoch: epoch, fence: fence,
            number: reportNumber, acknowledgedOrders: ordersNumber, heartbeat: heartbeatNumber,
            needsAnswer: needsAnswer, body: report, contractNumber: contractNumber, timing: timing)
    }

    mutating func scheduleWake(_ effects: inout [Effect]) {
        let next = [leaseEndsAt, heartbeatAt, sendAgainAt, answerAt, askLedgerAgainAt].compactMap(\.self).min()
        guard next != wakeAt else { return }
        wakeAt = next
        effects.append(.wake(next))
    }
}
