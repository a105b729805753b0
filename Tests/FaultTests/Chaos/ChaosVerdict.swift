import ProbeHarness

/// What must hold after a run.
struct ChaosVerdict: Sendable {
    /// Accepted, and unknown where it was submitted.
    private(set) var lost: [String] = []
    /// Started twice as the marks, the attempts or the event logs have it, or two attempts alive at once.
    private(set) var doubled: [String] = []
    private(set) var leaked: [String] = []
    /// Sites that name different ends of one job.
    private(set) var disagreed: [String] = []
    /// Successful by the sites' words, and a probe of it left no mark of its end.
    private(set) var unproven: [String] = []
    /// Failed, canceled or timed out, and nothing was done to them that explains it.
    private(set) var unexplained: [String] = []
    /// How many jobs ended how, and why.
    private(set) var endings: [String: Int] = [:]
    private(set) var starts = 0

    init(_ evidence: ChaosEvidence) {
        let marks = evidence.marks
        for job in evidence.jobs { look(at: job, evidence) }
        starts = marks.starts.count
        doubled += marks.doubled.map { "marked twice: \($0)" }
        doubled += marks.overlapping.map { "began beside another attempt: \($0)" }
        leaked = evidence.leftovers
    }

    var findings: [String] { lost + doubled + leaked + disagreed + unproven + unexplained }

    private mutating func look(at job: ChaosWorkload.Accepted, _ evidence: ChaosEvidence) {
        guard let own = evidence.seen(job.id, at: job.site) else {
            lost.append(job.id)
            return
        }
        switch ChaosReason.find(of: job, own, evidence) {
        case .some(let reason): endings[reason, default: 0] += 1
        case .none:
            endings["\(own.status) \(own.code), unexplained", default: 0] += 1
            unexplained.append("\(job.id): \(own.status) \(own.code): \(own.message)")
        }
        for place in job.sites {
            // A party that was never reached knows nothing of a job that ended without it.
            guard let there = evidence.seen(job.id, at: place) else { continue }
            if there.status != own.status {
                disagreed.append("\(job.id): \(own.status), at \(FaultFederation.names[place]) \(there.status)")
            }
            doubled += startsTwice(of: job.id, there, FaultFederation.names[place])
        }
        if own.status == "success", let probe = job.probe { unproven += missingEnds(of: job.id, probe, evidence.marks) }
    }

    /// Attempts that a site's event log or its attempts name twice.
    private func startsTwice(of job: String, _ seen: ChaosEvidence.Seen, _ site: String) -> [String] {
        let kept = seen.attempts.map { "\($0.task)/\($0.number)/\($0.party)" }
        return [seen.starts, kept].flatMap { names in
            Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted().map {
                "\(site) started \(job) \($0) twice"
            }
        }
    }

    private func missingEnds(of job: String, _ probe: ProbeJob, _ marks: Marks) -> [String] {
        let ended = marks.ended
        return probe.taskNames.flatMap { task in
            probe.partyNames.filter { !ended.contains("\(job).\(task)/\($0)") }.map {
                "\(job): \(task) of \($0) succeeded without a mark"
            }
        }
    }
}

/// Why a job ended as it did, by what was done to it.
enum ChaosReason {
    /// An attempt's failure is told a moment after what made it.
    static let afterwardsMilliseconds: Int64 = 5000

    /// Nil for an end that nothing explains.
    static func find(
        of job: ChaosWorkload.Accepted, _ own: ChaosEvidence.Seen, _ evidence: ChaosEvidence
    ) -> String? {
        switch own.status {
        case "success": "success"
        case "canceled": evidence.deeds.stopped.contains(job.id) ? "canceled by a user" : nil
        case "failed": failure(of: job, evidence).map { "failed \(own.code), \($0)" }
        default: nil
        }
    }

    /// A job fails when one task was tried as often as the user allows. Every try that counts needs an excuse.
    private static func failure(of job: ChaosWorkload.Accepted, _ evidence: ChaosEvidence) -> String? {
        var excuses: [String: [Int: Set<String>]] = [:]
        for place in job.sites {
            for attempt in evidence.seen(job.id, at: place)?.attempts ?? [] where counting.contains(attempt.code) {
                guard let excuse = excuse(for: attempt, of: job.id, at: place, evidence.deeds) else { return nil }
                excuses[attempt.task, default: [:]][attempt.number, default: []].insert(excuse)
            }
        }
        guard let worst = excuses.values.max(by: { $0.count < $1.count }), worst.count > job.retries else { return nil }
        let all = worst.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        return "tried \(job.retries + 1) times: " + all.sorted().joined(separator: " and ")
    }

    /// Failures that count against the user's retries.
    private static let counting: Set<String> = [
        "component_failed", "worker_crashed", "worker_not_started", "task_timeout",
    ]

    private static func excuse(
        for attempt: ChaosEvidence.Attempt, of job: String, at site: Int, _ deeds: ChaosDeeds.Log
    ) -> String? {
        switch attempt.code {
        case "worker_crashed":
            let name = "\(job)/\(attempt.party)/\(attempt.task)/\(attempt.number)"
            return deeds.killedWorkers.contains(name) ? "worker killed" : nil
        case "component_failed", "worker_not_started":
            let isFull = deeds.fullDisk.contains {
                $0.meets(from: attempt.started, to: attempt.ended.map { $0 + afterwardsMilliseconds })
            }
            return site == FaultFederation.smallSite && isFull ? "disk full" : nil
        default: return nil
        }
    }
}
