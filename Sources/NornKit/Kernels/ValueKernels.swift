import NornABI

extension Kernel {
    /// f(value) for each row; keys and partitions stay.
    @inlinable
    public static func mapValues<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (In) throws -> Out
    ) -> MapKernel<NoArgument> {
        MapKernel(
            KernelDefinition(name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: valueFlags) { _, _ in
                mapValuesRun(body)
            })
    }

    @inlinable
    public static func mapValues<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (In, Argument) throws -> Out
    ) -> MapKernel<Argument> {
        MapKernel(
            KernelDefinition(name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: valueFlags) { given, _ in
                let argument = try argument(Argument.self, given)
                return mapValuesRun { (value: In) in try body(value, argument) }
            })
    }

    /// f(left, right) for each key of both tables.
    @inlinable
    public static func join<Left: RowValue, Right: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Left, Right) throws -> Out
    ) -> ZipKernel<NoArgument> {
        ZipKernel(
            KernelDefinition(name: name, revision: revision, kind: NORN_KERNEL_ZIP, flags: valueFlags) { _, _ in
                joinRun(body)
            })
    }

    @inlinable
    public static func join<Left: RowValue, Right: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Left, Right, Argument) throws -> Out
    ) -> ZipKernel<Argument> {
        ZipKernel(
            KernelDefinition(name: name, revision: revision, kind: NORN_KERNEL_ZIP, flags: valueFlags) { given, _ in
                let argument = try argument(Argument.self, given)
                return joinRun { (left: Left, right: Right) in try body(left, right, argument) }
            })
    }

    @usableFromInline static var valueFlags: UInt32 {
        NORN_KERNEL_PURE | NORN_KERNEL_KEEPS_KEYS | NORN_KERNEL_IDEMPOTENT
    }

    @inlinable
    static func mapValuesRun<In: RowValue, Out: RowValue>(_ body: @escaping (In) throws -> Out) -> KernelRun {
        let output = ValueOutput()
        return KernelRun(step: { left, _, emit in
            guard let batch = RowBatch(left) else { return }
            try output.write(keysOf: batch, emit: emit) { row, values in
                try body(try In(rowBytes: batch.valueBytes(at: row))).write(to: &values)
            }
        })
    }

    @inlinable
    static func joinRun<Left: RowValue, Right: RowValue, Out: RowValue>(
        _ body: @escaping (Left, Right) throws -> Out
    ) -> KernelRun {
        let output = ValueOutput()
        return KernelRun(step: { left, right, emit in
            guard let left = RowBatch(left), let right = RowBatch(right) else { return }
            guard left.rows == right.rows else { throw unaligned() }
            try output.write(keysOf: left, emit: emit) { row, values in
                let value = try body(
                    try Left(rowBytes: left.valueBytes(at: row)), try Right(rowBytes: right.valueBytes(at: row)))
                try value.write(to: &values)
            }
        })
    }

    @usableFromInline
    static func unaligned() -> ComponentError {
        ComponentError(.internal, "The engine gave the two sides of a zip different numbers of rows.", fault: .host)
    }
}

/// New values under the keys of an input batch: the keys are lent on as they are, only values are written.
@usableFromInline
final class ValueOutput {
    @usableFromInline var values = RowBuffer()
    @usableFromInline let offsets: UnsafeMutablePointer<UInt32>

    @usableFromInline
    init() { offsets = .allocate(capacity: Int(NORN_BATCH_MAX_ROWS) + 1) }

    deinit { offsets.deallocate() }

    @inlinable
    func write(
        keysOf batch: RowBatch, emit: UnsafePointer<norn_emit>?,
        _ writeRow: (_ row: Int, _ values: inout RowBuffer) throws -> Void
    ) throws {
        guard batch.rows <= Int(NORN_BATCH_MAX_ROWS) else { throw tooManyRows() }
        values.removeAll()
        offsets[0] = 0
        var first = 0
        var room = room(for: batch, from: 0)
        for row in 0..<batch.rows {
            let before = values.count
            try writeRow(row, &values)
            if values.count > room, row > first {
                try send(batch, first..<row, emit)
                values.keepTail(from: before)
                offsets[0] = 0
                first = row
                room = self.room(for: batch, from: row)
            }
            offsets[row - first + 1] = UInt32(truncatingIfNeeded: values.count)
        }
        try send(batch, first..<batch.rows, emit)
    }

    /// Bytes of values that fit beside the keys that are left.
    @inlinable
    func room(for batch: RowBatch, from row: Int) -> Int {
        Int(NORN_BATCH_MAX_BYTES) - Int(batch.keyOffsets[batch.rows] - batch.keyOffsets[row])
    }

    @usableFromInline
    func send(_ batch: RowBatch, _ range: Range<Int>, _ emit: UnsafePointer<norn_emit>?) throws {
        if range.count == 1 { try checkRow(keyBytes: 0, valueBytes: Int(offsets[1])) }
        var out = norn_batch()
        out.struct_size = UInt32(MemoryLayout<norn_batch>.size)
        out.rows = UInt32(range.count)
        out.key_offsets = batch.keyOffsets + range.lowerBound
        out.keys = batch.keyBytes
        out.value_offsets = UnsafePointer(offsets)
        out.values = UnsafePointer(values.base.assumingMemoryBound(to: UInt8.self))
        try emit.send(&out)
    }

    @usableFromInline
    func tooManyRows() -> ComponentError {
        ComponentError(.internal, "The engine gave a batch of more than \(NORN_BATCH_MAX_ROWS) rows.", fault: .host)
    }
}

extension RowBuffer {
    /// Drops what was written before an offset.
    @usableFromInline
    mutating func keepTail(from offset: Int) {
        base.copyMemory(from: base + offset, byteCount: used - offset)
        used -= offset
    }
}
