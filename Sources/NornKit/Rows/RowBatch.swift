import NornABI

/// Rows that an engine lends to a kernel for one call: keys ascending, in Arrow's binary layout. Never keep one.
public struct RowBatch {
    public let rows: Int
    /// rows + 1 entries into `keyBytes`; the first need not be 0
    public let keyOffsets: UnsafePointer<UInt32>
    public let keyBytes: UnsafePointer<UInt8>
    /// rows + 1 entries into `valueBytes`; the first need not be 0
    public let valueOffsets: UnsafePointer<UInt32>
    public let valueBytes: UnsafePointer<UInt8>
    /// One bit a row, lowest first; nil: every row is there. Only the missing side of a zip has one.
    public let validity: UnsafePointer<UInt8>?

    /// nil for a batch that lies about its buffers.
    @inlinable
    init?(_ batch: UnsafePointer<norn_batch>?) {
        guard let batch = batch?.pointee, batch.rows > 0 else { return nil }
        guard let keyOffsets = batch.key_offsets, let valueOffsets = batch.value_offsets else { return nil }
        rows = Int(batch.rows)
        self.keyOffsets = keyOffsets
        self.valueOffsets = valueOffsets
        // Buffers without a byte may have no address; no row reads from the stand-in.
        keyBytes = batch.keys ?? UnsafeRawPointer(keyOffsets).assumingMemoryBound(to: UInt8.self)
        valueBytes = batch.values ?? UnsafeRawPointer(valueOffsets).assumingMemoryBound(to: UInt8.self)
        validity = batch.validity
    }

    @inlinable
    public func isPresent(_ row: Int) -> Bool {
        guard let validity else { return true }
        return validity[row >> 3] >> UInt8(row & 7) & 1 == 1
    }

    /// The encoded key of a row.
    @inlinable
    public func keyBytes(at row: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: keyBytes + Int(keyOffsets[row]), count: Int(keyOffsets[row + 1] - keyOffsets[row]))
    }

    @inlinable
    public func valueBytes(at row: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: valueBytes + Int(valueOffsets[row]), count: Int(valueOffsets[row + 1] - valueOffsets[row]))
    }

    public func key(at row: Int) -> Key { Key(encoded: keyBytes(at: row)) }

    @inlinable
    public func value<Value: RowValue>(at row: Int, as type: Value.Type = Value.self) throws -> Value {
        try Value(rowBytes: valueBytes(at: row))
    }
}
