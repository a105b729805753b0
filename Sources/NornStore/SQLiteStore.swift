import Foundation
import GRDB

/// The embedded store: one SQLite file in write-ahead mode, so that readers never wait for the writer.
public struct SQLiteStore: Store {
    /// Rows of the security log that are kept; the oldest go first.
    static let securityRowsKept = 10_000
    /// How long a writer waits for another process of the same home.
    static let busyTimeoutSeconds: TimeInterval = 10

    let database: any DatabaseWriter
    let right = WriteRight()

    /// Opens or makes the file at `path`.
    public init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
        configuration.label = "norn.store"
        database = try DatabasePool(path: path, configuration: configuration)
        // A pool begins with NORMAL, which may lose the last commits with the machine's power. What the heart has
        // told others must not be lost.
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try Self.migrate(database)
    }

    /// A store that lives as long as this value, for tests.
    public static func inMemory() throws -> SQLiteStore {
        let queue = try DatabaseQueue()
        try migrate(queue)
        return SQLiteStore(database: queue)
    }

    /// Notes a migration that this release does not have, as a later one would. For tests.
    func pretendMigration(_ name: String) async throws {
        try await database.write {
            try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [name])
        }
    }

    /// Lets the file grow by no page, as a full disk does, or again. For tests.
    func stopGrowth(_ stops: Bool) async throws {
        try await database.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(stops ? pages : 1 << 30)")
        }
    }

    private init(database: any DatabaseWriter) {
        self.database = database
    }

    private static func migrate(_ database: any DatabaseWriter) throws {
        let migrator = SQLiteSchema.migrator
        let later = try database.read { try migrator.hasBeenSuperseded($0) }
        guard !later else {
            let found = try database.read { try migrator.appliedIdentifiers($0).count }
            throw StoreError.laterSchema(found: found, known: migrator.migrations.count)
        }
        try migrator.migrate(database)
    }

    // MARK: Aggregates

    public func aggregate(kind: String, id: String) async throws -> StoredAggregate? {
        try await database.read {
            try StoredAggregate.fetchOne(
                $0.cachedStatement(sql: "SELECT * FROM aggregate WHERE kind = ? AND id = ?"), arguments: [kind, id])
        }
    }

    public func aggregates(kind: String) async throws -> [StoredAggregate] {
        try await database.read {
            try StoredAggregate.fetchAll(
                $0, sql: "SELECT * FROM aggregate WHERE kind = ? ORDER BY id", arguments: [kind])
        }
    }

    public func commit(_ commit: Commit) async throws -> [StoredEvent] {
        try await database.write { [right] database in
            try Self.checkFence(right, database)
            for write in commit.writes {
                try Self.apply(write, to: database)
            }
            for job in commit.jobs {
                try Self.index(job, in: database)
            }
            // Not upsert: it returns the rowid, which these tables do not have.
            for attempt in commit.attempts { try attempt.save(database) }
            for artifact in commit.artifacts { try artifact.save(database) }
            for value in commit.values { try Self.set(value, in: database) }
            try Self.append(commit.audit, to: database)
            try Self.append(commit.pluginChanges, to: database)
            for model in commit.models { try Self.keep(model, in: database) }
            return try commit.events.map { try Self.append($0, to: database) }
        }
    }

    private static func apply(_ write: AggregateWrite, to database: Database) throws {
        switch (write.expected, write.payload) {
        case (nil, let payload?):
            try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO aggregate (kind, id, version, payload) VALUES (?, ?, 1, ?)"
            ).execute(arguments: [write.kind, write.id, payload])
        case (let expected?, let payload?):
            try database.cachedStatement(
                sql: "UPDATE aggregate SET version = version + 1, payload = ? WHERE kind = ? AND id = ? AND version = ?"
            ).execute(arguments: [payload, write.kind, write.id, expected])
        case (let expected?, nil):
            try database.cachedStatement(
                sql: "DELETE FROM aggregate WHERE kind = ? AND id = ? AND version = ?"
            ).execute(arguments: [write.kind, write.id, expected])
        case (nil, nil):
            return
        }
        guard database.changesCount == 1 else { throw StoreError.conflict(kind: write.kind, id: write.id) }
    }

    /// What a job began with stays, and its first start; a rerun takes its end away until it ends again.
    private static func index(_ job: JobRecord, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO job (job, status, submitter, initiator, parties, specification, waiting, created, started,
                    ended, failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (job) DO UPDATE SET status = excluded.status, initiator = excluded.initiator,
                    parties = excluded.parties, waiting = excluded.waiting, failure = excluded.failure,
                    specification = iif(length(excluded.specification) > 0, excluded.specification, specification),
                    started = coalesce(started, excluded.started),
                    ended = iif(excluded.ended IS NULL, NULL, coalesce(ended, excluded.ended))
                """
        ).execute(arguments: [
            job.job, job.status, job.submitter, job.initiator, try parties(job.parties), job.specification,
            job.waiting, job.created, job.started, job.ended, job.failure,
        ])
    }

    /// As the coding of a record has them.
    private static func parties(_ parties: [String: [String]]) throws -> String {
        String(decoding: try JSONEncoder().encode(parties), as: UTF8.self)
    }

    private static func append(_ event: NewEvent, to database: Database) throws -> StoredEvent {
        try database.cachedStatement(sql: "INSERT INTO event (job, kind, payload, time) VALUES (?, ?, ?, ?)")
            .execute(arguments: [event.job, event.kind, event.payload, event.time])
        return StoredEvent(
            sequence: database.lastInsertedRowID, job: event.job, kind: event.kind, payload: event.payload,
            time: event.time)
    }

    // MARK: Events

    public func events(after sequence: Int64, job: String?, limit: Int) async throws -> [StoredEvent] {
        try await database.read { database in
            guard let job else {
                let all = "SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"
                return try StoredEvent.fetchAll(database.cachedStatement(sql: all), arguments: [sequence, limit])
            }
            // A statement of its own, so that its index is used: `? IS NULL OR job = ?` reads every event.
            let ofJob = "SELECT * FROM event WHERE job = ? AND sequence > ? ORDER BY sequence LIMIT ?"
            return try StoredEvent.fetchAll(database.cachedStatement(sql: ofJob), arguments: [job, sequence, limit])
        }
    }

    public func lastEvent() async throws -> Int64 {
        try await database.read { try Int64.fetchOne($0, sql: "SELECT max(sequence) FROM event") ?? 0 }
    }

    // MARK: Values

    public func value(_ name: String) async throws -> String? {
        try await database.read {
            try String.fetchOne($0, sql: "SELECT value FROM value WHERE name = ?", arguments: [name])
        }
    }

    public func setValue(_ name: String, _ value: String) async throws {
        try await database.write { try Self.set(NamedValue(name: name, value: value), in: $0) }
    }

    private static func set(_ value: NamedValue, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO value (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?"
        ).execute(arguments: [value.name, value.value, value.value])
    }

    public func removeValue(_ name: String) async throws {
        try await database.write { try $0.execute(sql: "DELETE FROM value WHERE name = ?", arguments: [name]) }
    }
}

extension DatabaseError: StorageFailure {
    /// A row that breaks a rule, or a statement that is wrong, is as wrong later; a disk that is full is not.
    public var mayPass: Bool {
        switch resultCode.primaryResultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_ERROR, .SQLITE_MISUSE: false
        default: true
        }
    }
}
