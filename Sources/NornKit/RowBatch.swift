import NornABI

/// Rows that an engine lends to a kernel for one call: keys ascending, in Arrow's binary layout. Never keep one.
public struct RowBatch {
    public let rows: Int
    /// rows + 1 entries, the first need not be 0
    public let keyOffsets: UnsafePointer<UInt32>
    public let keyBytes: UnsafePointer<UInt8>
    public let valueOffsets: UnsafePointer<UInt32>
    public let valueBytes: UnsafePointer<UInt8>

    @inlinable public func keyBytes(at row: Int) -> UnsafeRawBufferPointer { fatalError() }
    @inlinable public func valueBytes(at row: Int) -> UnsafeRawBufferPointer { fatalError() }
    @inlinable public func key(at row: Int) -> Key { fatalError() }
    @inlinable public func value<Value: RowValue>(at row: Int, as type: Value.Type = Value.self) throws -> Value {
        fatalError()
    }
}

/// Bytes being written, one row's value after the other.
public struct RowBuffer {
    public mutating func append(_ bytes: UnsafeRawBufferPointer) { fatalError() }
}

/// Where a kernel puts its rows: gathers them into batches within the ABI's limits and passes them on.
public struct RowOutput {
    public mutating func put(_ key: Key, _ value: some RowValue) throws { fatalError() }
    public mutating func put(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws { fatalError() }
}
