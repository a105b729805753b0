/// What a party does in a job.
public enum Role: String, Codable, Sendable, CaseIterable, Hashable {
    /// Has the label.
    case guest
    /// Has features.
    case host
    /// Holds keys.
    case arbiter
    /// Works alone, without partners.
    case local
}

/// A role and a party id that take part in a job. Its text, also its coded form and the key of coded
/// dictionaries, is `guest-9999`.
public struct Party: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let role: Role
    /// A decimal number in text, as in FATE.
    public let id: String

    public init(role: Role, id: String) {
        self.role = role
        self.id = id
    }

    /// Reads `guest-9999`; nil for any other shape.
    public init?(_ text: String) {
        guard let dash = text.firstIndex(of: "-"), let role = Role(rawValue: String(text[..<dash])) else { return nil }
        let id = String(text[text.index(after: dash)...])
        guard !id.isEmpty else { return nil }
        self.init(role: role, id: id)
    }

    public var description: String { "\(role.rawValue)-\(id)" }

    public static func < (left: Party, right: Party) -> Bool {
        (left.role.rawValue, left.id) < (right.role.rawValue, right.id)
    }
}

extension Party: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let party = Party(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text) is no party: expected role-id, such as guest-9999")
        }
        self = party
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Party: CodingKeyRepresentable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public var codingKey: any CodingKey { Key(stringValue: description) }

    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}
