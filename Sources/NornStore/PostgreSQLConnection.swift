import CPostgreSQL
import Foundation

/// One connection of libpq with the statements that it has prepared. Its calls block, and libpq lets one thread at a time
/// use a connection: it never leaves the thread that made it.
final class PostgreSQLConnection {
    /// A statement of the store is one of a fixed set; more than this would mean that values were put into their text.
    static let preparedMaximum = 256

    private let handle: OpaquePointer
    private var prepared: [String: String] = [:]

    /// Connects. Throws `StoreError.unreachable` with libpq's reason.
    init(_ options: PostgreSQLOptions) throws {
        let parameters = options.parameters.sorted { $0.key < $1.key }
        let connection = withTerminatedStrings(parameters.map(\.key)) { names in
            withTerminatedStrings(parameters.map(\.value)) { values in PQconnectdbParams(names, values, 0) }
        }
        guard let connection else { throw StoreError.unreachable("libpq has no memory for a connection") }
        handle = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            // `deinit` lets go of it: everything is initialised by now.
            throw StoreError.unreachable(options.withoutSecrets(String(cString: PQerrorMessage(connection))))
        }
        for statement in options.sessionStatements { try run(statement) }
    }

    deinit { PQfinish(handle) }

    /// Runs statements that have no parameters and whose rows nobody wants.
    func run(_ statement: String) throws {
        try check(PQexec(handle, statement)) { _ in }
    }

    /// Runs one statement with its parameters bound, prepared the first time.
    @discardableResult
    func rows(_ statement: String, _ parameters: [any PostgreSQLBindable] = []) throws -> [PostgreSQLRow] {
        try answer(statement, parameters) { try PostgreSQLAnswer.rows($0) }
    }

    /// Like `rows`, for a statement that changes: how many rows it changed.
    @discardableResult
    func change(_ statement: String, _ parameters: [any PostgreSQLBindable]) throws -> Int {
        try answer(statement, parameters) { Int(String(cString: PQcmdTuples($0))) ?? 0 }
    }

    private func answer<Value>(
        _ statement: String, _ parameters: [any PostgreSQLBindable], _ read: (OpaquePointer?) throws -> Value
    ) throws -> Value {
        let name = try prepare(statement)
        let bound = PostgreSQLParameters(parameters.map(\.bound))
        return try check(
            bound.withPointers { values, lengths, formats in
                PQexecPrepared(handle, name, Int32(parameters.count), values, lengths, formats, 1)
            }, read)
    }

    private func prepare(_ statement: String) throws -> String {
        if let name = prepared[statement] { return name }
        guard prepared.count < Self.preparedMaximum else { throw StoreError.failed(state: "too many statements") }
        let name = "norn_\(prepared.count)"
        try check(PQprepare(handle, name, statement, 0, nil)) { _ in }
        prepared[statement] = name
        return name
    }

    /// Reads a result that succeeded. The error of another one holds its SQLSTATE alone: the server's words may quote rows.
    @discardableResult
    private func check<Value>(_ result: OpaquePointer?, _ read: (OpaquePointer?) throws -> Value) throws -> Value {
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK { return try read(result) }
        let state = PQresultErrorField(result, PostgreSQLAnswer.stateField).map { String(cString: $0) }
        guard PQstatus(handle) == CONNECTION_OK, let state else {
            throw StoreError.unreachable("the connection broke\(state.map { " (SQLSTATE \($0))" } ?? "")")
        }
        throw StoreError.failed(state: state)
    }

    // MARK: Transactions

    /// All of `body` or nothing. `willCommit` runs before the commit is sent: if the connection breaks after that, nobody
    /// knows whether it was carried out.
    func transaction<Value>(
        willCommit: () -> Void = {}, _ body: (PostgreSQLConnection) throws -> Value
    ) throws -> Value {
        try run("BEGIN")
        do {
            let value = try body(self)
            willCommit()
            try run("COMMIT")
            return value
        } catch {
            if PQstatus(handle) == CONNECTION_OK { try run("ROLLBACK") }
            throw error
        }
    }

    // MARK: Notifications

    /// The descriptor to poll for notifications.
    var descriptor: Int32 { PQsocket(handle) }

    /// Takes what has arrived; true when a notification did.
    func takeNotifications() throws -> Bool {
        guard PQconsumeInput(handle) == 1 else { throw StoreError.unreachable("the connection broke") }
        var arrived = false
        while let notification = PQnotifies(handle) {
            PQfreemem(notification)
            arrived = true
        }
        return arrived
    }
}

/// A C array of C strings with a null at its end.
func withTerminatedStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let pointers: [UnsafePointer<CChar>?] = copies.map { $0.map { UnsafePointer($0) } } + [nil]
    return pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least its null") }
        return body(base)
    }
}
