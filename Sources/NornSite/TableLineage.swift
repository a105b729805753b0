import NornFlow
import NornManifest
import NornStore

/// Where tables come from and go to.
extension Site {
    /// Jobs looked through, newest first.
    static let lineageJobsMaximum = 1000

    /// Jobs of the caller's parties here that read a table of this name, newest first.
    public func jobsReading(_ namespace: String, _ name: String, _ caller: Caller) async throws -> [JobID] {
        _ = try await tables.record(namespace, name, caller)
        let reference = TableReference(namespace: namespace, name: name)
        return try await jobFacts(JobQuery(limit: Self.lineageJobsMaximum), caller).jobs.filter { facts in
            facts.parties.contains { party, job in
                job.tasks.contains { TableReference($0.parameters[party] ?? [:]) == reference }
            }
        }.map(\.summary.job)
    }

    /// The stored tables that a task's output was made from; none for a table that was uploaded.
    public func sources(
        _ namespace: String, _ name: String, _ caller: Caller
    ) async throws -> [(namespace: String, name: String)] {
        _ = try await tables.record(namespace, name, caller)
        guard try await store.table(namespace: namespace, name: name) == nil,
            let made = try await OutputTables(store: store).artifact(namespace: namespace, name: name)
        else { return [] }
        let facts = try await jobFacts(made.job, caller)
        guard
            let (party, job) = facts.parties.first(where: {
                $0.party.role.rawValue == made.role && $0.party.id == made.party
            })
        else { return [] }
        let graph = Graph(job.tasks)
        var open = [made.task]
        var seen: Set<String> = [made.task]
        var found: [(namespace: String, name: String)] = []
        while let task = open.popLast() {
            let parameters = job.task(named: task)?.parameters[party] ?? [:]
            if let table = TableReference(parameters) { found.append((table.namespace, table.name)) }
            open += graph.upstream(of: task).filter { seen.insert($0).inserted }
        }
        return found
    }
}
