import Hummingbird
import NornManifest
import NornSite

/// What people do to a job.
enum JobControlRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .post, path: "/api/jobs/{job}/stop", right: .submit,
            summary: "Stop a job at every party, or, at a partner's site, its own part, which ends the job everywhere. "
                + "The answer says which parties have confirmed; the others are asked until they do.",
            answer: .json("Stop"),
            handle: { call in
                try Answers.json(try await call.site.stop(job: call.parameter("job"), caller: call.caller))
            })
    ]
}
