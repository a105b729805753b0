/// Parameters that are right one by one and cannot be had together, as a manifest tells them, so that a job is refused
/// before anything of it runs.
public struct ParameterContradiction: Hashable, Sendable, Codable {
    /// The parameter that is named, such as `rsa_params.split_calculation`.
    public var field: String
    /// Parameters that fit this contradict each other; a parameter that it names and that is not there does not fit.
    public var schema: ParameterSchema
    /// Why, as a clause that follows the field: `does not go with run_cache`.
    public var message: String

    public init(field: String, schema: ParameterSchema, message: String) {
        self.field = field
        self.schema = schema
        self.message = message
    }

    /// Whether parameters, with their defaults filled in, hold it.
    public func holds(_ parameters: JSON) -> Bool {
        Self.hasAll(schema, parameters) && schema.problems(of: parameters).isEmpty
    }

    private static func hasAll(_ schema: ParameterSchema, _ value: JSON) -> Bool {
        schema.properties.allSatisfy { name, inner in value[name].map { hasAll(inner, $0) } ?? false }
    }
}

extension ManifestDecoder {
    static let contradictionsMaximum = 64

    mutating func contradictions(_ reader: ManifestReader?) throws(ManifestError) -> [ParameterContradiction] {
        guard let reader else { return [] }
        var contradictions: [ParameterContradiction] = []
        for element in try reader.array(atMost: Self.contradictionsMaximum) {
            let object = try element.object()
            warn(object, knowing: ["field", "when", "message"])
            let when = try object.required("when")
            let schema = try ParameterSchema(json: when.json, at: when.path)
            guard !schema.properties.isEmpty else {
                throw ManifestError(
                    .wrongValue, at: when.path, "it names no parameter, so that it would always hold",
                    "Name the parameters in \"properties\".")
            }
            contradictions.append(
                ParameterContradiction(
                    field: try object.required("field").text(maximum: 256), schema: schema,
                    message: try object.required("message").text(maximum: 4096)))
        }
        return contradictions
    }
}
