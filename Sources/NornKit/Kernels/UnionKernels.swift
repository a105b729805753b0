import NornABI

extension Kernel {
    /// f(left, right) for each key of both tables; rows of one table only stay as they are.
    @inlinable
    public static func union<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> ZipKernel<NoArgument> {
        outer(name, revision) { key, left, right, output in
            try output.put(key: key, try body(try Value(rowBytes: left), try Value(rowBytes: right)))
        }
    }

    /// Rows of either table; `common` writes those with a key of both.
    @inlinable
    static func outer(
        _ name: String, _ revision: UInt32,
        common:
            @escaping @Sendable (
                _ key: UnsafeRawBufferPointer, _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer,
                inout RowOutput
            ) throws -> Void
    ) -> ZipKernel<NoArgument> {
        ZipKernel(
            KernelDefinition(name: name, revision: revision, kind: NORN_KERNEL_ZIP, flags: valueFlags) { _, _ in
                rowsRun(step: { left, right, output in
                    guard let right, left.rows == right.rows else { throw unaligned() }
                    for row in 0..<left.rows {
                        switch (left.isPresent(row), right.isPresent(row)) {
                        case (true, true):
                            try common(
                                left.keyBytes(at: row), left.valueBytes(at: row), right.valueBytes(at: row), &output)
                        case (true, false):
                            try output.put(key: left.keyBytes(at: row), value: left.valueBytes(at: row))
                        case (false, true):
                            try output.put(key: right.keyBytes(at: row), value: right.valueBytes(at: row))
                        case (false, false): continue
                        }
                    }
                })
            })
    }
}
