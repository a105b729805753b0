import Foundation

/// The columns of a record, as its `Codable` form names them: every record has a table whose columns are its fields.
enum PostgreSQLRecords {
    /// Column -> value; a field without a value has no entry. What is no plain value becomes JSON text.
    static func columns(_ record: some Encodable) throws -> [String: PostgreSQLValue] {
        let encoder = ColumnEncoder()
        try record.encode(to: encoder)
        return encoder.columns.values
    }

    static func record<Record: Decodable>(_ type: Record.Type, _ row: PostgreSQLRow) throws -> Record {
        try Record(from: ColumnDecoder(row: row))
    }

    static func plain(_ value: some Encodable) throws -> PostgreSQLValue {
        switch value {
        case let data as Data: return .bytes(data)
        case let text as String: return .text(text)
        default: break
        }
        let json = try JSONEncoder().encode(value)
        // An enumeration of words is one of them, without quotes.
        if json.first == UInt8(ascii: "\"") { return .text(try JSONDecoder().decode(String.self, from: json)) }
        return .text(String(decoding: json, as: UTF8.self))
    }
}

private final class Columns {
    var values: [String: PostgreSQLValue] = [:]
}

private struct ColumnEncoder: Encoder {
    let columns = Columns()
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Fields<Key>(columns: columns))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure("a record has named fields") }
    func singleValueContainer() -> any SingleValueEncodingContainer { preconditionFailure("a record has named fields") }

    private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let columns: Columns
        let codingPath: [any CodingKey] = []

        private func put(_ value: PostgreSQLValue, _ key: Key) { columns.values[key.stringValue] = value }

        func encodeNil(forKey key: Key) { put(.null, key) }
        func encode(_ value: Bool, forKey key: Key) { put(.boolean(value), key) }
        func encode(_ value: Int, forKey key: Key) { put(.integer(Int64(value)), key) }
        func encode(_ value: Int64, forKey key: Key) { put(.integer(value), key) }
        func encode(_ value: some Encodable, forKey key: Key) throws { put(try PostgreSQLRecords.plain(value), key) }

        func nestedContainer<Nested: CodingKey>(
            keyedBy keyType: Nested.Type, forKey key: Key
        ) -> KeyedEncodingContainer<Nested> { preconditionFailure("nested values are encoded as JSON") }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            preconditionFailure("nested values are encoded as JSON")
        }
        func superEncoder() -> any Encoder { preconditionFailure("a record has no superclass") }
        func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure("a record has no superclass") }
    }
}

private struct ColumnDecoder: Decoder {
    let row: PostgreSQLRow
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields<Key>(row: row))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw StoreError.unreadable(column: "") }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw StoreError.unreadable(column: "") }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let row: PostgreSQLRow
        let codingPath: [any CodingKey] = []

        var allKeys: [Key] { row.values.keys.compactMap(Key.init(stringValue:)) }
        func contains(_ key: Key) -> Bool { row.values[key.stringValue] != nil }
        func decodeNil(forKey key: Key) -> Bool { row.values[key.stringValue] == .null }
        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try row.boolean(key.stringValue) }
        func decode(_ type: String.Type, forKey key: Key) throws -> String { try row.text(key.stringValue) }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try row.integer(key.stringValue) }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { Int(try row.integer(key.stringValue)) }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            if type == Data.self, case .bytes(let data)? = row.values[key.stringValue], let value = data as? Value {
                return value
            }
            let text = try row.text(key.stringValue)
            if let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) { return value }
            // A word of an enumeration stands there without quotes.
            return try JSONDecoder().decode(type, from: try JSONEncoder().encode(text))
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> { throw StoreError.unreadable(column: key.stringValue) }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw StoreError.unreadable(column: key.stringValue)
        }
        func superDecoder() throws -> any Decoder { throw StoreError.unreadable(column: "super") }
        func superDecoder(forKey key: Key) throws -> any Decoder {
            throw StoreError.unreadable(column: key.stringValue)
        }
    }
}
