import NornDialects
import NornFlow
import NornManifest
import NornSite

/// A job that was taken, now or when the same key came first.
struct Submitted: Sendable {
    var summary: JobSummary
    var isReplayed: Bool
}

extension Site {
    /// Reads a job in FATE's 1.x form and submits it.
    /// - Parameter key: chosen by the client; the same one with the same description makes one job.
    func submit(dsl: JSON, conf: JSON, key: String?, caller: Caller) async throws -> Submitted {
        guard let key else {
            let summary = try await submit(dsl: dsl, conf: conf, id: FreshID.job(), caller: caller)
            return Submitted(summary: summary, isReplayed: false)
        }
        let description = JSON.array([dsl, conf]).inOrder.text()
        return try await submitOnce(key: key, description: description, caller: caller) { job, isKnown in
            if isKnown, let summary = try await existingJob(job, caller) {
                return Submitted(summary: summary, isReplayed: true)
            }
            let summary = try await submit(dsl: dsl, conf: conf, id: job, caller: caller)
            return Submitted(summary: summary, isReplayed: false)
        }
    }

    /// The same under an id that the caller made.
    func submit(dsl: JSON, conf: JSON, id: JobID, caller: Caller) async throws -> JobSummary {
        let parsed = try await read(dsl: dsl, conf: conf, id: id, caller: caller)
        try await submit(job: parsed.job, caller: caller)
        var summary = try await jobSummary(id, caller)
        let warnings = parsed.warnings.map(\.description) + (try await privacyWarnings(id)).map { "[WARN] \($0)" }
        if !warnings.isEmpty { summary.warnings = warnings }
        return summary
    }

    /// A job with what a conf changes of its parameters: a whole conf, or only the sections that change.
    func changed(_ job: JobID, conf: JSON, caller: Caller) async throws -> Job {
        let present = try await controlledJob(job, caller)
        do {
            return try FATE1Dialect.change(present, by: conf, catalogue: catalogue).job
        } catch {
            throw SiteError(error)
        }
    }

    /// Reads a job in FATE's 1.x form. The DSL of a predict job is that of its model.
    func read(dsl: JSON, conf: JSON, id: JobID, caller: Caller) async throws -> ParsedJob {
        let deployed = try await deployedModel(for: conf, caller: caller)
        do {
            if let deployed {
                return try FATE1Dialect.parsePredict(
                    conf: conf, deployed: deployed, id: id, submitter: caller.submitter, catalogue: catalogue)
            }
            return try FATE1Dialect.parse(
                dsl: dsl, conf: conf, id: id, submitter: caller.submitter, catalogue: catalogue)
        } catch {
            throw SiteError(error)
        }
    }
}

extension JSON {
    /// The same value with members sorted by name: clients write them in any order.
    fileprivate var inOrder: JSON {
        switch self {
        case .array(let elements): .array(elements.map(\.inOrder))
        case .object(let object):
            .object(JSONObject(object.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.inOrder) }))
        default: self
        }
    }
}

extension SiteError {
    /// The first mistake, with the others counted in the message.
    init(_ refusal: DialectRefusal) {
        guard let first = refusal.errors.first else {
            self.init("invalid_job", "The job description cannot be read")
            return
        }
        let others = refusal.errors.count - 1
        let more =
            others > 0
            ? " (and \(others) more: \(refusal.errors.dropFirst().map(\.field).joined(separator: ", ")))" : ""
        self.init("job_\(first.code.rawValue)", first.message + more, field: first.field, hint: first.remedy)
    }
}
