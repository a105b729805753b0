/// What a component lists in its descriptor: a function that an engine runs on partitions, in any process that opens the
/// plugin, by (plugin digest, component, name, revision, closure). Nothing else may reach its body: no captured state.
public protocol DeclaredKernel: Sendable {
    var name: String { get }
    /// Raised with every change of what it computes; part of its identity.
    var revision: UInt32 { get }
    var definition: KernelDefinition { get }
}

/// The argument of kernels that take none.
public struct NoArgument: Codable, Sendable {
    public init() {}
}

/// Rows of one table in, rows out.
public struct MapKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition
}

/// Rows of two tables with equal keys in, rows with that key out.
public struct ZipKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition
}

/// Folds a table into one value.
public struct ReduceKernel<Value: Sendable, Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition
    let decode: @Sendable (UnsafeRawBufferPointer) throws -> Value
}

/// Folds the values of each key into one.
public struct GroupKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition
}

/// Makes kernels. Names are unique in a component; bodies must be pure: they may run twice, anywhere, and many at a time.
public enum Kernel {
    /// f(value) for each row; keys and partitions stay.
    public static func mapValues<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (In) throws -> Out
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func mapValues<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (In, Argument) throws -> Out
    ) -> MapKernel<Argument> { fatalError() }

    /// f(key, value) gives a row with any key; shuffles. Two rows with one key: inside a source partition the first stays, of
    /// several partitions the last one's.
    public static func map<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> (Key, Out)
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func map<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> (Key, Out)
    ) -> MapKernel<Argument> { fatalError() }

    /// f(key, value) gives any number of rows; shuffles; equal keys as for `map`.
    public static func flatMap<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> [(Key, Out)]
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func flatMap<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> [(Key, Out)]
    ) -> MapKernel<Argument> { fatalError() }

    /// Keeps the rows for which f(key, value) is true, as they are.
    public static func filter<In: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In) throws -> Bool
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func filter<In: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Key, In, Argument) throws -> Bool
    ) -> MapKernel<Argument> { fatalError() }

    /// f(all rows of a partition, keys ascending) gives rows. The partition is held in memory: `batches` streams instead.
    /// - Parameter keepsKeys: every output key is an input row's key, in the same order; then nothing is shuffled.
    public static func mapPartitions<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false,
        _ body: @escaping @Sendable ([(key: Key, value: In)]) throws -> [(Key, Out)]
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func mapPartitions<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false,
        _ body: @escaping @Sendable ([(key: Key, value: In)], Argument) throws -> [(Key, Out)]
    ) -> MapKernel<Argument> { fatalError() }

    /// f(all rows of a partition) gives one value, under the last key of the partition; an empty partition gives no row.
    public static func applyPartitions<In: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable ([(key: Key, value: In)]) throws -> Out
    ) -> MapKernel<NoArgument> { fatalError() }

    public static func applyPartitions<In: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1,
        _ body: @escaping @Sendable ([(key: Key, value: In)], Argument) throws -> Out
    ) -> MapKernel<Argument> { fatalError() }

    /// The fastest and most general map: a value that sees a partition batch by batch and writes rows into a buffer.
    public static func batches<Body: BatchBody>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false, _ body: Body.Type
    ) -> MapKernel<Body.Argument> { fatalError() }

    /// f(left, right) for each key of both tables.
    public static func join<Left: RowValue, Right: RowValue, Out: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Left, Right) throws -> Out
    ) -> ZipKernel<NoArgument> { fatalError() }

    public static func join<Left: RowValue, Right: RowValue, Out: RowValue, Argument: Codable & Sendable>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Left, Right, Argument) throws -> Out
    ) -> ZipKernel<Argument> { fatalError() }

    /// f(left, right) for each key of both tables; the other rows stay as they are.
    public static func union<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> ZipKernel<NoArgument> { fatalError() }

    /// f(a, b) over all values: in key order inside a partition, then in partition order.
    public static func reduce<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> ReduceKernel<Value, NoArgument> { fatalError() }

    /// Folds rows into a state that has another type: one state for each partition, then their `merge` in partition order.
    public static func fold<Body: FoldBody>(
        _ name: String, revision: UInt32 = 1, _ body: Body.Type
    ) -> ReduceKernel<Body, Body.Argument> { fatalError() }

    /// The second half of `mapReducePartitions`: f(a, b) over the values of one key, in the order (source partition, emission).
    public static func reduceByKey<Value: RowValue>(
        _ name: String, revision: UInt32 = 1, _ body: @escaping @Sendable (Value, Value) throws -> Value
    ) -> GroupKernel<NoArgument> { fatalError() }
}

/// A map over batches. One value is made for each partition; `step` sees its batches in key order, then `finish` is called.
public protocol BatchBody {
    associatedtype Argument: Codable & Sendable = NoArgument
    init(_ argument: Argument, partition: PartitionPlace) throws
    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws
    mutating func finish(into output: inout RowOutput) throws
}

extension BatchBody {
    public mutating func finish(into output: inout RowOutput) throws {}
}

/// A fold over batches; the folded state travels as CBOR.
public protocol FoldBody: Codable, Sendable {
    associatedtype Argument: Codable & Sendable = NoArgument
    init(_ argument: Argument) throws
    mutating func step(_ batch: RowBatch) throws
    mutating func merge(_ other: Self) throws
}

/// Which partition a kernel works on.
public struct PartitionPlace: Sendable {
    public let index: Int
    public let count: Int
}
