import NornFlow

/// What will happen in the world.
indirect enum Happening {
    case submit(Int)
    case deliver(Message, from: Int, to: Int)
    /// Of one run of the site; run 0: a person, who does not care for restarts, but needs the site up.
    case local(Int, run: UInt64, LocalEvent)
    case wake(Int, run: UInt64, slot: Int, isCoordinator: Bool, number: Int)
    case workerEnds(Int, run: UInt64, slot: Int, AttemptIdentity, Member.WorkerOutcome)
    case restart(Int)
    case goOn(Int)
    case act(Action)
    case strike(TimedFault)
    case backUp(Int)
    case audit
}

/// All sites, what is under way between them, and the checks.
struct World {
    /// More steps than any sound run takes, for each job.
    static let stepsOfJobMaximum = 20_000
    /// Long after the last fault: what has not ended by then never will.
    static let patienceMilliseconds: Int64 = 8 * 3_600_000
    /// A job has at most so many parties.
    static let slotsOfJob = 3
    static let historyMaximum = 4_000

    let plan: SimulationPlan
    let workload: Workload
    let keepsHistory: Bool
    var chances: Chances
    var now: Int64 = 0
    var agenda = Agenda<Happening>()
    var sites: [SimulatedSite] = []
    /// Until when a site cannot reach another: from * sites + to.
    var cuts: [Int64]
    var jobs: [SimulatedJob] = []
    /// The place of each job.
    var numbers: [JobID: Int] = [:]
    /// Every attempt that was ever started.
    var started: Set<AttemptIdentity> = []
    /// Attempts whose worker came to a good end.
    var succeeded: Set<AttemptIdentity> = []
    /// What each member's row last was, by slot.
    var marks: [Mark] = []
    var turn = Turn()
    var steps = 0
    var faults = 0
    var wakeNumber = 0
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var actions: [Int] = []
    var violation: Violation?
    var history: [String] = []

    /// Streams of chance, a subject each.
    struct Chances {
        var messages, sites, faults, workers, people, unwritten: SeededGenerator

        init(seed: UInt64) {
            messages = SeededGenerator(seed: seed, stream: .messages)
            sites = SeededGenerator(seed: seed, stream: .sites)
            faults = SeededGenerator(seed: seed, stream: .faults)
            workers = SeededGenerator(seed: seed, stream: .workers)
            people = SeededGenerator(seed: seed, stream: .people)
            unwritten = SeededGenerator(seed: seed, stream: .unwritten)
        }
    }

    init(_ plan: SimulationPlan, keepsHistory: Bool) {
        var plan = plan
        if let (fault, rate) = plan.planted?.provocation { plan.faults[fault] = max(rate, plan.faults[fault]) }
        self.plan = plan
        self.keepsHistory = keepsHistory
        workload = Workload(plan: plan)
        chances = Chances(seed: plan.seed)
        let count = min(plan.sites, max(1, plan.omissions.sitesLeft ?? plan.sites))
        cuts = [Int64](repeating: 0, count: count * count)
        takeJobs(sites: count)
        marks = [Mark](repeating: Mark(), count: jobs.count * Self.slotsOfJob)
        sites = (0..<count).map { SimulatedSite(name: "site\($0)", slots: jobs.count * Self.slotsOfJob) }
    }

    private mutating func takeJobs(sites count: Int) {
        for index in 0..<plan.jobs where !plan.omissions.jobs.contains(index) {
            let (job, arrival) = workload.job(index)
            let homes = job.parties.map { Self.site(of: $0, among: count) }
            var here = SimulatedJob(
                job: job, homes: homes, home: Self.site(of: job.initiator, among: count),
                firstSlot: jobs.count * Self.slotsOfJob, arrival: arrival)
            for action in workload.actions(on: index, job, arrival: arrival) {
                guard !plan.omissions.actions.contains(action.number) else { continue }
                actions.append(action.number)
                let action = Action(number: action.number, job: jobs.count, kind: action.kind, moment: action.moment)
                switch action.moment {
                case .at(let time): agenda.add(.act(action), at: time)
                case .afterEnd: here.afterEnd.append(action)
                }
            }
            numbers[job.id] = jobs.count
            jobs.append(here)
        }
    }

    static func site(of party: Party, among count: Int) -> Int { (Int(party.id) ?? 0) / 10 % count }

    var result: SimulationResult {
        var result = SimulationResult(plan: plan)
        (result.steps, result.faults, result.digest) = (steps, faults, digest)
        (result.violation, result.history, result.actions) = (violation, history, actions)
        for job in jobs { result.outcomes[coordinator(of: job)?.status ?? .waiting, default: 0] += 1 }
        return result
    }

    func coordinator(of job: SimulatedJob) -> Coordinator? {
        sites[job.home].rows.coordinators[job.firstSlot / Self.slotsOfJob]
    }

    var areFaultsOn: Bool { now < plan.faults.endMilliseconds }

    func instant(_ site: Int) -> Instant { sites[site].clock.instant(at: now) }

    /// Whether a fault strikes now. Each that does has a number, by which a shrunk run leaves it out.
    mutating func strikes(_ fault: Fault) -> Bool {
        guard areFaultsOn, chances.faults.happens(plan.faults[fault]) else { return false }
        return countsFault()
    }

    mutating func countsFault() -> Bool {
        let number = faults
        faults += 1
        return plan.omissions.onlyFaults?.contains(number) ?? true
    }

    mutating func note(_ site: Int? = nil, _ text: String) {
        guard history.count < Self.historyMaximum else { return }
        history.append(Timeline.line(now, site.map { sites[$0].name } ?? "", text))
    }

    mutating func fail(_ invariant: Violation.Invariant, _ what: String) {
        violation = violation ?? Violation(invariant: invariant, what: what)
    }

    /// Takes a number into the digest (FNV-1a on words).
    mutating func digest(_ number: Int64) {
        digest = (digest ^ UInt64(bitPattern: number)) &* 0x0000_0100_0000_01B3
    }
}
