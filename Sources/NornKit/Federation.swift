/// The other parties. A message has a name (of the manifest's wire contract), a tag (which one: iteration, batch) and a receiver,
/// and is sent once for each; a second send throws `alreadyExists`.
public struct Federation: Sendable {
    let attempt: Attempt
    public let parties: Parties

    /// Sends a value as deterministic CBOR. Returns when the site has taken the message over.
    public func send<Value: Encodable>(_ value: Value, name: String, tag: String = "", to party: Party) async throws {
        fatalError()
    }
    /// The same value to every party of a role.
    public func send<Value: Encodable>(_ value: Value, name: String, tag: String = "", to role: Role) async throws {
        fatalError()
    }
    public func sendBytes(_ bytes: [UInt8], name: String, tag: String = "", to party: Party) async throws {
        fatalError()
    }
    public func sendBytes(_ bytes: [UInt8], name: String, tag: String = "", to role: Role) async throws {
        fatalError()
    }
    public func sendTable(_ table: Table, name: String, tag: String = "", to party: Party) async throws {
        fatalError()
    }
    public func sendTable(_ table: Table, name: String, tag: String = "", to role: Role) async throws { fatalError() }

    /// Waits for a value of a party.
    public func receive<Value: Decodable>(
        _ type: Value.Type = Value.self, name: String, tag: String = "", from party: Party
    ) async throws -> Value { fatalError() }
    /// One value of every party of a role, in the job's order.
    public func receive<Value: Decodable>(
        _ type: Value.Type = Value.self, name: String, tag: String = "", from role: Role
    ) async throws -> [Value] { fatalError() }
    public func receiveBytes(name: String, tag: String = "", from party: Party) async throws -> [UInt8] { fatalError() }
    public func receiveBytes(name: String, tag: String = "", from role: Role) async throws -> [[UInt8]] { fatalError() }
    public func receiveTable(name: String, tag: String = "", from party: Party) async throws -> Table { fatalError() }
    public func receiveTable(name: String, tag: String = "", from role: Role) async throws -> [Table] { fatalError() }

    /// Announces interest now and waits later, so that a message of the next round travels while this one computes.
    public func expect(name: String, tag: String = "", from party: Party) throws -> Expectation { fatalError() }
}

/// A message that is on its way. Awaited once; dropped when it never is.
public final class Expectation: Sendable {
    public func value<Value: Decodable>(_ type: Value.Type = Value.self) async throws -> Value { fatalError() }
    public func bytes() async throws -> [UInt8] { fatalError() }
    public func table() async throws -> Table { fatalError() }
}
