/// Reads what `RowEncoder` wrote.
enum RowDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try Value(from: RowSource(value: try RowValue(bytes), codingPath: []))
    }
}

private struct RowSource: Decoder, SingleValueDecodingContainer {
    let value: RowValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let members) = value else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(RowMembers<Key>(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let elements) = value else { throw mismatch([Any].self) }
        return RowElements(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: "the row has another type"))
    }

    func integer<Integer: FixedWidthInteger>() throws -> Integer {
        let found: Integer? =
            switch value {
            case .unsigned(let number): Integer(exactly: number)
            case .negative(let number): Integer(exactly: number)
            case .double(let number): Integer(exactly: number)
            default: nil
            }
        guard let found else { throw mismatch(Integer.self) }
        return found
    }

    func decodeNil() -> Bool { if case .null = value { true } else { false } }

    func decode(_: Bool.Type) throws -> Bool {
        guard case .bool(let found) = value else { throw mismatch(Bool.self) }
        return found
    }

    func decode(_: String.Type) throws -> String {
        guard case .text(let found) = value else { throw mismatch(String.self) }
        return found
    }

    func decode(_: Double.Type) throws -> Double {
        switch value {
        case .double(let found): return found
        case .unsigned(let found): return Double(found)
        case .negative(let found): return Double(found)
        default: throw mismatch(Double.self)
        }
    }

    func decode(_: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode<Value: Decodable>(_: Value.Type) throws -> Value { try Value(from: self) }
    func decode(_: Int.Type) throws -> Int { try integer() }
    func decode(_: Int8.Type) throws -> Int8 { try integer() }
    func decode(_: Int16.Type) throws -> Int16 { try integer() }
    func decode(_: Int32.Type) throws -> Int32 { try integer() }
    func decode(_: Int64.Type) throws -> Int64 { try integer() }
    func decode(_: UInt.Type) throws -> UInt { try integer() }
    func decode(_: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_: UInt64.Type) throws -> UInt64 { try integer() }
}

private struct RowMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: RowValue]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    private func source(_ key: some CodingKey) throws -> RowSource {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: "the row has no such field"))
        }
        return RowSource(value: value, codingPath: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try source(key).container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try source(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try source(RowKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try source(key) }
    func decodeNil(forKey key: Key) throws -> Bool { try source(key).decodeNil() }
    func decode<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: try source(key))
    }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try source(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try source(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try source(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try source(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try source(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try source(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try source(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try source(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try source(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try source(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try source(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try source(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try source(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try source(key).decode(type) }
}

private struct RowElements: UnkeyedDecodingContainer {
    let elements: [RowValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(elements: [RowValue], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    private mutating func next() throws -> RowSource {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, DecodingError.Context(codingPath: codingPath, debugDescription: "the list has ended"))
        }
        defer { currentIndex += 1 }
        return RowSource(value: elements[currentIndex], codingPath: codingPath)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: Nested.self)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, case .null = elements[currentIndex] else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_: Value.Type) throws -> Value { try Value(from: try next()) }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decode(type) }
    mutating func decode(_ type: String.Type) throws -> String { try next().decode(type) }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().decode(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try next().decode(type) }
    mutating func decode(_ type: Int.Type) throws -> Int { try next().decode(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().decode(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().decode(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().decode(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().decode(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next().decode(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().decode(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().decode(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().decode(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().decode(type) }
}
