import NornFlow

/// A site: the rows that a kill leaves, and what dies with it.
struct SimulatedSite {
    enum Aggregate: Hashable {
        case coordinator(JobID)
        case member(MemberKey)
    }

    let name: String
    var coordinators: [JobID: Coordinator] = [:]
    var members: [MemberKey: Member] = [:]
    var ledger: Ledger
    var epoch: UInt64 = 1
    var isUp = true
    /// The site's clock is the world's plus this: every run of a site has another origin.
    var clockOrigin: Int64 = 0
    /// Live workers, and whether each was told to end.
    var workers: [AttemptIdentity: Bool] = [:]
    /// The newest wake of each aggregate; older ones are forgotten.
    var wakes: [Aggregate: Int] = [:]
    /// What the site has taken in and not yet stepped.
    var inbox: [World.LocalEvent] = []
}

/// All sites, what is under way between them, and the checks.
struct World {
    enum LocalEvent {
        case coordinator(JobID, Coordinator.Event)
        case member(MemberKey, Member.Event)
        case ledger(Ledger.Event)
        case message(Message)
    }

    enum Happening {
        case submit(Job)
        case deliver(Message, from: Int)
        case local(Int, epoch: UInt64, LocalEvent)
        case wake(Int, epoch: UInt64, SimulatedSite.Aggregate, number: Int)
        case workerEnds(Int, epoch: UInt64, AttemptIdentity, Member.WorkerOutcome)
        case restart(Int)
        case tick
    }

    /// More steps than any sound run takes.
    static let mostSteps = 60_000
    /// Long after the last fault: what has not ended by then never will.
    static let patienceMilliseconds: Int64 = 6 * 3_600_000
    static let keptHistory = 120

    let plan: SimulationPlan
    let keepsHistory: Bool
    var random: SeededGenerator
    var now: Int64 = 0
    var agenda = Agenda<Happening>()
    var sites: [SimulatedSite]
    /// Pairs of sites that cannot reach each other, and until when.
    var cuts: [Set<Int>: Int64] = [:]
    var jobs: [Job] = []
    /// Every attempt that was ever started.
    var started: Set<AttemptIdentity> = []
    /// The final state that each job came to.
    var finals: [JobID: JobStatus] = [:]
    var steps = 0
    var wakeNumber = 0
    var violation: Violation?
    var history: [String] = []

    init(_ plan: SimulationPlan, keepsHistory: Bool) {
        self.plan = plan
        self.keepsHistory = keepsHistory
        random = SeededGenerator(seed: plan.seed)
        sites = (0..<plan.sites).map { SimulatedSite(name: "site\($0)", ledger: Ledger(site: "site\($0)")) }
    }

    var result: SimulationResult {
        var result = SimulationResult(seed: plan.seed, steps: steps, violation: violation, history: history)
        for site in sites {
            for coordinator in site.coordinators.values { result.outcomes[coordinator.status, default: 0] += 1 }
        }
        return result
    }

    var areFaultsOn: Bool { now < plan.faults.endMilliseconds }

    mutating func run() {
        begin()
        while violation == nil, let (time, happening) = agenda.next() {
            if time > plan.faults.endMilliseconds + Self.patienceMilliseconds || steps > Self.mostSteps { break }
            now = max(now, time)
            happen(happening)
        }
        if violation == nil { checkTheEnd() }
        if let violation, keepsHistory { note("VIOLATION \(violation)") }
    }

    private mutating func begin() {
        let capacity = [Workload.engine: Resources(cores: Workload.coresPerSite)]
        for index in sites.indices {
            sites[index].clockOrigin = random.number(0...1_000_000)
            feed(index, .ledger(.configured(capacity, LedgerPolicy())))
        }
        for index in 0..<plan.jobs {
            let job = Workload.job(index, sites: sites.count, &random)
            jobs.append(job)
            let at = random.number(0...Workload.arrivalMilliseconds)
            agenda.add(.submit(job), at: at)
            let key = MemberKey(job: job.id, party: job.parties[Int(random.number(0...Int64(job.parties.count - 1)))])
            let later = at + random.number(0...60_000)
            if random.happens(100) {
                agenda.add(
                    .local(site(of: job.initiator), epoch: 0, .coordinator(job.id, .stop(by: "a user"))), at: later)
            }
            if random.happens(50) {
                agenda.add(.local(site(of: key.party), epoch: 0, .member(key, .stop(by: "a partner"))), at: later)
            }
        }
        if plan.faults.linkCut > 0 { agenda.add(.tick, at: 1_000) }
    }

