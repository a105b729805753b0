import NornABI

/// The engine's functions in the tests' words. A table is its handle.
extension EngineSession {
    static func spec(_ partitions: UInt32, _ partitioner: UInt32, _ flags: UInt32) -> norn_table_spec {
        var spec = norn_table_spec()
        spec.struct_size = UInt32(MemoryLayout<norn_table_spec>.size)
        spec.partitions = partitions
        spec.partitioner = partitioner
        spec.flags = flags
        return spec
    }

    func create(
        partitions: UInt32, partitioner: UInt32 = NORN_PARTITIONER_HASH, flags: UInt32 = NORN_TABLE_TEMPORARY
    ) throws -> UInt64 {
        var table: UInt64 = 0
        var spec = Self.spec(partitions, partitioner, flags)
        try checked { engine.table_create(session, &spec, &table, $0) }
        return table
    }

    func put(_ table: UInt64, _ buffer: BatchBuffer) throws {
        try buffer.withBatch { batch in try checked { engine.table_put(session, table, batch, $0) } }
    }

    func put(_ table: UInt64, _ rows: [Row]) throws {
        try put(table, BatchBuffer(rows))
    }

    func seal(_ table: UInt64) throws {
        try checked { engine.table_seal(session, table, $0) }
    }

    /// A sealed table of rows that may come in any order.
    func table(
        _ rows: [Row], partitions: UInt32 = 3, partitioner: UInt32 = NORN_PARTITIONER_HASH,
        flags: UInt32 = NORN_TABLE_TEMPORARY, batchRows: Int = 1000
    ) throws -> UInt64 {
        let table = try create(partitions: partitions, partitioner: partitioner, flags: flags)
        for start in stride(from: 0, to: rows.count, by: batchRows) {
            try put(table, Array(rows[start..<min(start + batchRows, rows.count)]))
        }
        try seal(table)
        return table
    }

    func info(_ table: UInt64) throws -> norn_table_info {
        var info = norn_table_info()
        info.struct_size = UInt32(MemoryLayout<norn_table_info>.size)
        try checked { engine.table_info(session, table, &info, $0) }
        return info
    }

    func publish(_ table: UInt64) throws -> String {
        let path = Collector()
        var sink = norn_sink()
        sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
        sink.context = Unmanaged.passUnretained(path).toOpaque()
        sink.write = collectBytes
        try withExtendedLifetime(path) { try checked { engine.table_publish(session, table, &sink, $0) } }
        return String(decoding: path.bytes, as: UTF8.self)
    }

    func open(_ descriptor: String) throws -> UInt64 {
        var table: UInt64 = 0
        try Array(descriptor.utf8).withUnsafeBufferPointer { path in
            let bytes = norn_bytes(data: path.baseAddress, count: UInt64(path.count))
            try checked { engine.table_open(session, bytes, &table, $0) }
        }
        return table
    }

    func release(_ table: UInt64) { engine.table_release(session, table) }

    func destroy(_ table: UInt64) throws {
        try checked { engine.table_destroy(session, table, $0) }
    }

    /// Every batch of a scan, by `visit`.
    func scan(
        _ table: UInt64, partition: UInt32 = NORN_ALL_PARTITIONS, limit: UInt64 = .max,
        visit: (BatchView) throws -> Void
    ) throws {
        try withEmit(visit) { emit in
            try checked { engine.table_scan(session, table, partition, limit, emit, $0) }
        }
    }

    func rows(_ table: UInt64, partition: UInt32 = NORN_ALL_PARTITIONS, limit: UInt64 = .max) throws -> [Row] {
        var rows: [Row] = []
        try scan(table, partition: partition, limit: limit) { rows += $0.rows }
        return rows
    }

    /// Rows of each partition.
    func partitions(_ table: UInt64) throws -> [[Row]] {
        try (0..<info(table).partitions).map { try rows(table, partition: $0) }
    }

