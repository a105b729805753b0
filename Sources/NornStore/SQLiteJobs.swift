import Foundation
import GRDB

extension SQLiteStore {
    public func jobs(_ query: JobQuery) async throws -> JobPage {
        let (condition, arguments) = Self.condition(of: query)
        return try await database.read { database in
            let jobs = try JobRecord.fetchAll(
                database, sql: "SELECT * FROM job \(condition) ORDER BY created DESC, job DESC LIMIT ? OFFSET ?",
                arguments: arguments + [query.limit, query.offset])
            let total = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM job \(condition)", arguments: arguments)
            return JobPage(jobs: jobs, total: total ?? 0)
        }
    }

    /// Only fixed text becomes SQL; what a caller says is bound.
    private static func condition(of query: JobQuery) -> (String, StatementArguments) {
        var terms: [String] = []
        var arguments = StatementArguments()
        func add(_ term: String, _ values: [String]) {
            terms.append(term)
            arguments += StatementArguments(values)
        }
        if let status = query.status { add("status = ?", [status]) }
        if let submitter = query.submitter { add("submitter = ?", [submitter]) }
        if let partner = query.partner { add("instr(parties, ?) > 0", [JobQuery.quoted(partner)]) }
        if !query.parties.isEmpty {
            let anyOf = query.parties.map { _ in "instr(parties, ?) > 0" }.joined(separator: " OR ")
            add("(\(anyOf))", query.parties.map(JobQuery.quoted))
        }
        return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), arguments)
    }
}
