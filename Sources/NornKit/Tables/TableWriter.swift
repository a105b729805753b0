import NornABI

/// Makes tables in the attempt's engine.
public struct Tables: Sendable {
    let attempt: Attempt

    /// A table to put rows into, in any order; of two rows with one key the last put stays.
    /// - Parameter partitions: the attempt's default when nil.
    public func writer(partitions: Int? = nil) throws -> TableWriter {
        try TableWriter(attempt: attempt, partitions: partitions ?? attempt.defaultPartitions)
    }

    public func create<Value: RowValue>(
        _ rows: some Sequence<(Key, Value)>, partitions: Int? = nil, schema: TableSchema? = nil
    ) async throws -> Table {
        let writer = try writer(partitions: partitions)
        for (key, value) in rows { try writer.put(key, value) }
        return try await writer.seal(schema: schema)
    }

    /// Writes instances as a `float64` table, or as a `sparse` one when the schema says so; the table's schema says header,
    /// label, weight and match id as the instances have them.
    public func create(_ instances: Instances, schema: TableSchema, partitions: Int? = nil) async throws -> Table {
        try instances.check()
        var schema = schema
        schema.layout = schema.layout == .sparse ? .sparse : .float64
        schema.content = .instances
        schema.header = instances.header
        schema.weight = instances.weights != nil
        schema.labelName = instances.labels == nil ? nil : schema.labelName ?? "y"
        schema.matchIDName = instances.matchIDs == nil ? nil : schema.matchIDName ?? "match_id"
        let format = try InstanceFormat(schema)
        let writer = try writer(partitions: partitions)
        for row in 0..<instances.rows {
            try writer.put(instances.ids[row], format.bytes(of: instances.row(row, isSparse: format.isSparse)))
        }
        return try await writer.seal(schema: schema)
    }
}

/// A table being written: rows are gathered into batches for the engine; `seal` makes the table. A writer that is
/// dropped unsealed leaves nothing behind.
public final class TableWriter {
    private let attempt: Attempt
    private let session: EngineSession
    private let table: UInt64
    private var output = RowOutput()
    private var isSealed = false

    init(attempt: Attempt, partitions: Int) throws {
        guard partitions > 0 else {
            throw ComponentError(.invalidArgument, "A table has at least one partition, not \(partitions).")
        }
        self.attempt = attempt
        session = try EngineSession(attempt)
        let create = try slot(session.engine.pointee.table_create, "table_create")
        var spec = norn_table_spec(partitions: partitions)
        var table: UInt64 = 0
        try withHostError { [session] in create(session.session, &spec, &table, $0) }
        self.table = table
    }

    deinit { if !isSealed { session.engine.pointee.table_release?(session.session, table) } }

    public func put(_ key: Key, _ value: some RowValue) throws {
        try writing { output in try output.put(key, value) }
    }

    public func put(_ key: Key, bytes: UnsafeRawBufferPointer) throws {
        try writing { output in try output.put(key, LentBytes(bytes)) }
    }

    /// Rows go to the engine whenever a batch is full.
    private func writing(_ body: (inout RowOutput) throws -> Void) throws {
        guard !isSealed else { throw ComponentError(.failedPrecondition, "This table is sealed already.") }
        var target = PutTarget(session: session, table: table)
        try withUnsafeMutablePointer(to: &target) { target in
            var emit = norn_emit()
            emit.struct_size = UInt32(MemoryLayout<norn_emit>.size)
            emit.context = UnsafeMutableRawPointer(target)
            emit.batch = { context, batch, error in
                guard let target = context?.assumingMemoryBound(to: PutTarget.self).pointee,
                    let put = target.session.engine.pointee.table_put
                else { return NORN_UNIMPLEMENTED }
                return put(target.session.session, target.table, batch, error)
            }
            try withUnsafePointer(to: &emit) { emit in
                output.emit = emit
                defer { output.emit = nil }
                try body(&output)
            }
        }
    }

    public func seal(schema: TableSchema? = nil) async throws -> Table {
        try writing { output in try output.flush() }
        let (attempt, session, table) = (attempt, session, table)
        isSealed = true
        let handle = try await attempt.blocking {
            let seal = try slot(session.engine.pointee.table_seal, "table_seal")
            do {
                try withHostError { seal(session.session, table, $0) }
            } catch {
                session.engine.pointee.table_release?(session.session, table)
                throw error
            }
            return try TableHandle(attempt: attempt, table: table)
        }
        return Table(schema: schema, handle: handle)
    }
}

private struct PutTarget {
    let session: EngineSession
    let table: UInt64
}
