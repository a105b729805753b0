extension Ledger {
    /// Carries out one event. Grants go strictly by turn: the first that does not fit holds back all behind it.
    ///
    /// Two jobs that hold at one site each what the other wants never wait for each other. An older one waits for a
    /// younger one's hold that is not confirmed; a younger one is told that it is short, and its coordinator gives up
    /// what it holds elsewhere (wait-die: Rosenkrantz, Stearns, Lewis, ACM TODS 3(2), 1978).
    public mutating func step(_ event: Event, at now: Instant) -> [Effect] {
        revision += 1
        switch event {
        case .configured(let capacity, let policy):
            self.capacity = capacity
            self.policy = policy
            return entries.keys.sorted().flatMap { settle($0, at: now) }
        case .request(let request):
            return carryOut(request, at: now)
        case .admission: return []
        }
    }

    private mutating func carryOut(_ request: LedgerRequest, at now: Instant) -> [Effect] {
        let (engine, place) = find(request.member)
        let present = place.map { entries[engine, default: []][$0] }
        switch request {
        case .hold(let member, let round, let claim, let together, let priority, _):
            if let present, let place {
                guard present.round <= round else { return [] }
                if present.round == round { return answerAgain(engine, place) }
                entries[engine, default: []].remove(at: place)
            }
            insert(
                Entry(
                    member: member, round: round, claim: claim, together: together, priority: priority,
                    status: .queued, since: now))
            let left = engine == claim.engine || present == nil ? [] : settle(engine, at: now)
            return left + settle(claim.engine, at: now)
        case .confirm(_, let round):
            guard let place, let present, present.round == round, present.status == .held else { return [] }
            entries[engine, default: []][place].status = .confirmed
            return settle(engine, at: now)
        case .release(_, let round):
            guard let place, let present, present.round <= round else { return [] }
            entries[engine, default: []].remove(at: place)
            if entries[engine]?.isEmpty == true { entries[engine] = nil }
            return settle(engine, at: now)
        }
    }

    private func find(_ member: MemberKey) -> (engine: String, place: Int?) {
        for (engine, list) in entries {
            if let place = list.firstIndex(where: { $0.member == member }) { return (engine, place) }
        }
        return ("", nil)
    }

    private mutating func insert(_ entry: Entry) {
        var list = entries[entry.claim.engine, default: []]
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].goesBefore(entry) { low = middle + 1 } else { high = middle }
        }
        list.insert(entry, at: low)
        entries[entry.claim.engine] = list
    }

    private mutating func answerAgain(_ engine: String, _ place: Int) -> [Effect] {
        let entry = entries[engine, default: []][place]
        guard entry.status == .queued else { return [.tell(.held(entry.member, round: entry.round))] }
        guard entry.toldShort, let shortage = shortage(of: entry.member) else { return [] }
        return [.tell(.short(entry.member, round: entry.round, shortage))]
    }

    /// Grants what can be granted and tells the others once that they have to wait.
    private mutating func settle(_ engine: String, at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        var list = entries[engine, default: []]
        var holdings = Holdings(list)
        var waiting = 0
        for place in list.indices where list[place].status == .queued {
            let entry = list[place]
            let free = capacity[engine, default: .none] - holdings.used
            let extra = holdings.extra(for: entry)
            if waiting == 0, extra.fits(in: free) {
                list[place].status = .held
                list[place].since = now
                holdings = Holdings(list)
                effects.append(.tell(.held(entry.member, round: entry.round)))
                continue
            }
            waiting += 1
            guard !entry.toldShort else { continue }
            let mayWait = waiting == 1 && extra.fits(in: free + holdings.unconfirmed(after: entry))
            guard !mayWait else { continue }
            list[place].toldShort = true
            let shortage = Shortage(missing: extra.missing(from: free), place: waiting)
            effects.append(.tell(.short(entry.member, round: entry.round, shortage)))
        }
        if !list.isEmpty { entries[engine] = list }
        return effects
    }
}

extension Ledger.Entry {
    /// Whether this one's turn is before the other's.
    func goesBefore(_ other: Ledger.Entry) -> Bool {
        (-priority, member.job, member.party) < (-other.priority, other.member.job, other.member.party)
    }
}

/// What is held of one engine, by job.
struct Holdings {
    private struct Holding {
        var priority: Int
        var sum = Resources.none
        var together = Resources.none
        var isConfirmed = false

        /// A job holds all that it claims here from its first party on.
        var held: Resources {
            Resources(
                cores: max(sum.cores, together.cores), memoryBytes: max(sum.memoryBytes, together.memoryBytes),
                workingNodes: max(sum.workingNodes, together.workingNodes))
        }
    }

    private var jobs: [JobID: Holding] = [:]
    private(set) var used = Resources.none

    init(_ entries: [Ledger.Entry]) {
        for entry in entries where entry.status != .queued {
            var holding = jobs[entry.member.job] ?? Holding(priority: entry.priority)
            holding.sum = holding.sum + entry.claim.resources
            holding.together = entry.together
            holding.isConfirmed = holding.isConfirmed || entry.status == .confirmed
            jobs[entry.member.job] = holding
        }
        used = jobs.values.reduce(.none) { $0 + $1.held }
    }

    /// What has to be free besides what the job holds already.
    func extra(for entry: Ledger.Entry) -> Resources {
        guard let holding = jobs[entry.member.job] else { return entry.together }
        let left = holding.held - holding.sum
        return Resources(
            cores: max(0, entry.claim.resources.cores - left.cores),
            memoryBytes: max(0, entry.claim.resources.memoryBytes - left.memoryBytes),
            workingNodes: max(0, entry.claim.resources.workingNodes - left.workingNodes))
    }

    /// What jobs whose turn is after the entry's hold without confirmation.
    func unconfirmed(after entry: Ledger.Entry) -> Resources {
        jobs.reduce(.none) { sum, job in
            let isAfter = (-entry.priority, entry.member.job) < (-job.value.priority, job.key)
            return isAfter && !job.value.isConfirmed ? sum + job.value.held : sum
        }
    }
}
