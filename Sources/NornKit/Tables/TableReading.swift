import NornABI

/// Rows out, in ascending order of key bytes over all partitions: the same order whatever the partitions and the engine.
extension Table {
    public func collect<Value: RowValue>(_ type: Value.Type = Value.self) async throws -> [(key: Key, value: Value)] {
        try await rows(limit: nil)
    }

    /// The first rows of `collect`; throws when `count` is not positive.
    public func take<Value: RowValue>(
        _ count: Int, _ type: Value.Type = Value.self
    ) async throws -> [(key: Key, value: Value)] {
        guard count > 0 else {
            throw ComponentError(.invalidArgument, "take() needs a positive count, not \(count).")
        }
        return Array(try await rows(limit: count).prefix(count))
    }

    /// The first row of `collect`; throws on an empty table.
    public func first<Value: RowValue>(_ type: Value.Type = Value.self) async throws -> (key: Key, value: Value) {
        guard let row = try await take(1, type).first else {
            throw ComponentError(.outOfRange, "An empty table has no first row.")
        }
        return row
    }

    public func keys() async throws -> [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(count)
        try await forEachBatch { batch in for row in 0..<batch.rows { keys.append(batch.key(at: row)) } }
        return keys.sorted()
    }

    /// The rows of these keys that exist, ascending by key.
    public func values<Value: RowValue>(
        of keys: [Key], _ type: Value.Type = Value.self
    ) async throws -> [(key: Key, value: Value)] {
        let handle = handle
        var found: [(key: Key, value: Value)] = []
        for start in stride(from: 0, to: keys.count, by: Int(NORN_BATCH_MAX_ROWS)) {
            let part = Array(keys[start..<min(start + Int(NORN_BATCH_MAX_ROWS), keys.count)])
            found += try await handle.attempt.blocking {
                let call = try slot(handle.session.engine.pointee.table_get, "table_get")
                var rows: [(key: Key, value: Value)] = []
                try withKeyBatch(part) { keys in
                    try receiveBatches({ call(handle.session.session, handle.table, keys, $0, $1) }) { batch in
                        for row in 0..<batch.rows { rows.append((batch.key(at: row), try batch.value(at: row))) }
                    }
                }
                return rows
            }
        }
        return found.sorted { $0.key < $1.key }
    }

    /// Lends the batches of one partition after the other, keys ascending inside each. `body` must not keep a batch.
    public func forEachBatch(_ body: (RowBatch) throws -> Void) async throws {
        try await scan(partition: NORN_ALL_PARTITIONS, limit: UInt64.max, body)
    }

    private func rows<Value: RowValue>(limit: Int?) async throws -> [(key: Key, value: Value)] {
        var rows: [(key: Key, value: Value)] = []
        rows.reserveCapacity(min(limit ?? count, count))
        if let limit {
            // Any partition may hold all of the first rows.
            for partition in 0..<UInt32(partitions) {
                try await scan(partition: partition, limit: UInt64(limit)) { batch in
                    for row in 0..<batch.rows { rows.append((batch.key(at: row), try batch.value(at: row))) }
                }
            }
        } else {
            try await forEachBatch { batch in
                for row in 0..<batch.rows { rows.append((batch.key(at: row), try batch.value(at: row))) }
            }
        }
        if partitions > 1 { rows.sort { $0.key < $1.key } }
        return rows
    }

    private func scan(partition: UInt32, limit: UInt64, _ body: (RowBatch) throws -> Void) async throws {
        try handle.attempt.checkCancelled()
        let handle = handle
        // The body runs while this task waits for it, on one thread at a time: nothing is shared. The thread may hold the
        // call for a moment longer than this task waits, so the body is taken back before the call returns.
        try await withoutActuallyEscaping(body) { body in
            let lent = LentBody(body)
            defer { lent.body = nil }
            try await handle.attempt.blocking {
                defer { lent.body = nil }
                let call = try slot(handle.session.engine.pointee.table_scan, "table_scan")
                try receiveBatches({ call(handle.session.session, handle.table, partition, limit, $0, $1) }) {
                    try lent.body?($0)
                }
            }
        }
    }
}

/// A closure that must not outlive its caller's frame.
private final class LentBody: @unchecked Sendable {
    // Sendable: one thread at a time has it, handed over by `blocking`.
    var body: ((RowBatch) throws -> Void)?

    init(_ body: @escaping (RowBatch) throws -> Void) { self.body = body }
}

/// Gives batches that an engine emits to a closure; the closure's own error comes out as it was thrown.
func receiveBatches(
    _ call: (UnsafePointer<norn_emit>, UnsafeMutablePointer<norn_error>) -> norn_status,
    _ body: (RowBatch) throws -> Void
) throws {
    var receiver = BatchReceiver()
    try withoutActuallyEscaping(body) { body in
        receiver.body = body
        defer { receiver.body = nil }
        do {
            try withUnsafeMutablePointer(to: &receiver) { receiver in
                var emit = norn_emit()
                emit.struct_size = UInt32(MemoryLayout<norn_emit>.size)
                emit.context = UnsafeMutableRawPointer(receiver)
                emit.batch = { context, batch, error in
                    guard let receiver = context?.assumingMemoryBound(to: BatchReceiver.self) else {
                        return NORN_INTERNAL
                    }
                    return receiver.pointee.receive(batch, error)
                }
                try withHostError { call(&emit, $0) }
            }
        } catch {
            throw receiver.thrown ?? error
        }
    }
}

private struct BatchReceiver {
    var body: ((RowBatch) throws -> Void)?
    var thrown: (any Error)?

    mutating func receive(
        _ batch: UnsafePointer<norn_batch>?, _ error: UnsafeMutablePointer<norn_error>?
    ) -> norn_status {
        guard let batch = RowBatch(batch) else { return NORN_OK }
        do {
            try body?(batch)
            return NORN_OK
        } catch let failure {
            thrown = failure
            return ComponentError(thrown: failure).write(to: error, domain: "norn.kit")
        }
    }
}

/// Lends keys as a batch whose values have no bytes.
private func withKeyBatch(_ keys: [Key], _ body: (UnsafePointer<norn_batch>) throws -> Void) throws {
    var buffer = RowBuffer()
    var offsets: [UInt32] = [0]
    for key in keys {
        try key.write(to: &buffer)
        offsets.append(UInt32(buffer.count))
    }
    let noValues = [UInt32](repeating: 0, count: keys.count + 1)
    try offsets.withUnsafeBufferPointer { keyOffsets in
        try noValues.withUnsafeBufferPointer { valueOffsets in
            var batch = norn_batch()
            batch.struct_size = UInt32(MemoryLayout<norn_batch>.size)
            batch.rows = UInt32(keys.count)
            batch.key_offsets = keyOffsets.baseAddress
            batch.keys = UnsafePointer(buffer.base.assumingMemoryBound(to: UInt8.self))
            batch.value_offsets = valueOffsets.baseAddress
            batch.values = batch.keys
            try body(&batch)
        }
    }
}