    func site(of party: Party) -> Int { (Int(party.id) ?? 0) / 10 }

    func instant(_ index: Int) -> Instant { Instant(milliseconds: now + sites[index].clockOrigin) }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .submit(let job): submit(job)
        case .deliver(let message, let from): deliver(message, from: from)
        case .local(let index, let epoch, let event):
            // Epoch 0: a person, who does not care for restarts, but needs the site up.
            guard sites[index].isUp, epoch == 0 || epoch == sites[index].epoch else { return }
            feed(index, event)
        case .wake(let index, let epoch, let aggregate, let number):
            guard sites[index].isUp, sites[index].epoch == epoch, sites[index].wakes[aggregate] == number else {
                return
            }
            guard plan.planted != .lostWakes else { return }
            switch aggregate {
            case .coordinator(let job): feed(index, .coordinator(job, .woken))
            case .member(let key): feed(index, .member(key, .woken))
            }
        case .workerEnds(let index, let epoch, let identity, let outcome):
            guard sites[index].epoch == epoch, sites[index].workers.removeValue(forKey: identity) != nil else { return }
            feed(index, .member(key(identity), .attemptEnded(task: identity.task, number: identity.number, outcome)))
        case .restart(let index): restart(index)
        case .tick: cutLinks()
        }
    }

    private func key(_ identity: AttemptIdentity) -> MemberKey { MemberKey(job: identity.job, party: identity.party) }

    private mutating func submit(_ job: Job) {
        let index = site(of: job.initiator)
        guard sites[index].isUp else {
            agenda.add(.submit(job), at: now + 1_000)
            return
        }
        sites[index].coordinators[job.id] = Coordinator(job: job, fence: sites[index].epoch, at: instant(index))
        feed(index, .coordinator(job.id, .submitted))
    }

    private mutating func deliver(_ message: Message, from: Int) {
        let to = site(of: message.to)
        guard sites[to].isUp, (cuts[[from, to]] ?? 0) <= now || from == to else { return }
        feed(to, .message(message))
    }

    private mutating func cutLinks() {
        guard areFaultsOn else { return }
        agenda.add(.tick, at: now + 1_000)
        guard sites.count > 1, random.happens(plan.faults.linkCut) else { return }
        let one = Int(random.number(0...Int64(sites.count - 1)))
        let other = (one + 1 + Int(random.number(0...Int64(sites.count - 2)))) % sites.count
        cuts[[one, other]] = now + random.number(1_000...120_000)
        if keepsHistory { note("link between \(sites[one].name) and \(sites[other].name) is cut") }
    }

    mutating func kill(_ index: Int) {
        if keepsHistory { note("\(sites[index].name) is killed") }
        sites[index].isUp = false
        sites[index].workers = [:]
        sites[index].wakes = [:]
        sites[index].inbox = []
        agenda.add(.restart(index), at: now + random.number(10...120_000))
    }

    private mutating func restart(_ index: Int) {
        sites[index].isUp = true
        sites[index].epoch += 1
        sites[index].clockOrigin = random.number(0...1_000_000) - now
        if keepsHistory { note("\(sites[index].name) is up again") }
        let capacity = [Workload.engine: Resources(cores: Workload.coresPerSite)]
        sites[index].ledger = Ledger(
            site: sites[index].name, capacity: capacity, policy: LedgerPolicy(), members: sites[index].members.values,
            at: instant(index))
        let epoch = sites[index].epoch
        if plan.planted != .silentRestart {
            sites[index].inbox += sites[index].members.keys.sorted().map {
                .member($0, .siteRestarted(epoch: epoch))
            }
        }
        sites[index].inbox += sites[index].coordinators.keys.sorted().map {
            .coordinator($0, .siteRestarted(fence: epoch))
        }
        drain(index)
    }

    mutating func feed(_ index: Int, _ event: LocalEvent) {
        sites[index].inbox.append(event)
        drain(index)
    }

    mutating func note(_ text: String) {
        history.append("\(now) ms: \(text)")
        if history.count > 2 * Self.keptHistory { history.removeFirst(history.count - Self.keptHistory) }
    }
}
