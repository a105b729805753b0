extension Coordinator {
    /// Whether a worker of the job may be alive at the party.
    func mayRunWorkers(at party: Party) -> Bool {
        guard let member = members[party], let from = member.leaseFrom, member.report?.settled != true else {
            return false
        }
        return now < from + member.timing.silenceMilliseconds
    }

    /// Whether the party holds what the job needs there, as far as is known.
    private func holds(_ party: Party) -> Bool {
        guard let member = members[party], let report = member.report?.reservation, mayRunWorkers(at: party) else {
            return false
        }
        return report.round == member.reservation.round && [.held, .confirmed].contains(report.status)
    }

    /// Draws attempts, then tasks, from what the parties reported.
    mutating func foldAttempts(_ effects: inout [Effect]) {
        for name in taskNames {
            guard let task = tasks[name], let number = task.attempts.indices.last else { continue }
            if task.attempts[number].status == .running { judge(name, number, &effects) }
            if tasks[name]?.attempts[number].status == .stopping { finishStopping(name, number, &effects) }
        }
    }

    /// Decides about a running attempt.
    private mutating func judge(_ name: String, _ number: Int, _ effects: inout [Effect]) {
        guard let task = job.task(named: name), let attempt = tasks[name]?.attempts[number] else { return }
        let reports = task.parties.compactMap { attempt.parties[$0] }
        if reports.count == task.parties.count, reports.allSatisfy({ $0.status == .success }) {
            move(name, number, to: .success, &effects)
            move(name, to: .success, &effects)
            return
        }
        // Canceled without an order of this row: by one that a backup does not have.
        for (status, outcome) in [(WorkerStatus.lost, AttemptStatus.lost), (.failed, .failed), (.canceled, .lost)] {
            guard let party = task.parties.first(where: { attempt.parties[$0]?.status == status }) else { continue }
            var failure = attempt.parties[party]?.failure ?? Failure(.componentFailed, "the attempt ended")
            failure.party = failure.party ?? party
            failure.task = name
            stopAttempt(of: name, as: outcome, failure, &effects)
            return
        }
        if let gone = task.parties.first(where: { attempt.parties[$0]?.status.isFinal != true && !holds($0) }) {
            let failure = Failure(.partnerUnreachable, "\(gone) holds nothing for the job", party: gone, task: name)
            stopAttempt(of: name, as: .lost, failure, &effects)
        } else if let seconds = task.timeoutSeconds, now >= attempt.startedAt + Int64(seconds) * 1_000 {
            let failure = Failure(
                .taskTimeout, "the task ran longer than \(seconds) s", task: name, advice: "set a longer timeout")
            stopAttempt(of: name, as: .timeout, failure, &effects)
        }
    }

    /// Decides how the running attempt of a task ends, and has the others stopped.
    mutating func stopAttempt(
        of name: String, as outcome: AttemptStatus, _ failure: Failure, _ effects: inout [Effect]
    ) {
        guard let number = tasks[name]?.attempts.indices.last, tasks[name]?.attempts[number].status == .running
        else { return }
        tasks[name]?.attempts[number].outcome = outcome
        tasks[name]?.attempts[number].failure = failure
        move(name, number, to: .stopping, &effects)
    }

    /// Ends an attempt once no party can run it any more.
    private mutating func finishStopping(_ name: String, _ number: Int, _ effects: inout [Effect]) {
        guard let task = job.task(named: name), let attempt = tasks[name]?.attempts[number] else { return }
        let isOver = task.parties.allSatisfy {
            attempt.parties[$0]?.status.isFinal == true || !mayRunWorkers(at: $0)
        }
        guard isOver, var ending = attempt.outcome else { return }
        // A component fails when its partner's site vanishes: then the cause is the site, not the component.
        let vanished = task.parties.first {
            attempt.parties[$0]?.status == .lost || attempt.parties[$0]?.status.isFinal != true
        }
        if let vanished, ending == .failed || ending == .lost {
            // The party's own word for it says more than what was seen from here.
            let guess = ending == .lost ? attempt.failure : nil
            ending = .lost
            tasks[name]?.attempts[number].failure =
                attempt.parties[vanished]?.failure ?? guess
                ?? Failure(.partnerUnreachable, "\(vanished) was not heard", party: vanished, task: name)
        }
        move(name, number, to: ending, &effects)
        endTask(name, after: ending, tasks[name]?.attempts[number].failure, &effects)
    }

    private mutating func endTask(
        _ name: String, after ending: AttemptStatus, _ failure: Failure?, _ effects: inout [Effect]
    ) {
        let mayTryAgain = outcome == nil && failure?.code.isRetriedOnRequest == true
        let retries = tasks[name]?.retries ?? 0
        tasks[name]?.failure = failure
        switch ending {
        case .lost where outcome == nil:
            let losses = tasks[name]?.losses ?? 0
            let next = now + retryPause(after: failure, earlier: losses)
            tasks[name]?.retryAt = next
            tasks[name]?.losses = losses + 1
            move(name, to: .waiting, &effects)
        case .failed, .timeout:
            if mayTryAgain, retries < job.parameters.autoRetries {
                tasks[name]?.retries = retries + 1
                tasks[name]?.losses = 0
                let next = now + retryPause(after: failure, earlier: retries)
                tasks[name]?.retryAt = next
                move(name, to: .waiting, &effects)
            } else {
                move(name, to: ending == .failed ? .failed : .timeout, &effects)
                decide(ending == .failed ? .failed : .timeout, failure, &effects)
            }
        default: move(name, to: .canceled, &effects)
        }
    }

    private func retryPause(after failure: Failure?, earlier: Int) -> Int64 {
        Backoff.pauseMilliseconds(
            after: failure?.code, earlier: earlier, requestedSeconds: job.parameters.autoRetryDelaySeconds)
    }

    /// The edges of the job.
    var taskGraph: Graph { graph ?? Graph(job.tasks) }

    /// Starts what is ready, ends the job when all is done, and goes back to reserve when a party holds no more.
    mutating func runTasks(_ effects: inout [Effect]) {
        if tasks.values.allSatisfy({ $0.status == .success }) {
            decide(.success, nil, &effects)
            return
        }
        let running = tasks.values.count { $0.status == .running }
        if pause != nil {
            if running == 0 { rest(&effects) }
            return
        }
        guard job.parties.allSatisfy(holds) else {
            if running == 0 { reserveAnew(&effects) }
            return
        }
        var slots = max(1, job.parameters.taskParallelism) - running
        let graph = taskGraph
        let succeeded = Set(tasks.filter { $0.value.status == .success }.keys)
        for task in job.tasks where slots > 0 {
            guard let state = tasks[task.name], state.status == .waiting else { continue }
            guard now >= state.retryAt ?? now, graph.isReady(task.name, succeeded: succeeded) else { continue }
            startAttempt(of: task, &effects)
            slots -= 1
        }
    }

    private mutating func startAttempt(of task: JobTask, _ effects: inout [Effect]) {
        let inputs = task.inputs.compactMap { input -> ResolvedInput? in
            if let model = input.model {
                return ResolvedInput(
                    slot: input.slot, index: input.index, kind: input.kind, task: input.task, attempt: 0,
                    output: input.output, model: model)
            }
            return source(of: input.task).map { source in
                ResolvedInput(
                    slot: input.slot, index: input.index, kind: input.kind, task: input.task,
                    attempt: source.attempt, output: input.output, job: source.job)
            }
        }
        tasks[task.name]?.attempts.append(AttemptState(startedAt: now, inputs: inputs))
        ordersChanged = true
        tasks[task.name]?.retryAt = nil
        let number = (tasks[task.name]?.attempts.count ?? 1) - 1
        move(task.name, to: .running, &effects)
        record(
            .attempt, task: task.name, attempt: number, from: nil, to: AttemptStatus.initial.rawValue, &effects)
    }

    /// The attempt whose outputs count, and the job that made it unless it is this one.
    private func source(of name: String) -> (attempt: Int, job: JobID?)? {
        guard let task = tasks[name], task.status == .success else { return nil }
        if let inherited = task.inherited { return (inherited.attempt, inherited.job) }
        return task.attempts.lastIndex { $0.status == .success }.map { ($0, nil) }
    }

    mutating func move(_ name: String, to next: TaskStatus, _ effects: inout [Effect]) {
        guard let from = tasks[name]?.status else { return }
        tasks[name]?.status.move(to: next)
        ordersChanged = true
        if next == .success { tasks[name]?.failure = nil }
        record(
            .task, task: name, from: from.rawValue, to: next.rawValue, failure: tasks[name]?.failure, &effects)
    }

    private mutating func move(
        _ name: String, _ number: Int, to next: AttemptStatus, _ effects: inout [Effect]
    ) {
        guard let from = tasks[name]?.attempts[number].status else { return }
        tasks[name]?.attempts[number].status.move(to: next)
        ordersChanged = true
        record(
            .attempt, task: name, attempt: number, from: from.rawValue, to: next.rawValue,
            failure: tasks[name]?.attempts[number].failure, &effects)
    }
}
