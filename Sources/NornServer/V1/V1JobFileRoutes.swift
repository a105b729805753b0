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
            path: "/v1/job/log/download", right: .read, failure: .notFound, refusalStatus: .notFound, handle: logs),
        V1Route(
            path: "/v1/job/dsl/generate", right: .read, refusalStatus: V1Answers.nothingToDownload,
            handle: generate),
    ]

    /// The DSL of predict jobs that follows from a DSL which the client has, with no job behind it.
    @Sendable private static func generate(_ call: V1Request) async throws -> V1Answer {
        guard let dsl = try call.document("train_dsl") else {
            throw V1Refusal(.argument, "required argument are missing: train_dsl; ")
        }
        if let version = try call.text("version"), version != "2" {
            throw SiteError.invalid("Only version 2 of the DSL is known", field: "version")
        }
        do {
            let made = try InferenceDSL.make(fromTrainDSL: dsl, components: try call.componentNames("cpn_str"))
            if let name = try call.text("filename") { return .document(made, name: name) }
            return .data(made)
        } catch let refusal as DialectRefusal {
            throw SiteError(refusal)
        }
    }

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
