import Foundation
import GRDB

/// What a file of the embedded store holds, without opening it for work: nothing is migrated.
public struct StoreExamination: Sendable {
    /// How many migrations the file has, and how many this release knows.
    public var schema: Int
    public var knownSchema: Int
    /// A later release wrote it.
    public var isLater: Bool
    public var bytes: Int64
    /// Named values of the site: `epoch`, `backup`.
    public var values: [String: String]
}

/// The embedded store as a file: copied, moved to another home, looked at.
extension SQLiteStore {
    /// Copies the store as it is at one instant into a new file, while others read and write.
    public func copy(to path: String) async throws {
        try await withCheckedThrowingContinuation { continuation in
            // A large store takes seconds: not on the threads that serve.
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(with: Result { try copyNow(to: path) })
            }
        }
    }

    private func copyNow(to path: String) throws {
        let copy = try DatabaseQueue(path: path)
        try database.backup(to: copy)
        // One file, not three: whoever copies it on takes all of it.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
    }

    /// Points tables, artifacts and kept models that were in one home to another.
    public func relocate(from old: String, to new: String) async throws {
        let from = old.hasSuffix("/") ? old : old + "/"
        let to = new.hasSuffix("/") ? new : new + "/"
        try await database.write { database in
            for table in ["table", "artifact", "modelFile"] {
                try database.execute(
                    sql: """
                        UPDATE "\(table)" SET path = ? || substr(path, length(?) + 1)
                        WHERE substr(path, 1, length(?)) = ?
                        """, arguments: [to, from, from, from])
            }
        }
    }

    /// Ends with one file that holds everything.
    public func finish() throws {
        try database.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try database.close()
    }

    /// Looks at a file that may be in use, or of another release.
    public static func examine(path: String) throws -> StoreExamination {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        let migrator = SQLiteSchema.migrator
        return try queue.read { database in
            let applied = try migrator.appliedIdentifiers(database).count
            let rows = try Row.fetchAll(database, sql: "SELECT name, value FROM value WHERE name NOT LIKE '%/%'")
            let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let pageBytes = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            return StoreExamination(
                schema: applied, knownSchema: migrator.migrations.count,
                isLater: try migrator.hasBeenSuperseded(database), bytes: pages * pageBytes,
                values: Dictionary(rows.map { ($0["name"], $0["value"]) }, uniquingKeysWith: { $1 }))
        }
    }
}
