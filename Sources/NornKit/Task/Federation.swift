import NornABI

/// The other parties. A message has a name (of the manifest's wire contract), a tag (which one: iteration, batch) and a
/// receiver, and is sent once for each; a second send throws `alreadyExists`.
public struct Federation: Sendable {
    let attempt: Attempt
    public let parties: Parties

    // MARK: sending: returns when the site has taken the message over

    /// Sends a value as deterministic CBOR.
    public func send<Value: Encodable>(_ value: Value, name: String, tag: String = "", to party: Party) async throws {
        try await sendBytes(try CBOREncoder().encode(value), name: name, tag: tag, to: party)
    }

    /// The same value to every party of a role.
    public func send<Value: Encodable>(_ value: Value, name: String, tag: String = "", to role: Role) async throws {
        try await sendBytes(try CBOREncoder().encode(value), name: name, tag: tag, to: role)
    }

    public func sendBytes(_ bytes: [UInt8], name: String, tag: String = "", to party: Party) async throws {
        let attempt = attempt
        try await attempt.blocking {
            let send = try slot(try attempt.federation().pointee.send, "send")
            try withMessage(name, tag, party) { name, tag, role, id in
                try bytes.withNornBytes { bytes in
                    try withHostError { send(attempt.host, name, tag, role, id, bytes, $0) }
                }
            }
        }
    }

    public func sendBytes(_ bytes: [UInt8], name: String, tag: String = "", to role: Role) async throws {
        for party in parties[role] { try await sendBytes(bytes, name: name, tag: tag, to: party) }
    }

    public func sendTable(_ table: Table, name: String, tag: String = "", to party: Party) async throws {
        let attempt = attempt
        try await attempt.blocking {
            let send = try slot(try attempt.federation().pointee.send_table, "send_table")
            try withMessage(name, tag, party) { name, tag, role, id in
                try withHostError { send(attempt.host, name, tag, role, id, table.handle.table, $0) }
            }
        }
    }

    public func sendTable(_ table: Table, name: String, tag: String = "", to role: Role) async throws {
        for party in parties[role] { try await sendTable(table, name: name, tag: tag, to: party) }
    }

    // MARK: receiving: several may be awaited at once

    /// Announces interest now and waits later, so that a message of the next round travels while this one computes.
    public func expect(name: String, tag: String = "", from party: Party) throws -> Expectation {
        try Expectation(attempt: attempt, name: name, tag: tag, party: party)
    }

    /// Waits for a value of a party.
    public func receive<Value: Decodable>(
        _ type: Value.Type = Value.self, name: String, tag: String = "", from party: Party
    ) async throws -> Value {
        try await expect(name: name, tag: tag, from: party).value(type)
    }

    /// One value of every party of a role, in the job's order.
    public func receive<Value: Decodable>(
        _ type: Value.Type = Value.self, name: String, tag: String = "", from role: Role
    ) async throws -> [Value] {
        var values: [Value] = []
        for expectation in try expect(name, tag, role) { values.append(try await expectation.value(type)) }
        return values
    }

    public func receiveBytes(name: String, tag: String = "", from party: Party) async throws -> [UInt8] {
        try await expect(name: name, tag: tag, from: party).bytes()
    }

    public func receiveBytes(name: String, tag: String = "", from role: Role) async throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        for expectation in try expect(name, tag, role) { messages.append(try await expectation.bytes()) }
        return messages
    }

    public func receiveTable(name: String, tag: String = "", from party: Party) async throws -> Table {
        try await expect(name: name, tag: tag, from: party).table()
    }

    public func receiveTable(name: String, tag: String = "", from role: Role) async throws -> [Table] {
        var tables: [Table] = []
        for expectation in try expect(name, tag, role) { tables.append(try await expectation.table()) }
        return tables
    }

    /// All are announced before the first is awaited.
    private func expect(_ name: String, _ tag: String, _ role: Role) throws -> [Expectation] {
        try parties[role].map { try expect(name: name, tag: tag, from: $0) }
    }
}
