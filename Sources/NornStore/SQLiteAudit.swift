import GRDB

/// The audit log in the embedded store.
extension SQLiteStore {
    public func appendAudit(_ entries: [NewAuditEntry]) async throws {
        guard !entries.isEmpty else { return }
        try await database.write { [right] database in
            try Self.checkFence(right, database)
            try Self.append(entries, to: database)
        }
    }

    public func audit(_ query: AuditQuery) async throws -> [AuditEntry] {
        // A statement for each set of conditions, so that the index is used.
        let conditions = [("job", query.job), ("kind", query.kind)].filter { $0.1 != nil }
        let condition = conditions.map { " AND \($0.0) = ?" }.joined()
        let arguments = [query.after] + StatementArguments(conditions.map(\.1)) + [query.limit]
        return try await database.read {
            try AuditEntry.fetchAll(
                $0, sql: "SELECT * FROM audit WHERE sequence > ?\(condition) ORDER BY sequence LIMIT ?",
                arguments: arguments)
        }
    }

    public func auditHead() async throws -> AuditHead { try await database.read { try Self.auditHead($0) } }

    private static func auditHead(_ database: Database) throws -> AuditHead {
        guard let row = try Row.fetchOne(database.cachedStatement(sql: "SELECT sequence, hash FROM auditHead")) else {
            return .none
        }
        return AuditHead(sequence: row["sequence"], hash: row["hash"])
    }

    /// Within the caller's transaction.
    static func append(_ entries: [NewAuditEntry], to database: Database) throws {
        guard !entries.isEmpty else { return }
        var head = try auditHead(database)
        for new in entries {
            let entry = AuditEntry(new, after: head)
            try entry.insert(database)
            head = AuditHead(sequence: entry.sequence, hash: entry.hash)
        }
        try database.cachedStatement(sql: "UPDATE auditHead SET sequence = ?, hash = ?")
            .execute(arguments: [head.sequence, head.hash])
    }
}

extension AuditEntry: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "audit"
}

extension SQLiteSchema {
    /// Entries are appended: the database itself refuses to change one or to take one away.
    static let audit = [
        """
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
            job TEXT NOT NULL, party TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL,
            previous TEXT NOT NULL, hash TEXT NOT NULL)
        """,
        "CREATE INDEX auditOfJob ON audit (job, sequence)",
        """
        CREATE TABLE auditHead (
            one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL)
        """,
        "INSERT INTO auditHead VALUES (1, \(AuditHead.none.sequence), '\(AuditHead.none.hash)')",
        """
        CREATE TRIGGER auditNeverChanges BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END
        """,
        """
        CREATE TRIGGER auditNeverShrinks BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END
        """,
    ]
}
