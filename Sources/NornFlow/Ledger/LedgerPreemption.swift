/// Running jobs that begin again later, where the policy wants it.
extension Ledger {
    /// How many running jobs are looked at for ones to preempt.
    static let preemptionCandidatesMaximum = 256

    fileprivate struct Candidate {
        var job: JobID
        var priority: Int
        var occupies: Resources

        /// Lowest priority first, then the youngest.
        fileprivate func isBetter(than other: Candidate) -> Bool {
            priority != other.priority ? priority < other.priority : job > other.job
        }
    }

    /// Has the fewest, youngest jobs of the lowest priority give back that make it fit; none when it would not fit.
    mutating func preempt(for slot: Int, _ effects: inout [Effect]) {
        let pool = book[slot].pool
        guard !pools[pool].claimants.contains(slot), !waitsForYounger(slot),
            pools[pool].jobs[book[slot].jobPlace].held.isEmpty
        else { return }
        // What is promised to it already: what others give back, less what is kept for others.
        var free = pools[pool].free
        for here in pools[pool].jobs.all where here.value.isPreempted { free = free + here.value.occupies }
        for claimant in pools[pool].claimants { free = free - extras[claimant] }
        guard let chosen = choose(for: slot, free: free) else { return }
        pools[pool].claimants.append(slot)
        for job in chosen {
            guard let place = pools[pool].jobs.place(of: job) else { continue }
            pools[pool].jobs[place].isPreempted = true
            for held in pools[pool].jobs[place].held { tellToGiveBack(held, &effects) }
        }
    }

    func tellToGiveBack(_ slot: Int, _ effects: inout [Effect]) {
        let party = book[slot].member.party
        let failure = Failure(.preempted, "a job of higher priority needs the resources at \(party)", party: party)
        effects.append(.tell(.giveBack(book[slot].member, round: book[slot].round, failure)))
    }

    private func choose(for slot: Int, free: Resources) -> [JobID]? {
        let wanted = extras[slot]
        var candidates = candidates(below: book[slot].priority, in: book[slot].pool)
        candidates.sort { left, right in
            let (more, less) = (left.part(of: wanted, beyond: free), right.part(of: wanted, beyond: free))
            return more != less ? more > less : left.isBetter(than: right)
        }
        var chosen: [Candidate] = []
        var sum = free
        while !wanted.fits(in: sum), !candidates.isEmpty {
            let next = candidates.removeFirst()
            sum = sum + next.occupies
            chosen.append(next)
        }
        guard wanted.fits(in: sum) else { return nil }
        // Largest first gives the fewest; now none that is needless, and better ones where they do as well.
        for one in chosen.indices.reversed() where wanted.fits(in: sum - chosen[one].occupies) {
            sum = sum - chosen[one].occupies
            chosen.remove(at: one)
        }
        for one in chosen.indices {
            let others = sum - chosen[one].occupies
            let better = candidates.indices.filter {
                candidates[$0].isBetter(than: chosen[one]) && wanted.fits(in: others + candidates[$0].occupies)
            }
            guard let best = better.min(by: { candidates[$0].isBetter(than: candidates[$1]) }) else { continue }
            sum = others + candidates[best].occupies
            (candidates[best], chosen[one]) = (chosen[one], candidates[best])
        }
        return chosen.map(\.job)
    }

    private func candidates(below priority: Int, in pool: Int) -> [Candidate] {
        let all = pools[pool].jobs.all.lazy.filter {
            $0.value.confirmed > 0 && !$0.value.isPreempted && $0.value.priority < priority
        }.map { Candidate(job: $0.key, priority: $0.value.priority, occupies: $0.value.occupies) }
        return Array(all.sorted { $0.isBetter(than: $1) }.prefix(Self.preemptionCandidatesMaximum))
    }
}

extension Ledger.Candidate {
    /// How much it gives of what is missing, each kind by itself at most the whole.
    fileprivate func part(of wanted: Resources, beyond free: Resources) -> Double {
        func part(_ given: Int64, _ missing: Int64) -> Double {
            missing > 0 ? min(1, Double(given) / Double(missing)) : 0
        }
        return part(Int64(occupies.cores), Int64(wanted.cores - free.cores))
            + part(occupies.memoryBytes, wanted.memoryBytes - free.memoryBytes)
            + part(Int64(occupies.workingNodes), Int64(wanted.workingNodes - free.workingNodes))
    }
}
