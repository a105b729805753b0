/// A component as one site has it: what the parties of a job compare before it begins.
public struct ComponentIdentity: Codable, Sendable, Hashable {
    /// The plugin's id, such as `norn.linear`.
    public var plugin: String
    public var version: String
    /// SHA-256 of what all parties must agree on, 64 hexadecimal digits.
    public var contract: String
    /// SHA-256 of the plugin's library. Sites of other machines have another one.
    public var library: String

    public init(plugin: String, version: String, contract: String, library: String) {
        self.plugin = plugin
        self.version = version
        self.contract = contract
        self.library = library
    }

    /// Whether both are the same as far as it is asked for.
    public func agrees(with other: Self, on agreement: ComponentAgreement) -> Bool {
        switch agreement {
        case .contract: contract == other.contract
        case .version: contract == other.contract && plugin == other.plugin && version == other.version
        case .binary: self == other
        }
    }
}

/// In what the parties of a job must have the same components; each of them includes the one before.
public enum ComponentAgreement: String, Codable, Sendable, Hashable, Comparable, CaseIterable, Absent {
    /// The contract: roles, messages between parties, outputs.
    case contract
    /// The plugin and its version too.
    case version
    /// The library's bytes too.
    case binary

    public static var absent: Self { .contract }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .contract: 0
        case .version: 1
        case .binary: 2
        }
    }
}
