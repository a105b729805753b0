/// A parameter that was set although it changes nothing.
public struct ParameterWithoutEffect: Hashable, Sendable {
    /// Such as `optimizer.learning_rate`.
    public let path: String
    /// What to tell, as a sentence without its end: `has no effect: quantiles are exact`.
    public let message: String
}

extension ParameterSchema {
    /// A description that begins so marks a parameter that is read for the sake of FATE's jobs and changes nothing; the
    /// reason follows.
    static let markWithoutEffect = "accepted, no effect"

    /// Which of the given parameters have another value than their default and change nothing.
    /// - Parameter given: as a job gives them, without defaults
    public func withoutEffect(_ given: JSON, at path: String = "") -> [ParameterWithoutEffect] {
        guard let object = given.asObject else { return [] }
        return propertyNames.flatMap { name -> [ParameterWithoutEffect] in
            guard let property = properties[name], let value = object[name] else { return [] }
            let place = path.isEmpty ? name : "\(path).\(name)"
            guard let summary = property.summary, summary.hasPrefix(Self.markWithoutEffect) else {
                return property.withoutEffect(value, at: place)
            }
            let resolved = property.resolve(value).value
            if let usual = property.defaultValue, usual.means(resolved) { return [] }
            let reason = summary.dropFirst(Self.markWithoutEffect.count)
            return [ParameterWithoutEffect(path: place, message: "has no effect\(reason)")]
        }
    }
}
