/// The history of plugins in the shared store.
extension PostgreSQLStore {
    static func append(_ changes: [PluginChange], _ connection: PostgreSQLConnection) throws {
        guard !changes.isEmpty else { return }
        for change in changes { try PostgreSQLTables.pluginChange.insert(change, connection) }
        try connection.change(
            "DELETE FROM \"pluginChange\" WHERE sequence <= (SELECT max(sequence) FROM \"pluginChange\") - $1",
            [PluginChange.rowsKept])
    }

    public func pluginChanges(plugin: String?, limit: Int) async throws -> [PluginChange] {
        try await records(
            PluginChange.self,
            """
            SELECT time, action, plugin, version, digest, caller, detail FROM "pluginChange"
            WHERE $1::text IS NULL OR plugin = $1 ORDER BY sequence DESC LIMIT $2
            """, [plugin, limit])
    }
}
