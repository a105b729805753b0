import NornABI

/// A map over batches: the fastest and most general. One value is made for each partition; `step` sees its batches in
/// key order, then `finish` is called.
public protocol BatchBody: SendableMetatype {
    associatedtype Argument: Codable & Sendable = NoArgument
    init(_ argument: Argument, partition: PartitionPlace) throws
    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws
    mutating func finish(into output: inout RowOutput) throws
}

extension BatchBody {
    public mutating func finish(into output: inout RowOutput) throws {}
}

extension Kernel {
    /// Runs a `BatchBody`.
    /// - Parameter keepsKeys: every output key is an input row's key, in the same order; then nothing is shuffled.
    @inlinable
    public static func batches<Body: BatchBody>(
        _ name: String, revision: UInt32 = 1, keepsKeys: Bool = false, _ body: Body.Type
    ) -> MapKernel<Body.Argument> {
        MapKernel(
            KernelDefinition(
                name: name, revision: revision, kind: NORN_KERNEL_MAP, flags: mapFlags(keepsKeys: keepsKeys)
            ) { given, place in
                var body = try Body(try argument(Body.Argument.self, given), partition: place)
                return rowsRun { batch, _, output in
                    try body.step(batch, into: &output)
                } finish: { output in
                    try body.finish(into: &output)
                }
            })
    }

    @usableFromInline
    static func mapFlags(keepsKeys: Bool) -> UInt32 {
        NORN_KERNEL_PURE | NORN_KERNEL_IDEMPOTENT | (keepsKeys ? NORN_KERNEL_KEEPS_KEYS : 0)
    }

    /// A run that puts rows: the output is flushed at the end of every call, since `emit` is lent for that call.
    @inlinable
    static func rowsRun(
        step: @escaping (_ left: RowBatch, _ right: RowBatch?, inout RowOutput) throws -> Void,
        finish: @escaping (inout RowOutput) throws -> Void = { _ in }
    ) -> KernelRun {
        let holder = RowOutputHolder()
        return KernelRun(
            step: { left, right, emit in
                guard let left = RowBatch(left) else { return }
                holder.output.emit = emit
                try step(left, RowBatch(right), &holder.output)
                try holder.output.flush()
            },
            finish: { emit in
                holder.output.emit = emit
                try finish(&holder.output)
                try holder.output.flush()
            })
    }
}

@usableFromInline
final class RowOutputHolder {
    @usableFromInline var output = RowOutput()
    @usableFromInline init() {}
}
