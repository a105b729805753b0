import Foundation

/// What a database holds, without opening it for work: nothing is migrated.
public struct DatabaseExamination: Sendable {
    /// The server's version.
    public var version: String
    /// Named values of the site, `epoch` and `backup` among them; none before its first start.
    public var values: [String: String]
}

extension PostgreSQLStore {
    /// Connects once and looks; changes nothing.
    public static func examine(_ options: PostgreSQLOptions) async throws -> DatabaseExamination {
        let pool = PostgreSQLPool(options, connections: 1, health: PostgreSQLHealth { _ in })
        defer { pool.close() }
        return try await pool.run { session in
            try session.performOnce { connection in
                let version = try connection.rows("SELECT current_setting('server_version') AS version").first
                let table = try connection.rows("SELECT to_regclass('value') IS NOT NULL AS there").first
                var values: [String: String] = [:]
                if try table?.boolean("there") == true {
                    for row in try connection.rows("SELECT name, value FROM value WHERE name NOT LIKE '%/%'") {
                        values[try row.text("name")] = try row.text("value")
                    }
                }
                return DatabaseExamination(version: try version?.text("version") ?? "", values: values)
            }
        }
    }
}
