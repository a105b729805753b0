import Foundation
import GRDB

/// The shared store as a file of the embedded one: what a backup holds, whichever store a site has.
extension PostgreSQLStore {
    /// Copies the rows as they are at one instant into a new file, while others read and write.
    public func copy(to path: String) async throws {
        // A connection of its own: nobody waits for it, and its snapshot is nobody else's.
        let pool = PostgreSQLPool(options, connections: 1, health: health)
        defer { pool.close() }
        try await pool.run { session in
            try session.performOnce { connection in try PostgreSQLCopy(connection).write(to: path) }
        }
    }
}

/// One snapshot of the database on its way into a file.
struct PostgreSQLCopy {
    /// Rows that are fetched at once.
    static let rowsFetched = 500
    /// A file on a slow disk makes the database wait; its snapshot must not end meanwhile.
    static let idleSecondsMaximum = 600

    let connection: PostgreSQLConnection

    init(_ connection: PostgreSQLConnection) { self.connection = connection }

    func write(to path: String) throws {
        let file = try DatabaseQueue(path: path)
        try SQLiteSchema.migrator.migrate(file)
        try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            try connection.run("SET LOCAL idle_in_transaction_session_timeout = '\(Self.idleSecondsMaximum)s'")
            try file.write { database in
                for table in try CopiedTable.all(database) { try copy(table, into: database) }
                try keepCount(of: "event", in: database)
            }
            try connection.run("COMMIT")
        } catch {
            // It only read; the connection ends with its pool. What went wrong first is the error to tell.
            try? connection.run("ROLLBACK")
            throw error
        }
        try file.close()
    }

    private func copy(_ table: CopiedTable, into database: Database) throws {
        let cursor = "\"copy of \(table.name)\""
        try connection.run("DECLARE \(cursor) NO SCROLL CURSOR FOR SELECT \(table.list) FROM \"\(table.name)\"")
        // Some tables begin with a row.
        try database.execute(sql: "DELETE FROM \"\(table.name)\"")
        let places = table.columns.map { _ in "?" }.joined(separator: ", ")
        let insertion = try database.makeStatement(
            sql: "INSERT INTO \"\(table.name)\" (\(table.list)) VALUES (\(places))")
        while true {
            let rows = try connection.rows("FETCH \(Self.rowsFetched) FROM \(cursor)")
            for row in rows {
                let values = table.columns.map { (row.values[$0] ?? .null).databaseValue }
                try insertion.execute(arguments: StatementArguments(values))
            }
            if rows.count < Self.rowsFetched { break }
        }
        try connection.run("CLOSE \(cursor)")
    }

    /// Numbers go on from the highest that was ever given, though its row may be gone.
    private func keepCount(of table: String, in database: Database) throws {
        let last = try connection.rows("SELECT event FROM lease").first?.integer("event") ?? 0
        try database.execute(sql: "DELETE FROM sqlite_sequence WHERE name = ?", arguments: [table])
        try database.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", arguments: [table, last])
    }
}

/// A table of the embedded store; the shared one has the same with the same columns, and perhaps more.
struct CopiedTable {
    let name: String
    let columns: [String]

    /// The columns as a selection names them.
    var list: String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }

    static func all(_ database: Database) throws -> [CopiedTable] {
        let names = try String.fetchAll(
            database,
            sql: """
                SELECT name FROM sqlite_master
                WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'grdb_migrations'
                ORDER BY name
                """)
        return try names.map { CopiedTable(name: $0, columns: try database.columns(in: $0).map(\.name)) }
    }
}

extension PostgreSQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .bytes(let data): data.databaseValue
        case .boolean(let truth): truth.databaseValue
        }
    }

    init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes(data)
        // No column of a store holds one.
        case .double(let number): self = .text("\(number)")
        }
    }
}
