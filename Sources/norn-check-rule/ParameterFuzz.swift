import NornManifest

/// Parameters for a component, by its schema: valid ones with values at and near their bounds, ones that break the schema,
/// and bytes that are nothing.
struct ParameterFuzz {
    private static let depthMaximum = 4

    private let schema: ParameterSchema
    private var numbers: SeededNumbers
    private var turn = 0

    init(schema: ParameterSchema, seed: UInt64) {
        self.schema = schema
        numbers = SeededNumbers(seed: seed)
    }

    /// As a component gets them, in CBOR.
    mutating func next() -> [UInt8] {
        turn += 1
        switch turn % 4 {
        case 0: return NornManifest.CBOR(broken(nextValid())).encoded()
        case 1: return damaged(NornManifest.CBOR(nextValid()).encoded())
        default: return NornManifest.CBOR(nextValid()).encoded()
        }
    }

    /// Parameters that the schema takes, with defaults filled in; a site would let them through.
    mutating func nextValid() -> JSON {
        for _ in 0..<8 {
            let resolved = schema.resolve(value(of: schema, depth: 0))
            if resolved.problems.isEmpty { return resolved.value }
        }
        return .object(schema.defaults)
    }

    private mutating func value(of schema: ParameterSchema, depth: Int) -> JSON {
        if let allowed = schema.allowedValues.randomElement(using: &numbers) { return allowed }
        if let alternative = schema.alternatives.randomElement(using: &numbers) {
            return value(of: alternative, depth: depth)
        }
        let type = schema.types.randomElement(using: &numbers) ?? .string
        switch type {
        case .null: return .null
        case .boolean: return .bool(Bool.random(using: &numbers))
        case .integer: return .int(integer(schema))
        case .number: return .double(number(schema))
        case .string: return .string(text(schema))
        case .array: return array(schema, depth)
        case .object: return object(schema, depth)
        }
    }

    private mutating func object(_ schema: ParameterSchema, _ depth: Int) -> JSON {
        var object = JSONObject()
        guard depth < Self.depthMaximum else { return .object(object) }
        for name in schema.propertyNames {
            guard let property = schema.properties[name], Int.random(in: 0..<3, using: &numbers) > 0 else { continue }
            object[name] = value(of: property, depth: depth + 1)
        }
        return .object(object)
    }

    private mutating func array(_ schema: ParameterSchema, _ depth: Int) -> JSON {
        guard depth < Self.depthMaximum, let items = schema.items else { return .array([]) }
        let low = schema.minimumItems ?? 0
        let count = Int.random(in: low...max(low, min(schema.maximumItems ?? low + 3, low + 3)), using: &numbers)
        return .array((0..<count).map { _ in value(of: items, depth: depth + 1) })
    }

    private mutating func integer(_ schema: ParameterSchema) -> Int {
        let low = schema.minimum.flatMap { Int(exactly: $0.rounded(.up)) }
        let high = schema.maximum.flatMap { Int(exactly: $0.rounded(.down)) }
        let bounds = [low, low.map { $0 + 1 }, high, high.map { $0 - 1 }].compactMap { $0 }
        return (bounds + [0, 1, -1, 7, 1 << 31, Int.max, Int.min]).randomElement(using: &numbers) ?? 0
    }

    private mutating func number(_ schema: ParameterSchema) -> Double {
        let bounds = [schema.minimum, schema.maximum].compactMap { $0 }
        return (bounds + [0, 0.5, -1, 1e-300, 1e300, 0.1]).randomElement(using: &numbers) ?? 0
    }

    private mutating func text(_ schema: ParameterSchema) -> String {
        let texts = ["", "a", "ÿ\u{10FFFF}", "%s%n", "../../etc/passwd", "\u{0}", String(repeating: "x", count: 4000)]
        return texts.randomElement(using: &numbers) ?? ""
    }

    /// With one member of a type that the schema does not take, or one that it does not know.
    private mutating func broken(_ valid: JSON) -> JSON {
        guard var object = valid.asObject else { return .int(1) }
        let odd: [JSON] = [.null, .int(-7), .double(0.1), .string("?"), .array([.null]), ["a": ["b": 1]], .bool(true)]
        let name = object.keys.randomElement(using: &numbers) ?? "unknown"
        object[Bool.random(using: &numbers) ? name : "unknown"] = odd.randomElement(using: &numbers)
        return .object(object)
    }

    /// Cut, or with bytes changed.
    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if Bool.random(using: &numbers) { return Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &numbers))) }
        for _ in 0..<3 where !bytes.isEmpty {
            bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
        }
        return bytes
    }
}
