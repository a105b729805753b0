/// Why a manifest (or a schema in it) is refused.
public struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The text is not JSON.
        case syntax
        case missing, wrongType, wrongValue
        /// Only where a schema may not ignore it; elsewhere unknown keys are warnings.
        case unknownKey
        case unknownManifestNumber, duplicate, limit
    }

    public let code: Code
    /// The place, such as `components[0].parameters.properties.alpha`; empty at the root.
    public let path: String
    /// What is wrong, as a sentence without its end.
    public let message: String
    /// What to do about it, as a sentence.
    public let remedy: String

    init(_ code: Code, at path: String, _ message: String, _ remedy: String) {
        self.code = code
        self.path = path
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(path.isEmpty ? "manifest" : path): \(message). \(remedy)" }
}

/// Something in a manifest that is tolerated.
public struct ManifestWarning: Hashable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String

    public var description: String { "\(path): \(message)" }
}
