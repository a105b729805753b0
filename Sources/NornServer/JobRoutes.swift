import Foundation
import HTTPTypes
import Hummingbird
import NornFlow
import NornManifest
import NornSite
import NornStore

/// Jobs: submit, list, show, follow; approvals.
enum JobRoutes {
    static let listMaximum = 1000

    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "/api/jobs", right: .submit,
            summary: "Submit a job in FATE's 1.x form: its DSL and its conf. The same Idempotency-Key makes one job.",
            headers: [
                .init(name: "Idempotency-Key", summary: "chosen by the client; a retry with it makes no new job")
            ],
            body: .json("Submission"), answer: .json("JobSummary"), status: .created, handle: submit),
        APIRoute(
            method: .get, path: "/api/jobs", right: .read,
            summary: "Jobs, newest first; the header X-Total-Count says how many there are in all.",
            query: [
                .init(name: "status", summary: "only jobs of this status"),
                .init(name: "submitter", summary: "only jobs of this submitter"),
                .init(name: "partner", summary: "only jobs in which this party id takes part"),
                .init(name: "limit", summary: "at most so many", isInteger: true),
                .init(name: "offset", summary: "skip so many", isInteger: true),
            ], answer: .jsonArray(of: "JobSummary"), handle: list),
        APIRoute(
            method: .get, path: "/api/jobs/{job}", right: .read,
            summary: "A job: why it waits, tasks with times at each party, attempts with what they were declared and "
                + "granted and used, errors, metrics, models of own parties.",
            query: [attempt], answer: .json("JobDetail"),
            handle: { call in
                Answers.bytes(
                    try await call.site.jobDetailJSON(
                        call.parameter("job"), attempt: call.query("attempt"), call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/events", right: .read,
            summary: "Changes of a job as server-sent events, until it ends; Last-Event-ID goes on after a break.",
            query: [.init(name: "after", summary: "only events after this number", isInteger: true)], answer: .events,
            handle: { call in try await EventStream.response(call, job: call.parameter("job")) }),
        APIRoute(
            method: .get, path: "/api/approvals", right: .admin, summary: "Jobs of partners that wait for a person.",
            answer: .jsonArray(of: "Approval"), needsHeart: true,
            handle: { call in try Answers.json(try await call.site.approvals(call.caller)) }),
        APIRoute(
            method: .post, path: "/api/approvals/{job}", right: .admin,
            summary: "Let a partner's job take part with the tables that it asked for, or refuse it, with a reason.",
            body: .json("Decision"), answer: .json("JobSummary"), handle: decide),
    ]

    static let attempt = APIRoute.Query(
        name: "attempt", summary: "newest (unless said), all, or the number of an attempt, from 0")

    @Sendable private static func submit(_ call: APIRequest) async throws -> Response {
        let body = try await call.json()
        guard let dsl = body["dsl"] else { throw SiteError.invalid("The body has no dsl", field: "dsl") }
        guard let conf = body["conf"] else { throw SiteError.invalid("The body has no conf", field: "conf") }
        let submitted = try await call.site.submit(
            dsl: dsl, conf: conf, key: call.request.headers[.idempotencyKey], caller: call.caller)
        var response = try Answers.json(submitted.summary, status: .created)
        if submitted.isReplayed { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    @Sendable private static func list(_ call: APIRequest) async throws -> Response {
        var query = JobQuery(
            limit: try call.integer("limit", in: 1...listMaximum) ?? 100,
            offset: try call.integer("offset", in: 0...Int(Int32.max)) ?? 0)
        query.status = call.query("status")
        query.submitter = call.query("submitter")
        query.partner = call.query("partner")
        let list = try await call.site.jobSummaries(query, call.caller)
        var response = try Answers.json(list.jobs)
        response.headers[.totalCount] = String(list.total)
        return response
    }

    @Sendable private static func decide(_ call: APIRequest) async throws -> Response {
        let job = try call.parameter("job")
        let body = try await call.json()
        guard let allow = body["allow"]?.asBool else {
            throw SiteError.invalid("allow is true or false", field: "allow")
        }
        try await call.site.decide(job: job, allow: allow, reason: body["reason"]?.asString, caller: call.caller)
        return try Answers.json(try await call.site.jobSummary(job, call.caller))
    }
}

extension HTTPField.Name {
    // The names hold only letters and dashes, which is all that the initializer checks.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
    static let totalCount = HTTPField.Name("X-Total-Count")!
}
