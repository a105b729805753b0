import NornDialects
import NornFlow
import NornManifest
import NornSite

extension Site {
    /// Reads a job in FATE's 1.x form and submits it.
    func submit(dsl: JSON, conf: JSON, caller: Caller) async throws -> JobSummary {
        let id = FreshID.job()
        let parsed: ParsedJob
        do {
            parsed = try FATE1Dialect.parse(
                dsl: dsl, conf: conf, id: id, submitter: caller.submitter, catalogue: catalogue)
        } catch {
            throw SiteError(error)
        }
        try await submit(job: parsed.job, caller: caller)
        var summary = try await jobSummary(id, caller)
        if !parsed.warnings.isEmpty { summary.warnings = parsed.warnings.map { "\($0.field): \($0.message)" } }
        return summary
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
