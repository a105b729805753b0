/// A CBOR value (RFC 8949): the objects that travel between parties, parameters, models.
public enum CBOR: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// an integer above `Int64.max`
    case unsigned(UInt64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case array([CBOR])
    case map([String: CBOR])
}

extension CBOR {
    /// Named limits of what is read: deeper or larger values are refused.
    public static let maximumDepth = 64
    public static let maximumBytes = 64 << 20

    public var int: Int? {
        switch self {
        case .int(let value): Int(value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// A number as a double: 1 and 1.0 are the same to a person who writes a parameter.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        case .unsigned(let value): Double(value)
        default: nil
        }
    }

    public var text: String? { if case .text(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    public var array: [CBOR]? { if case .array(let value) = self { value } else { nil } }
    public var map: [String: CBOR]? { if case .map(let value) = self { value } else { nil } }

    /// The value under a key of a map; nil for anything else.
    public subscript(key: String) -> CBOR? { map?[key] }

    init(integer value: some FixedWidthInteger) {
        self = Int64(exactly: value).map(CBOR.int) ?? .unsigned(UInt64(truncatingIfNeeded: value))
    }

    /// What it is, for error messages that must not show the value.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int, .unsigned: "an integer"
        case .double: "a number"
        case .text: "a text"
        case .bytes: "bytes"
        case .array: "a list"
        case .map: "a map"
        }
    }
}

extension CBOR: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: CBOR...) { self = .array(elements) }
    /// Of equal keys the last one stays.
    public init(dictionaryLiteral elements: (String, CBOR)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
