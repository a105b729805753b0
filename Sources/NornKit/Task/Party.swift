/// A part that a party plays in a job.
public struct Role: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// has the label
    public static let guest = Role(rawValue: "guest")
    /// has features
    public static let host = Role(rawValue: "host")
    /// holds keys
    public static let arbiter = Role(rawValue: "arbiter")
    /// a task of one site alone
    public static let local = Role(rawValue: "local")

    public var description: String { rawValue }
}

/// A role and a party id taking part in a job.
public struct Party: Hashable, Sendable, Codable, CustomStringConvertible {
    public let role: Role
    /// decimal digits
    public let id: String

    public init(_ role: Role, _ id: String) {
        self.role = role
        self.id = id
    }

    public var description: String { "\(role) \(id)" }
}

/// The parties of a task, by role, in the job's order.
public struct Parties: Hashable, Sendable {
    public let all: [Party]

    public init(_ all: [Party]) { self.all = all }

    /// The parties of a role; their index is the index that parameters and names such as `host.0` mean.
    public subscript(role: Role) -> [Party] { all.filter { $0.role == role } }

    public func index(of party: Party) -> Int? { self[party.role].firstIndex(of: party) }
}

/// Which attempt this is: `<job>/<task>/<attempt>/<role>/<party>` in text.
public struct AttemptIdentity: Hashable, Sendable, CustomStringConvertible {
    public let job: String
    public let task: String
    public let component: String
    /// from 0
    public let attempt: Int
    public let party: Party

    public var description: String { "\(job)/\(task)/\(attempt)/\(party.role)/\(party.id)" }
}
