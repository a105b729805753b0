import Foundation

/// What is bound to a statement or stands in a column.
enum PostgreSQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case text(String)
    case bytes(Data)
    case boolean(Bool)
}

/// A value that a statement can be given.
protocol PostgreSQLBindable: Sendable {
    var bound: PostgreSQLValue { get }
}

extension String: PostgreSQLBindable { var bound: PostgreSQLValue { .text(self) } }
extension Int: PostgreSQLBindable { var bound: PostgreSQLValue { .integer(Int64(self)) } }
extension Int64: PostgreSQLBindable { var bound: PostgreSQLValue { .integer(self) } }
extension Bool: PostgreSQLBindable { var bound: PostgreSQLValue { .boolean(self) } }
extension Data: PostgreSQLBindable { var bound: PostgreSQLValue { .bytes(self) } }
extension PostgreSQLValue: PostgreSQLBindable { var bound: PostgreSQLValue { self } }
extension Optional: PostgreSQLBindable where Wrapped: PostgreSQLBindable {
    var bound: PostgreSQLValue { self?.bound ?? .null }
}

/// One row of an answer, by column.
struct PostgreSQLRow {
    var values: [String: PostgreSQLValue]

    func integer(_ column: String) throws -> Int64 {
        guard case .integer(let value)? = values[column] else { throw StoreError.unreadable(column: column) }
        return value
    }

    func text(_ column: String) throws -> String {
        guard case .text(let value)? = values[column] else { throw StoreError.unreadable(column: column) }
        return value
    }

    func boolean(_ column: String) throws -> Bool {
        guard case .boolean(let value)? = values[column] else { throw StoreError.unreadable(column: column) }
        return value
    }
}
