import NornABI

extension Kernel {
    /// f(key, value) gives a row with any key; shuffles. Of rows with one key the first of a source partition stays,
    /// and of several partitions the last one's.
    @inlinable
    public static func map<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> (Key, Out)
    ) -> MapKernel<NoArgument> {
        rows(name, revision) { (key, value: In, _: NoArgument, output) in
            let (newKey, newValue) = try body(key, value)
            try output.put(newKey, newValue)
        }
    }

    @inlinable
    public static func map<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> (Key, Out)
    ) -> MapKernel<Argument> {
        rows(name, revision) { (key, value: In, argument: Argument, output) in
            let (newKey, newValue) = try body(key, value, argument)
            try output.put(newKey, newValue)
        }
    }

    /// f(key, value) gives any number of rows; shuffles; equal keys as for `map`.
    @inlinable
    public static func flatMap<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> [(Key, Out)]
    ) -> MapKernel<NoArgument> {
        rows(name, revision) { (key, value: In, _: NoArgument, output) in
            for (newKey, newValue) in try body(key, value) { try output.put(newKey, newValue) }
        }
    }

    @inlinable
    public static func flatMap<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> [(Key, Out)]
    ) -> MapKernel<Argument> {
        rows(name, revision) { (key, value: In, argument: Argument, output) in
            for (newKey, newValue) in try body(key, value, argument) { try output.put(newKey, newValue) }
        }
    }

    /// Keeps the rows for which f(key, value) is true, as they are.
    @inlinable
    public static func filter<In: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> Bool
    ) -> MapKernel<NoArgument> {
        filtering(name, revision) { (key, value: In, _: NoArgument) in try body(key, value) }
    }

    @inlinable
    public static func filter<In: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> Bool
    ) -> MapKernel<Argument> {
        filtering(name, revision, body)
    }

    @inlinable
    static func rows<In: RowValue, Argument: Codable & Sendable>(
        _ name: String, _ revision: UInt32,
        _ body: @escaping @Sendable (Key, In, Argument, inout RowOutput) throws -> Void
    ) -> MapKernel<Argument> {
        MapKernel(
            KernelDefinition(
                name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: mapFlags(keepsKeys: false)
            ) { given, _ in
                let argument = try argument(Argument.self, given)
                return rowsRun(step: { batch, _, output in
                    for row in 0..<batch.rows {
                        try body(batch.key(at: row), try batch.value(at: row), argument, &output)
                    }
                })
            })
    }

    @inlinable
    static func filtering<In: RowValue, Argument: Codable & Sendable>(
        _ name: String, _ revision: UInt32, _ body: @escaping @Sendable (Key, In, Argument) throws -> Bool
    ) -> MapKernel<Argument> {
        MapKernel(
            KernelDefinition(
                name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: mapFlags(keepsKeys: true)
            ) { given, _ in
                let argument = try argument(Argument.self, given)
                return rowsRun(step: { batch, _, output in
                    for row in 0..<batch.rows where try body(batch.key(at: row), try batch.value(at: row), argument) {
                        try output.put(key: batch.keyBytes(at: row), value: batch.valueBytes(at: row))
                    }
                })
            })
    }
}
