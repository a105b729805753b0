/// An immutable table of this attempt's engine: rows of key and value bytes in partitions, keys ascending inside each.
///
/// Derived tables live as long as a handle to them and never longer than the attempt; `Outputs.table` keeps one. A
/// derived table has no schema: the caller gives one when it hands the table out. All operations run on the engine's
/// threads and throw `ComponentError`.
public struct Table: Sendable {
    /// What the values mean; of an input: as it was stored.
    public var schema: TableSchema?
    let handle: TableHandle

    public var partitions: Int { handle.partitions }
    public var count: Int { handle.rows }

    // MARK: one table

    public func mapValues<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func map<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func flatMap<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func filter<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func mapPartitions<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func applyPartitions<A>(_ kernel: MapKernel<A>, with argument: A) async throws -> Table { fatalError() }
    public func mapValues(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }
    public func map(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }
    public func flatMap(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }
    public func filter(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }
    public func mapPartitions(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }
    public func applyPartitions(_ kernel: MapKernel<NoArgument>) async throws -> Table { fatalError() }

    /// Maps each partition, shuffles by key, folds the values of each key.
    public func mapReducePartitions<A, B>(
        _ map: MapKernel<A>, with argument: A, by reduce: GroupKernel<B>, with reduceArgument: B
    ) async throws -> Table { fatalError() }
    public func mapReducePartitions<A>(
        _ map: MapKernel<A>, with argument: A, by reduce: GroupKernel<NoArgument>
    ) async throws -> Table { fatalError() }
    public func mapReducePartitions(
        _ map: MapKernel<NoArgument>, by reduce: GroupKernel<NoArgument>
    ) async throws -> Table { fatalError() }

    /// nil for an empty table.
    public func reduce<V, A>(_ kernel: ReduceKernel<V, A>, with argument: A) async throws -> V? { fatalError() }
    public func reduce<V>(_ kernel: ReduceKernel<V, NoArgument>) async throws -> V? { fatalError() }

    /// Each row with this probability; the same seed starts anew in each partition.
    public func sample(fraction: Double, seed: UInt64) async throws -> Table { fatalError() }
    /// Exactly `count` rows; throws when the table has fewer.
    public func sample(count: Int, seed: UInt64) async throws -> Table { fatalError() }

    /// The same rows in another number of partitions; itself when nothing changes.
    public func repartitioned(_ partitions: Int) async throws -> Table { fatalError() }

    // MARK: two tables; the one with fewer partitions is repartitioned to the other's count

    /// Keys of both, left values.
    public func join(_ other: Table) async throws -> Table { fatalError() }
    public func join(_ other: Table, _ kernel: ZipKernel<NoArgument>) async throws -> Table { fatalError() }
    public func join<A>(_ other: Table, _ kernel: ZipKernel<A>, with argument: A) async throws -> Table { fatalError() }
    /// Keys of either; of both: the left value.
    public func union(_ other: Table) async throws -> Table { fatalError() }
    public func union(_ other: Table, _ kernel: ZipKernel<NoArgument>) async throws -> Table { fatalError() }
    /// Rows whose key the other table has not.
    public func subtractByKey(_ other: Table) async throws -> Table { fatalError() }

    // MARK: rows out, in ascending order of key bytes over all partitions

    public func collect<Value: RowValue>(_ type: Value.Type = Value.self) async throws -> [(key: Key, value: Value)] {
        fatalError()
    }
    /// The first rows of `collect`; throws when `count` is not positive.
    public func take<Value: RowValue>(
        _ count: Int, _ type: Value.Type = Value.self
    ) async throws -> [(key: Key, value: Value)] { fatalError() }
    /// The first row of `collect`; throws on an empty table.
    public func first<Value: RowValue>(_ type: Value.Type = Value.self) async throws -> (key: Key, value: Value) {
        fatalError()
    }
    public func keys() async throws -> [Key] { fatalError() }
    /// The rows of these keys that exist, in no order.
    public func values<Value: RowValue>(
        of keys: [Key], _ type: Value.Type = Value.self
    ) async throws -> [(key: Key, value: Value)] { fatalError() }
    /// Batches of one partition after the other, keys ascending inside each; `body` runs on the calling thread of the engine and
    /// must not keep the batch.
    public func forEachBatch(_ body: (RowBatch) throws -> Void) async throws { fatalError() }

    /// The rows of a `float64` table in memory, ascending by key bytes over all partitions: the same order at every read.
    public func instances() async throws -> Instances { fatalError() }
}
