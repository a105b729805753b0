import Hummingbird
import NornManifest
import NornSite

/// What the attempts of a job left: logs, metrics, outputs.
enum JobResultRoutes {
    static let logLinesMaximum = 10_000

    private static let task = APIRoute.Query(name: "task", summary: "only this task")

    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/jobs/{job}/logs", right: .read, summary: "What the attempts of a job logged.",
            query: [
                task, JobRoutes.attempt,
                .init(name: "role", summary: "only this role"),
                .init(name: "party", summary: "only this party id"),
                .init(name: "level", summary: "at least debug, info, warning or error"),
                .init(name: "tail", summary: "only the last so many lines", isInteger: true),
            ], answer: .json("Logs"),
            handle: { call in
                let filter = LogFilter(
                    task: call.query("task"), role: call.query("role"), party: call.query("party"),
                    attempt: try AttemptChoice(call.query("attempt")), level: call.query("level"),
                    lines: try call.integer("tail", in: 1...logLinesMaximum) ?? logLinesMaximum)
                return try Answers.json(try await call.site.logs(job: call.parameter("job"), filter, call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/metrics", right: .read,
            summary: "Metrics of the parties of this site, in the order in which they came.",
            query: [task, JobRoutes.attempt], answer: .jsonArray(of: "Tracking"),
            handle: { call in
                try Answers.json(
                    try await call.site.metrics(
                        job: call.parameter("job"), task: call.query("task"), AttemptChoice(call.query("attempt")),
                        call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/jobs/{job}/outputs", right: .read,
            summary: "Tables, models and caches that the attempts of this site's parties made.",
            query: [task, JobRoutes.attempt], answer: .jsonArray(of: "Output"),
            handle: { call in
                try Answers.json(
                    try await call.site.outputs(
                        job: call.parameter("job"), task: call.query("task"), AttemptChoice(call.query("attempt")),
                        call.caller))
            }),
    ]
}
