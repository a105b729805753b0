import Foundation
import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// What FATE's clients download of jobs.
enum V1JobFileRoutes {
    static let all: [V1Route] = [
        V1Route(
            path: "/v1/job/log/download", right: .read, failure: .notFound, refusalStatus: .notFound, handle: logs)
    ]

    @Sendable private static func logs(_ call: V1Request) async throws -> V1Answer {
        let job = try call.require("job_id")[0]
        let facts: JobFacts
        do {
            facts = try await call.site.jobFacts(job, call.caller)
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.notFound, "no logs: \(error)")
        }
        let archive = try await V1LogArchive(site: call.site, facts: facts, caller: call.caller).write()
        return .file(archive, name: "job_\(job)_log.tar.gz", mediaType: "application/gzip")
    }
}
