/// Writes a value as CBOR (RFC 8949) in one pass, for the rows of the heart: they are written at every turn, and JSON
/// took several times as long. Maps and lists have a length of four bytes, filled in as they grow, so the coding is not
/// the deterministic one; `RowDecoder` reads it.
enum RowEncoder {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = RowWriter()
        try writer.code(value)
        return writer.bytes
    }
}

/// What is written so far. A container writes its elements as they come: none may be opened beside another one that
/// goes on, which no coding made by the compiler does.
private final class RowWriter: Encoder {
    private(set) var bytes: [UInt8] = []
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init() { bytes.reserveCapacity(4096) }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RowMap<Key>(writer: self, place: open(.map)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { RowList(writer: self, place: open(.list)) }

    func singleValueContainer() -> any SingleValueEncodingContainer { RowSingle(writer: self) }

    /// Returns the place of the length.
    func open(_ kind: RowByte) -> Int {
        bytes.append(kind.rawValue)
        bytes.append(contentsOf: [0, 0, 0, 0])
        return bytes.count - 4
    }

    /// Counts one more element of the container with its length at the place.
    func count(at place: Int) {
        for index in stride(from: place + 3, through: place, by: -1) {
            bytes[index] &+= 1
            if bytes[index] != 0 { return }
        }
    }

    func length(at place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }

    func code(_ value: some Encodable) throws {
        let before = bytes.count
        try value.encode(to: self)
        if bytes.count == before { writeNull() }
    }

    func writeNull() { bytes.append(RowByte.null.rawValue) }

    func write(_ value: Bool) { bytes.append(value ? RowByte.true.rawValue : RowByte.false.rawValue) }

    func write(_ value: Double) {
        bytes.append(RowByte.double.rawValue)
        withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }

    func write(integer value: some FixedWidthInteger) {
        if value < 0 {
            head(1, UInt64(-1 - Int64(value)))
        } else {
            head(0, UInt64(value))
        }
    }

    func write(_ value: String) {
        var value = value
        value.withUTF8 { text in
            head(3, UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    private func head(_ major: UInt8, _ argument: UInt64) {
        let kind = major << 5
        switch argument {
        case 0..<24: bytes.append(kind | UInt8(argument))
        case 24...0xFF: bytes.append(contentsOf: [kind | 24, UInt8(argument)])
        case 0x100...0xFFFF: bytes.append(contentsOf: [kind | 25, UInt8(argument >> 8), UInt8(argument & 0xFF)])
        default:
            bytes.append(kind | 27)
            withUnsafeBytes(of: argument.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }
}

private struct RowMap<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: RowWriter
    let place: Int
    var codingPath: [any CodingKey] { [] }

    private func key(_ key: some CodingKey) {
        writer.count(at: place)
        writer.write(key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        self.key(key)
        return writer.container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        self.key(key)
        return writer.unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        key(RowKey("super"))
        return writer
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        self.key(key)
        return writer
    }

    func encodeNil(forKey key: Key) {
        self.key(key)
        writer.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        self.key(key)
        try writer.code(value)
    }

    func encode(_ value: Bool, forKey key: Key) {
        self.key(key)
        writer.write(value)
    }
    func encode(_ value: String, forKey key: Key) {
        self.key(key)
        writer.write(value)
    }
    func encode(_ value: Double, forKey key: Key) {
        self.key(key)
        writer.write(value)
    }
    func encode(_ value: Int, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: Int8, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: Int16, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: Int32, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: Int64, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: UInt, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: UInt8, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: UInt16, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: UInt32, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: UInt64, forKey key: Key) {
        self.key(key)
        writer.write(integer: value)
    }
    func encode(_ value: Float, forKey key: Key) {
        self.key(key)
        writer.write(Double(value))
    }
}

private struct RowList: UnkeyedEncodingContainer {
    let writer: RowWriter
    let place: Int
    var codingPath: [any CodingKey] { [] }
    var count: Int { writer.length(at: place) }

    private func next() { writer.count(at: place) }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        next()
        return writer.container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next()
        return writer.unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        next()
        return writer
    }

    func encodeNil() {
        next()
        writer.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        next()
        try writer.code(value)
    }

    func encode(_ value: Bool) {
        next()
        writer.write(value)
    }
    func encode(_ value: String) {
        next()
        writer.write(value)
    }
    func encode(_ value: Double) {
        next()
        writer.write(value)
    }
    func encode(_ value: Int) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: Int8) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: Int16) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: Int32) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: Int64) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: UInt) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: UInt8) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: UInt16) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: UInt32) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: UInt64) {
        next()
        writer.write(integer: value)
    }
    func encode(_ value: Float) {
        next()
        writer.write(Double(value))
    }
}

private struct RowSingle: SingleValueEncodingContainer {
    let writer: RowWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.writeNull() }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.code(value) }
    func encode(_ value: Bool) { writer.write(value) }
    func encode(_ value: String) { writer.write(value) }
    func encode(_ value: Double) { writer.write(value) }
    func encode(_ value: Int) { writer.write(integer: value) }
    func encode(_ value: Int8) { writer.write(integer: value) }
    func encode(_ value: Int16) { writer.write(integer: value) }
    func encode(_ value: Int32) { writer.write(integer: value) }
    func encode(_ value: Int64) { writer.write(integer: value) }
    func encode(_ value: UInt) { writer.write(integer: value) }
    func encode(_ value: UInt8) { writer.write(integer: value) }
    func encode(_ value: UInt16) { writer.write(integer: value) }
    func encode(_ value: UInt32) { writer.write(integer: value) }
    func encode(_ value: UInt64) { writer.write(integer: value) }
    func encode(_ value: Float) { writer.write(Double(value)) }
}
