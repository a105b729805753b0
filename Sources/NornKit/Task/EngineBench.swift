import NornABI

/// A way to an engine without a running component, for the test host: the host table that it gives must know
/// `norn.engine`. Tables of a bench run the kernels of the named component.
package final class EngineBench: Sendable {
    private let attempt: Attempt

    /// - Parameter owner: kept for as long as the bench or one of its tables lives.
    package init(
        host: UnsafePointer<norn_host>, plugin: String, component: String, partitions: Int, owner: any Sendable
    ) {
        attempt = Attempt(host: host, plugin: plugin, component: component, partitions: partitions, owner: owner)
    }

    package var tables: Tables { Tables(attempt: attempt) }

    /// A handle of the engine as a table.
    package func table(_ handle: UInt64, schema: TableSchema?) throws -> Table {
        Table(schema: schema, handle: try TableHandle(attempt: attempt, table: handle))
    }

    /// What another session opens the table by.
    package func publish(_ table: Table) async throws -> [UInt8] {
        let handle = table.handle
        return try await attempt.blocking {
            let publish = try slot(handle.session.engine.pointee.table_publish, "table_publish")
            return try gatherBytes { publish(handle.session.session, handle.table, $0, $1) }
        }
    }

    /// Opens what another session published.
    package func open(_ descriptor: [UInt8], schema: TableSchema?) async throws -> Table {
        let attempt = attempt
        return try await attempt.blocking {
            let session = try EngineSession(attempt)
            let open = try slot(session.engine.pointee.table_open, "table_open")
            var handle: UInt64 = 0
            try descriptor.withNornBytes { descriptor in
                try withHostError { open(session.session, descriptor, &handle, $0) }
            }
            return Table(schema: schema, handle: try TableHandle(attempt: attempt, table: handle))
        }
    }

}

/// The edge of the C interface, for the test host's own calls.
package func callHost(_ call: (UnsafeMutablePointer<norn_error>) -> norn_status) throws { try withHostError(call) }

extension norn_string {
    package var swiftText: String { text }
}

extension String {
    package func lend<Result>(_ body: (norn_string) throws -> Result) rethrows -> Result { try withNornString(body) }
}

extension ComponentError {
    package func fill(_ error: UnsafeMutablePointer<norn_error>?) -> norn_status {
        write(to: error, domain: "norn.test-host")
    }
}
