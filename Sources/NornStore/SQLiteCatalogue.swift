import Foundation
import GRDB

/// Jobs, attempts, tables, artifacts and callers in the embedded store.
extension SQLiteStore {
    // MARK: Jobs

    public func job(_ id: String) async throws -> JobRecord? {
        try await database.read {
            try JobRecord.fetchOne($0.cachedStatement(sql: "SELECT * FROM job WHERE job = ?"), arguments: [id])
        }
    }

    public func jobs(status: String?, limit: Int, offset: Int) async throws -> [JobRecord] {
        try await database.read {
            try JobRecord.fetchAll(
                $0,
                sql: """
                    SELECT * FROM job WHERE ? IS NULL OR status = ? ORDER BY created DESC, job DESC LIMIT ? OFFSET ?
                    """, arguments: [status, status, limit, offset])
        }
    }

    public func attempts(job: String) async throws -> [AttemptRecord] {
        try await database.read {
            let ofJob = "SELECT * FROM attempt WHERE job = ? ORDER BY started, task, attempt, role, party"
            return try AttemptRecord.fetchAll($0.cachedStatement(sql: ofJob), arguments: [job])
        }
    }

    public func liveAttempts() async throws -> [AttemptRecord] {
        try await database.read {
            try AttemptRecord.fetchAll($0, sql: "SELECT * FROM attempt WHERE ended IS NULL")
        }
    }

    public func removeJob(_ id: String) async throws {
        try await database.write {
            for table in ["job", "attempt", "artifact", "tracking", "event"] {
                try $0.execute(sql: "DELETE FROM \(table) WHERE job = ?", arguments: [id])
            }
            try $0.execute(
                sql: "DELETE FROM aggregate WHERE id = ? OR id LIKE ? || '/%'", arguments: [id, id])
            try $0.execute(
                sql:
                    "DELETE FROM value WHERE name = (SELECT value FROM value WHERE name = 'submission/' || ? || '/key')",
                arguments: [id])
            try $0.execute(
                sql: "DELETE FROM value WHERE name IN "
                    + "('submission/' || ?, 'submission/' || ? || '/key', 'submission/' || ? || '/change')",
                arguments: [id, id, id])
        }
    }

    // MARK: Tables

    public func putTable(_ table: TableRecord) async throws -> TableRecord? {
        try await database.write {
            let replaced = try Self.table($0, table.namespace, table.name)
            if let replaced, replaced.owner != table.owner {
                throw StoreError.otherOwner(namespace: table.namespace, name: table.name)
            }
            try table.save($0)
            return replaced
        }
    }

    public func table(namespace: String, name: String) async throws -> TableRecord? {
        try await database.read { try Self.table($0, namespace, name) }
    }

    private static func table(_ database: Database, _ namespace: String, _ name: String) throws -> TableRecord? {
        try TableRecord.fetchOne(
            database, sql: "SELECT * FROM \"table\" WHERE namespace = ? AND name = ?", arguments: [namespace, name])
    }

    public func tables() async throws -> [TableRecord] {
        try await database.read {
            try TableRecord.fetchAll($0, sql: "SELECT * FROM \"table\" ORDER BY namespace, name")
        }
    }

    public func removeTable(namespace: String, name: String) async throws -> Bool {
        try await database.write {
            try $0.execute(
                sql: "DELETE FROM tableGrant WHERE namespace = ? AND name = ?", arguments: [namespace, name])
            try $0.execute(sql: "DELETE FROM \"table\" WHERE namespace = ? AND name = ?", arguments: [namespace, name])
            return $0.changesCount > 0
        }
    }

    public func putGrant(_ grant: TableGrant) async throws {
        try await database.write { try grant.save($0) }
    }

    public func removeGrant(namespace: String, name: String, partner: String) async throws -> Bool {
        try await database.write {
            try $0.execute(
                sql: "DELETE FROM tableGrant WHERE namespace = ? AND name = ? AND partner = ?",
                arguments: [namespace, name, partner])
            return $0.changesCount > 0
        }
    }

    public func grants(namespace: String, name: String) async throws -> [TableGrant] {
        try await database.read {
            try TableGrant.fetchAll(
                $0, sql: "SELECT * FROM tableGrant WHERE namespace = ? AND name = ? ORDER BY partner",
                arguments: [namespace, name])
        }
    }

    // MARK: Artifacts and tracking

    public func putArtifacts(_ artifacts: [ArtifactRecord]) async throws {
        guard !artifacts.isEmpty else { return }
        try await database.write {
            for artifact in artifacts { try artifact.save($0) }
        }
    }

    public func artifacts(job: String) async throws -> [ArtifactRecord] {
        try await database.read {
            let ofJob = "SELECT * FROM artifact WHERE job = ? ORDER BY task, attempt, role, party, name, position"
            return try ArtifactRecord.fetchAll($0.cachedStatement(sql: ofJob), arguments: [job])
        }
    }

    public func removeArtifacts(job: String) async throws {
        try await database.write {
            try $0.execute(sql: "DELETE FROM artifact WHERE job = ?", arguments: [job])
        }
    }

    public func sealedPaths() async throws -> Set<String> {
        try await database.read {
            let tables = try String.fetchSet($0, sql: "SELECT path FROM \"table\"")
            let artifacts = try String.fetchSet($0, sql: "SELECT path FROM artifact")
            return tables.union(artifacts).union(try String.fetchSet($0, sql: "SELECT path FROM modelFile"))
        }
    }

    public func appendTracking(_ records: [TrackingRecord]) async throws {
        guard !records.isEmpty else { return }
        try await database.write {
            for record in records { try record.insert($0) }
        }
    }

    public func tracking(
        job: String, task: String?, kind: TrackingRecord.Kind?
    ) async throws -> [TrackingRecord] {
        try await database.read {
            let ofJob = """
                SELECT job, task, attempt, role, party, kind, name, payload, time FROM tracking
                WHERE job = ? AND (? IS NULL OR task = ?) AND (? IS NULL OR kind = ?) ORDER BY sequence
                """
            return try TrackingRecord.fetchAll(
                $0.cachedStatement(sql: ofJob), arguments: [job, task, task, kind?.rawValue, kind?.rawValue])
        }
    }

    // MARK: Callers

    public func putToken(_ token: TokenRecord) async throws {
        try await database.write { try token.save($0) }
    }

    public func token(hash: String) async throws -> TokenRecord? {
        try await database.read {
            try TokenRecord.fetchOne($0.cachedStatement(sql: "SELECT * FROM token WHERE hash = ?"), arguments: [hash])
        }
    }

    public func tokens() async throws -> [TokenRecord] {
        try await database.read { try TokenRecord.fetchAll($0, sql: "SELECT * FROM token ORDER BY created, id") }
    }

    public func removeToken(id: String) async throws -> Bool {
        try await database.write {
            try $0.execute(sql: "DELETE FROM token WHERE id = ?", arguments: [id])
            return $0.changesCount > 0
        }
    }

    public func appendSecurity(_ record: SecurityRecord) async throws {
        try await database.write {
            try record.insert($0)
            try $0.execute(
                sql: "DELETE FROM security WHERE sequence <= ?",
                arguments: [$0.lastInsertedRowID - Int64(Self.securityRowsKept)])
        }
    }

    public func security(limit: Int) async throws -> [SecurityRecord] {
        try await database.read {
            try SecurityRecord.fetchAll(
                $0, sql: "SELECT time, kind, caller, text FROM security ORDER BY sequence DESC LIMIT ?",
                arguments: [limit])
        }
    }
}