    func get(_ table: UInt64, _ keys: [[UInt8]]) throws -> [Row] {
        var rows: [Row] = []
        try BatchBuffer(keys.map { Row($0, []) }).withBatch { batch in
            try withEmit({ rows += $0.rows }) { emit in
                try checked { engine.table_get(session, table, batch, emit, $0) }
            }
        }
        return rows
    }

    func mapReduce(
        _ table: UInt64, map: TestKernel? = nil, group: TestKernel? = nil, partitions: UInt32 = 0,
        partitioner: UInt32 = 0
    ) throws -> UInt64 {
        var out: UInt64 = 0
        var spec = Self.spec(partitions, partitioner, 0)
        try withReference(map) { map in
            try withReference(group) { group in
                try checked { engine.map_reduce(session, table, map, group, &spec, &out, $0) }
            }
        }
        return out
    }

    func zip(
        _ left: UInt64, _ right: UInt64, _ mode: UInt32, _ kernel: TestKernel?, partitions: UInt32 = 0
    ) throws -> UInt64 {
        var out: UInt64 = 0
        var spec = Self.spec(partitions, 0, 0)
        try withReference(kernel) { kernel in
            try checked { engine.zip(session, left, right, mode, kernel, &spec, &out, $0) }
        }
        return out
    }

    func reduce(_ table: UInt64, _ kernel: TestKernel) throws -> [UInt8] {
        let result = Collector()
        var sink = norn_sink()
        sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
        sink.context = Unmanaged.passUnretained(result).toOpaque()
        sink.write = collectBytes
        try withReference(kernel) { kernel in
            try withExtendedLifetime(result) { try checked { engine.reduce(session, table, kernel, &sink, $0) } }
        }
        return result.bytes
    }

    func repartition(
        _ table: UInt64, partitions: UInt32, partitioner: UInt32 = NORN_PARTITIONER_HASH
    ) throws -> UInt64 {
        var out: UInt64 = 0
        var spec = Self.spec(partitions, partitioner, 0)
        try checked { engine.repartition(session, table, &spec, &out, $0) }
        return out
    }
}

private func withReference<Result>(
    _ kernel: TestKernel?, _ body: (UnsafePointer<norn_kernel_reference>?) throws -> Result
) rethrows -> Result {
    guard let kernel else { return try body(nil) }
    return try withExtendedLifetime(kernel) { try withUnsafePointer(to: kernel.reference) { try body($0) } }
}

private final class Collector {
    var bytes: [UInt8] = []
}

private let collectBytes:
    @convention(c) (UnsafeMutableRawPointer?, norn_bytes, UnsafeMutablePointer<norn_error>?) -> UInt32 = {
        context, bytes, _ in
        let collector = Unmanaged<Collector>.fromOpaque(context!).takeUnretainedValue()
        collector.bytes += UnsafeBufferPointer(start: bytes.data, count: Int(bytes.count))
        return 0
    }

private final class Visitor {
    let visit: (BatchView) throws -> Void
    init(_ visit: @escaping (BatchView) throws -> Void) { self.visit = visit }
}

private func withEmit(
    _ visit: (BatchView) throws -> Void, _ body: (UnsafePointer<norn_emit>) throws -> Void
) throws {
    try withoutActuallyEscaping(visit) { visit in
        let visitor = Visitor(visit)
        var emit = norn_emit()
        emit.struct_size = UInt32(MemoryLayout<norn_emit>.size)
        emit.context = Unmanaged.passUnretained(visitor).toOpaque()
        emit.batch = { context, batch, error in
            let visitor = Unmanaged<Visitor>.fromOpaque(context!).takeUnretainedValue()
            do {
                try visitor.visit(BatchView(batch: batch!.pointee))
                return 0
            } catch let failure as EngineFailure {
                return failure.fill(error)
            } catch let other {
                return EngineFailure(status: NORN_UNKNOWN, message: "\(other)").fill(error)
            }
        }
        try withExtendedLifetime(visitor) { try withUnsafePointer(to: emit) { try body($0) } }
    }
}
