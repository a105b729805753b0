import Foundation

/// Jobs, attempts, tables, artifacts and callers in the shared store.
extension PostgreSQLStore {
    // MARK: Jobs

    public func job(_ id: String) async throws -> JobRecord? {
        try await records(
            JobRecord.self, "SELECT \(PostgreSQLTables.job.selection) FROM job WHERE job = $1", [id]
        ).first
    }

    public func jobs(status: String?, limit: Int, offset: Int) async throws -> [JobRecord] {
        try await records(
            JobRecord.self,
            """
            SELECT \(PostgreSQLTables.job.selection) FROM job WHERE $1::text IS NULL OR status = $1
            ORDER BY created DESC, job COLLATE "C" DESC LIMIT $2 OFFSET $3
            """, [status, limit, offset])
    }

    /// One statement for every query: what is null is no condition.
    private static let matching = """
        FROM job WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR submitter = $2)
            AND ($3::text IS NULL OR strpos(parties, $3) > 0) AND ($4::text IS NULL OR EXISTS (
                SELECT 1 FROM jsonb_array_elements_text($4::jsonb) AS id WHERE strpos(parties, id) > 0))
        """

    public func jobs(_ query: JobQuery) async throws -> JobPage {
        let anyOf = try query.parties.isEmpty ? nil : JSONEncoder().encode(query.parties.map(JobQuery.quoted))
        let condition: [any PostgreSQLBindable] = [
            query.status, query.submitter, query.partner.map(JobQuery.quoted),
            anyOf.map { String(decoding: $0, as: UTF8.self) },
        ]
        return try await read { connection in
            let total = try connection.rows("SELECT count(*) AS total \(Self.matching)", condition)
            let rows = try connection.rows(
                """
                SELECT \(PostgreSQLTables.job.selection) \(Self.matching)
                ORDER BY created DESC, job COLLATE "C" DESC LIMIT $5 OFFSET $6
                """, condition + [query.limit, query.offset])
            return JobPage(
                jobs: try rows.map { try PostgreSQLRecords.record(JobRecord.self, $0) },
                total: Int(try total.first?.integer("total") ?? 0))
        }
    }

    public func attempts(job: String) async throws -> [AttemptRecord] {
        try await records(
            AttemptRecord.self,
            """
            SELECT \(PostgreSQLTables.attempt.selection) FROM attempt WHERE job = $1
            ORDER BY started, task COLLATE "C", attempt, role COLLATE "C", party COLLATE "C"
            """, [job])
    }

    public func liveAttempts() async throws -> [AttemptRecord] {
        try await records(
            AttemptRecord.self, "SELECT \(PostgreSQLTables.attempt.selection) FROM attempt WHERE ended IS NULL")
    }

    public func removeJob(_ id: String) async throws {
        try await write { connection in
            for table in ["job", "attempt", "artifact", "tracking", "event"] {
                try connection.change("DELETE FROM \(table) WHERE job = $1", [id])
            }
            try connection.change("DELETE FROM aggregate WHERE id = $1 OR starts_with(id, $1 || '/')", [id])
            try connection.change(
                "DELETE FROM value WHERE name = (SELECT value FROM value WHERE name = 'submission/' || $1 || '/key')",
                [id])
            try connection.change(
                "DELETE FROM value WHERE name IN "
                    + "('submission/' || $1, 'submission/' || $1 || '/key', 'submission/' || $1 || '/change')", [id])
        }
    }

    // MARK: Tables

    public func putTable(_ table: TableRecord) async throws -> TableRecord? {
        try await write { connection in
            let replaced = try Self.table(connection, table.namespace, table.name, " FOR UPDATE")
            if let replaced, replaced.owner != table.owner { throw Self.otherOwner(table) }
            try PostgreSQLTables.table.save(table, connection)
            // Two that find no table both insert; the later one sees the other's row only now.
            guard try Self.table(connection, table.namespace, table.name, "")?.owner == table.owner else {
                throw Self.otherOwner(table)
            }
            return replaced
        }
    }

    private static func otherOwner(_ table: TableRecord) -> StoreError {
        .otherOwner(namespace: table.namespace, name: table.name)
    }

    public func table(namespace: String, name: String) async throws -> TableRecord? {
        try await read { try Self.table($0, namespace, name, "") }
    }

    private static func table(
        _ connection: PostgreSQLConnection, _ namespace: String, _ name: String, _ lock: String
    ) throws -> TableRecord? {
        try connection.rows(
            """
            SELECT \(PostgreSQLTables.table.selection) FROM "table" WHERE namespace = $1 AND name = $2\(lock)
            """, [namespace, name]
        ).first.map { try PostgreSQLRecords.record(TableRecord.self, $0) }
    }

    public func tables() async throws -> [TableRecord] {
        try await records(
            TableRecord.self,
            """
            SELECT \(PostgreSQLTables.table.selection) FROM "table"
            ORDER BY namespace COLLATE "C", name COLLATE "C"
            """)
    }

