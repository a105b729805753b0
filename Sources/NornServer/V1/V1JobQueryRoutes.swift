import NornDialects
import NornFlow
import NornManifest
import NornSite
import NornStore

/// How FATE's clients look at jobs and tasks.
enum V1JobQueryRoutes {
    /// Jobs that a query without a job's id looks through, newest first.
    static let jobsMaximum = 500
    static let pageMaximum = 1000

    static let all: [V1Route] = [
        V1Route(path: "/v1/job/query", right: .read, handle: query),
        V1Route(path: "/v1/job/list/job", right: .read, handle: list),
        V1Route(path: "/v1/job/config", right: .read, handle: config),
        V1Route(path: "/v1/job/task/query", right: .read, handle: queryTasks),
        V1Route(path: "/v1/job/list/task", right: .read, handle: listTasks),
    ]

    // MARK: Jobs

    /// The jobs that a request may mean: those that it names by id, or the newest ones. Deployments and migrations of
    /// models are jobs of Norn's own, which FATE-Flow has not: only who knows their id sees them.
    static func candidates(_ call: V1Request) async throws -> [JobFacts] {
        guard let named = call["job_id"] else {
            return try await call.site.jobFacts(JobQuery(limit: jobsMaximum), call.caller).jobs.filter { facts in
                facts.parties.allSatisfy { $0.job.parameters.modelChange == nil }
            }
        }
        let ids = (named.asArray ?? [named]).compactMap { $0.asString ?? $0.asInt.map { String($0) } }
        var found: [JobFacts] = []
        for id in ids.prefix(jobsMaximum) {
            do {
                found.append(try await call.site.jobFacts(id, call.caller))
            } catch let error as SiteError where error.code == "job_not_found" {
                continue
            }
        }
        return found
    }

    @Sendable private static func query(_ call: V1Request) async throws -> V1Answer {
        let rows = try await candidates(call).flatMap { facts in facts.parties.map { facts.row($0.party, $0.job) } }
        let filter = V1Filter(call.body, columns: rows.first?.row.columns ?? [:])
        let found = filter.isEmpty ? [] : rows.filter { filter.matches($0.row) }.prefix(jobsMaximum)
        return .data(
            .array(found.map { $0.described.prefixed }), message: found.isEmpty ? "no job could be found" : "success")
    }

    @Sendable private static func list(_ call: V1Request) async throws -> V1Answer {
        let rows = try await candidates(call.without("job_id")).flatMap { facts in
            facts.parties.map { facts.row($0.party, $0.job) }
        }
        let wanted = try V1ListRequest(call)
        let kept = rows.filter { wanted.holds($0.row, partners: $0.job.parties) }
        let page = wanted.page(
            kept.map { row in
                var plain = row.row
                plain["party_id"] = Int(row.party.v1ID).map { .int($0) } ?? .string(row.party.v1ID)
                plain["partners"] = .array(
                    row.job.parties.filter { $0.id != row.party.id }.map {
                        Int($0.id).map { .int($0) } ?? .string($0.id)
                    })
                return plain
            })
        return .data(["jobs": .array(page.map(\.plain)), "count": .int(kept.count)])
    }

    @Sendable private static func config(_ call: V1Request) async throws -> V1Answer {
        let id = try call.require("job_id", "role", "party_id")[0]
        let facts: JobFacts
        do {
            facts = try await call.site.jobFacts(id, call.caller)
        } catch let error as SiteError where error.code == "job_not_found" {
            throw V1Refusal(.argument, "find job failed: \(error)")
        }
        let (party, job) = try call.party(in: facts)
        let description = FATE1Dialect.render(job.view(for: party))
        return .data([
            "job_id": .string(job.id), "dsl": description.dsl, "runtime_conf": description.conf,
            "train_runtime_conf": [:],
            "model_info": job.v1ModelInfo,
        ])
    }

    // MARK: Tasks

    private static func taskRows(_ call: V1Request) async throws -> [V1TaskRow] {
        try await candidates(call).flatMap(\.taskRows)
    }

    @Sendable private static func queryTasks(_ call: V1Request) async throws -> V1Answer {
        let rows = try await taskRows(call)
        let filter = V1Filter(call.body, columns: rows.first?.row.columns ?? [:])
        let found = filter.isEmpty ? [] : rows.map(\.row).filter(filter.matches)
        guard !found.isEmpty else { throw V1Refusal(.argument, "find task failed") }
        return .data(.array(found.map(\.prefixed)))
    }

    @Sendable private static func listTasks(_ call: V1Request) async throws -> V1Answer {
        let rows = try await taskRows(call)
        let wanted = try V1ListRequest(call, order: "asc")
        let kept = rows.map(\.row).filter { wanted.holds($0, partners: []) }
        return .data(["tasks": .array(wanted.page(kept).map(\.plain)), "count": .int(kept.count)])
    }
}

extension JobFacts {
    func row(_ party: Party, _ job: Job) -> V1JobRow {
        V1JobRow(
            job: job, party: party, status: summary.status, submitter: summary.submitter,
            description: summary.failure?.description ?? summary.waiting ?? "", progressPercent: progressPercent,
            created: summary.created, started: summary.started, ended: summary.ended,
            cores: job.parameters.sizes(at: party).taskCores ?? 0)
    }

    /// Of every task at the parties here, its newest attempt.
    var taskRows: [V1TaskRow] {
        parties.flatMap { party, job in
            job.tasks.compactMap { task in
                guard task.parties.contains(party), let view = tasks.first(where: { $0.task == task.name }) else {
                    return nil
                }
                let here = view.parties.first { $0.role == party.role.rawValue && $0.party == party.id }
                return V1TaskRow(
                    job: job, task: task, party: party, status: view.status, partyStatus: here?.status ?? view.status,
                    attempt: view.attempt, created: summary.created, started: view.started, ended: view.ended)
            }
        }
    }
}
