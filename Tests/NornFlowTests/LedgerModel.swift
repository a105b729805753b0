@testable import NornFlow

/// Ledgers of several sites and a coordinator for each job, which asks all its sites at once and takes all or none:
/// who is short has the others give back, unless it was told that no older one waits and it has failed a few times.
struct LedgerModel {
    struct Job {
        var id: JobID
        var cores: [Int: Int]
        var owner: String
        var priority = 0
        var rounds: [Int: Int] = [:]
        var states: [Int: State] = [:]
        var failures = 0
        var keepsUntil: Int64?
        var endsAt: Int64?
    }

    enum State: Equatable { case none, asked, held, short(keeps: Bool) }

    static let gatheringsBeforeKeeping = 3
    static let firstPatienceMilliseconds: Int64 = 1_000
    static let party = Party(role: .guest, id: "9999")

    var ledgers: [Ledger] = []
    var jobs: [JobID: Job] = [:]
    var waiting: Set<JobID> = []
    var granted: [JobID] = []
    var now: Int64 = 1_000
    var fault: String?
    private var messages: [(site: Int, Ledger.Event)] = []

    init(cores: [Int], _ policy: LedgerPolicy = LedgerPolicy()) {
        for (site, cores) in cores.enumerated() {
            ledgers.append(
                Ledger(
                    site: "site\(site)", capacity: ["local": Resources(cores: cores)], policy: policy, members: [],
                    at: Instant(milliseconds: now)))
        }
    }

    mutating func submit(_ job: Job) {
        jobs[job.id] = job
        waiting.insert(job.id)
        gather(job.id)
        drain()
    }

    /// Lets time pass: running jobs end, patience ends.
    mutating func pass(_ milliseconds: Int64, ending ends: (Job) -> Bool) {
        now += milliseconds
        for id in jobs.keys.sorted() {
            guard let job = jobs[id] else { continue }
            if let at = job.endsAt {
                guard now >= at || ends(job) else { continue }
                for (site, round) in job.rounds { send(site, .release(key(id), round: round)) }
                jobs[id] = nil
            } else {
                gather(id)
            }
            drain()
        }
    }

    private func key(_ id: JobID) -> MemberKey { MemberKey(job: id, party: Self.party) }

    private mutating func send(_ site: Int, _ request: LedgerRequest) { messages.append((site, .request(request))) }

    private mutating func drain() {
        while !messages.isEmpty {
            let (site, event) = messages.removeFirst()
            for effect in ledgers[site].step(event, at: Instant(milliseconds: now)) {
                if case .tell(let answer) = effect { hear(answer, from: site) }
            }
            fault = fault ?? ledgers[site].audit()
        }
    }

    private mutating func hear(_ answer: LedgerAnswer, from site: Int) {
        let id = answer.member.job
        // What was given back meanwhile is answered in vain.
        guard let job = jobs[id], (job.states[site] ?? State.none) != State.none else { return }
        switch answer {
        case .held(_, let round) where round == job.rounds[site]: jobs[id]?.states[site] = .held
        case .short(_, let round, let shortage) where round == job.rounds[site]:
            jobs[id]?.states[site] = .short(keeps: !shortage.blockedByOlder)
        default: return
        }
        gather(id)
    }

    private mutating func gather(_ id: JobID) {
        guard var job = jobs[id], job.endsAt == nil else { return }
        let sites = job.cores.keys.sorted()
        if sites.allSatisfy({ job.states[$0] == .held }) {
            job.endsAt = .max
            for site in sites { send(site, .confirm(key(id), round: job.rounds[site] ?? 0)) }
            granted.append(id)
            waiting.remove(id)
            jobs[id] = job
            return
        }
        let short = sites.compactMap { if case .short(let keeps) = job.states[$0] { keeps } else { nil } }
        if short.isEmpty {
            job.keepsUntil = nil
            for site in sites where (job.states[site] ?? State.none) == State.none {
                job.rounds[site, default: 0] += 1
                job.states[site] = .asked
                let resources = Resources(cores: job.cores[site] ?? 0)
                send(
                    site,
                    .hold(
                        key(id), round: job.rounds[site] ?? 0, claim: Claim(engine: "local", resources: resources),
                        together: resources, priority: job.priority,
                        account: Account(owner: job.owner, party: Self.party, initiator: Self.party)))
            }
        } else if !keeps(&job, short) {
            for site in sites where job.states[site] == .held || job.states[site] == .asked {
                send(site, .release(key(id), round: job.rounds[site] ?? 0))
                job.states[site] = State.none
            }
        }
        jobs[id] = job
    }

    /// Whether it keeps what it holds while it waits, for longer each time.
    private func keeps(_ job: inout Job, _ short: [Bool]) -> Bool {
        guard job.states.values.contains(.held) else { return false }
        if job.keepsUntil == nil {
            job.failures += 1
            let times = job.failures - Self.gatheringsBeforeKeeping
            guard times >= 0, short.allSatisfy({ $0 }) else { return false }
            job.keepsUntil = now + Self.firstPatienceMilliseconds << Int64(min(times, 20))
        }
        guard short.allSatisfy({ $0 }), let until = job.keepsUntil, now < until else {
            job.keepsUntil = nil
            return false
        }
        return true
    }
}
