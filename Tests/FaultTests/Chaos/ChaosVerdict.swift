import Foundation

/// What must hold after a run, looked up in the sites' APIs and event logs, in the probes' marks, and in the kernel's
/// and the file system's own books.
struct ChaosVerdict {
    static let leakSecondsMaximum = 30.0
    /// What a user may see of the faults: a worker that died, and a disk that was full, count as tries of the job.
    static let deserved: Set<String> = ["worker_crashed"]

    let federation: FaultFederation
    let jobs: [ChaosWorkload.Accepted]

    private(set) var lost: [String] = []
    private(set) var doubled: [String] = []
    private(set) var leaked: [String] = []
    private(set) var disagreed: [String] = []
    /// Jobs that failed for what the platform itself should have overcome.
    private(set) var undeserved: [String] = []
    private(set) var endings: [String: Int] = [:]
    private(set) var starts = 0

    init(_ federation: FaultFederation, jobs: [ChaosWorkload.Accepted]) throws {
        self.federation = federation
        self.jobs = jobs
        for job in jobs { try look(at: job) }
        let marks = try Marks(folder: federation.marksFolder)
        starts = marks.starts.count
        doubled += marks.doubled.map { "marked twice: \($0)" }
        doubled += marks.overlapping.map { "began beside another attempt: \($0)" }
        try lookForLeaks()
    }

    private mutating func look(at job: ChaosWorkload.Accepted) throws {
        guard let own = try federation.sites[job.site].job(job.id) else {
            lost.append(job.id)
            return
        }
        let code = own.failure["code"] as? String
        endings[own.status + (code.map { " " + $0 } ?? ""), default: 0] += 1
        if own.status == "failed", !Self.deserved.contains(code ?? "") {
            undeserved.append("\(job.id): \(own.failure)")
        }
        for place in job.sites {
            let site = federation.sites[place]
            let there = try site.job(job.id)
            // A party that was never reached knows nothing of a job that ended without it.
            if let there, there.status != own.status {
                disagreed.append("\(job.id): \(own.status), at \(site.plan.name) \(there.status)")
            }
            if there != nil { doubled += try startsTwice(of: job.id, at: site) }
        }
    }

    /// Attempts that a site's event log or its attempts name twice.
    private func startsTwice(of job: String, at site: FaultSite) throws -> [String] {
        let started = try site.events(of: job).compactMap { event -> String? in
            guard event["kind"] as? String == "worker", let value = event["value"] as? [String: Any],
                value["to"] as? String == "starting", value["party"].map({ "\($0)" })?.contains(site.plan.party) == true
            else { return nil }
            return "\(value["task"] ?? "")/\(value["attempt"] ?? "")/\(value["party"] ?? "")"
        }
        let kept =
            try site.job(job)?.attempts.map { "\($0["task"] ?? "")/\($0["attempt"] ?? "")/\($0["role"] ?? "")" } ?? []
        return [started, kept].flatMap { names in
            Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.map {
                "\(site.plan.name) started \(job) \($0) twice"
            }
        }
    }

    /// Things that may take a moment to go; what stays is a leak.
    private mutating func lookForLeaks() throws {
        let deadline = Date(timeIntervalSinceNow: Self.leakSecondsMaximum)
        repeat {
            leaked = try federation.sites.flatMap { try leaks(of: $0) }
            if leaked.isEmpty { return }
            usleep(200_000)
        } while Date() < deadline
    }

    private func leaks(of site: FaultSite) throws -> [String] {
        var leaks: [String] = []
        let held = try site.held()
        if held.cores != 0 || held.bytes != 0 { leaks.append("held: \(held.cores) cores, \(held.bytes) bytes") }
        leaks += site.workers.map { "worker \($0.pid) in \($0.folder)" }
        leaks += site.leftFiles
        leaks += site.openSpoolFiles.map { "spool file \($0)" }
        return leaks.map { "\(site.plan.name): \($0)" }
    }
}

extension FaultSite {
    /// The job's event log here. The job must have ended.
    func events(of job: String) throws -> [[String: Any]] {
        let answer = try call("GET", "/api/jobs/\(job)/events")
        guard answer.isGood, let text = answer.body as? String else {
            throw FaultFailure("the events of \(job) at \(plan.name): \(answer.body)")
        }
        return text.split(separator: "\n").filter { $0.hasPrefix("data: {\"") }.compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.dropFirst(6).utf8)) as? [String: Any]
        }
    }

    /// Scratch folders and uploads, which no ended job needs.
    var leftFiles: [String] {
        let jobs = home + "/jobs"
        guard let walk = FileManager.default.enumerator(atPath: jobs) else { return [] }
        var left: [String] = []
        for case let path as String in walk where path.hasSuffix("/scratch") {
            walk.skipDescendants()
            left.append("scratch folder \(path)")
        }
        let uploads = (try? FileManager.default.contentsOfDirectory(atPath: home + "/uploads")) ?? []
        return left + uploads.map { "upload \($0)" }
    }

    /// Payloads of mailboxes that the server still holds; they are files without a name.
    var openSpoolFiles: [String] {
        guard let process else { return [] }
        let folder = "/proc/\(process)/fd"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }.filter { $0.contains("/payload-") }
    }
}