    public func removeTable(namespace: String, name: String) async throws -> Bool {
        try await write { connection in
            try connection.change(
                "DELETE FROM \"tableGrant\" WHERE namespace = $1 AND name = $2", [namespace, name])
            return try connection.change("DELETE FROM \"table\" WHERE namespace = $1 AND name = $2", [namespace, name])
                > 0
        }
    }

    public func putGrant(_ grant: TableGrant) async throws {
        try await write { try PostgreSQLTables.grant.save(grant, $0) }
    }

    public func removeGrant(namespace: String, name: String, partner: String) async throws -> Bool {
        try await write {
            try $0.change(
                "DELETE FROM \"tableGrant\" WHERE namespace = $1 AND name = $2 AND partner = $3",
                [namespace, name, partner]) > 0
        }
    }

    public func grants(namespace: String, name: String) async throws -> [TableGrant] {
        try await records(
            TableGrant.self,
            """
            SELECT \(PostgreSQLTables.grant.selection) FROM "tableGrant" WHERE namespace = $1 AND name = $2
            ORDER BY partner COLLATE "C"
            """, [namespace, name])
    }

    // MARK: Artifacts and tracking

    public func putArtifacts(_ artifacts: [ArtifactRecord]) async throws {
        guard !artifacts.isEmpty else { return }
        try await write { connection in
            for artifact in artifacts { try PostgreSQLTables.artifact.save(artifact, connection) }
        }
    }

    public func artifacts(job: String) async throws -> [ArtifactRecord] {
        try await records(
            ArtifactRecord.self,
            """
            SELECT \(PostgreSQLTables.artifact.selection) FROM artifact WHERE job = $1
            ORDER BY task COLLATE "C", attempt, role COLLATE "C", party COLLATE "C", name COLLATE "C", position
            """, [job])
    }

    public func removeArtifacts(job: String) async throws {
        try await write { _ = try $0.change("DELETE FROM artifact WHERE job = $1", [job]) }
    }

    public func sealedPaths() async throws -> Set<String> {
        try await read { connection in
            let rows = try connection.rows(
                "SELECT path FROM \"table\" UNION SELECT path FROM artifact UNION SELECT path FROM \"modelFile\"")
            return Set(try rows.map { try $0.text("path") })
        }
    }

    public func appendTracking(_ records: [TrackingRecord]) async throws {
        guard !records.isEmpty else { return }
        let batch = freshName()
        try await write { connection in
            for (item, record) in records.enumerated() {
                try connection.change(
                    """
                    INSERT INTO tracking (job, task, attempt, role, party, kind, name, payload, time, batch, item)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (batch, item) DO NOTHING
                    """,
                    [
                        record.job, record.task, record.attempt, record.role, record.party, record.kind.rawValue,
                        record.name, record.payload, record.time, batch, item,
                    ])
            }
        }
    }

    public func tracking(
        job: String, task: String?, kind: TrackingRecord.Kind?
    ) async throws -> [TrackingRecord] {
        try await records(
            TrackingRecord.self,
            """
            SELECT job, task, attempt, role, party, kind, name, payload, time FROM tracking
            WHERE job = $1 AND ($2::text IS NULL OR task = $2) AND ($3::text IS NULL OR kind = $3) ORDER BY sequence
            """, [job, task, kind?.rawValue])
    }

    // MARK: Callers

    public func putToken(_ token: TokenRecord) async throws {
        try await write { try PostgreSQLTables.token.save(token, $0) }
    }

    public func token(hash: String) async throws -> TokenRecord? {
        try await records(
            TokenRecord.self, "SELECT \(PostgreSQLTables.token.selection) FROM token WHERE hash = $1", [hash]
        ).first
    }

    public func tokens() async throws -> [TokenRecord] {
        try await records(
            TokenRecord.self,
            "SELECT \(PostgreSQLTables.token.selection) FROM token ORDER BY created, id COLLATE \"C\"")
    }

    public func removeToken(id: String) async throws -> Bool {
        try await write { try $0.change("DELETE FROM token WHERE id = $1", [id]) > 0 }
    }

    /// Under no fence: a scheduler that only answers readers refuses callers too, and says so.
    public func appendSecurity(_ record: SecurityRecord) async throws {
        try await read { connection in
            try connection.transaction { connection in
                try PostgreSQLTables.security.insert(record, connection)
                try connection.change(
                    "DELETE FROM security WHERE sequence <= (SELECT max(sequence) FROM security) - $1",
                    [Self.securityRowsKept])
            }
        }
    }

    public func security(limit: Int) async throws -> [SecurityRecord] {
        try await records(
            SecurityRecord.self, "SELECT time, kind, caller, text FROM security ORDER BY sequence DESC LIMIT $1",
            [limit])
    }
}
