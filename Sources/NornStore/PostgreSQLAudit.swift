/// The audit log in the shared store. The head's row is locked while entries are appended: they follow each other,
/// whoever writes them.
extension PostgreSQLStore {
    public func appendAudit(_ entries: [NewAuditEntry]) async throws {
        guard !entries.isEmpty else { return }
        let batch = freshName()
        try await write { try Self.append(entries, batch: batch, $0) }
    }

    public func audit(_ query: AuditQuery) async throws -> [AuditEntry] {
        // A statement for each set of conditions, so that the index is used.
        var parameters: [any PostgreSQLBindable] = [query.after, query.limit]
        var conditions = "sequence > $1"
        for (column, value) in [("job", query.job), ("kind", query.kind)] {
            guard let value else { continue }
            parameters.append(value)
            conditions += " AND \(column) = $\(parameters.count)"
        }
        return try await records(
            AuditEntry.self,
            "SELECT \(PostgreSQLTables.audit.selection) FROM audit WHERE \(conditions) ORDER BY sequence LIMIT $2",
            parameters)
    }

    public func auditHead() async throws -> AuditHead { try await read { try Self.auditHead($0, "") } }

    private static func auditHead(_ connection: PostgreSQLConnection, _ lock: String) throws -> AuditHead {
        try connection.rows("SELECT sequence, hash FROM \"auditHead\"\(lock)").first
            .map { try PostgreSQLRecords.record(AuditHead.self, $0) } ?? .none
    }

    /// Within the caller's transaction. A batch that is sent twice, since nobody knows whether it was written, is
    /// written once.
    static func append(_ entries: [NewAuditEntry], batch: String, _ connection: PostgreSQLConnection) throws {
        guard !entries.isEmpty else { return }
        var head = try auditHead(connection, " FOR UPDATE")
        guard try connection.rows("SELECT sequence FROM audit WHERE batch = $1 LIMIT 1", [batch]).isEmpty else {
            return
        }
        for new in entries {
            let entry = AuditEntry(new, after: head)
            try connection.change(
                """
                INSERT INTO audit (\(PostgreSQLTables.audit.selection), batch)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                """,
                [
                    entry.sequence, entry.time, entry.kind, entry.actor, entry.job, entry.party, entry.subject,
                    entry.digest, entry.text, entry.previous, entry.hash, batch,
                ])
            head = AuditHead(sequence: entry.sequence, hash: entry.hash)
        }
        try connection.change("UPDATE \"auditHead\" SET sequence = $1, hash = $2", [head.sequence, head.hash])
    }
}

extension PostgreSQLTables {
    static let audit = PostgreSQLTable(
        name: "audit",
        columns: [
            "sequence", "time", "kind", "actor", "job", "party", "subject", "digest", "text", "previous", "hash",
        ], key: ["sequence"])
}

extension PostgreSQLSchema {
    /// Entries are appended: the database itself refuses to change one or to take one away.
    static let auditTables = [
        """
        CREATE TABLE audit (
            sequence BIGINT PRIMARY KEY, time BIGINT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
            job TEXT NOT NULL, party TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL,
            previous TEXT NOT NULL, hash TEXT NOT NULL, batch TEXT NOT NULL)
        """,
        "CREATE INDEX \"auditOfJob\" ON audit (job, sequence)",
        "CREATE INDEX \"auditOfBatch\" ON audit (batch)",
        // One row, written with every entry.
        """
        CREATE TABLE "auditHead" (
            one BOOLEAN PRIMARY KEY CHECK (one), sequence BIGINT NOT NULL, hash TEXT NOT NULL) WITH (fillfactor = 10)
        """,
        "INSERT INTO \"auditHead\" VALUES (true, \(AuditHead.none.sequence), '\(AuditHead.none.hash)')",
        """
        CREATE FUNCTION "refuseAuditChange"() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is only appended to'; END $$
        """,
        """
        CREATE TRIGGER "auditNeverChanges" BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION "refuseAuditChange"()
        """,
    ]
}
