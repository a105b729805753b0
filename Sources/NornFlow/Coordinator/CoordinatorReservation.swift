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

    /// All parties or none. Everyone is asked at once; when one is short, the others give back and only that one
    /// stays in its queue, until its turn: then the others are asked again. So nobody waits while it holds.
    mutating func reserve(_ effects: inout [Effect]) {
        let standings = Dictionary(uniqueKeysWithValues: members.keys.map { ($0, standing(of: $0)) })
        if standings.values.allSatisfy({ $0 == .held }) {
            for party in members.keys { members[party]?.reservation.want = .confirm }
            enter(.running, &effects)
            move(to: .running, &effects)
            deadline = deadline ?? now + Int64(job.parameters.timeoutSeconds) * 1_000
            return
        }
        let isBlocked = standings.values.contains(.blocking)
        for party in job.parties {
            switch standings[party] {
            case .held where isBlocked: members[party]?.reservation.want = .nothing
            case .idle where !isBlocked: ask(party)
            default: break
            }
        }
    }

    private mutating func ask(_ party: Party) {
        guard let member = members[party] else { return }
        // A round that the party may know is never used again, even if this row was restored from a backup.
        let round = max(member.reservation.round, member.report?.reservation.round ?? 0) + 1
        let together = together(at: party)
        members[party]?.reservation = Orders.Reservation(want: .hold, round: round, together: together)
        members[party]?.reservationSince = now
    }

    /// A party holds no more, and nothing runs: everyone gives back and the gathering begins again.
    mutating func reserveAnew(_ effects: inout [Effect]) {
        for party in members.keys { members[party]?.reservation.want = .nothing }
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
