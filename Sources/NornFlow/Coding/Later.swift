/// A value that stands for "nothing was said": what a field holds when a row or message of an earlier version, which
/// does not have the field, is read.
public protocol Absent: Codable, Hashable {
    static var absent: Self { get }
}

extension Bool: Absent { public static var absent: Bool { false } }
extension Int: Absent { public static var absent: Int { 0 } }
extension UInt64: Absent { public static var absent: UInt64 { 0 } }
extension String: Absent { public static var absent: String { "" } }
extension Array: Absent where Element: Codable & Hashable { public static var absent: [Element] { [] } }
extension Dictionary: Absent where Key: Codable & Hashable, Value: Codable & Hashable {
    public static var absent: [Key: Value] { [:] }
}

/// A field that came later than the first rows and messages. It is written only when it says something, so that
/// earlier versions read what they know.
@propertyWrapper
public struct Later<Value: Absent>: Codable, Hashable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    public init(from decoder: any Decoder) throws { wrappedValue = try Value(from: decoder) }

    public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension Later: Sendable where Value: Sendable {}

// The compiler's own coding of a type calls these for its wrapped fields.
extension KeyedDecodingContainer {
    public func decode<Value: Absent>(_: Later<Value>.Type, forKey key: Key) throws -> Later<Value> {
        Later(wrappedValue: try decodeIfPresent(Value.self, forKey: key) ?? .absent)
    }
}

extension KeyedEncodingContainer {
    public mutating func encode<Value: Absent>(_ field: Later<Value>, forKey key: Key) throws {
        guard field.wrappedValue != .absent else { return }
        try encode(field.wrappedValue, forKey: key)
    }
}
