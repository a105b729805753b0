import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite
import NornStore

/// What people do to jobs through FATE's clients.
enum V1JobRoutes {
    /// Waiting jobs that one call may cancel.
    static let cleanedMaximum = 1000

    static let all: [V1Route] = [
        V1Route(path: "/v1/job/submit", right: .submit, failure: .operating, handle: submit),
        V1Route(path: "/v1/job/stop", right: .submit, failure: .operating, handle: stop),
        V1Route(path: "/v1/job/rerun", right: .submit, failure: .operating, handle: rerun),
        V1Route(path: "/v1/job/parameter/update", right: .submit, failure: .operating, handle: change),
        V1Route(path: "/v1/job/clean/queue", right: .submit, failure: .operating, handle: cleanQueue),
    ]

    @Sendable private static func submit(_ call: V1Request) async throws -> V1Answer {
        let job = FreshID.job()
        do {
            guard let conf = call["job_runtime_conf"] ?? call["runtime_conf"] else {
                throw V1Refusal(.argument, "required argument are missing: job_runtime_conf; ")
            }
            let submitted = try await call.site.submit(
                dsl: call["job_dsl"] ?? call["dsl"] ?? .null, conf: conf, id: job, caller: call.caller)
            return .reply(V1Reply(try await submittedData(submitted, call), job: job))
        } catch let error as SiteError {
            // FATE-Flow names the job that it refuses, too.
            var reply = V1Answers.reply(error, otherwise: .operating)
            reply.job = job
            return .reply(reply)
        }
    }

    /// What FATE-Flow tells of a job that it took.
    static func submittedData(_ summary: JobSummary, _ call: V1Request) async throws -> JSON {
        let facts = try await call.site.jobFacts(summary.job, call.caller)
        guard let (party, job) = facts.parties.first(where: { $0.party == $0.job.initiator }) ?? facts.parties.first
        else { throw SiteError.notFound("job", summary.job) }
        let warnings = summary.warnings ?? []
        return [
            "job_id": .string(job.id), "code": 0,
            "message": .string(warnings.isEmpty ? "success" : warnings.joined(separator: "; ")),
            "board_url": .string(call.site.boardURL(job: job.id, party: party)),
            "logs_directory": .string("jobs/\(job.id)"),
            "model_info": job.v1ModelInfo,
        ]
    }

    @Sendable private static func stop(_ call: V1Request) async throws -> V1Answer {
        let job = try call.require("job_id")[0]
        let status = try call.text("stop_status") ?? "canceled"
        guard status == "canceled" else {
            throw SiteError.invalid("A job is stopped as canceled only, not \(status)", field: "stop_status")
        }
        let stopped: StopView
        do {
            stopped = try await call.site.stop(job: job, caller: call.caller)
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.data, "can not found job: \(error)")
        }
        let open = stopped.parties.filter { !$0.confirmed }
        guard !open.isEmpty else {
            return .data(nil, message: "stop job on this party success; stop job on all party success")
        }
        let parties = open.map { (role: $0.role, party: $0.party) }
        let data = Dictionary(grouping: parties, by: \.role).map { role, list in
            (role, JSON.object(JSONObject(list.map { ($0.party, JSON.string("not confirmed yet")) })))
        }
        throw V1Refusal(
            .operating,
            "stop job on this party success; not confirmed yet by "
                + open.map { "\($0.role) \($0.party)" }.joined(separator: ", ") + ", who are asked until they confirm",
            data: .object(JSONObject(data.sorted { $0.0 < $1.0 })))
    }

    @Sendable private static func rerun(_ call: V1Request) async throws -> V1Answer {
        let job = try call.require("job_id")[0]
        let components = try call.texts("component_name")
        let isForced = try call.flag("force") ?? false
        var request = RerunRequest(from: components, all: components.isEmpty && isForced)
        do {
            let pending = try await call.site.pendingChange(job, call.caller)
            if let pending { request.job = try await call.site.changed(job, conf: pending, caller: call.caller) }
            let view = try await call.site.rerun(job: job, request, call.caller)
            if pending != nil { try await call.site.setPendingChange(nil, of: job, call.caller) }
            let tasks = view.tasks.map { ($0.task, JSON.string($0.runs ? $0.why : "not run: \($0.why)")) }
            return .data(.object(JSONObject(tasks)), message: "rerun job success")
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.data, "can not found job: \(error)")
        }
    }

    /// Keeps a change of the job's parameters for its next rerun; what is wrong with it is said now.
    @Sendable private static func change(_ call: V1Request) async throws -> V1Answer {
        let job = try call.require("job_id")[0]
        var sections = JSONObject()
        for name in ["job_parameters", "component_parameters"] {
            if let section = try call.object(name) { sections[name] = .object(section) }
        }
        guard !sections.isEmpty else {
            throw V1Refusal(.argument, "required argument are missing: job_parameters or component_parameters; ")
        }
        let changed: Job
        do {
            let before = try await call.site.pendingChange(job, call.caller)
            let change = before.map { JSON.object($0.asObject ?? [:]).merged(with: sections) } ?? .object(sections)
            changed = try await call.site.changed(job, conf: change, caller: call.caller)
            try await call.site.setPendingChange(change, of: job, call.caller)
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.data, "can not found job: \(error)")
        }
        let conf = FATE1Dialect.render(changed).conf
        var components: Set<String> = []
        components.formUnion(sections["component_parameters"]?["common"]?.asObject?.keys ?? [])
        for role in sections["component_parameters"]?["role"]?.asObject?.members ?? [] {
            for position in role.value.asObject?.members ?? [] {
                components.formUnion(position.value.asObject?.keys ?? [])
            }
        }
        return .data([
            "job_parameters": conf["job_parameters"] ?? [:],
            "component_parameters": conf["component_parameters"] ?? [:],
            "components": .array(components.sorted().map { .string($0) }),
        ])
    }

    /// Cancels every waiting job that the caller's parties here began.
    @Sendable private static func cleanQueue(_ call: V1Request) async throws -> V1Answer {
        var query = JobQuery(limit: cleanedMaximum)
        query.status = JobStatus.waiting.rawValue
        var codes: [(String, JSON)] = []
        for facts in try await call.site.jobFacts(query, call.caller).jobs
        where facts.parties.contains(where: { $0.party == $0.job.initiator && $0.party.role != .local }) {
            do {
                _ = try await call.site.stop(job: facts.summary.job, caller: call.caller)
                codes.append((facts.summary.job, .int(V1Code.success.rawValue)))
            } catch let error as SiteError {
                codes.append((facts.summary.job, .int(V1Answers.reply(error, otherwise: .operating).code.rawValue)))
            }
        }
        return .data(.object(JSONObject(codes)))
    }
}

extension JSON {
    /// Members of objects in objects laid over one another; anything else is replaced.
    fileprivate func merged(with over: JSONObject) -> JSON {
        guard var base = asObject else { return .object(over) }
        for (key, value) in over.members {
            base[key] =
                value.asObject.flatMap { inner in base[key]?.asObject.map { JSON.object($0).merged(with: inner) } }
                ?? value
        }
        return .object(base)
    }
}
