/// One thing that is wrong with given parameters.
public struct ParameterProblem: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, Codable {
        case unknown, missing, wrongType, notAllowed, outOfRange, wrongLength, noAlternativeFits, limit
    }

    public let code: Code
    /// The parameter, such as `optimizer.learning_rate` or `bins[2]`.
    public let path: String
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// What to do about it, as a sentence.
    public let remedy: String
    /// For an unknown parameter: the name that was probably meant.
    public let nearest: String?

    public var description: String { "\(path.isEmpty ? "parameters" : path): \(message). \(remedy)" }
}

extension ParameterSchema {
    /// Problems that one resolution reports; later ones are dropped.
    static let problemsMaximum = 32

    /// Given parameters with all defaults filled in, and what is wrong with them.
    public struct Resolution: Hashable, Sendable {
        /// Members in the order of the schema. Worthless where `problems` is not empty.
        public var value: JSON
        public var problems: [ParameterProblem]
    }

    /// Checks a value and fills in the defaults, also those of nested objects.
    ///
    /// A whole double given where only an integer fits becomes that integer.
    /// - Parameter path: where the value stands, for problems.
    public func resolve(_ given: JSON, at path: String = "") -> Resolution {
        var resolver = ParameterResolver()
        let value = resolver.resolve(given, by: self, path: path)
        return Resolution(value: value, problems: resolver.problems)
    }

    /// What is wrong with a value.
    public func problems(of value: JSON, at path: String = "") -> [ParameterProblem] {
        resolve(value, at: path).problems
    }
}

private struct ParameterResolver {
    var problems: [ParameterProblem] = []

    mutating func report(
        _ code: ParameterProblem.Code, _ path: String, _ message: String, _ remedy: String, nearest: String? = nil
    ) {
        guard problems.count < ParameterSchema.problemsMaximum else { return }
        problems.append(
            ParameterProblem(code: code, path: path, message: message, remedy: remedy, nearest: nearest))
    }

    mutating func resolve(_ given: JSON, by schema: ParameterSchema, path: String) -> JSON {
        guard schema.types.isEmpty || schema.types.contains(where: { $0.holds(given) }) else {
            let wanted = Self.list(schema.types.map(\.rawValue))
            report(.wrongType, path, "\(Self.brief(given)) is not \(wanted)", "Give a value of type \(wanted).")
            return given
        }
        if !schema.allowedValues.isEmpty, !schema.allowedValues.contains(where: { $0.means(given) }) {
            reportNotAllowed(given, among: schema.allowedValues, path)
            return given
        }
        if let text = given.asString?.lowercased(), !schema.allowedTexts.isEmpty,
            !schema.allowedTexts.contains(where: { $0.lowercased() == text })
        {
            reportNotAllowed(given, among: schema.allowedTexts.map { .string($0) }, path)
            return given
        }
        var value = checkAlternatives(given, schema, path)
        switch value {
        case .int, .double: value = checkNumber(value, schema, path)
        case .string(let text): checkLength(text.count, schema.minimumLength, schema.maximumLength, "characters", path)
        case .array(let elements): value = resolveArray(elements, schema, path)
        case .object(let object): value = resolveObject(object, schema, path)
        case .null, .bool: break
        }
        return value
    }

    mutating func reportNotAllowed(_ given: JSON, among allowed: [JSON], _ path: String) {
        let texts = allowed.compactMap(\.asString)
        let nearest = given.asString.flatMap { NearestName.find($0, in: texts) }
        let hint = nearest.map { ", did you mean \"\($0)\"?" } ?? ""
        report(
            .notAllowed, path, "\(Self.brief(given)) is not one of the allowed values\(hint)",
            "Give one of \(Self.list(allowed.map { $0.text() })).", nearest: nearest)
    }

    /// The value as the first alternative that fits resolves it.
    mutating func checkAlternatives(_ given: JSON, _ schema: ParameterSchema, _ path: String) -> JSON {
        guard !schema.alternatives.isEmpty else { return given }
        var reasons: [ParameterProblem] = []
        for alternative in schema.alternatives {
            let resolution = alternative.resolve(given, at: path)
            guard let problem = resolution.problems.first else { return resolution.value }
            reasons.append(problem)
        }
        // A problem deeper than the value itself tells which alternative was meant.
        if let deeper = reasons.max(by: { $0.path.utf8.count < $1.path.utf8.count }), deeper.path != path {
            report(deeper.code, deeper.path, deeper.message, deeper.remedy, nearest: deeper.nearest)
        } else {
            report(
                .noAlternativeFits, path,
                "\(Self.brief(given)) fits none of the \(schema.alternatives.count) allowed forms",
                reasons.first?.remedy ?? "")
        }
        return given
    }

