import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Jobs: submit, list, show, stop, follow, logs.
enum JobRoutes {
    static let listMaximum = 1000
    static let logLinesMaximum = 10_000

    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "/api/jobs", right: .submit,
            summary: "Submit a job in FATE's 1.x form: its DSL and its conf.", body: .json("Submission"),
            answer: .json("JobSummary"), status: .created,
            handle: { call in
                let body = try await call.json()
                guard let dsl = body["dsl"] else { throw SiteError.invalid("The body has no dsl", field: "dsl") }
                guard let conf = body["conf"] else { throw SiteError.invalid("The body has no conf", field: "conf") }
                return try Answers.json(
                    try await call.site.submit(dsl: dsl, conf: conf, caller: call.caller), status: .created)
            }),
        APIRoute(
            method: .get, path: "/api/jobs", right: .read, summary: "Jobs, newest first.",
            query: [
                .init(name: "status", summary: "only jobs of this status"),
                .init(name: "limit", summary: "at most so many", isInteger: true),
                .init(name: "offset", summary: "skip so many", isInteger: true),
            ], answer: .jsonArray(of: "JobSummary"),
            handle: { call in
                let limit = try call.integer("limit", in: 1...listMaximum) ?? 100
                let offset = try call.integer("offset", in: 0...Int(Int32.max)) ?? 0
                return try Answers.json(
                    try await call.site.jobSummaries(
                        status: call.query("status"), limit: limit, offset: offset, call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}", right: .read,
            summary: "A job: tasks with their times at each party, attempts, errors, metrics, models of own parties.",
            answer: .json("JobDetail"),
            handle: { call in try Answers.json(try await call.site.jobDetail(call.parameter("job"), call.caller)) }),
        APIRoute(
            method: .post, path: "/api/jobs/{job}/stop", right: .submit, summary: "Stop a job at every party.",
            answer: .json("JobSummary"),
            handle: { call in
                let job = try call.parameter("job")
                try await call.site.stop(job: job, caller: call.caller)
                return try Answers.json(try await call.site.jobSummary(job, call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/events", right: .read,
            summary: "Changes of a job as server-sent events, until it ends; Last-Event-ID goes on after a break.",
            query: [.init(name: "after", summary: "only events after this number", isInteger: true)], answer: .events,
            handle: { call in try await EventStream.response(call, job: call.parameter("job")) }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/logs", right: .read, summary: "What the attempts of a job logged.",
            query: [
                .init(name: "task", summary: "only this task"),
                .init(name: "role", summary: "only this role"),
                .init(name: "party", summary: "only this party id"),
                .init(name: "level", summary: "at least debug, info, warning or error"),
                .init(name: "tail", summary: "only the last so many lines", isInteger: true),
            ], answer: .json("Logs"),
            handle: { call in
                let filter = LogFilter(
                    task: call.query("task"), role: call.query("role"), party: call.query("party"),
                    level: call.query("level"),
                    lines: try call.integer("tail", in: 1...logLinesMaximum) ?? logLinesMaximum)
                return try Answers.json(try await call.site.logs(job: call.parameter("job"), filter, call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/metrics", right: .read,
            summary: "Metrics of the parties of this site, in the order in which they came.",
            query: [.init(name: "task", summary: "only this task")], answer: .jsonArray(of: "Tracking"),
            handle: { call in
                try Answers.json(
                    try await call.site.metrics(job: call.parameter("job"), task: call.query("task"), call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/approvals", right: .admin, summary: "Jobs of partners that wait for a person.",
            answer: .jsonArray(of: "Approval"),
            handle: { call in try Answers.json(try await call.site.approvals(call.caller)) }),
        APIRoute(
            method: .post, path: "/api/approvals/{job}", right: .admin,
            summary: "Let a partner's job use the tables that it asked for, or refuse it.",
            body: .json("Decision"), answer: .json("JobSummary"),
            handle: { call in
                let job = try call.parameter("job")
                guard let allow = try await call.json()["allow"]?.asBool else {
                    throw SiteError.invalid("allow is true or false", field: "allow")
                }
                try await call.site.decide(job: job, allow: allow, caller: call.caller)
                return try Answers.json(try await call.site.jobSummary(job, call.caller))
            }),
    ]
}
