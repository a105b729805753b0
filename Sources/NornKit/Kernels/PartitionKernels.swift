import NornABI

extension Kernel {
    /// f(all rows of a partition, keys ascending) gives rows. The partition is held in memory; `batches` streams.
    /// - Parameter keepsKeys: every output key is an input row's key, in the same order; then nothing is shuffled.
    @inlinable
    public static func mapPartitions<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false,
        _ body: @escaping @Sendable ([(key: Key, value: In)]) throws -> [(Key, Out)]
    ) -> MapKernel<NoArgument> {
        partitions(name, revision, keepsKeys) { (rows: [(key: Key, value: In)], _: NoArgument, output) in
            for (key, value) in try body(rows) { try output.put(key, value) }
        }
    }

    @inlinable
    public static func mapPartitions<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false,
        _ body: @escaping @Sendable ([(key: Key, value: In)], Argument) throws -> [(Key, Out)]
    ) -> MapKernel<Argument> {
        partitions(name, revision, keepsKeys) { (rows: [(key: Key, value: In)], argument: Argument, output) in
            for (key, value) in try body(rows, argument) { try output.put(key, value) }
        }
    }

    /// f(all rows of a partition) gives one value, under the partition's last key; an empty partition gives no row.
    @inlinable
    public static func applyPartitions<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable ([(key: Key, value: In)]) throws -> Out
    ) -> MapKernel<NoArgument> {
        partitions(name, revision, true) { (rows: [(key: Key, value: In)], _: NoArgument, output) in
            if let last = rows.last { try output.put(last.key, try body(rows)) }
        }
    }

    @inlinable
    public static func applyPartitions<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1,
        _ body: @escaping @Sendable ([(key: Key, value: In)], Argument) throws -> Out
    ) -> MapKernel<Argument> {
        partitions(name, revision, true) { (rows: [(key: Key, value: In)], argument: Argument, output) in
            if let last = rows.last { try output.put(last.key, try body(rows, argument)) }
        }
    }

    @inlinable
    static func partitions<In: RowValue, Argument: Codable & Sendable>(
        _ name: String, _ revision: UInt32, _ keepsKeys: Bool,
        _ body: @escaping @Sendable ([(key: Key, value: In)], Argument, inout RowOutput) throws -> Void
    ) -> MapKernel<Argument> {
        MapKernel(
            KernelDefinition(
                name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: mapFlags(keepsKeys: keepsKeys)
            ) { given, _ in
                let argument = try argument(Argument.self, given)
                var rows: [(key: Key, value: In)] = []
                return rowsRun { batch, _, _ in
                    for row in 0..<batch.rows { rows.append((batch.key(at: row), try batch.value(at: row))) }
                } finish: { output in
                    try body(rows, argument, &output)
                }
            })
    }
}
