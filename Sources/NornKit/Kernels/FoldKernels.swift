import NornABI

/// A fold over batches into a state of another type; the state travels as CBOR.
public protocol FoldBody: Codable, Sendable {
    associatedtype Argument: Codable & Sendable = NoArgument
    init(_ argument: Argument) throws
    /// Sees the batches of one partition in key order.
    mutating func step(_ batch: RowBatch) throws
    /// Takes the state of a later partition.
    mutating func merge(_ other: Self) throws
}

extension Kernel {
    /// f(a, b) over all values: in key order inside a partition, then the partitions' results in their order.
    @inlinable
    public static func reduce<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> ReduceKernel<Value, NoArgument> {
        let definition = KernelDefinition(
            name: name, revision: revision, kind: NORN_KERNEL_REDUCE, flags: NORN_KERNEL_PURE | NORN_KERNEL_ORDERED
        ) { _, _ in
            var folded: Value?
            func fold(_ value: Value) throws { folded = try folded.map { try body($0, value) } ?? value }
            return KernelRun(
                step: { left, _, _ in
                    guard let batch = RowBatch(left) else { return }
                    for row in 0..<batch.rows { try fold(try batch.value(at: row)) }
                },
                freeze: { try freeze(folded) },
                merge: { frozen in if let value = try thaw(Value.self, frozen) { try fold(value) } })
        }
        return ReduceKernel(definition) { frozen in
            guard let value = try thaw(Value.self, frozen) else { throw emptyState() }
            return value
        }
    }

    /// Folds rows into a `FoldBody`: one state for each partition, then merged in partition order.
    public static func fold<Body: FoldBody>(
        _ name: String, revision: UInt32 = 1, _ body: Body.Type
    ) -> ReduceKernel<Body, Body.Argument> {
        let definition = KernelDefinition(
            name: name, revision: revision, kind: NORN_KERNEL_REDUCE, flags: NORN_KERNEL_PURE | NORN_KERNEL_ORDERED
        ) { given, _ in
            var body = try Body(try argument(Body.Argument.self, given))
            return KernelRun(
                step: { left, _, _ in if let batch = RowBatch(left) { try body.step(batch) } },
                freeze: { try CBOREncoder().encode(body) },
                merge: { frozen in try body.merge(try CBORDecoder().decode(from: Array(frozen))) })
        }
        return ReduceKernel(definition) { try CBORDecoder().decode(Body.self, from: Array($0)) }
    }

    /// The second half of `mapReducePartitions`: f(a, b) over the values of one key, in the order (source partition,
    /// emission).
    @inlinable
    public static func reduceByKey<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> GroupKernel<NoArgument> {
        GroupKernel(
            KernelDefinition(
                name: name, revision: revision, kind: NORN_KERNEL_GROUP,
                flags: NORN_KERNEL_PURE | NORN_KERNEL_ORDERED | NORN_KERNEL_KEEPS_KEYS
            ) { _, _ in
                var key: [UInt8] = []
                var folded: Value?
                func end(_ output: inout RowOutput) throws {
                    if let value = folded { try key.withUnsafeBytes { try output.put(key: $0, value) } }
                    folded = nil
                }
                return rowsRun { batch, _, output in
                    for row in 0..<batch.rows {
                        let rowKey = batch.keyBytes(at: row)
                        let value = try batch.value(at: row, as: Value.self)
                        if let before = folded, key.elementsEqual(rowKey) {
                            folded = try body(before, value)
                        } else {
                            try end(&output)
                            key.replaceSubrange(key.startIndex..., with: rowKey)
                            folded = value
                        }
                    }
                } finish: { output in
                    try end(&output)
                }
            })
    }

    /// A byte before the value tells the value of no bytes from no value.
    @inlinable
    static func freeze<Value: RowValue>(_ value: Value?) throws -> [UInt8] {
        guard let value else { return [] }
        var buffer = RowBuffer()
        buffer.append(1 as UInt8)
        try value.write(to: &buffer)
        return Array(buffer.bytes)
    }

    @inlinable
    static func thaw<Value: RowValue>(_ type: Value.Type, _ frozen: UnsafeRawBufferPointer) throws -> Value? {
        frozen.isEmpty ? nil : try Value(rowBytes: UnsafeRawBufferPointer(rebasing: frozen.dropFirst()))
    }

    @usableFromInline
    static func emptyState() -> ComponentError {
        ComponentError(.internal, "The engine gave a reduction's state without a value.", fault: .host)
    }
}
