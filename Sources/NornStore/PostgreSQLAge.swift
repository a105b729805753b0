/// What is old, in the shared store.
extension PostgreSQLStore {
    public func endedJobs(before: Int64, limit: Int, offset: Int) async throws -> [JobRecord] {
        try await records(
            JobRecord.self,
            """
            SELECT \(PostgreSQLTables.job.selection) FROM job WHERE ended < $1
            ORDER BY ended, job COLLATE "C" LIMIT $2 OFFSET $3
            """, [before, limit, offset])
    }

    public func removeEvents(
        before: Int64, after sequence: Int64, limit: Int, sparing: Set<String>
    ) async throws -> EventRemoval {
        try await write { connection in
            var selection = EventSelection()
            let rows = try connection.rows(
                "SELECT sequence, job, time FROM event WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                [sequence, limit])
            for row in rows {
                selection.look(
                    try row.integer("sequence"), job: try row.text("job"), time: try row.integer("time"),
                    before: before, sparing: sparing)
            }
            selection.end(limit: limit)
            var removed = 0
            for range in selection.ranges {
                removed += try connection.change(
                    "DELETE FROM event WHERE sequence BETWEEN $1 AND $2", [range.lowerBound, range.upperBound])
            }
            return EventRemoval(removed: removed, next: selection.next)
        }
    }

    public func removeSecurity(before: Int64, limit: Int) async throws -> Int {
        try await write {
            try $0.change(
                """
                DELETE FROM security WHERE sequence IN (
                    SELECT sequence FROM security WHERE time < $1 ORDER BY sequence LIMIT $2)
                """, [before, limit])
        }
    }
}
