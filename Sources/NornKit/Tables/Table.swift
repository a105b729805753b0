import NornABI

/// An immutable table of this attempt's engine: rows of key and value bytes in partitions, keys ascending inside each.
///
/// A derived table lives as long as a handle to it and never longer than the attempt; `Outputs.table` keeps one. It has
/// no schema: who hands it out gives one. Every operation runs on the engine's threads and throws `ComponentError`;
/// semantics are those of FATE's tables. Where a function is asked for, give a kernel of the running component.
public struct Table: Sendable {
    /// What the values mean; of an input: as it was stored.
    public var schema: TableSchema?
    let handle: TableHandle

    public var partitions: Int { handle.partitions }
    public var count: Int { handle.rows }
}

extension Table {
    public func mapValues<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func map<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func flatMap<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func filter<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func mapPartitions<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func applyPartitions<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table {
        try await run(kernel, argument)
    }

    public func mapValues(_ kernel: MapKernel<NoArgument>) async throws -> Table { try await run(kernel, NoArgument()) }
    public func map(_ kernel: MapKernel<NoArgument>) async throws -> Table { try await run(kernel, NoArgument()) }
    public func flatMap(_ kernel: MapKernel<NoArgument>) async throws -> Table { try await run(kernel, NoArgument()) }
    public func filter(_ kernel: MapKernel<NoArgument>) async throws -> Table { try await run(kernel, NoArgument()) }
    public func mapPartitions(_ kernel: MapKernel<NoArgument>) async throws -> Table {
        try await run(kernel, NoArgument())
    }
    public func applyPartitions(_ kernel: MapKernel<NoArgument>) async throws -> Table {
        try await run(kernel, NoArgument())
    }

    /// What a map kernel does is its own: the six operations differ in the kernel, not here.
    func run<A>(_ kernel: MapKernel<A>, _ argument: A) async throws -> Table {
        let handle = handle
        return try await handle.making { session, out, error in
            let call = try slot(session.engine.pointee.map_reduce, "map_reduce")
            return try handle.withKernel(kernel, argument) { map in
                var spec = handle.spec
                return call(session.session, handle.table, map, nil, &spec, out, error)
            }
        }
    }

    /// Maps each partition, shuffles by key, folds the values of each key in the order (source partition, emission).
    public func mapReducePartitions<A, B>(
        _ map: MapKernel<A>, with argument: A, by reduce: GroupKernel<B>, with reduceArgument: B
    ) async throws -> Table {
        let handle = handle
        return try await handle.making { session, out, error in
            let call = try slot(session.engine.pointee.map_reduce, "map_reduce")
            return try handle.withKernel(map, argument) { map in
                try handle.withKernel(reduce, reduceArgument) { group in
                    var spec = handle.spec
                    return call(session.session, handle.table, map, group, &spec, out, error)
                }
            }
        }
    }

    public func mapReducePartitions<A>(
        _ map: MapKernel<A>, with argument: A, by reduce: GroupKernel<NoArgument>
    ) async throws -> Table {
        try await mapReducePartitions(map, with: argument, by: reduce, with: NoArgument())
    }

    public func mapReducePartitions(
        _ map: MapKernel<NoArgument>, by reduce: GroupKernel<NoArgument>
    ) async throws -> Table {
        try await mapReducePartitions(map, with: NoArgument(), by: reduce, with: NoArgument())
    }

    /// nil for an empty table.
    public func reduce<V, A>(_ kernel: ReduceKernel<V, A>, with argument: A) async throws -> V? {
        let handle = handle
        let frozen = try await handle.attempt.blocking {
            try handle.attempt.checkCancelled()
            let session = handle.session
            let call = try slot(session.engine.pointee.reduce, "reduce")
            return try handle.withKernel(kernel, argument) { reference in
                try gatherBytes { call(session.session, handle.table, reference, $0, $1) }
            }
        }
        return frozen.isEmpty ? nil : try frozen.withUnsafeBytes { try kernel.thaw($0) }
    }

    public func reduce<V>(_ kernel: ReduceKernel<V, NoArgument>) async throws -> V? {
        try await reduce(kernel, with: NoArgument())
    }

    /// The same rows in another number of partitions; itself when nothing changes.
    public func repartitioned(_ partitions: Int) async throws -> Table {
        guard partitions > 0 else {
            throw ComponentError(.invalidArgument, "A table has at least one partition, not \(partitions).")
        }
        if partitions == self.partitions, handle.partitioner == NORN_PARTITIONER_HASH { return self }
        let handle = handle
        var table = try await handle.making { session, out, error in
            let call = try slot(session.engine.pointee.repartition, "repartition")
            var spec = norn_table_spec(partitions: partitions)
            return call(session.session, handle.table, &spec, out, error)
        }
        table.schema = schema
        return table
    }
}
