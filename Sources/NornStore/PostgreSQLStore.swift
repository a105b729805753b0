import Foundation
import Synchronization

/// The shared store: a PostgreSQL database that several schedulers of one site use, one of which is active.
///
/// Calls wait while the database is away, and go on when it is back: a site loses nothing by its restart. `trouble` tells
/// the HTTP side meanwhile. Each call that writes checks the fence of this store's lease in its own transaction.
public final class PostgreSQLStore: Store {
    /// Connections for readers and small writes. Commits of the heart and the lease have one of their own, so that
    /// nothing stands before them; so has the listener for changes.
    static let sharedConnections = 4
    static let securityRowsKept = SQLiteStore.securityRowsKept

    let shared: PostgreSQLPool
    let heart: PostgreSQLPool
    let leases: PostgreSQLPool
    let right = WriteRight()
    let health: PostgreSQLHealth
    let options: PostgreSQLOptions
    private let opening = FreshName()

    /// Connects, which must succeed at once, and brings the tables to this release's form.
    /// - Parameter notice: told when the database goes and when it is back.
    public init(_ options: PostgreSQLOptions, notice: @escaping @Sendable (String) -> Void = { _ in }) async throws {
        self.options = options
        health = PostgreSQLHealth(notice: notice)
        shared = PostgreSQLPool(options, connections: Self.sharedConnections, health: health)
        heart = PostgreSQLPool(options, connections: 1, health: health)
        leases = PostgreSQLPool(options, connections: 1, health: health)
        do {
            try await leases.run { session in try session.performOnce(PostgreSQLSchema.migrate) }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    public func close() {
        guard !health.isClosed else { return }
        health.close()
        for pool in [shared, heart, leases] { pool.close() }
    }

    public var trouble: String? { health.why }

    /// A name that no other process and no other call has.
    func freshName() -> String { opening.next() }

    func listener() -> PostgreSQLListener { PostgreSQLListener(options, health: health) }

    // MARK: Ways to the database

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        try await shared.run { session in try session.perform(body) }
    }

    func records<Record: Decodable & Sendable>(
        _ type: Record.Type, _ statement: String, _ parameters: [any PostgreSQLBindable] = []
    ) async throws -> [Record] {
        try await read { connection in
            try connection.rows(statement, parameters).map { try PostgreSQLRecords.record(type, $0) }
        }
    }

    /// A small write under this store's fence. It may be carried out twice when the connection breaks as it commits, so
    /// it is one that leaves the same rows then.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (PostgreSQLConnection) throws -> Value
    ) async throws -> Value {
        let right = right
        return try await shared.run { session in
            try session.perform { connection in
                try connection.transaction { connection in
                    try Self.checkFence(right, connection)
                    return try body(connection)
                }
            }
        }
    }

    /// Holds the lease's row until the transaction ends: a scheduler that takes it waits for writes that had the right.
    /// Writers do not wait for each other, nor for the heart's commits.
    private static func checkFence(_ right: WriteRight, _ connection: PostgreSQLConnection) throws {
        guard let fence = try right.fence() else { return }
        let rows = try connection.rows("SELECT fence FROM lease WHERE fence = $1 FOR KEY SHARE", [fence])
        guard !rows.isEmpty else { throw right.lose() }
    }

    // MARK: Aggregates and events

    public func aggregate(kind: String, id: String) async throws -> StoredAggregate? {
        try await records(
            StoredAggregate.self, "SELECT kind, id, version, payload FROM aggregate WHERE kind = $1 AND id = $2",
            [kind, id]
        ).first
    }

    public func aggregates(kind: String) async throws -> [StoredAggregate] {
        try await records(
            StoredAggregate.self,
            "SELECT kind, id, version, payload FROM aggregate WHERE kind = $1 ORDER BY id COLLATE \"C\"",
            [kind])
    }

    public func events(after sequence: Int64, job: String?, limit: Int) async throws -> [StoredEvent] {
        let columns = "sequence, job, kind, payload, time"
        guard let job else {
            return try await records(
                StoredEvent.self, "SELECT \(columns) FROM event WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                [sequence, limit])
        }
        // A statement of its own, so that its index is used.
        return try await records(
            StoredEvent.self,
            "SELECT \(columns) FROM event WHERE job = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            [job, sequence, limit])
    }

    public func lastEvent() async throws -> Int64 {
        try await read { try $0.rows("SELECT event FROM lease").first?.integer("event") ?? 0 }
    }

    // MARK: Values

    public func value(_ name: String) async throws -> String? {
        try await read { try $0.rows("SELECT value FROM value WHERE name = $1", [name]).first?.text("value") }
    }

    public func setValue(_ name: String, _ value: String) async throws {
        try await write { try Self.setValue(name, value, $0) }
    }

    public func removeValue(_ name: String) async throws {
        try await write { _ = try $0.change("DELETE FROM value WHERE name = $1", [name]) }
    }

    static func setValue(_ name: String, _ value: String, _ connection: PostgreSQLConnection) throws {
        try connection.change(
            "INSERT INTO value (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
            [name, value])
    }
}

/// Names for this process's commits and batches.
private final class FreshName: Sendable {
    private let process = UUID().uuidString
    private let number = Atomic<Int>(0)

    func next() -> String { "\(process)-\(number.add(1, ordering: .relaxed).newValue)" }
}
