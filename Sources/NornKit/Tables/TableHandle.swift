import NornABI

/// A table of the attempt's engine, released with its last holder.
final class TableHandle: @unchecked Sendable {
    // Sendable: constant after init; the engine's table is immutable and its calls may come from any thread.
    let attempt: Attempt
    let session: EngineSession
    let table: UInt64
    let partitions: Int
    let partitioner: UInt32
    let rows: Int

    init(attempt: Attempt, table: UInt64) throws {
        self.attempt = attempt
        self.table = table
        session = try EngineSession(attempt)
        var info = norn_table_info()
        info.struct_size = UInt32(MemoryLayout<norn_table_info>.size)
        let call = try slot(session.engine.pointee.table_info, "table_info")
        try withHostError { [session] in call(session.session, table, &info, $0) }
        partitions = Int(info.partitions)
        partitioner = info.partitioner
        rows = Int(info.rows)
    }

    deinit { session.engine.pointee.table_release?(session.session, table) }

    /// Where results go: the same placement as this table's.
    var spec: norn_table_spec { norn_table_spec(partitions: partitions, partitioner: partitioner) }

    /// Runs an engine call that makes a table.
    func making(
        _ call:
            @escaping @Sendable (EngineSession, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<norn_error>) throws
            -> norn_status
    ) async throws -> Table {
        try await attempt.blocking { [self] in
            try attempt.checkCancelled()
            var made: UInt64 = 0
            var thrown: (any Error)?
            try withHostError { error in
                do { return try call(session, &made, error) } catch let failure {
                    thrown = failure
                    return NORN_OK
                }
            }
            if let thrown { throw thrown }
            return Table(schema: nil, handle: try TableHandle(attempt: attempt, table: made))
        }
    }

    /// Lends a reference to one of the running component's kernels.
    func withKernel<Argument: Encodable, Result>(
        _ kernel: any DeclaredKernel, _ argument: Argument,
        _ body: (UnsafePointer<norn_kernel_reference>) throws -> Result
    ) throws -> Result {
        let access = try attempt.engineAccess()
        let find = try slot(access.pointee.kernel, "kernel")
        let closure = try CBOREncoder().value(of: argument).encoded()
        return try kernel.name.withNornString { name in
            try closure.withNornBytes { closure in
                var reference = norn_kernel_reference()
                reference.struct_size = UInt32(MemoryLayout<norn_kernel_reference>.size)
                try withHostError { find(attempt.host, name, closure, &reference, $0) }
                return try body(&reference)
            }
        }
    }
}

/// The engine and the attempt's session with it.
struct EngineSession: @unchecked Sendable {
    // Sendable: both live as long as the attempt, and an engine's calls may come from any thread.
    let engine: UnsafePointer<norn_engine>
    let session: UnsafeMutableRawPointer?

    init(_ attempt: Attempt) throws {
        let open = try slot(try attempt.engineAccess().pointee.session, "session")
        var engine: UnsafePointer<norn_engine>?
        var session: UnsafeMutableRawPointer?
        try withHostError { open(attempt.host, &engine, &session, $0) }
        guard let engine else {
            throw ComponentError(.unavailable, "This attempt has no computing engine.", fault: .host)
        }
        self.engine = engine
        self.session = session
    }
}

extension norn_table_spec {
    init(partitions: Int, partitioner: UInt32 = NORN_PARTITIONER_HASH) {
        self.init()
        struct_size = UInt32(MemoryLayout<norn_table_spec>.size)
        self.partitions = UInt32(partitions)
        self.partitioner = partitioner
        flags = NORN_TABLE_TEMPORARY
    }
}
