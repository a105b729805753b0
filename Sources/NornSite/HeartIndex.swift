import NornFlow

/// What is asked of the heart's rows as a whole, kept up to date with each of them, so that no turn looks at all.
struct HeartIndex {
    private(set) var liveCoordinators: Set<JobID> = []
    private(set) var liveMembers: Set<MemberKey> = []
    /// Members that wait for a person here.
    private(set) var waitingForApproval: Set<MemberKey> = []
    private var membersOfJob: [JobID: [MemberKey]] = [:]
    /// Live members by who gives them orders.
    private var membersOfInitiator: [Party: Set<MemberKey>] = [:]
    /// Live jobs by the parties that take part.
    private var jobsOfParty: [Party: Set<JobID>] = [:]
    /// Jobs that wait for the end of another one.
    private var dependents: [JobID: Set<JobID>] = [:]
    private var endedCoordinators = EndedOrder<JobID>()
    private var settledMembers = EndedOrder<MemberKey>()

    // MARK: What is found

    func members(of job: JobID) -> [MemberKey] { membersOfJob[job] ?? [] }

    /// Jobs here that wait for this one to end.
    func dependents(of job: JobID) -> Set<JobID> { dependents[job] ?? [] }

    /// Parties whose orders live members follow, each with their number.
    var initiators: [Party: Int] { membersOfInitiator.mapValues(\.count) }

    func liveMembers(of initiator: Party) -> Set<MemberKey> { membersOfInitiator[initiator] ?? [] }

    func liveJobs(with party: Party) -> Set<JobID> { jobsOfParty[party] ?? [] }

    /// The parties of live jobs.
    var parties: some Collection<Party> { jobsOfParty.keys }

    // MARK: What changes

    mutating func replace(_ old: Coordinator?, with new: Coordinator) {
        let (wasLive, isLive) = (old.map { $0.phase != .ended } ?? false, new.phase != .ended)
        if wasLive != isLive || old == nil {
            setLive(new, isLive)
            endedCoordinators.set(new.job.id, ended: !isLive)
        }
        let (awaited, awaits) = (old?.awaitedJobs ?? [], isLive ? new.awaitedJobs : [])
        guard awaited != awaits else { return }
        for other in awaited { dependents.remove(new.job.id, of: other) }
        for other in awaits { dependents[other, default: []].insert(new.job.id) }
    }

    private mutating func setLive(_ coordinator: Coordinator, _ isLive: Bool) {
        let job = coordinator.job.id
        if isLive { liveCoordinators.insert(job) } else { liveCoordinators.remove(job) }
        for party in coordinator.job.parties {
            if isLive { jobsOfParty[party, default: []].insert(job) } else { jobsOfParty.remove(job, of: party) }
        }
    }

    mutating func replace(_ old: Member?, with new: Member) {
        let key = new.key
        if old == nil {
            let keys = (membersOfJob[key.job] ?? []) + [key]
            membersOfJob[key.job] = keys.sorted()
        }
        if new.approval == .waitingForApproval {
            waitingForApproval.insert(key)
        } else if old?.approval == .waitingForApproval {
            waitingForApproval.remove(key)
        }
        let (wasLive, isLive) = (old.map { !$0.isSettled } ?? false, !new.isSettled)
        guard wasLive != isLive || old == nil else { return }
        settledMembers.set(key, ended: !isLive)
        if isLive {
            liveMembers.insert(key)
            membersOfInitiator[new.job.initiator, default: []].insert(key)
        } else {
            liveMembers.remove(key)
            membersOfInitiator.remove(key, of: new.job.initiator)
        }
    }

    // MARK: What leaves the memory

    mutating func takeEndedCoordinators(beyond kept: Int) -> [JobID] { endedCoordinators.take(beyond: kept) }

    mutating func takeSettledMembers(beyond kept: Int) -> [MemberKey] {
        let taken = settledMembers.take(beyond: kept)
        for key in taken {
            membersOfJob[key.job]?.removeAll { $0 == key }
            if membersOfJob[key.job]?.isEmpty == true { membersOfJob[key.job] = nil }
            waitingForApproval.remove(key)
        }
        return taken
    }
}

extension Dictionary {
    /// Takes an element out of the set of a key, and an empty set away.
    fileprivate mutating func remove<Element>(_ element: Element, of key: Key) where Value == Set<Element> {
        self[key]?.remove(element)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}

/// Keys in the order in which they ended; one that lives again leaves it.
struct EndedOrder<Key: Hashable> {
    private var places: [Key: Int] = [:]
    private var keys: [Int: Key] = [:]
    private var first = 0
    private var next = 0

    mutating func set(_ key: Key, ended: Bool) {
        if let place = places.removeValue(forKey: key) { keys[place] = nil }
        guard ended else { return }
        places[key] = next
        keys[next] = key
        next += 1
    }

    /// Takes the first ones, until so many are left.
    mutating func take(beyond kept: Int) -> [Key] {
        var taken: [Key] = []
        while places.count > kept, first < next {
            if let key = keys.removeValue(forKey: first) {
                places[key] = nil
                taken.append(key)
            }
            first += 1
        }
        return taken
    }
}
