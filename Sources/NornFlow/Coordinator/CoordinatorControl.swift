extension Coordinator {
    /// Whether nothing is left to do: the job has ended and every party has confirmed it. Until then the coordinator
    /// has to live on, also through restarts, for a stop to reach a party that was away.
    public var isDone: Bool { phase == .ended && members.values.allSatisfy { $0.report?.settled == true } }

    /// Once the job ends or has ended: whether each party has confirmed that no worker of it lives there and nothing
    /// is held. Empty before.
    public var stopConfirmed: [Party: Bool] {
        outcome == nil ? [:] : members.mapValues { $0.report?.settled == true }
    }

    mutating func pause(by person: String, _ effects: inout [Effect]) {
        guard pause == nil, outcome == nil, phase != .ended else { return }
        pause = Pause(by: person, since: now)
        ordersChanged = true
        record(.pause, from: nil, to: "paused", by: person, &effects)
    }

    mutating func resume(by person: String, _ effects: inout [Effect]) {
        guard pause != nil, outcome == nil else { return }
        pause = nil
        ordersChanged = true
        record(.pause, from: "paused", to: "resumed", by: person, &effects)
        guard phase == .paused else { return }
        deadline = timeLeftMilliseconds.map { now + $0 }
        timeLeftMilliseconds = nil
        enter(.reserving, &effects)
    }

    /// Gives everything back until the job is resumed; its time limit rests.
    mutating func rest(_ effects: inout [Effect]) {
        releaseAll()
        forgetGatherings()
        timeLeftMilliseconds = deadline.map { max(0, $0 - now) } ?? timeLeftMilliseconds
        deadline = nil
        enter(.paused, &effects)
        move(to: .waiting, &effects)
    }

    mutating func setPriority(_ priority: Int, by person: String, _ effects: inout [Effect]) {
        guard outcome == nil, phase != .ended, priority != job.parameters.priority else { return }
        let before = job.parameters.priority
        job.parameters.priority = priority
        changedPriority = priority
        ordersChanged = true
        record(.priority, from: String(before), to: String(priority), by: person, &effects)
    }

    /// Asks parties whose sites were heard again for what they owe.
    mutating func askAtOnce(_ parties: some Sequence<Party>) {
        for party in parties {
            guard var member = members[party] else { continue }
            member.pauseMilliseconds = 0
            if member.acknowledged < member.ordersNumber { member.askAgainAt = now }
            if member.repairAt != nil { member.repairAt = now }
            members[party] = member
        }
    }
}