    mutating func checkNumber(_ value: JSON, _ schema: ParameterSchema, _ path: String) -> JSON {
        guard let number = value.asDouble else { return value }
        var bounds: [String] = []
        var isOutside = false
        func bound(_ limit: Double?, _ words: String, _ isBroken: (Double) -> Bool) {
            guard let limit else { return }
            bounds.append("\(words) \(Self.text(limit))")
            isOutside = isOutside || isBroken(limit)
        }
        bound(schema.minimum, "at least") { number < $0 }
        bound(schema.exclusiveMinimum, "more than") { number <= $0 }
        bound(schema.maximum, "at most") { number > $0 }
        bound(schema.exclusiveMaximum, "less than") { number >= $0 }
        if isOutside {
            let wanted = bounds.joined(separator: " and ")
            report(.outOfRange, path, "\(Self.brief(value)) is not \(wanted)", "Give a number that is \(wanted).")
        }
        if let step = schema.multipleOf, (number / step).rounded() * step != number {
            let wanted = "a multiple of \(Self.text(step))"
            report(.outOfRange, path, "\(Self.brief(value)) is not \(wanted)", "Give \(wanted).")
        }
        if case .double = value, schema.types.contains(.integer), !schema.types.contains(.number),
            let integer = value.asInt
        {
            return .int(integer)
        }
        return value
    }

    mutating func checkLength(_ count: Int, _ minimum: Int?, _ maximum: Int?, _ unit: String, _ path: String) {
        if let minimum, count < minimum {
            report(
                .wrongLength, path, "\(count) \(unit) are fewer than \(minimum)", "Give at least \(minimum) \(unit).")
        }
        if let maximum, count > maximum {
            report(.wrongLength, path, "\(count) \(unit) are more than \(maximum)", "Give at most \(maximum) \(unit).")
        }
    }

    mutating func resolveArray(_ elements: [JSON], _ schema: ParameterSchema, _ path: String) -> JSON {
        checkLength(elements.count, schema.minimumItems, schema.maximumItems, "elements", path)
        guard let items = schema.items else { return .array(elements) }
        var resolved: [JSON] = []
        for (index, element) in elements.enumerated() {
            resolved.append(resolve(element, by: items, path: JSONPath.joined(path, index)))
        }
        return .array(resolved)
    }

    mutating func resolveObject(_ given: JSONObject, _ schema: ParameterSchema, _ path: String) -> JSON {
        var resolved = JSONObject()
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            if let value = given[name] {
                resolved[name] = resolve(value, by: property, path: JSONPath.joined(path, name))
            } else if let value = property.defaultValue {
                resolved[name] = property.resolve(value).value
            }
        }
        for name in schema.required where given[name] == nil && resolved[name] == nil {
            report(.missing, JSONPath.joined(path, name), "the value is missing", "Give \"\(name)\".")
        }
        for (name, value) in given.members where schema.properties[name] == nil {
            let place = JSONPath.joined(path, name)
            switch schema.additional {
            case .allowed: resolved[name] = value
            case .fitting(let schemas):
                resolved[name] = schemas.first.map { resolve(value, by: $0, path: place) } ?? value
            case .refused:
                let nearest = NearestName.find(name, in: schema.propertyNames)
                let remedy =
                    nearest.map { "Did you mean \"\($0)\"?" }
                    ?? "Known are \(Self.list(schema.propertyNames.map { "\"\($0)\"" }))."
                report(.unknown, place, "there is no parameter \"\(name)\"", remedy, nearest: nearest)
            }
        }
        return .object(resolved)
    }

    static func brief(_ value: JSON) -> String {
        switch value {
        case .array: return "an array"
        case .object: return "an object"
        default:
            let text = value.text()
            return text.count > 64 ? "\(text.prefix(60))…" : text
        }
    }

    static func text(_ number: Double) -> String { Int(exactly: number).map { String($0) } ?? "\(number)" }

    static func list(_ words: [String]) -> String {
        guard let last = words.last else { return "none" }
        guard words.count > 1 else { return last }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
