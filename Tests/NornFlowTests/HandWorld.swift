import NornFlow
import Testing

/// Coordinators, members and ledgers joined by hand: every message arrives at once and in order, unless its link is
/// cut; time moves only when a test says so. A party id is a site.
struct HandWorld {
    private enum Target: Hashable {
        case coordinator(JobID)
        case member(MemberKey)
    }

    private enum Item {
        case coordinator(JobID, Coordinator.Event)
        case member(MemberKey, Member.Event)
        case ledger(String, Ledger.Event)
    }

    var now = Instant(milliseconds: 1_000)
    var coordinators: [JobID: Coordinator] = [:]
    var members: [MemberKey: Member] = [:]
    var ledgers: [String: Ledger] = [:]
    var policy = LedgerPolicy()
    /// Party ids whose site cannot talk to others.
    var cut: Set<String> = []
    /// Workers that live.
    private(set) var workers: [AttemptIdentity] = []
    private(set) var orders: [AttemptOrder] = []
    /// What coordinators asked their site to find out.
    private(set) var lookedUp: [Effect] = []
    /// The newest report that each party sent.
    private(set) var reports: [Party: Report] = [:]
    /// How many messages were sent to another party.
    private(set) var messages = 0
    /// Jobs and contracts that were checked.
    private(set) var checked: [(MemberKey, Job)] = []
    /// How workers end; nil: they go on until a test ends them.
    var outcome: (AttemptOrder) -> Member.WorkerOutcome? = { _ in .success }
    var verdict: (MemberKey, Job) -> Member.Verdict = { _, job in
        let need = Resources(cores: job.parameters.sizes.taskCores ?? 1)
        let needs = Dictionary(uniqueKeysWithValues: job.tasks.map { ($0.name, need) })
        return .accepted(Member.Terms(engine: "local", needs: needs, capacity: Resources(cores: 4)))
    }
    private var epochs: [String: UInt64] = [:]
    private var wakes: [Target: Instant] = [:]
    private var queue: [Item] = []

    mutating func submit(_ job: Job, timing: Timing = .standard, gathersEarly: Bool = false) {
        for id in Set(job.parties.map(\.id)) where ledgers[id] == nil { addSite(id, cores: 4) }
        coordinators[job.id] = Coordinator(
            job: job, fence: 1, timing: timing, gathersEarly: gathersEarly, at: now)
        feed(job.id, .submitted)
    }

    mutating func addSite(_ id: String, cores: Int) {
        ledgers[id] = Ledger(site: "site \(id)")
        queue.append(.ledger(id, .configured(["local": Resources(cores: cores)], policy)))
        drain()
    }

    mutating func feed(_ job: JobID, _ event: Coordinator.Event) {
        queue.append(.coordinator(job, event))
        drain()
    }

    mutating func feed(_ key: MemberKey, _ event: Member.Event) {
        queue.append(.member(key, event))
        drain()
    }

    mutating func endWorker(_ identity: AttemptIdentity, _ outcome: Member.WorkerOutcome) {
        guard workers.contains(identity) else { return }
        workers.removeAll { $0 == identity }
        feed(
            MemberKey(job: identity.job, party: identity.party),
            .attemptEnded(task: identity.task, number: identity.number, outcome))
    }

    /// Ends every worker that lives now.
    mutating func endWorkers(_ outcome: Member.WorkerOutcome = .success) {
        for worker in workers { endWorker(worker, outcome) }
    }

    /// The site dies with its workers and comes up again at once.
    mutating func restart(_ id: String) {
        epochs[id] = (epochs[id] ?? 1) + 1
        let epoch = epochs[id] ?? 1
        workers.removeAll { $0.party.id == id }
        ledgers[id] = nil
        addSite(id, cores: 4)
        for key in members.keys.sorted() where key.party.id == id { feed(key, .siteRestarted(epoch: epoch)) }
        for (job, coordinator) in coordinators where coordinator.job.initiator.id == id {
            feed(job, .siteRestarted(fence: epoch))
        }
    }

    /// Lets time pass, with every wake on the way.
    mutating func pass(milliseconds: Int64) {
        let end = now + milliseconds
        while let (target, at) = wakes.min(by: { $0.value < $1.value }), at <= end {
            now = max(now, at)
            wakes[target] = nil
            switch target {
            case .coordinator(let job): feed(job, .woken)
            case .member(let key): feed(key, .woken)
            }
        }
        now = end
    }

