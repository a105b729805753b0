import NornFlow

/// What happens outside the heart: messages, workers, people, alarms.
extension World {
    mutating func perform(_ site: Int, _ item: Turn.Outward) {
        switch item.effect {
        case .send(let message): send(message, from: site)
        case .check(let key, let job, let contract): check(key, job, contract, item.slot, at: site)
        case .startAttempt(let order): start(order, item.slot, at: site)
        case .cancelAttempt(let attempt, _): cancel(attempt, item.slot, at: site)
        case .wake(let instant): wake(at: instant, item, site)
        case .awaitJobs(let job, let others): tell(endsOf: others, to: job, at: site)
        case .inherit(let job, let inheritance): inherit(inheritance, for: job, at: site)
        case .cleanUp, .record, .ask, .tell: break
        }
    }

    func coordinatorWake(_ number: Int) -> Int { jobs.count * Self.slotsOfJob + number }

    private mutating func wake(at instant: Instant?, _ item: Turn.Outward, _ site: Int) {
        wakeNumber += 1
        sites[site].wakes[item.isCoordinator ? coordinatorWake(item.slot) : item.slot] = wakeNumber
        guard let instant else { return }
        agenda.add(
            .wake(
                site, run: sites[site].rows.epoch, slot: item.slot, isCoordinator: item.isCoordinator,
                number: wakeNumber),
            at: max(now, sites[site].clock.time(of: instant)))
    }

    /// Puts an event in the way of the site's present run.
    mutating func later(_ site: Int, _ event: LocalEvent, _ milliseconds: Int64) {
        agenda.add(.local(site, run: sites[site].rows.epoch, event), at: now + milliseconds)
    }

    private mutating func send(_ message: Message, from site: Int) {
        if isForgotten(message) { return }
        let to = home(of: message.to)
        guard to != site else { return agenda.add(.deliver(message, from: site, to: to), at: now) }
        let isLost = strikes(.lose)
        if isLost, keepsHistory { note(site, "message to \(sites[to].name) is lost") }
        let copies = strikes(.double) ? 2 : 1
        for _ in 0..<copies where !isLost {
            agenda.add(.deliver(message, from: site, to: to), at: now + delay())
        }
    }

    private mutating func delay() -> Int64 {
        if strikes(.late) {
            return chances.messages.happens(8_000)
                ? chances.messages.number(1_000...600_000) : chances.messages.number(600_000...3 * 3_600_000)
        }
        return strikes(.reorder) ? chances.messages.number(50...3_000) : chances.messages.number(0...50)
    }

    private mutating func check(_ key: MemberKey, _ job: Job, _ contract: Int, _ slot: Int, at site: Int) {
        let verdict = Workload.verdict(on: job, at: key.party, &chances.people)
        later(site, .member(slot, .checked(verdict, contract: contract)), 5)
        guard case .waitingForApproval = verdict else { return }
        let says: Member.Event =
            chances.people.happens(8_000) ? .approved(by: "a person") : .refused(by: "a person", reason: "no")
        // A person who is asked again answers again; the last answer comes when all faults are over.
        let answer = Happening.local(site, run: 0, .member(slot, says))
        agenda.add(answer, at: now + chances.people.number(1_000...60_000))
        agenda.add(answer, at: max(now, plan.faults.endMilliseconds) + Self.lastAnswersMilliseconds)
    }

    /// What a job depends on is a job of the same site.
    private mutating func tell(endsOf others: [JobID], to job: JobID, at site: Int) {
        guard let number = numbers[job] else { return }
        for other in others {
            let status = numbers[other].flatMap { coordinator(of: jobs[$0])?.status } ?? .success
            if status.isFinal { later(site, .coordinator(number, .dependencyEnded(other, status)), 1) }
        }
    }

    /// What the earlier job has done there, as far as it has succeeded by now.
    private mutating func inherit(_ inheritance: Inheritance, for job: JobID, at site: Int) {
        guard let number = numbers[job] else { return }
        var found: [String: InheritedTask] = [:]
        let source = numbers[inheritance.job].flatMap { coordinator(of: jobs[$0]) }
        for task in inheritance.tasks {
            guard let state = source?.tasks[task], state.status == .success else { continue }
            let attempt = state.attempts.lastIndex { $0.status == .success }
            found[task] = state.inherited ?? attempt.map { InheritedTask(job: inheritance.job, attempt: $0) }
        }
        later(site, .coordinator(number, .inherited(found)), 2)
    }

    // MARK: Workers

    private mutating func start(_ order: AttemptOrder, _ slot: Int, at site: Int) {
        let copies = plan.planted == .doubledStart && chances.workers.happens(1_000) ? 2 : 1
        for _ in 0..<copies { checkStart(order, at: site) }
        guard violation == nil else { return }
        let attempt = order.attempt
        let run = sites[site].rows.epoch
        if strikes(.start) {
            let outcome = Member.WorkerOutcome.failed(Failure(.workerNotStarted, "no process"))
            return later(site, .member(slot, .attemptEnded(task: attempt.task, number: attempt.number, outcome)), 3)
        }
        jobs[slot / Self.slotsOfJob].workers.append(
            SimulatedJob.Worker(attempt: attempt, site: site, epoch: run, slot: slot))
        if keepsHistory { note(site, "  worker of \(attempt) starts") }
        later(site, .member(slot, .attemptStarted(task: attempt.task, number: attempt.number)), 3)
        var outcome = Member.WorkerOutcome.success
        if strikes(.crash) {
            outcome = .failed(Failure(.workerCrashed, "signal 9"))
        } else if strikes(.component) {
            outcome = .failed(Failure(.componentFailed, "diverged"))
        }
        let length = Workload.length(&chances.workers)
        agenda.add(.workerEnds(site, run: run, slot: slot, attempt, outcome), at: now + length)
    }

    private mutating func cancel(_ attempt: AttemptIdentity, _ slot: Int, at site: Int) {
        let outcome = Member.WorkerOutcome.failed(Failure(.stopped, "canceled"))
        let lives = jobs[slot / Self.slotsOfJob].workers.contains { $0.attempt == attempt && $0.site == site }
        guard lives, plan.planted != .ignoredCancel else {
            return later(site, .member(slot, .attemptEnded(task: attempt.task, number: attempt.number, outcome)), 1)
        }
        // It is killed when it does not heed.
        let length = strikes(.hang) ? 5_000 : chances.workers.number(1...500)
        agenda.add(
            .workerEnds(site, run: sites[site].rows.epoch, slot: slot, attempt, outcome), at: now + length)
    }

    mutating func endWorker(
        _ site: Int, _ run: UInt64, _ slot: Int, _ attempt: AttemptIdentity, _ outcome: Member.WorkerOutcome
    ) {
        let number = slot / Self.slotsOfJob
        guard sites[site].rows.epoch == run,
            let place = jobs[number].workers.firstIndex(where: { $0.attempt == attempt && $0.epoch == run })
        else { return }
        jobs[number].workers.remove(at: place)
        if outcome == .success { succeeded.insert(attempt) }
        if keepsHistory { note(site, "  worker of \(attempt) is gone") }
        // The site hears of it a little later.
        later(
            site, .member(slot, .attemptEnded(task: attempt.task, number: attempt.number, outcome)),
            chances.workers.number(0...20))
    }
}
