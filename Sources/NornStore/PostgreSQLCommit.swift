import Foundation

/// Commits of the heart: one after another, each with its outcome known.
extension PostgreSQLStore {
    @discardableResult
    public func commit(_ commit: Commit) async throws -> [StoredEvent] {
        // The end of an attempt alone changes no aggregate: writing it twice is writing it once.
        let isRepeatable =
            commit.writes.isEmpty && commit.events.isEmpty && commit.jobs.isEmpty && commit.audit.isEmpty
            && commit.pluginChanges.isEmpty && commit.models.isEmpty
        guard !isRepeatable else {
            try await write { connection in
                for attempt in commit.attempts { try PostgreSQLTables.attempt.save(attempt, connection) }
                for artifact in commit.artifacts { try PostgreSQLTables.artifact.save(artifact, connection) }
                for value in commit.values { try Self.setValue(value.name, value.value, connection) }
            }
            return []
        }
        let name = freshName()
        let right = right
        return try await heart.run { session in
            var mayBeWritten = false
            return try session.perform { connection in
                if mayBeWritten, let events = try Self.outcome(of: name, commit, connection) { return events }
                return try connection.transaction(willCommit: { mayBeWritten = true }) { connection in
                    try Self.write(commit, name: name, right, connection)
                }
            }
        }
    }

    /// The connection broke while the commit was on its way. The row's lock waits until the server has ended the old
    /// transaction; the row then says whether it was carried out, since the next commit comes after this one.
    private static func outcome(
        of name: String, _ commit: Commit, _ connection: PostgreSQLConnection
    ) throws -> [StoredEvent]? {
        let row = try connection.rows("SELECT committed, event FROM lease FOR UPDATE").first
        guard let row, try row.text("committed") == name else { return nil }
        return numbered(commit.events, last: try row.integer("event"))
    }

    /// One statement checks the fence, takes numbers for the events and leaves the commit's name. It locks the lease's
    /// row, so commits follow each other and events become visible in the order of their numbers: a reader never skips
    /// one that comes later.
    private static func write(
        _ commit: Commit, name: String, _ right: WriteRight, _ connection: PostgreSQLConnection
    ) throws -> [StoredEvent] {
        let rows = try connection.rows(
            """
            UPDATE lease SET event = event + $1, committed = $2 WHERE $3::bigint IS NULL OR fence = $3 RETURNING event
            """, [commit.events.count, name, try right.fence()])
        guard let row = rows.first else { throw right.lose() }
        for write in commit.writes { try apply(write, connection) }
        for job in commit.jobs { try PostgreSQLTables.job.save(job, connection) }
        for attempt in commit.attempts { try PostgreSQLTables.attempt.save(attempt, connection) }
        for artifact in commit.artifacts { try PostgreSQLTables.artifact.save(artifact, connection) }
        for value in commit.values { try setValue(value.name, value.value, connection) }
        let events = numbered(commit.events, last: try row.integer("event"))
        for event in events { try PostgreSQLTables.event.insert(event, connection) }
        try append(commit.audit, batch: name, connection)
        try append(commit.pluginChanges, connection)
        for model in commit.models { try keep(model, connection) }
        try connection.rows("SELECT pg_notify($1, '')::text", [PostgreSQLListener.channel])
        return events
    }

    private static func numbered(_ events: [NewEvent], last: Int64) -> [StoredEvent] {
        events.enumerated().map { index, event in
            StoredEvent(
                sequence: last - Int64(events.count - 1 - index), job: event.job, kind: event.kind,
                payload: event.payload, time: event.time)
        }
    }

    private static func apply(_ write: AggregateWrite, _ connection: PostgreSQLConnection) throws {
        let changed: Int
        switch (write.expected, write.payload) {
        case (nil, let payload?):
            changed = try connection.change(
                """
                INSERT INTO aggregate (kind, id, version, payload) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING
                """, [write.kind, write.id, payload])
        case (let expected?, let payload?):
            changed = try connection.change(
                "UPDATE aggregate SET version = version + 1, payload = $1 WHERE kind = $2 AND id = $3 AND version = $4",
                [payload, write.kind, write.id, expected])
        case (let expected?, nil):
            changed = try connection.change(
                "DELETE FROM aggregate WHERE kind = $1 AND id = $2 AND version = $3",
                [write.kind, write.id, expected])
        case (nil, nil):
            return
        }
        guard changed == 1 else { throw StoreError.conflict(kind: write.kind, id: write.id) }
    }
}
