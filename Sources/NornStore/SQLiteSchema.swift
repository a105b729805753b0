import GRDB

/// The tables of the embedded store. A migration that was released is never changed; another one follows it.
enum SQLiteSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            for statement in first {
                try database.execute(sql: statement)
            }
        }
        migrator.registerMigration("2-attempt-resources") { database in
            for statement in attemptResources { try database.execute(sql: statement) }
        }
        migrator.registerMigration("3-retention") { database in
            for statement in retention { try database.execute(sql: statement) }
        }
        // From here on the heart writes its rows as CBOR, which releases before cannot read. Rows of JSON stay readable.
        migrator.registerMigration("4-binary-rows") { _ in }
        migrator.registerMigration("5-audit") { database in
            for statement in audit { try database.execute(sql: statement) }
        }
        migrator.registerMigration("6-plugin-history") { database in
            for statement in pluginHistory { try database.execute(sql: statement) }
        }
        migrator.registerMigration("7-models") { database in
            for statement in models { try database.execute(sql: statement) }
        }
        return migrator
    }

    /// The ledger is made anew at each start, from the rows of members. Jobs by their end, for the sweep.
    private static let retention = [
        "DELETE FROM aggregate WHERE kind = 'ledger'", "CREATE INDEX jobByEnd ON job (ended)",
    ]

    /// What an attempt was declared to need and granted, beside what it used; jobs by status.
    private static let attemptResources =
        ["declaredCores", "declaredMemoryBytes", "declaredNodes", "grantedCores", "grantedMemoryBytes", "grantedNodes"]
        .map { "ALTER TABLE attempt ADD COLUMN \($0) INTEGER" } + ["CREATE INDEX jobByStatus ON job (status, created)"]

    private static let pluginHistory = [
        """
        CREATE TABLE pluginChange (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, action TEXT NOT NULL,
            plugin TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, caller TEXT NOT NULL,
            detail TEXT NOT NULL)
        """
    ]

    private static let first = [
        """
        CREATE TABLE aggregate (
            kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL,
            PRIMARY KEY (kind, id)) WITHOUT ROWID
        """,
        """
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, kind TEXT NOT NULL,
            payload BLOB NOT NULL, time INTEGER NOT NULL)
        """,
        "CREATE INDEX eventOfJob ON event (job, sequence)",
        """
        CREATE TABLE job (
            job TEXT PRIMARY KEY, status TEXT NOT NULL, submitter TEXT NOT NULL, initiator TEXT NOT NULL,
            parties TEXT NOT NULL, specification BLOB NOT NULL, waiting TEXT, created INTEGER NOT NULL,
            started INTEGER, ended INTEGER, failure BLOB) WITHOUT ROWID
        """,
        "CREATE INDEX jobByCreation ON job (created)",
        """
        CREATE TABLE attempt (
            job TEXT NOT NULL, task TEXT NOT NULL, attempt INTEGER NOT NULL, role TEXT NOT NULL,
            party TEXT NOT NULL, component TEXT NOT NULL, engine TEXT NOT NULL, status TEXT NOT NULL,
            started INTEGER NOT NULL, ended INTEGER, failure BLOB, peakMemoryBytes INTEGER,
            processorMilliseconds INTEGER, PRIMARY KEY (job, task, attempt, role, party)) WITHOUT ROWID
        """,
        """
        CREATE TABLE "table" (
            namespace TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, engine TEXT NOT NULL,
            path TEXT NOT NULL, schema BLOB NOT NULL, rows INTEGER NOT NULL, partitions INTEGER NOT NULL,
            owner TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (namespace, name)) WITHOUT ROWID
        """,
        """
        CREATE TABLE tableGrant (
            namespace TEXT NOT NULL, name TEXT NOT NULL, partner TEXT NOT NULL, components TEXT,
            created INTEGER NOT NULL, PRIMARY KEY (namespace, name, partner)) WITHOUT ROWID
        """,
        """
        CREATE TABLE artifact (
            job TEXT NOT NULL, task TEXT NOT NULL, attempt INTEGER NOT NULL, role TEXT NOT NULL,
            party TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL,
            path TEXT NOT NULL, engine TEXT NOT NULL, schema BLOB NOT NULL, rows INTEGER NOT NULL,
            partitions INTEGER NOT NULL,
            PRIMARY KEY (job, task, attempt, role, party, name, position)) WITHOUT ROWID
        """,
        """
        CREATE TABLE tracking (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, task TEXT NOT NULL,
            attempt INTEGER NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL, kind TEXT NOT NULL,
            name TEXT NOT NULL, payload BLOB NOT NULL, time INTEGER NOT NULL)
        """,
        "CREATE INDEX trackingOfTask ON tracking (job, task, sequence)",
        """
        CREATE TABLE token (
            id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, submitter TEXT NOT NULL, parties TEXT NOT NULL,
            rights TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE security (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL,
            caller TEXT NOT NULL, text TEXT NOT NULL)
        """,
        "CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ]
}

extension JobRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "job"
}

extension AttemptRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "attempt"
}

extension TableRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "table"
}

extension TableGrant: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "tableGrant"
}

extension ArtifactRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "artifact"
}

extension TrackingRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "tracking"
}

extension TokenRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "token"
}

extension SecurityRecord: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "security"
}

extension StoredAggregate: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "aggregate"
}

extension StoredEvent: FetchableRecord, PersistableRecord {
    public static let databaseTableName = "event"
}
