/// A CBOR value (RFC 8949): the objects that travel between parties, parameters, models.
public enum CBOR: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case array([CBOR])
    case map([String: CBOR])
}
extension CBOR {
    /// Deterministic encoding (RFC 8949, 4.2.1): shortest heads, doubles in 64 bits, keys sorted by their encoded bytes.
    public func encoded() -> [UInt8] { fatalError() }
    /// Throws `ComponentError` (dataLoss) for anything that is not one whole, deterministic value.
    public init(decoding bytes: [UInt8]) throws { fatalError() }
}
public struct CBOREncoder: Sendable {
    public init() {}
    public func encode(_ value: some Encodable) throws -> [UInt8] { fatalError() }
    public func value(of value: some Encodable) throws -> CBOR { fatalError() }
}
public struct CBORDecoder: Sendable {
    public init() {}
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value { fatalError() }
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from value: CBOR) throws -> Value { fatalError() }
}
