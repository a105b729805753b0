/// A CBOR value (RFC 8949) as the parts of Norn exchange it: text keys, 64-bit integers, 64-bit floats, no tags.
public enum CBOR: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case array([CBOR])
    case map([String: CBOR])
}

/// Why bytes are not a value, and where.
public struct CBORError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case truncated, trailingBytes, tooLarge, tooDeep, unsupported, duplicateKey, badText, notDeterministic
    }

    public let code: Code
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// The byte where it is.
    public let offset: Int

    public var description: String { "byte \(offset): \(message)" }
}

extension CBOR {
    public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var asInt: Int? { if case .int(let value) = self { value } else { nil } }
    public var asText: String? { if case .text(let value) = self { value } else { nil } }
    public var asBytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    public var asArray: [CBOR]? { if case .array(let value) = self { value } else { nil } }
    public var asMap: [String: CBOR]? { if case .map(let value) = self { value } else { nil } }

    /// The value as a double; an integer counts.
    public var asDouble: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// An entry of a map; nil for other values.
    public subscript(key: String) -> CBOR? { asMap?[key] }

    /// The value of a JSON value.
    public init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .array(let elements): self = .array(elements.map { CBOR($0) })
        case .object(let object):
            self = .map(Dictionary(object.members.map { ($0.key, CBOR($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }
}

extension JSON {
    /// The value of a CBOR value, members sorted by name; nil when it holds bytes, which JSON cannot say.
    public init?(_ cbor: CBOR) {
        switch cbor {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .double(let value): self = .double(value)
        case .text(let value): self = .string(value)
        case .bytes: return nil
        case .array(let elements):
            var array: [JSON] = []
            for element in elements {
                guard let value = JSON(element) else { return nil }
                array.append(value)
            }
            self = .array(array)
        case .map(let map):
            var object = JSONObject()
            for key in map.keys.sorted() {
                guard let entry = map[key], let value = JSON(entry) else { return nil }
                object[key] = value
            }
            self = .object(object)
        }
    }
}

extension CBOR: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: CBOR...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, CBOR)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
