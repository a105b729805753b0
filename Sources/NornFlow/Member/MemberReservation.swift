extension Member {
    /// Brings the reservation to what the newest orders want.
    mutating func carryOutReservation(_ effects: inout [Effect]) {
        let wanted = orders.reservation
        if wanted.want == .nothing || wanted.round > reservation.round { release(&effects) }
        guard reservation.status == .none || wanted.round == reservation.round else { return }
        if let askedPriority, askedPriority != priority, reservation.status != .none { askLedgerAgain(&effects) }
        switch wanted.want {
        case .nothing: break
        case .hold:
            // It may be wanted before the party has agreed.
            guard wanted.round > reservation.round, reservation.status == .none, terms != nil, approval == .approved
            else { return }
            reservation.round = wanted.round
            move(to: .asked, &effects)
            askLedgerAgain(&effects)
        case .confirm:
            guard reservation.status == .held else { return }
            move(to: .confirmed, &effects)
            effects.append(.ask(.confirm(key, round: reservation.round)))
        }
    }

    mutating func receive(_ answer: LedgerAnswer, _ effects: inout [Effect]) {
        switch answer {
        case .held(_, let round):
            let isWanted = round == reservation.round && reservation.status != .none
            // Late or doubled: what nobody wants any more goes back, so that nothing leaks.
            guard isWanted else {
                effects.append(.ask(.release(key, round: round)))
                return
            }
            guard reservation.status == .asked || reservation.status == .short else { return }
            move(to: .held, &effects)
            beginLease()
        case .short(_, let round, let shortage):
            guard round == reservation.round, [.asked, .short].contains(reservation.status) else { return }
            reservation.shortage = shortage
            if reservation.status == .asked { move(to: .short, &effects) }
        case .giveBack(_, let round, let failure):
            // Late or doubled: the ledger may have missed that it went back.
            guard round == reservation.round, reservation.status != .none else {
                effects.append(.ask(.release(key, round: round)))
                return
            }
            stopAll(failure, asLost: true, &effects)
            release(&effects)
        }
    }

    /// Repeats what the ledger has to know in the present state: all requests are idempotent.
    mutating func askLedgerAgain(_ effects: inout [Effect]) {
        let round = reservation.round
        switch reservation.status {
        case .none: if round > 0 { effects.append(.ask(.release(key, round: round))) }
        case .asked, .short, .held, .confirmed:
            guard let terms else { return }
            askedPriority = priority
            effects.append(
                .ask(
                    .hold(
                        key, round: round, claim: terms.claim(of: job),
                        together: orders.reservation.together, priority: priority, account: account)))
            if reservation.status == .confirmed { effects.append(.ask(.confirm(key, round: round))) }
        case .releasing: break
        }
        let waits = [.asked, .short].contains(reservation.status)
        askLedgerAgainAt = waits ? now + Repair.intervalMilliseconds : nil
    }

    /// The contract's, or what a user at the initiator made of it since.
    var priority: Int { orders.reservation.priority ?? job.parameters.priority }

    /// Whose work the job is at this party.
    var account: Account {
        Account(party: key.party, initiator: job.initiator, submitter: job.parameters.submitter)
    }

    /// Gives back what is held, once no worker uses it.
    mutating func release(_ effects: inout [Effect]) {
        guard reservation.status != .none else { return }
        if hasLiveAttempts {
            let failure = Failure(.reservationLost, "the resources of the job are given back", party: key.party)
            stopAll(failure, asLost: true, &effects)
            if reservation.status == .confirmed { move(to: .releasing, &effects) }
            return
        }
        move(to: .none, &effects)
        effects.append(.ask(.release(key, round: reservation.round)))
        reservation.shortage = nil
        leaseEndsAt = nil
        heartbeatAt = nil
        heartbeats = []
        askLedgerAgainAt = nil
    }

    /// The lease runs from now; the coordinator renews it by its answers.
    mutating func beginLease() {
        leaseEndsAt = now + timing.leaseMilliseconds
        beat()
    }

    mutating func beat() {
        heartbeatNumber += 1
        heartbeats.append(Heartbeat(number: heartbeatNumber, sentAt: now))
        heartbeats = heartbeats.suffix(Heartbeats.remembered)
        heartbeatAt = now + timing.renewalMilliseconds
    }

    /// The coordinator was not heard: workers end, resources go back.
    mutating func endLease(_ effects: inout [Effect]) {
        let failure = Failure(
            .leaseEnded, "the coordinator was not heard for \(timing.leaseMilliseconds / 1_000) s", party: key.party)
        stopAll(failure, asLost: true, &effects)
        leaseEndsAt = nil
        heartbeatAt = nil
        if hasLiveAttempts {
            if reservation.status == .confirmed { move(to: .releasing, &effects) }
        } else {
            release(&effects)
        }
    }

    private mutating func move(to next: ReservationStatus, _ effects: inout [Effect]) {
        let from = reservation.status.rawValue
        reservation.status.move(to: next)
        reservation.since = now
        if next == .held { reservation.shortage = nil }
        record(.reservation, from: from, to: next.rawValue, &effects)
    }
}

extension Member.Terms {
    /// What the job holds at the party while it runs.
    public func claim(of job: Job) -> Claim {
        Claim(engine: engine, resources: .claim(of: needs.values, parallelism: job.parameters.taskParallelism))
    }
}
