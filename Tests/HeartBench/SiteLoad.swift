import NornFlow

/// One site's coordinators, members and ledger, driven in memory. When a job ends another is submitted, so that as many
/// run and wait all the time. Time stands still: wakes, of which a site has a few for each job, are not counted.
struct SiteLoad {
    private enum Event {
        case coordinator(JobID, Coordinator.Event)
        case member(MemberKey, Member.Event)
        case ledger(Ledger.Event)
        case orders(Orders)
    }

    private let queued: Int
    private let parties: [Party]
    private let capacity: Resources
    private let now = Instant(milliseconds: 1_000)
    private var coordinators: [JobID: Coordinator] = [:]
    private var members: [MemberKey: Member] = [:]
    private var ledger = Ledger(site: "site")
    private var inbox: [Event] = []
    private var running: [AttemptIdentity] = []
    private var oldest = 0
    private var submitted = 0
    private var cleaned: [MemberKey] = []
    private var events = 0

    init(queued: Int, running: Int, parties: Int) {
        self.queued = queued
        self.parties = (0..<parties).map { Party(role: $0 == 0 ? .guest : .host, id: "\(9_999 + $0)") }
        capacity = Resources(cores: running * parties, memoryBytes: 1 << 40)
        inbox.append(.ledger(.configured(["local": capacity], LedgerPolicy())))
    }

    mutating func fill() {
        while ledger.waiting("local") < queued { submit() }
    }

    /// Ends so many jobs; returns the events of all that followed.
    mutating func run(jobs: Int) -> (events: Int, jobs: Int) {
        events = 0
        let before = coordinators.count
        for _ in 0..<jobs {
            for _ in parties.indices {
                let attempt = running[oldest]
                oldest += 1
                let key = MemberKey(job: attempt.job, party: attempt.party)
                inbox.append(.member(key, .attemptEnded(task: attempt.task, number: attempt.number, .success)))
                drain()
            }
            submit()
        }
        precondition(coordinators.count == before, "as many jobs end as are submitted")
        return (events, jobs)
    }

    private mutating func submit() {
        submitted += 1
        var parameters = JobParameters()
        parameters.submitter = "person \(submitted % 20)"
        let job = Job(
            id: jobID(submitted), initiator: parties[0], parties: parties,
            tasks: [JobTask(name: "toy_0", module: "Toy", parties: parties)], parameters: parameters)
        coordinators[job.id] = Coordinator(job: job, fence: 1, at: now)
        inbox.append(.coordinator(job.id, .submitted))
        drain()
    }

    private mutating func drain() {
        var next = 0
        while next < inbox.count {
            take(inbox[next])
            next += 1
        }
        inbox.removeAll(keepingCapacity: true)
        for key in cleaned {
            if coordinators[key.job]?.phase == .ended { coordinators[key.job] = nil }
            members[key] = nil
        }
        cleaned.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ event: Event) {
        events += 1
        switch event {
        case .coordinator(let job, let event): perform(coordinators[job]?.step(event, at: now) ?? [])
        case .member(let key, let event): perform(members[key]?.step(event, at: now) ?? [])
        case .ledger(let event): perform(ledger.step(event, at: now))
        case .orders(let orders):
            let key = MemberKey(job: orders.job, party: orders.to)
            if members[key] == nil { members[key] = Member(for: orders, site: "site", epoch: 1, at: now) }
            perform(members[key]?.step(.orders(orders), at: now) ?? [])
        }
    }

    private mutating func perform(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .send(.orders(let orders)): inbox.append(.orders(orders))
            case .send(.report(let report)): inbox.append(.coordinator(report.job, .report(report)))
            case .check(let key, let job, let contract):
                let needs = Dictionary(uniqueKeysWithValues: job.tasks.map { ($0.name, Resources(cores: 1)) })
                let terms = Member.Terms(engine: "local", needs: needs, capacity: capacity)
                inbox.append(.member(key, .checked(.accepted(terms), contract: contract)))
            case .startAttempt(let order):
                let key = MemberKey(job: order.attempt.job, party: order.attempt.party)
                inbox.append(.member(key, .attemptStarted(task: order.attempt.task, number: order.attempt.number)))
                running.append(order.attempt)
            case .ask(let request): inbox.append(.ledger(.request(request)))
            case .tell(let answer): inbox.append(.member(answer.member, .ledgerAnswered(answer)))
            case .cleanUp(let key): cleaned.append(key)
            case .cancelAttempt, .wake, .record, .inherit, .awaitJobs: break
            }
        }
    }
}
