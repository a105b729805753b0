import NornABI

/// A kernel with its types erased: what a plugin's vtables carry.
public struct KernelDefinition: Sendable {
    public let name: String
    public let revision: UInt32
    /// one of NORN_KERNEL_MAP ...
    let kind: UInt32
    let flags: UInt32
    /// Makes the run of one partition.
    let open: @Sendable (_ argument: CBOR, _ place: PartitionPlace) throws -> KernelRun

    @usableFromInline
    init(
        name: String, revision: UInt32, kind: UInt32, flags: UInt32,
        open: @escaping @Sendable (CBOR, PartitionPlace) throws -> KernelRun
    ) {
        self.name = name
        self.revision = revision
        self.kind = kind
        self.flags = flags
        self.open = open
    }
}

/// A kernel at work on one partition, called by one thread at a time. Closures, not methods of a generic class: a
/// closure is specialised where the kernel is declared, a class's vtable is not.
@usableFromInline
struct KernelRun {
    @usableFromInline typealias Batch = UnsafePointer<norn_batch>?
    @usableFromInline typealias Emit = UnsafePointer<norn_emit>?

    let step: (_ left: Batch, _ right: Batch, Emit) throws -> Void
    var finish: (Emit) throws -> Void
    /// Reductions only.
    let freeze: () throws -> [UInt8]
    let merge: (UnsafeRawBufferPointer) throws -> Void

    @usableFromInline
    init(
        step: @escaping (Batch, Batch, Emit) throws -> Void, finish: @escaping (Emit) throws -> Void = { _ in },
        freeze: @escaping () throws -> [UInt8] = { [] },
        merge: @escaping (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) {
        self.step = step
        self.finish = finish
        self.freeze = freeze
        self.merge = merge
    }
}

/// Which partition a kernel works on.
public struct PartitionPlace: Sendable {
    public let index: Int
    public let count: Int
}

/// The argument of kernels that take none.
public struct NoArgument: Codable, Sendable {
    public init() {}
}

/// What a component lists in its descriptor: a function that an engine runs on partitions, in any process that opens
/// the plugin, by (plugin digest, component, name, revision, closure). Nothing else reaches its body, so it must
/// capture nothing that differs between processes.
public protocol DeclaredKernel: Sendable {
    var definition: KernelDefinition { get }
}

extension DeclaredKernel {
    public var name: String { definition.name }
    /// Raised with every change of what the kernel computes; part of its identity.
    public var revision: UInt32 { definition.revision }
}

/// Rows of one table in, rows out.
public struct MapKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition

    @usableFromInline
    init(_ definition: KernelDefinition) { self.definition = definition }
}

/// Rows of two tables with equal keys in, rows with that key out.
public struct ZipKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition

    @usableFromInline
    init(_ definition: KernelDefinition) { self.definition = definition }
}

/// Folds a table into one value.
public struct ReduceKernel<Value: Sendable, Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition
    let thaw: @Sendable (UnsafeRawBufferPointer) throws -> Value

    @usableFromInline
    init(_ definition: KernelDefinition, thaw: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Value) {
        self.definition = definition
        self.thaw = thaw
    }
}

/// Folds the values of each key into one.
public struct GroupKernel<Argument: Codable & Sendable>: DeclaredKernel {
    public let definition: KernelDefinition

    @usableFromInline
    init(_ definition: KernelDefinition) { self.definition = definition }
}

/// Makes kernels. Names are unique in a component; those that start with `norn.` are the kit's own. Bodies are pure:
/// they may run twice, anywhere, and many at a time.
public enum Kernel {}

extension Kernel {
    @usableFromInline
    static func argument<Argument: Codable>(_ type: Argument.Type, _ value: CBOR) throws -> Argument {
        try CBORDecoder().decode(type, from: value)
    }
}
