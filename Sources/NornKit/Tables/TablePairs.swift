import NornABI

/// Two tables: the one with fewer partitions is repartitioned to the other's count.
extension Table {
    /// Keys of both, left values.
    public func join(_ other: Table) async throws -> Table {
        try await zip(other, NORN_ZIP_INNER, BuiltInKernels.keepLeft, NoArgument())
    }

    /// Keys of both, f(left, right).
    public func join(_ other: Table, _ kernel: ZipKernel<NoArgument>) async throws -> Table {
        try await zip(other, NORN_ZIP_INNER, kernel, NoArgument())
    }

    public func join<A>(_ other: Table, _ kernel: ZipKernel<A>, with argument: A) async throws -> Table {
        try await zip(other, NORN_ZIP_INNER, kernel, argument)
    }

    /// Keys of either; of both: the left value.
    public func union(_ other: Table) async throws -> Table {
        try await zip(other, NORN_ZIP_OUTER, BuiltInKernels.unionLeft, NoArgument())
    }

    /// Keys of either; of both: f(left, right).
    public func union(_ other: Table, _ kernel: ZipKernel<NoArgument>) async throws -> Table {
        try await zip(other, NORN_ZIP_OUTER, kernel, NoArgument())
    }

    /// Rows whose key the other table has not.
    public func subtractByKey(_ other: Table) async throws -> Table {
        try await zip(other, NORN_ZIP_ANTI, nil as ZipKernel<NoArgument>?, NoArgument())
    }

    private func zip<A>(
        _ other: Table, _ mode: UInt32, _ kernel: ZipKernel<A>?, _ argument: A
    ) async throws -> Table {
        let (left, right) = try await copartitioned(with: other)
        return try await left.making { session, out, error in
            let call = try slot(session.engine.pointee.zip, "zip")
            var spec = left.spec
            guard let kernel else {
                return call(session.session, left.table, right.table, mode, nil, &spec, out, error)
            }
            return try left.withKernel(kernel, argument) { kernel in
                call(session.session, left.table, right.table, mode, kernel, &spec, out, error)
            }
        }
    }

    private func copartitioned(with other: Table) async throws -> (TableHandle, TableHandle) {
        if handle.partitioner == other.handle.partitioner, partitions == other.partitions {
            return (handle, other.handle)
        }
        let partitions = max(partitions, other.partitions)
        return (try await repartitioned(partitions).handle, try await other.repartitioned(partitions).handle)
    }
}
