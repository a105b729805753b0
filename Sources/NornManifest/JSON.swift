/// A JSON value as RFC 8259 describes it, with integers kept apart from doubles.
///
/// This module has no Foundation, so that the pure modules above it (heart, dialects) stay pure.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object in the order in which they were written.
///
/// Equality ignores the order, as JSON does.
public struct JSONObject: Hashable, Sendable {
    /// Member names in their order; each once.
    public private(set) var keys: [String]
    private var values: [String: JSON]

    public init() {
        keys = []
        values = [:]
    }

    /// Makes an object from members in order; of two members with the same name the later one counts.
    public init(_ members: some Sequence<(String, JSON)>) {
        self.init()
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    /// The members, in order.
    public var members: [(key: String, value: JSON)] {
        keys.compactMap { key in values[key].map { (key, $0) } }
    }

    /// The value of a member; setting nil removes it, setting a new one appends it.
    public subscript(key: String) -> JSON? {
        get { values[key] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
            } else if values.removeValue(forKey: key) != nil {
                keys.removeAll { $0 == key }
            }
        }
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.values == right.values }

    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSON {
    public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var asString: String? { if case .string(let value) = self { value } else { nil } }
    public var asArray: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var asObject: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }

    /// The value as an integer; a double counts when it is a whole number.
    public var asInt: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value as a double; an integer counts.
    public var asDouble: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// A member of an object; nil for other values.
    public subscript(key: String) -> JSON? { asObject?[key] }

    /// An element of an array; nil for other values and outside the bounds.
    public subscript(index: Int) -> JSON? {
        guard let array = asArray, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Equality in which 1 and 1.0 are the same number, as in JSON Schema.
    public func means(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.int(let left), .double(let right)): return Int(exactly: right) == left
        case (.double(let left), .int(let right)): return Int(exactly: left) == right
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.members.allSatisfy { member in right[member.key].map { member.value.means($0) } ?? false }
        default: return self == other
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}
