extension ParameterSchema {
    /// Schemas inside one another.
    static let depthMaximum = 16
    /// Properties of one object.
    static let propertiesMaximum = 512

    /// Reads a schema.
    /// - Parameter path: where it stands, for errors.
    /// - Throws: `ManifestError` that names the place of a keyword that is unknown or has a wrong value, or of a
    ///   default that does not fit its own schema.
    public init(json: JSON, at path: String = "") throws(ManifestError) {
        try self.init(json: json, at: path, depth: 0)
    }

    private init(json: JSON, at path: String, depth: Int) throws(ManifestError) {
        guard depth <= Self.depthMaximum else {
            throw ManifestError(
                .limit, at: path, "schemas are nested deeper than \(Self.depthMaximum) levels",
                "Make the schema flatter.")
        }
        self.init(source: json)
        if json == .bool(true) { return }
        let reader = try ManifestReader(json, at: path).object()
        for (keyword, value) in reader.members {
            try read(keyword: keyword, value: value, path: path, depth: depth)
        }
        if let defaultValue {
            if let problem = resolve(defaultValue, at: JSONPath.joined(path, "default")).problems.first {
                throw ManifestError(
                    .wrongValue, at: problem.path, "the default does not fit its own schema: \(problem.message)",
                    "Make the default a value that the schema allows.")
            }
        }
        for name in required where properties[name] == nil && additional == .refused {
            throw ManifestError(
                .wrongValue, at: JSONPath.joined(path, "required"), "\"\(name)\" is required but not a property",
                "Add the property or take the name out.")
        }
    }

    private mutating func read(keyword: String, value: ManifestReader, path: String, depth: Int) throws(ManifestError) {
        switch keyword {
        case "type": types = try Self.types(value)
        case "default": defaultValue = value.json
        case "enum": allowedValues = try value.array(atLeast: 1).map(\.json)
        case "enumIgnoringCase":
            for text in try value.array(atLeast: 1) { allowedTexts.append(try text.text()) }
        case "const": allowedValues = [value.json]
        case "minimum": minimum = try value.number()
        case "maximum": maximum = try value.number()
        case "exclusiveMinimum": exclusiveMinimum = try value.number()
        case "exclusiveMaximum": exclusiveMaximum = try value.number()
        case "multipleOf": multipleOf = try value.positiveNumber()
        case "minLength": minimumLength = try value.count()
        case "maxLength": maximumLength = try value.count()
        case "minItems": minimumItems = try value.count()
        case "maxItems": maximumItems = try value.count()
        case "items": itemSchemas = [try ParameterSchema(json: value.json, at: value.path, depth: depth + 1)]
        case "properties": try readProperties(value, depth: depth)
        case "required":
            for name in try value.array() { required.append(try name.text()) }
        case "additionalProperties":
            if let allowed = value.json.asBool {
                additional = allowed ? .allowed : .refused
            } else {
                additional = .fitting([try ParameterSchema(json: value.json, at: value.path, depth: depth + 1)])
            }
        case "anyOf", "oneOf":
            for alternative in try value.array(atLeast: 1) {
                alternatives.append(try ParameterSchema(json: alternative.json, at: alternative.path, depth: depth + 1))
            }
        case "description": summary = try value.text(maximum: 4096)
        case "title", "examples", "$comment", "$schema", "$id": break
        default:
            throw ManifestError(
                .unknownKey, at: value.path, "\"\(keyword)\" is not a keyword that parameter schemas may use",
                "Say it with the keywords that the documentation of manifests lists, or check it in the component.")
        }
    }

    private static func types(_ value: ManifestReader) throws(ManifestError) -> [ParameterType] {
        var types: [ParameterType] = []
        for name in value.json.asArray == nil ? [value] : try value.array(atLeast: 1) {
            types.append(try name.choice(of: ParameterType.self))
        }
        return types
    }

    private mutating func readProperties(_ value: ManifestReader, depth: Int) throws(ManifestError) {
        let members = try value.object().members
        guard members.count <= Self.propertiesMaximum else {
            throw ManifestError(
                .limit, at: value.path, "there are more than \(Self.propertiesMaximum) properties",
                "Group parameters into objects.")
        }
        for (name, property) in members {
            propertyNames.append(name)
            properties[name] = try ParameterSchema(json: property.json, at: property.path, depth: depth + 1)
        }
    }
}
