/// Makes tables in the attempt's engine.
public struct Tables: Sendable {
    let attempt: Attempt

    /// A table to put rows into, in any order; of two rows with one key the last put stays.
    /// - Parameter partitions: the attempt's default when nil.
    public func writer(partitions: Int? = nil) throws -> TableWriter { fatalError() }

    public func create<Value: RowValue>(
        _ rows: some Sequence<(Key, Value)>, partitions: Int? = nil, schema: TableSchema? = nil
    ) async throws -> Table { fatalError() }

    /// Writes instances as a `float64` table; the schema says header, label, weight.
    public func create(_ instances: Instances, schema: TableSchema, partitions: Int? = nil) async throws -> Table {
        fatalError()
    }
}

/// A table being written. Rows are gathered into batches; `seal` makes the table.
public final class TableWriter {
    public func put(_ key: Key, _ value: some RowValue) throws { fatalError() }
    public func put(_ key: Key, bytes: UnsafeRawBufferPointer) throws { fatalError() }
    public func seal(schema: TableSchema? = nil) async throws -> Table { fatalError() }
}
