import CPostgreSQL
import Foundation

/// Parameters as libpq takes them: texts as text, bytes as they are.
struct PostgreSQLParameters {
    private let values: [PostgreSQLValue]

    init(_ values: [PostgreSQLValue]) {
        self.values = values
    }

    /// The bytes of each parameter; a text has a zero at its end, and none inside: PostgreSQL has no such character.
    private static func bytes(_ value: PostgreSQLValue) -> [UInt8]? {
        switch value {
        case .null: nil
        case .integer(let number): Array("\(number)".utf8) + [0]
        case .boolean(let truth): Array((truth ? "t" : "f").utf8) + [0]
        case .text(let text): Array(text.replacingOccurrences(of: "\0", with: "\u{FFFD}").utf8) + [0]
        case .bytes(let data): Array(data)
        }
    }

    func withPointers<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        let contents = values.map(Self.bytes)
        // An empty value of bytes is not null: it gets an address too.
        let copies = contents.map { content in
            content.map { bytes in
                let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
                copy.update(from: bytes, count: bytes.count)
                return copy
            }
        }
        defer { copies.forEach { $0?.deallocate() } }
        let pointers = copies.map { $0.map { UnsafePointer(UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) } }
        let lengths = contents.map { Int32($0?.count ?? 0) }
        let formats = values.map { value -> Int32 in
            if case .bytes = value { 1 } else { 0 }
        }
        return pointers.withUnsafeBufferPointer { values in
            lengths.withUnsafeBufferPointer { lengths in
                formats.withUnsafeBufferPointer { formats in
                    body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                }
            }
        }
    }
}

/// Reads the rows of a result in binary form.
enum PostgreSQLAnswer {
    /// `PG_DIAG_SQLSTATE`.
    static let stateField = Int32(UInt8(ascii: "C"))

    /// Types of columns that the store has, by their number in every PostgreSQL's catalogue.
    private enum ColumnType {
        static let boolean: Oid = 16
        static let bytes: Oid = 17
        static let integer8: Oid = 20
        static let integer4: Oid = 23
        static let text: Oid = 25
    }

    static func rows(_ result: OpaquePointer?) throws -> [PostgreSQLRow] {
        let columns = (0..<PQnfields(result)).map { (String(cString: PQfname(result, $0)), PQftype(result, $0)) }
        return try (0..<PQntuples(result)).map { row in
            var values: [String: PostgreSQLValue] = [:]
            for (index, column) in columns.enumerated() {
                values[column.0] = try value(result, row, Int32(index), column)
            }
            return PostgreSQLRow(values: values)
        }
    }

    private static func value(
        _ result: OpaquePointer?, _ row: Int32, _ index: Int32, _ column: (name: String, type: Oid)
    ) throws -> PostgreSQLValue {
        guard PQgetisnull(result, row, index) == 0, let start = PQgetvalue(result, row, index) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, index)))
        switch column.type {
        case ColumnType.integer8: return .integer(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        case ColumnType.integer4: return .integer(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
        case ColumnType.boolean: return .boolean(bytes[0] != 0)
        case ColumnType.text: return .text(String(decoding: bytes, as: UTF8.self))
        case ColumnType.bytes: return .bytes(Data(bytes))
        default: throw StoreError.unreadable(column: column.name)
        }
    }
}
