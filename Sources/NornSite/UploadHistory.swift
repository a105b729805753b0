import NornFlow
import NornManifest
import NornStore

/// What was uploaded, and what came of it.
public struct UploadRecordView: Sendable {
    public var job: String
    public var namespace: String
    public var name: String
    public var partitions: Int
    /// Rows of the table that the upload made; 0 when it failed.
    public var rows: Int64
    /// Of the table that the name points to now; nil for none.
    public var schema: JSON?
}

extension Site {
    /// Jobs looked through for uploads, newest first.
    static let uploadJobsMaximum = 10_000

    /// Uploads that the caller may see, newest first.
    public func uploads(job: JobID?, limit: Int, _ caller: Caller) async throws -> [UploadRecordView] {
        if let job { return try await upload(job, caller).map { [$0] } ?? [] }
        var query = JobQuery(limit: 200)
        query.submitter = Caller.site.submitter
        var found: [UploadRecordView] = []
        while query.offset < Self.uploadJobsMaximum {
            let jobs = try await jobSummaries(query, caller).jobs
            for summary in jobs {
                if let upload = try await upload(summary.job, caller) { found.append(upload) }
                if found.count == limit { return found }
            }
            guard jobs.count == query.limit else { break }
            query.offset += jobs.count
        }
        return found
    }

    /// Nil for a job that is no upload.
    private func upload(_ job: JobID, _ caller: Caller) async throws -> UploadRecordView? {
        let facts = try await jobFacts(job, caller)
        guard let (party, job) = facts.parties.first, let task = job.tasks.first, task.module == "Upload",
            let parameters = task.parameters[party]
        else { return nil }
        func text(_ name: String) -> String {
            if case .string(let text)? = parameters[name] { text } else { "" }
        }
        let summaries = try await views.tracking(job.id, task: task.name, kind: .summary)
        let count = summaries.last.flatMap { try? JSON(parsing: Array($0.payload)) }?["count"]?.asInt ?? 0
        let table = try await store.table(namespace: text("namespace"), name: text("name"))
        let partitions = if case .int(let number)? = parameters["partition"] { Int(number) } else { 0 }
        return UploadRecordView(
            job: job.id, namespace: text("namespace"), name: text("name"),
            partitions: partitions, rows: Int64(count),
            schema: table.map { TrackingValues.json(Array($0.schema)) })
    }
}
