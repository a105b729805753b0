import Foundation

/// Why a site refuses or fails, for a person: what, where, and what to do about it.
public struct SiteError: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// Machine-readable, the same in every release: `table_not_found`.
    public var code: String
    /// What is wrong, as a sentence.
    public var message: String
    /// The field of the request, such as `conf.component_parameters.common.hetero_lr_0.max_iter`.
    public var field: String?
    /// `role:party` where it is.
    public var party: String?
    /// What to do about it.
    public var hint: String?

    public init(_ code: String, _ message: String, field: String? = nil, party: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.party = party
        self.hint = hint
    }

    public var description: String {
        var text = message
        if let field { text += " (\(field))" }
        if let party { text += " at \(party)" }
        if let hint { text += ". \(hint)" }
        return text
    }

    public static func notFound(_ what: String, _ id: String) -> SiteError {
        SiteError("\(what.replacingOccurrences(of: " ", with: "_"))_not_found", "There is no \(what) \(id)")
    }

    /// A mistake in a request that no closer code describes.
    public static func invalid(_ message: String, field: String? = nil, hint: String? = nil) -> SiteError {
        SiteError("invalid_request", message, field: field, hint: hint)
    }
}
