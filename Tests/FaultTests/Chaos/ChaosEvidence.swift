import Foundation
import ProbeHarness

/// What is known of a run after its end: the sites' words, the probes' marks, and the books of the kernel and the file
/// systems. A value, so that tests can plant what a defect would leave.
struct ChaosEvidence: Sendable {
    struct Attempt: Hashable, Sendable {
        var task: String
        var number: Int
        /// `guest_9999`.
        var party: String
        var status: String
        var code = ""
        var message = ""
        /// Wall milliseconds since 1970.
        var started: Int64
        var ended: Int64?
    }

    /// A job as one site shows it.
    struct Seen: Hashable, Sendable {
        var status: String
        var code = ""
        var message = ""
        /// Those of the site's own parties.
        var attempts: [Attempt] = []
        /// `<task>/<attempt>/<party>` of every start of a worker in the site's event log.
        var starts: [String] = []
    }

    var jobs: [ChaosWorkload.Accepted]
    /// By site, then by job; nothing of a job that a site does not know.
    var seen: [[String: Seen]]
    var marks: Marks
    /// What should have gone and has not, each with its site.
    var leftovers: [String]
    var deeds: ChaosDeeds.Log

    func seen(_ job: String, at site: Int) -> Seen? { seen.indices.contains(site) ? seen[site][job] : nil }
}

extension ChaosEvidence.Seen {
    init(_ state: JobState, events: [[String: Any]], of party: String) {
        status = state.status
        code = state.failure["code"] as? String ?? ""
        message = state.failure["message"] as? String ?? ""
        attempts = state.attempts.map(ChaosEvidence.Attempt.init)
        starts = events.compactMap { event in
            guard event["kind"] as? String == "worker", let value = event["value"] as? [String: Any],
                value["to"] as? String == "starting", value["party"].map({ "\($0)" })?.contains(party) == true
            else { return nil }
            return "\(value["task"] ?? "")/\(value["attempt"] ?? "")/\(value["party"] ?? "")"
        }
    }
}

extension ChaosEvidence.Attempt {
    init(_ object: [String: Any]) {
        let failure = object["failure"] as? [String: Any] ?? [:]
        self.init(
            task: object["task"] as? String ?? "", number: object["attempt"] as? Int ?? -1,
            party: "\(object["role"] ?? "")_\(object["party"] ?? "")", status: object["status"] as? String ?? "",
            code: failure["code"] as? String ?? "", message: failure["message"] as? String ?? "",
            started: (object["started"] as? Int).map(Int64.init) ?? 0,
            ended: (object["ended"] as? Int).map(Int64.init))
    }
}

/// Collects the evidence of a run whose jobs have all ended.
struct ChaosCollector {
    static let leakSecondsMaximum = 30.0

    let federation: FaultFederation
    let jobs: [ChaosWorkload.Accepted]
    let deeds: ChaosDeeds

    func collect(leftovers: [String]) throws -> ChaosEvidence {
        var seen = [[String: ChaosEvidence.Seen]](repeating: [:], count: federation.sites.count)
        for job in jobs {
            for place in job.sites {
                let site = federation.sites[place]
                guard let state = try site.job(job.id) else { continue }
                seen[place][job.id] = ChaosEvidence.Seen(
                    state, events: try site.events(of: job.id), of: site.plan.party)
            }
        }
        return ChaosEvidence(
            jobs: jobs, seen: seen, marks: try Marks(folder: federation.marksFolder), leftovers: leftovers,
            deeds: deeds.log)
    }

    /// What is still there of jobs that have ended. It may take a moment to go; what stays is a leak.
    func leaks() throws -> [String] { try lasting { try $0.leaks() } }

    /// What is still there when every job has been cleaned away too.
    func leaksAfterCleaning() throws -> [String] {
        for site in federation.sites {
            let answer = try site.call("POST", "/api/jobs/clean", json: ["older_than_days": 0], seconds: 60)
            guard answer.isGood else { throw FaultFailure("\(site.plan.name) cleans nothing up: \(answer.body)") }
        }
        return try lasting { try $0.leaksAfterCleaning() }
    }

    private func lasting(_ find: (FaultSite) throws -> [String]) throws -> [String] {
        let deadline = Date(timeIntervalSinceNow: Self.leakSecondsMaximum)
        while true {
            let found = try federation.sites.flatMap { site in try find(site).map { "\(site.plan.name): \($0)" } }
            if found.isEmpty || Date() >= deadline { return found }
            usleep(200_000)
        }
    }
}
