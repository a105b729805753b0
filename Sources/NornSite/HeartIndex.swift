import NornFlow

/// What is asked of the heart's rows as a whole, kept up to date with each of them, so that no turn looks at all.
struct HeartIndex {
    /// Jobs that have not ended.
    private(set) var liveCoordinators: Set<JobID> = []
    /// Those, and ended ones that a party has not confirmed: it is told until it has.
    private(set) var openCoordinators: Set<JobID> = []
    private(set) var liveMembers: Set<MemberKey> = []
    /// Members that wait for a person here.
    private(set) var waitingForApproval: Set<MemberKey> = []
    private var membersOfJob: [JobID: [MemberKey]] = [:]
    /// Live members by who gives them orders.
    private var membersOfInitiator: [Party: Set<MemberKey>] = [:]
    /// Jobs by the parties that something is awaited of: all those of a live one, of an ended one those that have not
    /// confirmed its end.
    private var jobsOfParty: [Party: Set<JobID>] = [:]
    /// Jobs that wait for the end of another one.
    private var dependents: [JobID: Set<JobID>] = [:]
    private var doneCoordinators = EndedOrder<JobID>()
    private var owedCoordinators = EndedOrder<JobID>()
    private var settledMembers = EndedOrder<MemberKey>()

    // MARK: What is found

    func members(of job: JobID) -> [MemberKey] { membersOfJob[job] ?? [] }

    /// Jobs here that wait for this one to end.
    func dependents(of job: JobID) -> Set<JobID> { dependents[job] ?? [] }

    /// Parties whose orders live members follow, each with their number.
    var initiators: [Party: Int] { membersOfInitiator.mapValues(\.count) }

    func liveMembers(of initiator: Party) -> Set<MemberKey> { membersOfInitiator[initiator] ?? [] }

    /// Jobs that await something of the party.
    func jobs(awaiting party: Party) -> Set<JobID> { jobsOfParty[party] ?? [] }

    /// The parties that jobs await something of.
    var parties: some Collection<Party> { jobsOfParty.keys }

    // MARK: What changes

    mutating func replace(_ old: Coordinator?, with new: Coordinator) {
        let job = new.job.id
        let (wasLive, isLive) = (old?.isLive ?? false, new.isLive)
        // Most steps are of jobs that live on.
        if !wasLive || !isLive {
            liveCoordinators.set(job, isLive)
            openCoordinators.set(job, !new.isDone)
            let isOwed = !isLive && !new.isDone
            if isOwed != owedCoordinators.contains(job) { owedCoordinators.set(job, ended: isOwed) }
            if new.isDone != doneCoordinators.contains(job) { doneCoordinators.set(job, ended: new.isDone) }
            track(job, old?.awaitedParties ?? [], new.awaitedParties)
        }
        depend(job, old?.awaitedJobs ?? [], isLive ? new.awaitedJobs : [])
    }

    /// A coordinator that leaves the memory.
    mutating func remove(_ old: Coordinator) {
        let job = old.job.id
        liveCoordinators.remove(job)
        openCoordinators.remove(job)
        owedCoordinators.set(job, ended: false)
        doneCoordinators.set(job, ended: false)
        track(job, old.awaitedParties, [])
        depend(job, old.awaitedJobs, [])
    }

    private mutating func track(_ job: JobID, _ before: [Party], _ after: [Party]) {
        guard before != after else { return }
        for party in before { jobsOfParty.remove(job, of: party) }
        for party in after { jobsOfParty[party, default: []].insert(job) }
    }

    private mutating func depend(_ job: JobID, _ before: [JobID], _ after: [JobID]) {
        guard before != after else { return }
        for other in before { dependents.remove(job, of: other) }
        for other in after { dependents[other, default: []].insert(job) }
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

    mutating func takeDoneCoordinators(beyond kept: Int) -> [JobID] { doneCoordinators.take(beyond: kept) }

    mutating func takeOwedCoordinators(beyond kept: Int) -> [JobID] { owedCoordinators.take(beyond: kept) }

    /// Takes the members of an ended job.
    mutating func takeEnded(_ job: JobID) -> [MemberKey] {
        let keys = membersOfJob.removeValue(forKey: job) ?? []
        for key in keys {
            settledMembers.set(key, ended: false)
            waitingForApproval.remove(key)
        }
        return keys
    }

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

extension Coordinator {
    fileprivate var isLive: Bool { phase != .ended }

    /// Those that the job needs an answer of.
    fileprivate var awaitedParties: [Party] {
        isLive ? job.parties : job.parties.filter { members[$0]?.report?.settled != true }
    }
}

extension Set {
    fileprivate mutating func set(_ element: Element, _ isMember: Bool) {
        if isMember { insert(element) } else { remove(element) }
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

    func contains(_ key: Key) -> Bool { places[key] != nil }

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
