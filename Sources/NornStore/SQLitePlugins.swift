import GRDB

/// The history of plugins in the embedded store.
extension SQLiteStore {
    static func append(_ changes: [PluginChange], to database: Database) throws {
        for change in changes {
            try change.insert(database)
            try database.execute(
                sql: "DELETE FROM pluginChange WHERE sequence <= ?",
                arguments: [database.lastInsertedRowID - Int64(PluginChange.rowsKept)])
        }
    }

    public func pluginChanges(plugin: String?, limit: Int) async throws -> [PluginChange] {
        try await database.read {
            try PluginChange.fetchAll(
                $0,
                sql: """
                    SELECT time, action, plugin, version, digest, caller, detail FROM pluginChange
                    WHERE ? IS NULL OR plugin = ? ORDER BY sequence DESC LIMIT ?
                    """, arguments: [plugin, plugin, limit])
        }
    }
}

extension PluginChange: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "pluginChange"
}
