/// Kept models and their tags in the shared store.
extension PostgreSQLStore {
    private static let isModel = "\"modelID\" = $1 AND version = $2 AND role = $3 AND party = $4"

    private static func key(_ model: ModelRecord) -> [any PostgreSQLBindable] {
        [model.modelID, model.version, model.role, model.party]
    }

    public func model(id: String, version: String, role: String, party: String) async throws -> ModelRecord? {
        try await records(
            ModelRecord.self, "SELECT \(PostgreSQLTables.model.selection) FROM model WHERE \(Self.isModel)",
            [id, version, role, party]
        ).first
    }

    public func models(version: String?, limit: Int) async throws -> [ModelRecord] {
        try await records(
            ModelRecord.self,
            """
            SELECT \(PostgreSQLTables.model.selection) FROM model WHERE $1::text IS NULL OR version = $1
            ORDER BY created DESC, version COLLATE "C" DESC, "modelID" COLLATE "C", role COLLATE "C",
                party COLLATE "C" LIMIT $2
            """, [version, limit])
    }

    public func modelFiles(of model: ModelRecord) async throws -> [ModelFileRecord] {
        try await records(
            ModelFileRecord.self,
            """
            SELECT \(PostgreSQLTables.modelFile.selection) FROM "modelFile" WHERE \(Self.isModel)
            ORDER BY task COLLATE "C", name COLLATE "C"
            """, Self.key(model))
    }

    public func putModel(_ model: NewModel, replaces: Bool) async throws -> Bool {
        try await write { try Self.keep(model, replaces: replaces, $0) }
    }

    /// False, and nothing is written, when there is such a version that is not to be replaced.
    @discardableResult
    static func keep(_ model: NewModel, replaces: Bool = false, _ connection: PostgreSQLConnection) throws -> Bool {
        let rows = try connection.rows("SELECT version FROM model WHERE \(isModel) FOR UPDATE", key(model.record))
        if !rows.isEmpty, !replaces { return false }
        try connection.change("DELETE FROM \"modelFile\" WHERE \(isModel)", key(model.record))
        try PostgreSQLTables.model.save(model.record, connection)
        for file in model.files { try PostgreSQLTables.modelFile.save(file, connection) }
        return true
    }

    public func removeModel(_ model: ModelRecord) async throws -> Bool {
        try await write { connection in
            try connection.change("DELETE FROM \"modelFile\" WHERE \(Self.isModel)", Self.key(model))
            return try connection.change("DELETE FROM model WHERE \(Self.isModel)", Self.key(model)) > 0
        }
    }

    // MARK: Tags

    public func putTag(_ tag: ModelTagRecord) async throws {
        try await write { connection in
            _ = try connection.change(
                """
                INSERT INTO "modelTag" (name, description, created) VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET description = EXCLUDED.description
                """, [tag.name, tag.description, tag.created])
        }
    }

    public func renameTag(_ name: String, to next: String) async throws -> Bool {
        try await write { connection in
            let taken = try connection.rows("SELECT name FROM \"modelTag\" WHERE name = $1", [next])
            guard taken.isEmpty,
                try connection.change("UPDATE \"modelTag\" SET name = $1 WHERE name = $2", [next, name]) > 0
            else { return false }
            try connection.change("UPDATE \"taggedModel\" SET tag = $1 WHERE tag = $2", [next, name])
            return true
        }
    }

    public func tags() async throws -> [ModelTagRecord] {
        try await records(
            ModelTagRecord.self,
            "SELECT \(PostgreSQLTables.modelTag.selection) FROM \"modelTag\" ORDER BY name COLLATE \"C\"")
    }

    public func removeTag(_ name: String) async throws -> Bool {
        try await write { connection in
            try connection.change("DELETE FROM \"taggedModel\" WHERE tag = $1", [name])
            return try connection.change("DELETE FROM \"modelTag\" WHERE name = $1", [name]) > 0
        }
    }

    public func tag(_ version: String, with tag: String) async throws {
        try await write { connection in
            _ = try connection.change(
                "INSERT INTO \"taggedModel\" (tag, version) VALUES ($1, $2) ON CONFLICT DO NOTHING", [tag, version])
        }
    }

    public func untag(_ version: String, of tag: String) async throws -> Bool {
        try await write {
            try $0.change("DELETE FROM \"taggedModel\" WHERE tag = $1 AND version = $2", [tag, version]) > 0
        }
    }

    public func taggedModels() async throws -> [TaggedModelRecord] {
        try await records(
            TaggedModelRecord.self,
            "SELECT tag, version FROM \"taggedModel\" ORDER BY tag COLLATE \"C\", version COLLATE \"C\"")
    }
}

extension PostgreSQLTables {
    static let model = PostgreSQLTable(
        name: "model",
        columns: ["modelID", "version", "role", "party", "initiator", "origin", "source", "created", "contents"],
        key: ["modelID", "version", "role", "party"])

    static let modelFile = PostgreSQLTable(
        name: "modelFile",
        columns: ["modelID", "version", "role", "party", "task", "name", "path", "digest", "bytes"],
        key: ["modelID", "version", "role", "party", "task", "name"])

    static let modelTag = PostgreSQLTable(
        name: "modelTag", columns: ["name", "description", "created"], key: ["name"])
}

extension PostgreSQLSchema {
    static let models = [
        """
        CREATE TABLE model (
            "modelID" TEXT NOT NULL, version TEXT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL,
            initiator TEXT NOT NULL, origin TEXT NOT NULL, source TEXT NOT NULL, created BIGINT NOT NULL,
            contents BYTEA NOT NULL, PRIMARY KEY ("modelID", version, role, party))
        """,
        "CREATE INDEX \"modelByVersion\" ON model (version)",
        """
        CREATE TABLE "modelFile" (
            "modelID" TEXT NOT NULL, version TEXT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL,
            task TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, bytes BIGINT NOT NULL,
            PRIMARY KEY ("modelID", version, role, party, task, name))
        """,
        "CREATE TABLE \"modelTag\" (name TEXT PRIMARY KEY, description TEXT NOT NULL, created BIGINT NOT NULL)",
        "CREATE TABLE \"taggedModel\" (tag TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (tag, version))",
    ]
}
