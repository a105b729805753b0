/// The tables of the shared store: those of the embedded one, column by column, and the lease. A migration that was
/// released is never changed; another one follows it.
enum PostgreSQLSchema {
    /// The number of the advisory lock under which one scheduler at a time looks and migrates.
    static let migrationLock = 0x6E6F_726E

    static let migrations: [[String]] = [first, auditTables, pluginHistory, models]

    /// Brings the tables to this release's form. Throws `StoreError.laterSchema` for those of a later one.
    static func migrate(_ connection: PostgreSQLConnection) throws {
        try connection.transaction { connection in
            try connection.rows("SELECT pg_advisory_xact_lock($1)::text", [migrationLock])
            try connection.run("CREATE TABLE IF NOT EXISTS \"schemaVersion\" (version INTEGER PRIMARY KEY)")
            let rows = try connection.rows("SELECT COALESCE(max(version), 0) AS version FROM \"schemaVersion\"")
            let found = Int(try rows.first?.integer("version") ?? 0)
            guard found <= migrations.count else {
                throw StoreError.laterSchema(found: found, known: migrations.count)
            }
            for (index, statements) in migrations.enumerated().dropFirst(found) {
                for statement in statements { try connection.run(statement) }
                try connection.run("INSERT INTO \"schemaVersion\" (version) VALUES (\(index + 1))")
            }
        }
    }

    private static let pluginHistory = [
        """
        CREATE TABLE "pluginChange" (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time BIGINT NOT NULL, action TEXT NOT NULL,
            plugin TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, caller TEXT NOT NULL,
            detail TEXT NOT NULL)
        """
    ]

    private static let first = [
        """
        CREATE TABLE aggregate (
            kind TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, payload BYTEA NOT NULL,
            PRIMARY KEY (kind, id)) WITH (fillfactor = 50)
        """,
        """
        CREATE TABLE event (
            sequence BIGINT PRIMARY KEY, job TEXT NOT NULL, kind TEXT NOT NULL, payload BYTEA NOT NULL,
            time BIGINT NOT NULL)
        """,
        "CREATE INDEX \"eventOfJob\" ON event (job, sequence)",
        """
        CREATE TABLE job (
            job TEXT PRIMARY KEY, status TEXT NOT NULL, submitter TEXT NOT NULL, initiator TEXT NOT NULL,
            parties TEXT NOT NULL, specification BYTEA NOT NULL, waiting TEXT, created BIGINT NOT NULL,
            started BIGINT, ended BIGINT, failure BYTEA)
        """,
        "CREATE INDEX \"jobByCreation\" ON job (created)",
        "CREATE INDEX \"jobByStatus\" ON job (status, created)",
        """
        CREATE TABLE attempt (
            job TEXT NOT NULL, task TEXT NOT NULL, attempt BIGINT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL,
            component TEXT NOT NULL, engine TEXT NOT NULL, status TEXT NOT NULL, started BIGINT NOT NULL,
            ended BIGINT, failure BYTEA, "peakMemoryBytes" BIGINT, "processorMilliseconds" BIGINT,
            "declaredCores" BIGINT, "declaredMemoryBytes" BIGINT, "declaredNodes" BIGINT, "grantedCores" BIGINT,
            "grantedMemoryBytes" BIGINT, "grantedNodes" BIGINT, PRIMARY KEY (job, task, attempt, role, party))
        """,
        "CREATE INDEX \"liveAttempt\" ON attempt (job) WHERE ended IS NULL",
        """
        CREATE TABLE "table" (
            namespace TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, engine TEXT NOT NULL,
            path TEXT NOT NULL, schema BYTEA NOT NULL, rows BIGINT NOT NULL, partitions BIGINT NOT NULL,
            owner TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (namespace, name))
        """,
        """
        CREATE TABLE "tableGrant" (
            namespace TEXT NOT NULL, name TEXT NOT NULL, partner TEXT NOT NULL, components TEXT,
            created BIGINT NOT NULL, PRIMARY KEY (namespace, name, partner))
        """,
        """
        CREATE TABLE artifact (
            job TEXT NOT NULL, task TEXT NOT NULL, attempt BIGINT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL,
            name TEXT NOT NULL, position BIGINT NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
            engine TEXT NOT NULL, schema BYTEA NOT NULL, rows BIGINT NOT NULL, partitions BIGINT NOT NULL,
            PRIMARY KEY (job, task, attempt, role, party, name, position))
        """,
        // A batch that is sent twice, since nobody knows whether it was written, is written once.
        """
        CREATE TABLE tracking (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job TEXT NOT NULL, task TEXT NOT NULL,
            attempt BIGINT NOT NULL, role TEXT NOT NULL, party TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
            payload BYTEA NOT NULL, time BIGINT NOT NULL, batch TEXT NOT NULL, item BIGINT NOT NULL,
            UNIQUE (batch, item))
        """,
        "CREATE INDEX \"trackingOfTask\" ON tracking (job, task, sequence)",
        """
        CREATE TABLE token (
            id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, submitter TEXT NOT NULL, parties TEXT NOT NULL,
            rights TEXT NOT NULL, created BIGINT NOT NULL)
        """,
        """
        CREATE TABLE security (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time BIGINT NOT NULL, kind TEXT NOT NULL,
            caller TEXT NOT NULL, text TEXT NOT NULL)
        """,
        "CREATE TABLE value (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        // One row: who may write, how many events there are, which commit was the last. Written with every commit, so
        // its page has room for its versions.
        """
        CREATE TABLE lease (
            one BOOLEAN PRIMARY KEY CHECK (one), fence BIGINT NOT NULL, holder TEXT NOT NULL, address TEXT NOT NULL,
            expires TIMESTAMPTZ NOT NULL, event BIGINT NOT NULL, committed TEXT NOT NULL) WITH (fillfactor = 10)
        """,
        "INSERT INTO lease VALUES (true, 0, '', '', '-infinity', 0, '')",
    ]
}
