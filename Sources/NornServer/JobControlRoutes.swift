import Hummingbird
import NornManifest
import NornSite

/// What people do to a job.
enum JobControlRoutes {
    static let daysMaximum = 36_500

    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "/api/jobs/{job}/stop", right: .submit,
            summary: "Stop a job at every party, or, at a partner's site, its own part, which ends the job everywhere. "
                + "The answer says which parties have confirmed; the others are asked until they do.",
            answer: .json("Stop"),
            handle: { call in
                try Answers.json(try await call.site.stop(job: call.parameter("job"), caller: call.caller))
            }),
        APIRoute(
            method: .post, path: "/api/jobs/{job}/pause", right: .submit,
            summary: "Start no more tasks; once none runs, give all resources back until the job is resumed.",
            answer: .json("JobSummary"),
            handle: { call in
                try Answers.json(try await call.site.pause(job: call.parameter("job"), caller: call.caller))
            }),
        APIRoute(
            method: .post, path: "/api/jobs/{job}/resume", right: .submit, summary: "Go on with a paused job.",
            answer: .json("JobSummary"),
            handle: { call in
                try Answers.json(try await call.site.resume(job: call.parameter("job"), caller: call.caller))
            }),
        APIRoute(
            method: .post, path: "/api/jobs/{job}/rerun", right: .submit,
            summary: "Run an ended job again: what did not succeed or has other parameters, from tasks, only tasks, or "
                + "all. What is still valid is used again; with dry_run the answer only says what would run and why.",
            body: .json("Rerun"), answer: .json("RerunPlan"), handle: rerun),
        APIRoute(
            method: .post, path: "/api/jobs/{job}/priority", right: .submit,
            summary: "Change the priority of a job that has not ended; higher goes first.", body: .json("Priority"),
            answer: .json("JobSummary"),
            handle: { call in
                guard let priority = try await call.json()["priority"]?.asInt else {
                    throw SiteError.invalid("priority is a number", field: "priority")
                }
                return try Answers.json(
                    try await call.site.setPriority(priority, job: call.parameter("job"), caller: call.caller))
            }),
        APIRoute(
            method: .post, path: "/api/jobs/clean", right: .submit,
            summary: "Forget jobs that ended so many days ago, except those that living ones need.",
            body: .json("CleanUp"), answer: .json("Cleaned"),
            handle: { call in
                guard let days = try await call.json()["older_than_days"]?.asInt, (0...daysMaximum).contains(days)
                else {
                    throw SiteError.invalid(
                        "older_than_days is a number from 0 to \(daysMaximum)", field: "older_than_days")
                }
                let count = try await call.site.clean(olderThanDays: days, caller: call.caller)
                return Answers.value(["jobs": .int(count)])
            }),
        APIRoute(
            method: .delete, path: "/api/jobs/{job}", right: .submit,
            summary: "Forget an ended job with its tables, models, metrics and logs at this site.",
            answer: .json("Done"),
            handle: { call in
                try await call.site.clean(job: call.parameter("job"), caller: call.caller)
                return Answers.value(["done": true])
            }),
    ]

    @Sendable private static func rerun(_ call: APIRequest) async throws -> Response {
        let job = try call.parameter("job")
        let body = try await call.json()
        var request = RerunRequest(
            from: try DataRoutes.strings(body, "from") ?? [], only: try DataRoutes.strings(body, "only") ?? [],
            all: body["all"]?.asBool ?? false)
        if let conf = body["conf"], !conf.isNull {
            request.job = try await call.site.changed(job, conf: conf, caller: call.caller)
        }
        let view =
            body["dry_run"]?.asBool == true
            ? try await call.site.rerunPlan(job: job, request, call.caller)
            : try await call.site.rerun(job: job, request, call.caller)
        return try Answers.json(view)
    }
}
