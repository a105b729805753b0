import Foundation
import ProbeHarness

/// Asks again and again until there is an answer, and fails by name when none comes in time.
func eventually<Value>(_ what: String, seconds: Double, _ question: () throws -> Value?) throws -> Value {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
        if let value = try question() { return value }
        usleep(20_000)
    }
    throw FaultFailure("\(what) did not come within \(seconds) s")
}

/// Runs blocking work of a test on a thread that may block.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

extension FaultSite {
    static let jobSecondsMaximum = 120.0

    /// Submits a job that must be accepted, and gives its id.
    func accepted(_ job: ProbeJob) throws -> String {
        let answer = try call("POST", "/api/jobs", json: ["dsl": job.dsl, "conf": job.conf])
        guard let id = answer.object["job"] as? String else { throw FaultFailure("not accepted: \(answer.body)") }
        return id
    }

    /// The job as this site shows it, its summary flattened; nil when it has none.
    func job(_ id: String) throws -> JobState? {
        let answer = try call("GET", "/api/jobs/\(id)")
        if answer.status == 404 { return nil }
        guard answer.isGood else { throw FaultFailure("\(id) at \(plan.name): \(answer.body)") }
        return JobState(answer.object)
    }

    /// Waits until the job has ended here.
    func ended(_ id: String, seconds: Double = jobSecondsMaximum) throws -> JobState {
        try job(id, "the end of \(id) at \(plan.name)", seconds: seconds) { $0.hasEnded }
    }

    /// Waits until the job is as wanted.
    func job(
        _ id: String, _ what: String, seconds: Double = jobSecondsMaximum, until isRight: (JobState) -> Bool
    ) throws -> JobState {
        var last: JobState?
        do {
            return try eventually(what, seconds: seconds) {
                last = try? job(id)
                return last.flatMap { isRight($0) ? $0 : nil }
            }
        } catch {
            throw FaultFailure("\(error); it is \(last?.text ?? "not there")")
        }
    }

    /// Waits until workers of a task run here, of each of these parties.
    func workers(of job: String, task: String, parties: [String], seconds: Double = 60) throws -> [WorkerProcess] {
        try eventually("workers of \(task) at \(plan.name)", seconds: seconds) {
            let found = parties.compactMap { party in
                workers.first { $0.folder.contains("/\(job)/") && $0.folder.contains("/\(party)/\(task)/") }
            }
            return found.count == parties.count ? found : nil
        }
    }

    /// Cores and bytes that the site's ledger says are held.
    func held() throws -> (cores: Int, bytes: Int) {
        let resources = try call("GET", "/api/site").object["resources"] as? [String: Any] ?? [:]
        guard let cores = resources["coresHeld"] as? Int, let bytes = resources["memoryBytesHeld"] as? Int else {
            throw FaultFailure("\(plan.name) does not say what is held")
        }
        return (cores, bytes)
    }
}

/// A job as `/api/jobs/{job}` shows it.
struct JobState {
    let object: [String: Any]

    init(_ object: [String: Any]) { self.object = object }

    var summary: [String: Any] { object["summary"] as? [String: Any] ?? object }
    var status: String { summary["status"] as? String ?? "" }
    var waiting: String { summary["waiting"] as? String ?? "" }
    var failure: [String: Any] { summary["failure"] as? [String: Any] ?? [:] }
    var attempts: [[String: Any]] { object["attempts"] as? [[String: Any]] ?? [] }
    var hasEnded: Bool { ["success", "failed", "canceled", "timeout"].contains(status) }

    /// For the message of a test that fails.
    var text: String { "\(status) \(waiting) \(failure) \(attempts)" }

    func attempt(_ task: String, _ role: String, _ number: Int) -> [String: Any] {
        attempts.first {
            $0["task"] as? String == task && $0["role"] as? String == role && $0["attempt"] as? Int == number
        } ?? [:]
    }
}
