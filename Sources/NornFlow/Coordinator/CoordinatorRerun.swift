extension Coordinator {
    /// What a rerun would do; nothing changes.
    ///
    /// What succeeded is used again when its parameters and inputs are the same and its outputs are there. All that a
    /// task feeds runs after it, except what a selection of `only` leaves alone.
    /// - Throws: `wrong_state` while the job has not ended, or when nothing would run; `invalid_job` for a job with
    ///   other parties or another graph, or a task that it does not have.
    public func plan(_ rerun: Rerun) throws(Failure) -> RerunPlan {
        guard phase == .ended else {
            throw Failure(.wrongState, "the job has not ended", advice: "stop it first, or wait for its end")
        }
        let next = rerun.job ?? job
        try checkSameGraph(next)
        let reasons = RerunReasons(next, rerun, graph: taskGraph, before: self)
        for name in reasons.selected.sorted() where job.task(named: name) == nil {
            throw Failure(.invalidJob, "the job has no task \(name)", field: "tasks")
        }
        let entries = job.tasks.map { task in
            let why = reasons.why[task.name]
            return RerunPlan.Entry(task: task.name, runs: why != nil, why: why ?? .reused)
        }
        guard entries.contains(where: \.runs) else {
            throw Failure(
                .wrongState, "every task of the job succeeded, so nothing would run",
                advice: "name the tasks to run again")
        }
        return RerunPlan(tasks: entries)
    }

    private func checkSameGraph(_ next: Job) throws(Failure) {
        guard next.id == job.id, next.initiator == job.initiator, next.parties == job.parties else {
            throw Failure(
                .invalidJob, "a rerun has the same parties in the same order", field: "role",
                advice: "submit a new job")
        }
        let isSame =
            next.tasks.count == job.tasks.count
            && zip(next.tasks, job.tasks).allSatisfy { new, old in
                new.name == old.name && new.module == old.module && new.parties == old.parties
                    && new.inputs == old.inputs && new.outputs == old.outputs
            }
        guard isSame else {
            throw Failure(
                .invalidJob, "a rerun has the same tasks with the same inputs and outputs", field: "components",
                advice: "submit a new job, which may inherit tasks of this one")
        }
    }

    /// Begins an ended job again: a new contract goes to every party. Attempts, their numbers and rounds go on.
    mutating func rerun(_ rerun: Rerun, _ effects: inout [Effect]) {
        guard let plan = try? plan(rerun) else { return }
        if let next = rerun.job { job = next }
        for entry in plan.tasks where entry.runs { reset(entry.task, &effects) }
        contractNumber = max(contractNumber, members.values.map(\.contractNumber).max() ?? 0) + 1
        for party in job.parties { members[party]?.begin(at: now) }
        (outcome, failure, deadline, timeLeftMilliseconds, pause) = (nil, nil, nil, nil, nil)
        changedPriority = nil
        forgetGatherings()
        endedDependencies = endedDependencies.filter { $0.value == .success }
        ordersChanged = true
        record(.rerun, from: nil, to: "contract \(contractNumber)", by: rerun.by, &effects)
        enter(.creating, &effects)
        move(to: .waiting, &effects)
        lookUp(&effects)
    }

    private mutating func reset(_ name: String, _ effects: inout [Effect]) {
        guard var task = tasks[name] else { return }
        (task.retries, task.retryAt, task.failure, task.losses, task.inherited) = (0, nil, nil, 0, nil)
        tasks[name] = task
        if task.status.isFinal { move(name, to: .waiting, &effects) }
    }
}

extension Coordinator.MemberState {
    /// A new contract: what the party said of the one before counts no more, its rounds go on.
    fileprivate mutating func begin(at now: Instant) {
        let round = max(reservation.round, report?.reservation.round ?? 0)
        report = nil
        since = now
        reservation = Orders.Reservation(want: .nothing, round: round)
        reservationSince = now
        // Whatever it contains, the first message of the contract is a new one.
        ordersNumber += 1
        contractOrdersNumber = ordersNumber
        askedAt = now
        askAgainAt = now
        pauseMilliseconds = 0
        repairAt = nil
    }
}

/// Why each task of a rerun runs.
private struct RerunReasons {
    let selected: Set<String>
    private(set) var why: [String: RerunPlan.Why] = [:]
    /// Tasks whose outputs will be others.
    private var spreading: Set<String> = []

    init(_ next: Job, _ rerun: Rerun, graph: Graph, before: Coordinator) {
        var spreads = true
        switch rerun.selection {
        case .all: selected = Set(next.tasks.map(\.name))
        case .from(let names): selected = Set(names)
        case .only(let names):
            selected = Set(names)
            spreads = false
        }
        for (new, old) in zip(next.tasks, before.job.tasks) {
            let isChanged = new.parameters != old.parameters || new.provider != old.provider
            let hasSucceeded = before.tasks[new.name]?.status == .success
            if selected.contains(new.name) {
                why[new.name] = .selected
            } else if isChanged {
                why[new.name] = .parametersChanged
            } else if !hasSucceeded {
                why[new.name] = .notSucceeded
            } else {
                continue
            }
            if spreads || isChanged || !hasSucceeded { spreading.insert(new.name) }
        }
        spread(graph, unavailable: rerun.unavailable)
    }

    /// Down to all that a running task feeds, and up to what has to be made again for one that runs.
    private mutating func spread(_ graph: Graph, unavailable: Set<String>) {
        let order = graph.topologicalOrder() ?? []
        var known = -1
        while known != why.count {
            known = why.count
            for name in order where why[name] == nil {
                guard let feeder = graph.upstream(of: name).first(where: spreading.contains) else { continue }
                add(name, .downstreamOf(feeder))
            }
            for name in order.reversed() where why[name] == nil && unavailable.contains(name) {
                if graph.downstream(of: name).contains(where: { why[$0] != nil }) { add(name, .outputsGone) }
            }
        }
    }

    private mutating func add(_ name: String, _ reason: RerunPlan.Why) {
        why[name] = reason
        spreading.insert(name)
    }
}
