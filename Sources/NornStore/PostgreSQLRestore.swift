import Foundation
import GRDB

/// What keeps rows out of a database.
public enum RestoreRefusal: Error, Equatable, Sendable {
    /// A scheduler is active on it.
    case inUse
    /// It holds the rows of another site.
    case ofAnotherSite
    /// This release's database does not have the table that the file has.
    case unknownTable(String)
}

extension PostgreSQLStore {
    /// Brings the rows of a file, as `copy` wrote it, into a database that is empty or holds the same site: all of them
    /// or none. What the database held is gone then, and no scheduler of before writes any more.
    /// - Parameters:
    ///   - epoch: the least number of starts from which the site counts on.
    ///   - isSame: whether a database with these named values is the same site's.
    /// - Returns: the number of starts from which it does count on: above every fence that the database has seen.
    public static func load(
        _ options: PostgreSQLOptions, from path: String, epoch: Int,
        isSame: @escaping @Sendable ([String: String]) -> Bool
    ) async throws -> Int {
        let pool = PostgreSQLPool(options, connections: 1, health: PostgreSQLHealth { _ in })
        defer { pool.close() }
        return try await pool.run { session in
            try session.performOnce { connection in
                try PostgreSQLSchema.migrate(connection)
                return try PostgreSQLRestore(connection).run(path, epoch: epoch, isSame: isSame)
            }
        }
    }
}

/// Rows on their way from a file into the database, in one transaction.
private struct PostgreSQLRestore {
    /// Rows that one statement inserts.
    static let rowsInserted = 50
    /// What columns get that only the shared store has: all rows of a table are one batch, by their numbers.
    static let added = [("batch", "'restored'"), ("item", "sequence")]

    let connection: PostgreSQLConnection

    init(_ connection: PostgreSQLConnection) { self.connection = connection }

    func run(_ path: String, epoch: Int, isSame: ([String: String]) -> Bool) throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        let file = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? file.close() }
        return try file.read { database in
            try connection.transaction { connection in
                try connection.run(
                    "SET LOCAL idle_in_transaction_session_timeout = '\(PostgreSQLCopy.idleSecondsMaximum)s'")
                let fence = try requireFree(isSame)
                let epoch = max(epoch, fence + 1)
                for table in try CopiedTable.all(database) { try load(table, from: database) }
                try PostgreSQLStore.setValue("epoch", String(epoch), connection)
                let last = try Int.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0
                try connection.change(
                    """
                    UPDATE lease SET fence = $1, holder = '', address = '', expires = '-infinity', event = $2,
                        committed = ''
                    """, [epoch, last])
                return epoch
            }
        }
    }

    /// Holds the lease's row until the end: a scheduler that comes waits, and finds another fence.
    /// - Returns: the newest fence.
    private func requireFree(_ isSame: ([String: String]) -> Bool) throws -> Int {
        let standing = try connection.rows(
            "SELECT fence, holder <> '' AND clock_timestamp() <= expires AS held FROM lease FOR UPDATE")
        guard let lease = standing.first, try !lease.boolean("held") else { throw RestoreRefusal.inUse }
        let rows = try connection.rows("SELECT name, value FROM value WHERE name NOT LIKE '%/%'")
        let values = try rows.map { (try $0.text("name"), try $0.text("value")) }
        if !values.isEmpty, !isSame(Dictionary(values) { $1 }) { throw RestoreRefusal.ofAnotherSite }
        return Int(try lease.integer("fence"))
    }

    // MARK: One table

    private func load(_ table: CopiedTable, from database: Database) throws {
        let known = try knownColumns(of: table)
        let added = Self.added.filter { known.names.contains($0.0) && !table.columns.contains($0.0) }
        try connection.run("TRUNCATE \"\(table.name)\"")
        var waiting: [Row] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT \(table.list) FROM \"\(table.name)\"")
        while let row = try rows.next() {
            waiting.append(row.copy())
            guard waiting.count == Self.rowsInserted else { continue }
            try insert(waiting, table, added)
            waiting.removeAll(keepingCapacity: true)
        }
        for row in waiting { try insert([row], table, added) }
        guard let counted = known.counted else { return }
        try connection.rows(
            """
            SELECT setval(pg_get_serial_sequence('"\(table.name)"', '\(counted)'), max("\(counted)"))
            FROM "\(table.name)" HAVING max("\(counted)") IS NOT NULL
            """)
    }

    /// The columns of the database, and the one that it numbers by itself.
    private func knownColumns(of table: CopiedTable) throws -> (names: Set<String>, counted: String?) {
        let columns = try connection.rows(
            """
            SELECT column_name::text AS name, is_identity::text AS counted FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = $1
            """, [table.name])
        let known = Set(try columns.map { try $0.text("name") })
        if let missing = table.columns.first(where: { !known.contains($0) }) {
            throw RestoreRefusal.unknownTable(known.isEmpty ? table.name : "\(table.name).\(missing)")
        }
        return (known, try columns.first { try $0.text("counted") == "YES" }?.text("name"))
    }

    private func insert(_ rows: [Row], _ table: CopiedTable, _ added: [(String, String)]) throws {
        let width = table.columns.count
        let places = rows.indices.map { row in
            let values = table.columns.indices.map { "$\(row * width + $0 + 1)" }
            let others = added.map { name, value in
                value == "sequence" ? values[table.columns.firstIndex(of: value) ?? 0] : value
            }
            return "(\((values + others).joined(separator: ", ")))"
        }
        let list = table.list + added.map { ", \"\($0.0)\"" }.joined()
        try connection.change(
            "INSERT INTO \"\(table.name)\" (\(list)) OVERRIDING SYSTEM VALUE VALUES \(places.joined(separator: ", "))",
            rows.flatMap { row in row.databaseValues.map { PostgreSQLValue($0) } })
    }
}
