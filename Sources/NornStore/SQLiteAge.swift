import GRDB

/// What is old, in the embedded store.
extension SQLiteStore {
    public func endedJobs(before: Int64, limit: Int, offset: Int) async throws -> [JobRecord] {
        try await database.read {
            try JobRecord.fetchAll(
                $0, sql: "SELECT * FROM job WHERE ended < ? ORDER BY ended, job LIMIT ? OFFSET ?",
                arguments: [before, limit, offset])
        }
    }

    public func removeEvents(
        before: Int64, after sequence: Int64, limit: Int, sparing: Set<String>
    ) async throws -> EventRemoval {
        try await database.write { database in
            var selection = EventSelection()
            let rows = try Row.fetchCursor(
                database, sql: "SELECT sequence, job, time FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?",
                arguments: [sequence, limit])
            while let row = try rows.next() {
                selection.look(row["sequence"], job: row["job"], time: row["time"], before: before, sparing: sparing)
            }
            selection.end(limit: limit)
            var removed = 0
            for range in selection.ranges {
                try database.execute(
                    sql: "DELETE FROM event WHERE sequence BETWEEN ? AND ?",
                    arguments: [range.lowerBound, range.upperBound])
                removed += database.changesCount
            }
            return EventRemoval(removed: removed, next: selection.next)
        }
    }

    public func removeSecurity(before: Int64, limit: Int) async throws -> Int {
        try await database.write {
            try $0.execute(
                sql: """
                    DELETE FROM security WHERE sequence IN (
                        SELECT sequence FROM security WHERE time < ? ORDER BY sequence LIMIT ?)
                    """, arguments: [before, limit])
            return $0.changesCount
        }
    }
}
