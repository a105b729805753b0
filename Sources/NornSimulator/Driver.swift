import NornFlow

/// A site's driver: steps an aggregate, commits its row, performs the effects; dies between any two.
extension World {
    mutating func drain(_ index: Int) {
        while violation == nil, sites[index].isUp, !sites[index].inbox.isEmpty {
            step(index, sites[index].inbox.removeFirst())
        }
    }

    private mutating func step(_ index: Int, _ event: LocalEvent) {
        steps += 1
        var aggregate: SimulatedSite.Aggregate?
        let at = instant(index)
        // A conflict means that the first outcome is thrown away: nothing of it may remain.
        let repeats = areFaultsOn && random.happens(plan.faults.commitConflict)
        var effects: [Effect] = []
        switch event {
        case .ledger(let event):
            if keepsHistory { note("\(sites[index].name) ledger <- \(event)") }
            effects = sites[index].ledger.step(event, at: at)
        case .coordinator(let job, let event):
            guard var row = sites[index].coordinators[job] else { return }
            if keepsHistory { note("\(sites[index].name) coordinator \(job) <- \(event)") }
            if repeats {
                var lost = row
                _ = lost.step(event, at: at)
            }
            effects = row.step(event, at: at)
            sites[index].coordinators[job] = row
            aggregate = .coordinator(job)
            check(row)
        case .member(let key, let event):
            guard var row = sites[index].members[key] else { return }
            let before = row
            if keepsHistory { note("\(sites[index].name) member \(key) <- \(event)") }
            effects = row.step(event, at: at)
            sites[index].members[key] = row
            aggregate = .member(key)
            check(row, before: before)
        case .message(let message):
            receive(index, message)
            return
        }
        for effect in effects {
            if areFaultsOn, random.happens(plan.faults.siteKilled) { return kill(index) }
            perform(index, effect, of: aggregate)
            guard violation == nil else { return }
        }
        check(siteAt: index)
    }

    private mutating func receive(_ index: Int, _ message: Message) {
        switch message {
        case .report(let report): sites[index].inbox.insert(.coordinator(report.job, .report(report)), at: 0)
        case .orders(var orders):
            let key = MemberKey(job: orders.job, party: orders.to)
            if plan.planted == .unfencedOrders, let member = sites[index].members[key] {
                orders.fence = max(orders.fence, member.fence)
                orders.number = max(orders.number, member.ordersNumber + 1)
            }
            if plan.planted == .startWithoutInputs, !orders.body.attempts.isEmpty {
                let job = jobs.first { $0.id == orders.job }
                let early = job?.tasks.first { !$0.inputs.isEmpty && orders.body.taskStatuses[$0.name] == .waiting }
                if let early, early.parties.contains(orders.to) { orders.add(early, as: 0) }
            }
            if sites[index].members[key] == nil {
                sites[index].members[key] = Member(
                    for: orders, site: sites[index].name, epoch: sites[index].epoch, at: instant(index))
            }
            sites[index].inbox.insert(.member(key, .orders(orders)), at: 0)
        }
    }

    private mutating func perform(_ index: Int, _ effect: Effect, of aggregate: SimulatedSite.Aggregate?) {
        switch effect {
        case .send(let message): send(message, from: index)
        case .check(let key, let job, let contract):
            let verdict = Workload.verdict(on: job, at: key.party, &random)
            local(index, .member(key, .checked(verdict, contract: contract)), after: 5)
            if case .waitingForApproval = verdict {
                let says: Member.Event =
                    random.happens(800) ? .approved(by: "a person") : .refused(by: "a person", reason: "no")
                // A person who is asked again answers again.
                agenda.add(.local(index, epoch: 0, .member(key, says)), at: now + random.number(1_000...60_000))
                agenda.add(
                    .local(index, epoch: 0, .member(key, says)), at: plan.faults.endMilliseconds + 3_600_000)
            }
        case .startAttempt(let order): start(index, order)
        case .cancelAttempt(let identity, _): cancel(index, identity)
        case .ask(let request):
            if plan.planted == .lostRelease, case .release = request { return }
            sites[index].inbox.append(.ledger(.request(request)))
        case .tell(let answer): sites[index].inbox.append(.member(answer.member, .ledgerAnswered(answer)))
        case .wake(let at):
            guard let aggregate else { return }
            wakeNumber += 1
            sites[index].wakes[aggregate] = wakeNumber
            guard let at else { return }
            let time = max(now, at.milliseconds - sites[index].clockOrigin)
            agenda.add(.wake(index, epoch: sites[index].epoch, aggregate, number: wakeNumber), at: time)
        case .cleanUp, .inherit, .awaitJobs: break
        case .record(let entry):
            if keepsHistory {
                note("  \(entry.subject) \(entry.party?.description ?? "") \(entry.task ?? "") \(entry.to)")
            }
        }
    }

    private mutating func local(_ index: Int, _ event: LocalEvent, after milliseconds: Int64) {
        agenda.add(.local(index, epoch: sites[index].epoch, event), at: now + milliseconds)
    }

    private mutating func send(_ message: Message, from index: Int) {
        if plan.planted == .forgottenPartner, case .orders(let orders) = message, orders.body.end != nil,
            orders.to != orders.from
        {
            return
        }
        let isLocal = site(of: message.to) == index
        let faults = areFaultsOn && !isLocal ? plan.faults : .none
        let copies = random.happens(faults.messageDoubled) ? 2 : 1
        for _ in 0..<copies where !random.happens(faults.messageLost) {
            let delay = random.happens(faults.messageLate) ? random.number(1_000...600_000) : random.number(0...50)
            agenda.add(.deliver(message, from: index), at: now + delay)
        }
    }

    private mutating func start(_ index: Int, _ order: AttemptOrder) {
        let copies = plan.planted == .doubledStart && random.happens(100) ? 2 : 1
        for _ in 0..<copies { check(order) }
        guard violation == nil else { return }
        let identity = order.attempt
        sites[index].workers[identity] = false
        let key = MemberKey(job: identity.job, party: identity.party)
        local(index, .member(key, .attemptStarted(task: identity.task, number: identity.number)), after: 3)
        var outcome = Member.WorkerOutcome.success
        if areFaultsOn, random.happens(plan.faults.workerCrashed) {
            outcome = .failed(Failure(.workerCrashed, "signal 9"))
        } else if areFaultsOn, random.happens(plan.faults.componentFails) {
            outcome = .failed(Failure(.componentFailed, "diverged"))
        }
        let length = random.happens(50) ? random.number(60_000...120_000) : random.number(5...15_000)
        agenda.add(.workerEnds(index, epoch: sites[index].epoch, identity, outcome), at: now + length)
    }

    private mutating func cancel(_ index: Int, _ identity: AttemptIdentity) {
        let outcome = Member.WorkerOutcome.failed(Failure(.stopped, "canceled"))
        guard sites[index].workers[identity] != nil, plan.planted != .ignoredCancel else {
            let key = MemberKey(job: identity.job, party: identity.party)
            local(index, .member(key, .attemptEnded(task: identity.task, number: identity.number, outcome)), after: 1)
            return
        }
        sites[index].workers[identity] = true
        agenda.add(
            .workerEnds(index, epoch: sites[index].epoch, identity, outcome), at: now + random.number(1...2_000))
    }
}