    private mutating func drain() {
        var steps = 0
        while !queue.isEmpty {
            steps += 1
            guard steps < 100_000 else {
                Issue.record("messages without an end")
                return
            }
            let item = queue.removeFirst()
            switch item {
            case .coordinator(let job, let event):
                let effects = coordinators[job]?.step(event, at: now) ?? []
                perform(effects, .coordinator(job))
            case .member(let key, let event):
                let effects = members[key]?.step(event, at: now) ?? []
                perform(effects, .member(key))
            case .ledger(let id, let event):
                perform(ledgers[id]?.step(event, at: now) ?? [], nil)
            }
        }
    }

    private mutating func perform(_ effects: [Effect], _ target: Target?) {
        for effect in effects {
            switch effect {
            case .send(let message): deliver(message)
            case .check(let key, let job, let contract):
                checked.append((key, job))
                queue.append(.member(key, .checked(verdict(key, job), contract: contract)))
            case .startAttempt(let order): start(order)
            case .cancelAttempt(let identity, let failure):
                workers.removeAll { $0 == identity }
                let key = MemberKey(job: identity.job, party: identity.party)
                queue.append(
                    .member(key, .attemptEnded(task: identity.task, number: identity.number, .failed(failure))))
            case .ask(let request): queue.append(.ledger(request.member.party.id, .request(request)))
            case .tell(let answer): queue.append(.member(answer.member, .ledgerAnswered(answer)))
            case .wake(let at): if let target { wakes[target] = at }
            case .inherit, .awaitJobs: lookedUp.append(effect)
            case .cleanUp, .record: break
            }
        }
    }

    private mutating func deliver(_ message: Message) {
        if case .report(let report) = message { reports[report.from] = report }
        let isLocal = message.from.id == message.to.id
        if !isLocal { messages += 1 }
        guard isLocal || (!cut.contains(message.from.id) && !cut.contains(message.to.id)) else { return }
        switch message {
        case .report(let report): queue.append(.coordinator(report.job, .report(report)))
        case .orders(let orders):
            let key = MemberKey(job: orders.job, party: orders.to)
            if members[key] == nil {
                members[key] = Member(
                    for: orders, site: "site \(orders.to.id)", epoch: epochs[orders.to.id] ?? 1, at: now)
            }
            queue.append(.member(key, .orders(orders)))
        }
    }

    private mutating func start(_ order: AttemptOrder) {
        let identity = order.attempt
        #expect(!orders.contains { $0.attempt == identity }, "\(identity) started twice")
        orders.append(order)
        workers.append(identity)
        let key = MemberKey(job: identity.job, party: identity.party)
        queue.append(.member(key, .attemptStarted(task: identity.task, number: identity.number)))
        guard let outcome = outcome(order) else { return }
        workers.removeAll { $0 == identity }
        queue.append(.member(key, .attemptEnded(task: identity.task, number: identity.number, outcome)))
    }
}

extension HandWorld {
    static let guest = Party(role: .guest, id: "9999")
    static let host = Party(role: .host, id: "10000")

    /// A job whose tasks feed each other in a row.
    static func job(
        _ id: JobID = "j", tasks: [String] = ["a", "b", "c"], _ parameters: JobParameters = JobParameters()
    ) -> Job {
        let parties = [guest, host]
        let list = tasks.indices.map { place in
            JobTask(
                name: tasks[place], module: "Any", parties: parties,
                inputs: place == 0
                    ? [] : [TaskInput(slot: "data", kind: .data, task: tasks[place - 1], output: "data")],
                outputs: [TaskOutput(name: "data", kind: .data)])
        }
        return Job(id: id, initiator: guest, parties: parties, tasks: list, parameters: parameters)
    }

    func key(_ party: Party, _ job: JobID = "j") -> MemberKey { MemberKey(job: job, party: party) }

    func status(_ job: JobID = "j") -> JobStatus? { coordinators[job]?.status }

    /// The attempts of a task that were started at a party.
    func numbers(_ task: String, at party: Party = guest) -> [Int] {
        orders.filter { $0.attempt.task == task && $0.attempt.party == party }.map(\.attempt.number)
    }

    func held(_ id: String) -> Int { ledgers[id]?.held("local").cores ?? 0 }
}
