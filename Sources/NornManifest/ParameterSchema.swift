/// The types of JSON that a parameter may have.
public enum ParameterType: String, Hashable, Sendable, Codable, CaseIterable {
    case null, boolean, integer, number, string, array, object

    /// Whether a value is of this type; a whole double is an integer, an integer is a number.
    public func holds(_ value: JSON) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.string, .string), (.array, .array), (.object, .object): true
        case (.integer, .int), (.number, .int), (.number, .double): true
        case (.integer, .double(let value)): Int(exactly: value) != nil
        default: false
        }
    }
}

/// A subset of JSON Schema (2020-12) for parameters of components and options of engines.
///
/// It has `type`, `default`, `enum`, `enumIgnoringCase`, `const`, `minimum`, `maximum`, `exclusiveMinimum`,
/// `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `items`, `minItems`, `maxItems`, `properties`, `required`,
/// `additionalProperties`, `anyOf`, `oneOf` (read as `anyOf`: the first that fits) and the annotations `title`, `description`, `examples`,
/// `$comment`, `$schema`, `$id`. Any other keyword is refused, since ignoring it would allow what it forbids.
/// `enumIgnoringCase` is Norn's own: the texts that are allowed, in capitals or not, as FATE takes many of its options;
/// values that are no texts are left to `type`.
public struct ParameterSchema: Hashable, Sendable {
    /// What an object may hold beside its `properties`.
    public enum Additional: Hashable, Sendable {
        case allowed, refused
        /// One schema, in an array so that the type may hold itself.
        case fitting([ParameterSchema])
    }

    /// The JSON from which this was made.
    public let source: JSON
    /// Empty: any type.
    public internal(set) var types: [ParameterType] = []
    public internal(set) var defaultValue: JSON?
    /// Empty: any value.
    public internal(set) var allowedValues: [JSON] = []
    /// Of `enumIgnoringCase`, as written. Empty: any text.
    public internal(set) var allowedTexts: [String] = []
    public internal(set) var minimum: Double?
    public internal(set) var maximum: Double?
    public internal(set) var exclusiveMinimum: Double?
    public internal(set) var exclusiveMaximum: Double?
    public internal(set) var multipleOf: Double?
    /// In characters.
    public internal(set) var minimumLength: Int?
    public internal(set) var maximumLength: Int?
    public internal(set) var minimumItems: Int?
    public internal(set) var maximumItems: Int?
    public internal(set) var propertyNames: [String] = []
    public internal(set) var properties: [String: ParameterSchema] = [:]
    public internal(set) var required: [String] = []
    public internal(set) var additional: Additional = .allowed
    /// Of `anyOf` or `oneOf`; empty: no such condition.
    public internal(set) var alternatives: [ParameterSchema] = []
    public internal(set) var summary: String?
    var itemSchemas: [ParameterSchema] = []

    /// What every element of an array must fit.
    public var items: ParameterSchema? { itemSchemas.first }

    init(source: JSON) { self.source = source }

    /// A schema that takes an object without members.
    public static var noParameters: ParameterSchema {
        var schema = ParameterSchema(source: ["type": "object", "properties": [:], "additionalProperties": false])
        schema.types = [.object]
        schema.additional = .refused
        return schema
    }

    /// The values that hold when nothing is given: every property's default, nested ones included.
    public var defaults: JSONObject {
        resolve(.object(JSONObject())).value.asObject ?? JSONObject()
    }
}

extension ParameterSchema: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(json: JSON(from: decoder), at: "")
    }

    public func encode(to encoder: any Encoder) throws { try source.encode(to: encoder) }
}
