extension Coordinator {
    /// Where a party stands in the gathering of resources.
    private enum Standing {
        /// Not asked, or what it held is gone.
        case idle
        case pending
        /// Cannot hold now, or does not answer: the others hold nothing meanwhile.
        case blocking
        case held
    }

    private func standing(of party: Party) -> Standing {
        guard let member = members[party], member.reservation.want != .nothing else { return .idle }
        let isOverdue = now >= member.reservationSince + Reserving.answerMilliseconds
        // A later round than was ever asked for: by orders that a backup does not have. Nothing is gathered by it.
        if let known = member.report?.reservation.round, known > member.reservation.round { return .idle }
        guard let report = member.report?.reservation, report.round == member.reservation.round else {
            return isOverdue ? .blocking : .pending
        }
        switch report.status {
        case .none, .releasing: return .idle
        case .short: return .blocking
        case .asked: return isOverdue ? .blocking : .pending
        case .held, .confirmed: return mayRunWorkers(at: party) ? .held : .idle
        }
    }

    /// All parties or none. Everyone is asked at once; when one is short for more than a moment, the others give back
    /// and only that one stays in its queue, until its turn: then the others are asked again. So nobody waits long
    /// while it holds.
    ///
    /// A large job would starve so under a steady stream of small ones: at each site its turn comes at another time.
    /// After some gatherings that failed it keeps what it holds for a while, longer each time, and waits for the rest;
    /// unless an older job waits there too. Then it gives back at once, so that two never wait for each other
    /// (wait-die: Rosenkrantz, Stearns, Lewis, ACM TODS 3(2), 1978).
    mutating func reserve(_ effects: inout [Effect]) {
        if pause != nil { return rest(&effects) }
        let standings = job.parties.map(standing)
        if standings.allSatisfy({ $0 == .held }) { return confirmAll(&effects) }
        let holdsSome = standings.contains(.held)
        let isBlocked = standings.contains(.blocking)
        let keeps = isBlocked && keepsHolding(holdsSome: holdsSome)
        if !isBlocked { keepsUntil = nil }
        if isBlocked, holdsSome, !keeps {
            giveUp()
        }
        for (party, standing) in zip(job.parties, standings) {
            switch standing {
            case .held where isBlocked && !keeps: want(.nothing, of: party)
            case .idle where !isBlocked || keeps: ask(party)
            default: break
            }
        }
    }

    /// With the first orders, before the parties have said whether they take part.
    mutating func gatherEarly() {
        guard phase == .creating, awaitedJobs.isEmpty, !awaitsInheritance, pause == nil else { return }
        for party in job.parties { ask(party) }
    }

    /// Nothing is held for long while it is open whether a party takes part, or when the job begins.
    mutating func reconsiderEarlyGathering() {
        guard members.values.contains(where: { $0.reservation.want == .hold }) else { return }
        let isOpen = members.values.contains { $0.report?.approval == .waitingForApproval }
        let isLate = now >= phaseSince + Reserving.answerMilliseconds
        if isOpen || isLate || pause != nil || !awaitedJobs.isEmpty || awaitsInheritance { releaseAll() }
    }

    private mutating func giveUp() {
        failedGatherings += 1
        longestGatheringMilliseconds = max(longestGatheringMilliseconds, Int(now - (gaveUpAt ?? phaseSince)))
        gaveUpAt = now
        keepsUntil = nil
    }

    mutating func forgetGatherings() {
        (failedGatherings, longestGatheringMilliseconds, gaveUpAt, keepsUntil) = (0, 0, nil, nil)
    }

    private mutating func confirmAll(_ effects: inout [Effect]) {
        for party in job.parties { want(.confirm, of: party) }
        forgetGatherings()
        enter(.running, &effects)
        move(to: .running, &effects)
        deadline = deadline ?? now + Int64(job.parameters.timeoutSeconds) * 1_000
    }

    /// Whether to go on holding although a party is short.
    private mutating func keepsHolding(holdsSome: Bool) -> Bool {
        let patience = Reserving.patienceMilliseconds(
            after: failedGatherings, longest: Int64(longestGatheringMilliseconds))
        let isQuick = failedGatherings < Reserving.quickGatherings
        guard holdsSome, job.parties.allSatisfy({ isWorthWaitingFor($0, behindOlder: isQuick) }) else { return false }
        let until = keepsUntil ?? now + patience
        keepsUntil = until
        return now < until
    }

    /// A party that is short of resources will have them when others end. One that does not answer, or that has rules
    /// against the job, may take any time.
    /// - Parameter behindOlder: also where an older job waits, as it may do for a moment.
    private func isWorthWaitingFor(_ party: Party, behindOlder: Bool) -> Bool {
        guard standing(of: party) == .blocking else { return true }
        guard let report = members[party]?.report?.reservation, report.round == members[party]?.reservation.round,
            report.status == .short, let shortage = report.shortage
        else { return false }
        guard behindOlder || !shortage.blockedByOlder else { return false }
        return shortage.cause == .missing || shortage.cause == .behindOthers
    }

    private mutating func want(_ want: Orders.Reservation.Want, of party: Party) {
        guard members[party]?.reservation.want != want else { return }
        members[party]?.reservation.want = want
        ordersChanged = true
    }

    mutating func releaseAll() {
        for party in job.parties { want(.nothing, of: party) }
    }

    private mutating func ask(_ party: Party) {
        guard let member = members[party] else { return }
        // A round that the party may know is never used again, even if this row was restored from a backup.
        let round = max(member.reservation.round, member.report?.reservation.round ?? 0) + 1
        let together = together(at: party)
        members[party]?.reservation = Orders.Reservation(want: .hold, round: round, together: together)
        members[party]?.reservationSince = now
        ordersChanged = true
    }

    /// A party holds no more, and nothing runs: everyone gives back and the gathering begins again.
    mutating func reserveAnew(_ effects: inout [Effect]) {
        releaseAll()
        enter(.reserving, &effects)
        move(to: .waiting, &effects)
        reserve(&effects)
    }

    /// What the job claims of the engine at the party's site, for all its parties there.
    private func together(at party: Party) -> Resources {
        guard let member = members[party], let claim = member.report?.claim else { return .none }
        return members.values.reduce(.none) { sum, other in
            guard other.site == member.site, let theirs = other.report?.claim, theirs.engine == claim.engine else {
                return sum
            }
            return sum + theirs.resources
        }
    }

    /// The first claim that a site could not give even if it were empty.
    func neverGrantable() -> Failure? {
        for party in job.parties {
            guard let member = members[party], let capacity = member.report?.capacity, let claim = member.report?.claim
            else { continue }
            guard let missing = together(at: party).missing(from: capacity).first else { continue }
            let there = job.parties.filter { members[$0]?.site == member.site }.map(\.description)
            let (field, name) = missing.kind.field
            return Failure(
                .neverGrantable,
                "the job asks for \(missing.wanted) \(name) of \(claim.engine) at the site of "
                    + "\(there.joined(separator: ", ")), which has \(missing.available)",
                party: party, field: field,
                advice: "lower \(field) or task_parallelism so that they come to at most \(missing.available)")
        }
        return nil
    }
}
