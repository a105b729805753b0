extension Coordinator {
    /// Sends each party what is new for it, what it asked for, and what it has not answered.
    mutating func sendOrders(_ effects: inout [Effect]) {
        let mayBeNew = ordersChanged
        ordersChanged = false
        for party in job.parties {
            guard var member = members[party] else { continue }
            assert(mayBeNew || makeOrders(for: party) == member.orders, "a change of the orders was not marked")
            let isNew = mayBeNew && renew(&member, for: party)
            if isNew {
                member.askedAt = member.askedAt ?? now
                member.pauseMilliseconds = 0
            }
            let isUnanswered = member.acknowledged < member.ordersNumber
            var isDue = isNew || (member.owesAnswer && now >= member.answerAt ?? now)
            if isUnanswered, let at = member.askAgainAt, now >= at { isDue = true }
            var pulls = false
            if let at = member.repairAt, now >= at {
                pulls = true
                member.askedAt = member.askedAt ?? now
            }
            if isDue || pulls {
                effects.append(.send(.orders(message(to: party, member, needsAnswer: isUnanswered || pulls))))
                member.owesAnswer = false
                member.answerAt = nil
                member.pauseMilliseconds = Repair.longer(member.pauseMilliseconds)
                member.askAgainAt = now + member.pauseMilliseconds
            }
            if !isUnanswered { member.askAgainAt = nil }
            let isDone = phase == .ended && member.report?.settled == true
            if isDue || pulls || isDone { member.repairAt = isDone ? nil : now + Repair.intervalMilliseconds }
            members[party] = member
        }
    }

    /// Makes the party's orders anew; returns whether they are others.
    private func renew(_ member: inout MemberState, for party: Party) -> Bool {
        let body = makeOrders(for: party)
        guard member.ordersNumber == 0 || body != member.orders else { return false }
        member.orders = body
        member.ordersNumber += 1
        return true
    }

    private func makeOrders(for party: Party) -> Orders.Body {
        var body = Orders.Body()
        body.jobStatus = outcome != nil && phase == .ended ? outcome ?? status : status
        body.taskStatuses = tasks.mapValues(\.status)
        body.isPaused = pause != nil && outcome == nil
        if let outcome {
            body.end = outcome
            body.endFailure = failure
        } else if let member = members[party] {
            body.reservation = member.reservation
            body.reservation.priority = changedPriority
        }
        for task in job.tasks where task.parties.contains(party) {
            guard let state = tasks[task.name], let number = state.attempts.indices.last else { continue }
            let attempt = state.attempts[number]
            guard !attempt.status.isFinal else { continue }
            let stop = attempt.status == .stopping ? attempt.failure ?? failure : nil
            // An input whose task did not run here is not this party's.
            let inputs = attempt.inputs.filter { input in
                input.model != nil || job.task(named: input.task)?.parties.contains(party) == true
            }
            body.attempts.append(Orders.Attempt(task: task.name, number: number, stop: stop, inputs: inputs))
        }
        return body
    }

    /// Until the party has answered to the contract; and when it does not answer any more: its site may have been
    /// restored from a backup that knows nothing of the job.
    private func needsContract(_ member: MemberState) -> Bool {
        member.report == nil || member.pauseMilliseconds >= Repair.contractPauseMilliseconds
    }

    private func message(to party: Party, _ member: MemberState, needsAnswer: Bool) -> Orders {
        Orders(
            job: job.id, from: job.initiator, to: party, fence: fence, number: member.ordersNumber,
            acknowledgedReport: member.reportNumber, heartbeat: member.heartbeat, needsAnswer: needsAnswer,
            contract: needsContract(member) ? job.view(for: party) : nil,
            contractNumber: contractNumber, timing: timing, body: member.orders)
    }

    mutating func scheduleWake(_ effects: inout [Effect]) {
        var times: [Instant] = []
        if phase != .ended {
            times += [deadline, keepsUntil].compactMap(\.self)
            for (name, task) in tasks {
                times += [task.retryAt].compactMap(\.self)
                guard task.status == .running, let attempt = task.attempts.last else { continue }
                let seconds = job.task(named: name)?.timeoutSeconds
                times += seconds.map { [attempt.startedAt + Int64($0) * 1_000] } ?? []
            }
        }
        for member in members.values {
            times += [member.askAgainAt, member.repairAt, member.answerAt].compactMap(\.self)
            if phase != .ended, let from = member.leaseFrom {
                times.append(from + member.timing.silenceMilliseconds)
            }
            if phase == .reserving || phase == .creating, member.reservation.want == .hold {
                times.append(member.reservationSince + Reserving.answerMilliseconds)
            }
        }
        // What was due has been done in this step.
        let next = times.filter { $0 > now }.min()
        guard next != wakeAt else { return }
        wakeAt = next
        effects.append(.wake(next))
    }
}
