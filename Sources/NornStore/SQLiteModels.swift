import GRDB

/// Kept models and their tags in the embedded store.
extension SQLiteStore {
    private static let isModel = "modelID = ? AND version = ? AND role = ? AND party = ?"

    private static func key(_ model: ModelRecord) -> StatementArguments {
        [model.modelID, model.version, model.role, model.party]
    }

    public func model(id: String, version: String, role: String, party: String) async throws -> ModelRecord? {
        try await database.read {
            try ModelRecord.fetchOne(
                $0, sql: "SELECT * FROM model WHERE \(Self.isModel)", arguments: [id, version, role, party])
        }
    }

    public func models(version: String?, limit: Int) async throws -> [ModelRecord] {
        try await database.read {
            try ModelRecord.fetchAll(
                $0,
                sql: """
                    SELECT * FROM model WHERE ? IS NULL OR version = ?
                    ORDER BY created DESC, version DESC, modelID, role, party LIMIT ?
                    """, arguments: [version, version, limit])
        }
    }

    public func modelFiles(of model: ModelRecord) async throws -> [ModelFileRecord] {
        try await database.read {
            try ModelFileRecord.fetchAll(
                $0, sql: "SELECT * FROM modelFile WHERE \(Self.isModel) ORDER BY task, name",
                arguments: Self.key(model))
        }
    }

    public func putModel(_ model: NewModel, replaces: Bool) async throws -> Bool {
        try await database.write { try Self.keep(model, replaces: replaces, in: $0) }
    }

    /// False, and nothing is written, when there is such a version that is not to be replaced.
    @discardableResult
    static func keep(_ model: NewModel, replaces: Bool = false, in database: Database) throws -> Bool {
        let isThere =
            try ModelRecord.fetchOne(
                database, sql: "SELECT * FROM model WHERE \(isModel)", arguments: key(model.record)) != nil
        if isThere, !replaces { return false }
        try database.execute(sql: "DELETE FROM modelFile WHERE \(isModel)", arguments: key(model.record))
        try model.record.save(database)
        for file in model.files { try file.save(database) }
        return true
    }

    public func removeModel(_ model: ModelRecord) async throws -> Bool {
        try await database.write {
            try $0.execute(sql: "DELETE FROM modelFile WHERE \(Self.isModel)", arguments: Self.key(model))
            try $0.execute(sql: "DELETE FROM model WHERE \(Self.isModel)", arguments: Self.key(model))
            return $0.changesCount > 0
        }
    }

    // MARK: Tags

    public func putTag(_ tag: ModelTagRecord) async throws {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO modelTag (name, description, created) VALUES (?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET description = excluded.description
                    """, arguments: [tag.name, tag.description, tag.created])
        }
    }

    public func renameTag(_ name: String, to next: String) async throws -> Bool {
        try await database.write { database in
            let taken = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM modelTag WHERE name = ?)", arguments: [next])
            guard taken != true else { return false }
            try database.execute(sql: "UPDATE modelTag SET name = ? WHERE name = ?", arguments: [next, name])
            guard database.changesCount > 0 else { return false }
            try database.execute(sql: "UPDATE taggedModel SET tag = ? WHERE tag = ?", arguments: [next, name])
            return true
        }
    }

    public func tags() async throws -> [ModelTagRecord] {
        try await database.read { try ModelTagRecord.fetchAll($0, sql: "SELECT * FROM modelTag ORDER BY name") }
    }

    public func removeTag(_ name: String) async throws -> Bool {
        try await database.write {
            try $0.execute(sql: "DELETE FROM taggedModel WHERE tag = ?", arguments: [name])
            try $0.execute(sql: "DELETE FROM modelTag WHERE name = ?", arguments: [name])
            return $0.changesCount > 0
        }
    }

    public func tag(_ version: String, with tag: String) async throws {
        try await database.write {
            try $0.execute(
                sql: "INSERT OR IGNORE INTO taggedModel (tag, version) VALUES (?, ?)", arguments: [tag, version])
        }
    }

    public func untag(_ version: String, of tag: String) async throws -> Bool {
        try await database.write {
            try $0.execute(sql: "DELETE FROM taggedModel WHERE tag = ? AND version = ?", arguments: [tag, version])
            return $0.changesCount > 0
        }
    }

    public func taggedModels() async throws -> [TaggedModelRecord] {
        try await database.read {
            try TaggedModelRecord.fetchAll($0, sql: "SELECT * FROM taggedModel ORDER BY tag, version")
        }
    }
}

extension SQLiteSchema {
    static let models = [
        """
        CREATE TABLE model (
            modelID TEXT NOT NULL, version TEXT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL,
            initiator TEXT NOT NULL, origin TEXT NOT NULL, source TEXT NOT NULL, created INTEGER NOT NULL,
            contents BLOB NOT NULL, PRIMARY KEY (modelID, version, role, party)) WITHOUT ROWID
        """,
        "CREATE INDEX modelByVersion ON model (version)",
        """
        CREATE TABLE modelFile (
            modelID TEXT NOT NULL, version TEXT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL, task TEXT NOT NULL,
            name TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL,
            PRIMARY KEY (modelID, version, role, party, task, name)) WITHOUT ROWID
        """,
        """
        CREATE TABLE modelTag (
            name TEXT PRIMARY KEY, description TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID
        """,
        "CREATE TABLE taggedModel (tag TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (tag, version)) WITHOUT ROWID",
    ]
}

extension ModelRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "model"
}

extension ModelFileRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "modelFile"
}

extension ModelTagRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "modelTag"
}

extension TaggedModelRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "taggedModel"
}
