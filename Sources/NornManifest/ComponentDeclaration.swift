/// A component as its manifest declares it.
public struct ComponentDeclaration: Hashable, Sendable, Codable {
    /// The module name that jobs use, such as `HeteroLR`.
    public var name: String
    /// Other spellings of the module name.
    public var aliases: [String]
    /// The name without history, such as `coordinated_lr`.
    public var reference: String
    public var summary: String
    /// In the order guest, host, arbiter, local.
    public var roles: [Manifest.Role]
    public var parameters: ParameterSchema
    /// Parameters that cannot be had together.
    public var contradictions: [ParameterContradiction]
    /// The roles without which it cannot train; fewer may do to predict.
    public var neededRoles: [Manifest.Role]
    public var inputs: [InputPort]
    public var outputs: [OutputPort]
    /// Names of the engines whose tables it takes.
    public var engines: [String]
    public var standardResources: ResourceDeclaration
    public var resourcesByRole: [Manifest.Role: ResourceDeclaration]
    public var wire: [WireMessage]
    /// What some party learns beyond its own data and the result, in sentences.
    public var discloses: [String]
    public var permissions: [Permission]
    public var kernels: [KernelDeclaration]
    /// Parameters that say how long its keys are.
    public var keyLengths: [KeyLength]
    /// Time between the cancel flag and SIGTERM.
    public var stopGraceMilliseconds: Int

    /// What an attempt at a party of this role asks for.
    public func resources(for role: Manifest.Role) -> ResourceDeclaration { resourcesByRole[role] ?? standardResources }

    public func input(_ name: String) -> InputPort? { inputs.first { $0.name == name } }
    public func output(_ name: String) -> OutputPort? { outputs.first { $0.name == name } }

    /// The table port that a data slot of a job description (`train_data`, `data`, …) feeds.
    public func input(takingSlot slot: String) -> InputPort? {
        inputs.first { $0.kind == .table && $0.slots.contains(slot) }
    }

    /// What all parties of a job must agree on: reference, roles, wire contract and outputs, as deterministic CBOR.
    /// Two sites whose bytes are equal speak the same protocol for this component.
    public var contract: [UInt8] {
        let messages: [CBOR] = wire.sorted { $0.name < $1.name }.map { message in
            [
                "name": .text(message.name), "from": .array(message.from.sorted().map { .text($0.rawValue) }),
                "to": .array(message.to.sorted().map { .text($0.rawValue) }), "kind": .text(message.kind.rawValue),
                "class": .text(message.sensitivity.rawValue),
            ]
        }
        let outputs: [CBOR] = outputs.map { ["name": .text($0.name), "kind": .text($0.kind.rawValue)] }
        let value: CBOR = [
            "reference": .text(reference), "roles": .array(roles.map { .text($0.rawValue) }),
            "wire": .array(messages), "outputs": .array(outputs),
        ]
        return value.encoded()
    }
}

/// What flows through a port.
public enum PortKind: String, Hashable, Sendable, Codable, CaseIterable {
    case table, model, cache, file
}

/// Where a component takes something in.
public struct InputPort: Hashable, Sendable, Codable {
    public var name: String
    public var kind: PortKind
    /// For tables: the data slots of a job description that feed this port.
    public var slots: [String]
    public var isOptional: Bool
    /// The roles that have this port.
    public var roles: [Manifest.Role]
}

/// Where a component gives something out.
public struct OutputPort: Hashable, Sendable, Codable {
    public var name: String
    public var kind: PortKind
    /// The roles that have this port.
    public var roles: [Manifest.Role]
}

/// A kind of message that a component sends to another party.
public struct WireMessage: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case object, table }
    public enum Sensitivity: String, Hashable, Sendable, Codable, CaseIterable { case plain, ciphertext, key, noise }

    public var name: String
    public var from: [Manifest.Role]
    public var to: [Manifest.Role]
    public var kind: Kind
    /// What the content is to someone without the keys (`class` in the manifest).
    public var sensitivity: Sensitivity
    /// Nil: only the site's own cap holds.
    public var maximumBytes: Int?
    public var discloses: String
}

/// An extension of the host that a component uses.
public struct Permission: Hashable, Sendable, Codable {
    public var `extension`: String
    public var why: String
}

/// A function that an engine may run on partitions.
public struct KernelDeclaration: Hashable, Sendable, Codable {
    public var name: String
    public var revision: Int
}

/// An engine as its manifest declares it.
public struct EngineDeclaration: Hashable, Sendable, Codable {
    public var name: String
    public var summary: String
    /// Whether sealed tables survive a crash of the machine.
    public var isDurable: Bool
    public var options: ParameterSchema
}
