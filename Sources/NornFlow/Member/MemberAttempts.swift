extension Member {
    /// When a worker of this member has to end by itself, unless the lease is renewed: after the member has had time to
    /// end it, and before the coordinator takes it for dead, with half of the grace left for the drift of two clocks.
    public var workersEndAt: Instant? { leaseEndsAt.map { $0 + timing.graceMilliseconds / 2 } }

    /// Whether a worker may be alive here.
    public var hasLiveAttempts: Bool { attempts.contains { !$0.status.isFinal } }

    /// The job has ended here: no worker, nothing held.
    public var isSettled: Bool { orders.end != nil && !hasLiveAttempts && reservation.status == .none }

    func place(_ task: String, _ number: Int) -> Int? {
        attempts.lastIndex { $0.key.task == task && $0.key.number == number }
    }

    mutating func move(_ place: Int, to next: WorkerStatus, _ failure: Failure?, _ effects: inout [Effect]) {
        let from = attempts[place].status
        attempts[place].status.move(to: next)
        if let failure { attempts[place].failure = failure }
        record(
            .worker, task: attempts[place].key.task, attempt: attempts[place].key.number, from: from.rawValue,
            to: next.rawValue, failure: attempts[place].failure, &effects)
    }

    /// Brings attempts and reservation to what the newest orders want.
    mutating func carryOut(_ effects: inout [Effect]) {
        if let failure = reasonToLeave {
            stopAll(failure, asLost: false, &effects)
            release(&effects)
            if isSettled, !cleaned {
                cleaned = true
                effects.append(.cleanUp(key))
            }
            return
        }
        let wanted = Set(orders.attempts.map { AttemptKey(task: $0.task, number: $0.number) })
        for place in attempts.indices where !wanted.contains(attempts[place].key) {
            let failure = Failure(.stopped, "the coordinator has given this attempt up", task: attempts[place].key.task)
            stop(place, failure, asLost: false, &effects)
        }
        carryOutReservation(&effects)
        for order in orders.attempts { carryOut(order, &effects) }
    }

    private var reasonToLeave: Failure? {
        if orders.end != nil { return orders.endFailure ?? Failure(.stopped, "the job has ended") }
        return wantsStop || approval == .refused ? failure : nil
    }

    private mutating func carryOut(_ order: Orders.Attempt, _ effects: inout [Effect]) {
        if let place = place(order.task, order.number) {
            if let failure = order.stop { stop(place, failure, asLost: false, &effects) }
            return
        }
        let mine = orders.reservation
        if order.stop == nil, reservation.status == .confirmed, reservation.round == mine.round {
            if answeredHeartbeat >= startsFromHeartbeat { start(order, &effects) }
            return
        }
        let roundIsDead =
            reservation.round > mine.round
            || (reservation.round == mine.round && [.none, .releasing].contains(reservation.status))
        guard order.stop != nil || roundIsDead else { return }
        // It never ran here. A record of that keeps a late order from starting it.
        append(order)
        if let failure = order.stop {
            move(attempts.count - 1, to: .stopping, failure, &effects)
            move(attempts.count - 1, to: .canceled, nil, &effects)
        } else {
            let failure = Failure(.reservationLost, "nothing is held for the job at \(key.party)", party: key.party)
            move(attempts.count - 1, to: .lost, failure, &effects)
        }
    }

    private mutating func append(_ order: Orders.Attempt) {
        attempts.append(AttemptRecord(key: AttemptKey(task: order.task, number: order.number)))
    }

    private mutating func start(_ order: Orders.Attempt, _ effects: inout [Effect]) {
        // Only what the rules have looked at may run: the tasks of this party.
        guard let terms, let need = terms.needs[order.task], let task = job.task(named: order.task),
            task.parties.contains(key.party)
        else { return }
        append(order)
        record(
            .worker, task: order.task, attempt: order.number, from: nil, to: WorkerStatus.initial.rawValue, &effects)
        effects.append(
            .startAttempt(
                AttemptOrder(
                    attempt: AttemptIdentity(
                        job: key.job, task: order.task, number: order.number, party: key.party),
                    task: task, parameters: task.parameters[key.party] ?? [:], inputs: order.inputs,
                    resources: need, engine: terms.engine,
                    partitions: job.parameters.sizes(at: key.party).computingPartitions, jobParties: job.parties)))
    }

    private mutating func stop(_ place: Int, _ failure: Failure, asLost: Bool, _ effects: inout [Effect]) {
        let record = attempts[place]
        guard record.status == .starting || record.status == .running else { return }
        attempts[place].endsAsLost = asLost
        move(place, to: .stopping, failure, &effects)
        let identity = AttemptIdentity(
            job: key.job, task: record.key.task, number: record.key.number, party: key.party)
        effects.append(.cancelAttempt(identity, failure))
    }

    mutating func stopAll(_ failure: Failure, asLost: Bool, _ effects: inout [Effect]) {
        for place in attempts.indices { stop(place, failure, asLost: asLost, &effects) }
    }

    /// The worker of an attempt is gone.
    mutating func end(_ task: String, _ number: Int, _ outcome: WorkerOutcome, _ effects: inout [Effect]) {
        guard let place = place(task, number), !attempts[place].status.isFinal else { return }
        if attempts[place].status == .stopping {
            move(place, to: attempts[place].endsAsLost ? .lost : .canceled, nil, &effects)
            return
        }
        switch outcome {
        case .success: move(place, to: .success, nil, &effects)
        case .failed(let failure): move(place, to: failure.code.isRecovered ? .lost : .failed, failure, &effects)
        }
    }
}
