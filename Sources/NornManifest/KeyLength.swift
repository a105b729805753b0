/// A parameter that says how many bits a key of the component has, so that a site can hold it to its policy.
public struct KeyLength: Hashable, Sendable, Codable {
    /// Such as `encrypt_param.key_length`.
    public var parameter: String
    /// The key is made only where one of these holds; none: always.
    public var conditions: [Condition]

    /// That a parameter has one of these values.
    public struct Condition: Hashable, Sendable, Codable {
        public var parameter: String
        public var values: [String]
    }
}

extension ComponentDeclaration {
    /// What a parameter is where a job does not give it; nil: the schema has no such one, or no default for it.
    /// - Parameter path: such as `rsa_params.key_length`
    public func defaultValue(of path: String) -> JSON? {
        let names = path.split(separator: ".").map(String.init)
        var schema = parameters
        for (depth, name) in names.enumerated() {
            guard let property = schema.properties[name] else { return nil }
            // A default of the whole object counts where its members have none.
            if depth < names.count - 1, let whole = property.defaultValue {
                let inner = names[(depth + 1)...].reduce(Optional(whole)) { $0?[$1] }
                if let inner { return inner }
            }
            schema = property
        }
        return schema.defaultValue
    }
}
