import NornABI

/// Where a kernel puts its rows: gathers them into batches within the ABI's limits and passes them on.
///
/// A kernel that keeps keys puts them in its input's order; any other in any order.
public struct RowOutput: ~Copyable {
    @usableFromInline var keys: RowBuffer
    @usableFromInline var values: RowBuffer
    @usableFromInline let keyOffsets: UnsafeMutablePointer<UInt32>
    @usableFromInline let valueOffsets: UnsafeMutablePointer<UInt32>
    @usableFromInline var rows = 0
    /// Set for the length of one call of a kernel.
    @usableFromInline var emit: UnsafePointer<norn_emit>?

    @usableFromInline
    init() {
        keys = RowBuffer()
        values = RowBuffer()
        keyOffsets = .allocate(capacity: Int(NORN_BATCH_MAX_ROWS) + 1)
        valueOffsets = .allocate(capacity: Int(NORN_BATCH_MAX_ROWS) + 1)
        keyOffsets[0] = 0
        valueOffsets[0] = 0
    }

    deinit {
        keyOffsets.deallocate()
        valueOffsets.deallocate()
    }

    @inlinable
    public mutating func put<Value: RowValue>(_ key: Key, _ value: Value) throws {
        do {
            try key.write(to: &keys)
            try value.write(to: &values)
        } catch {
            takeBackRow()
            throw error
        }
        try endRow()
    }

    /// A row with an encoded key.
    @inlinable
    public mutating func put<Value: RowValue>(key: UnsafeRawBufferPointer, _ value: Value) throws {
        keys.append(contentsOf: key)
        do {
            try value.write(to: &values)
        } catch {
            takeBackRow()
            throw error
        }
        try endRow()
    }

    /// A row of bytes.
    @inlinable
    public mutating func put(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        keys.append(contentsOf: key)
        values.append(contentsOf: value)
        try endRow()
    }

    /// A row that could not be written whole leaves nothing behind.
    @usableFromInline
    mutating func takeBackRow() {
        keys.used = Int(keyOffsets[rows])
        values.used = Int(valueOffsets[rows])
    }

    @inlinable
    mutating func endRow() throws {
        rows += 1
        keyOffsets[rows] = UInt32(truncatingIfNeeded: keys.count)
        valueOffsets[rows] = UInt32(truncatingIfNeeded: values.count)
        if rows == Int(NORN_BATCH_MAX_ROWS) || keys.count + values.count > Int(NORN_BATCH_MAX_BYTES) - 4096 {
            try flush()
        }
    }

    @usableFromInline
    mutating func flush() throws {
        guard rows > 0 else { return }
        let lastKey = keyOffsets[rows] - keyOffsets[rows - 1]
        let lastValue = valueOffsets[rows] - valueOffsets[rows - 1]
        try checkRow(keyBytes: Int(lastKey), valueBytes: Int(lastValue))
        // One row too many for a batch travels alone, after those before it.
        if rows > 1, keys.count + values.count > Int(NORN_BATCH_MAX_BYTES) {
            try send(0..<rows - 1)
            try send(rows - 1..<rows)
        } else {
            try send(0..<rows)
        }
        rows = 0
        keys.removeAll()
        values.removeAll()
    }

    private func send(_ range: Range<Int>) throws {
        var batch = norn_batch()
        batch.struct_size = UInt32(MemoryLayout<norn_batch>.size)
        batch.rows = UInt32(range.count)
        batch.key_offsets = UnsafePointer(keyOffsets + range.lowerBound)
        batch.keys = UnsafePointer(keys.base.assumingMemoryBound(to: UInt8.self))
        batch.value_offsets = UnsafePointer(valueOffsets + range.lowerBound)
        batch.values = UnsafePointer(values.base.assumingMemoryBound(to: UInt8.self))
        try emit.send(&batch)
    }
}

@usableFromInline
func checkRow(keyBytes: Int, valueBytes: Int) throws {
    guard valueBytes <= Int(NORN_ROW_MAX_BYTES) else {
        throw ComponentError(.outOfRange, "A row's value has \(valueBytes) bytes; at most \(NORN_ROW_MAX_BYTES) fit.")
    }
}

extension UnsafePointer<norn_emit>? {
    @usableFromInline
    func send(_ batch: inout norn_batch) throws {
        guard let emit = self, let call = emit.pointee.batch else {
            throw ComponentError(.internal, "A kernel was called without a place for its rows.", fault: .host)
        }
        try withHostError { error in call(emit.pointee.context, &batch, error) }
    }
}
