import NornABI

/// The C face of kernels. All share these functions: which kernel is meant stands in the vtable's context.
enum KernelTable {
    /// A vtable that lives as long as the process, as a plugin is never unloaded.
    static func vtable(_ definition: KernelDefinition) -> norn_kernel {
        var kernel = norn_kernel()
        kernel.struct_size = UInt32(MemoryLayout<norn_kernel>.size)
        kernel.revision = definition.revision
        kernel.kind = definition.kind
        kernel.flags = definition.flags
        kernel.name = Permanent.string(definition.name)
        kernel.context = UnsafeRawPointer(Unmanaged.passRetained(KernelContext(definition: definition)).toOpaque())
        kernel.open = { kernel, _, closure, partition, partitions, state, error in
            catching(error) {
                guard let state else { throw ComponentError(.invalidArgument, "No place for a state.", fault: .host) }
                let definition = try KernelContext.of(kernel).definition
                let place = PartitionPlace(index: Int(partition), count: Int(partitions))
                let run = OpenKernel(run: try definition.open(try CBOR(decoding: closure.buffer), place))
                state.pointee = Unmanaged.passRetained(run).toOpaque()
            }
        }
        kernel.step = { state, left, right, emit, error in
            catching(error) { try OpenKernel.at(state).run.step(left, right, emit) }
        }
        kernel.finish = { state, emit, error in catching(error) { try OpenKernel.at(state).run.finish(emit) } }
        kernel.freeze = { state, sink, error in
            catching(error) {
                guard let sink else { throw ComponentError(.invalidArgument, "No sink.", fault: .host) }
                try sink.write(try OpenKernel.at(state).run.freeze())
            }
        }
        kernel.merge = { state, frozen, error in
            catching(error) { try OpenKernel.at(state).run.merge(frozen.buffer) }
        }
        kernel.close = { state in
            if let state { Unmanaged<OpenKernel>.fromOpaque(state).release() }
        }
        return kernel
    }
}

/// What a kernel's vtable points at.
private final class KernelContext: Sendable {
    let definition: KernelDefinition

    init(definition: KernelDefinition) { self.definition = definition }

    static func of(_ kernel: UnsafePointer<norn_kernel>?) throws -> KernelContext {
        guard let context = kernel?.pointee.context else {
            throw ComponentError(.invalidArgument, "A kernel without its context.", fault: .host)
        }
        return Unmanaged<KernelContext>.fromOpaque(context).takeUnretainedValue()
    }
}

private final class OpenKernel {
    let run: KernelRun

    init(run: KernelRun) { self.run = run }

    static func at(_ state: UnsafeMutableRawPointer?) throws -> OpenKernel {
        guard let state else { throw ComponentError(.invalidArgument, "A kernel without a state.", fault: .host) }
        return Unmanaged<OpenKernel>.fromOpaque(state).takeUnretainedValue()
    }
}

/// The edge of the ABI: nothing that Swift throws crosses it.
func catching(
    _ error: UnsafeMutablePointer<norn_error>?, domain: String = "norn.kit", _ body: () throws -> Void
) -> norn_status {
    do {
        try body()
        return NORN_OK
    } catch let failure {
        return ComponentError(thrown: failure).write(to: error, domain: domain)
    }
}

/// Memory for vtables: made once, never freed, as a plugin is never unloaded.
enum Permanent {
    static func string(_ text: String) -> norn_string {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, text.utf8.count))
        for (index, byte) in text.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
        return norn_string(data: copy, count: UInt64(text.utf8.count))
    }

    static func value<Value>(_ value: Value) -> UnsafePointer<Value> {
        let copy = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        copy.initialize(to: value)
        return UnsafePointer(copy)
    }

    static func list<Value>(_ values: [UnsafePointer<Value>]) -> UnsafePointer<UnsafePointer<Value>?> {
        let copy = UnsafeMutablePointer<UnsafePointer<Value>?>.allocate(capacity: max(1, values.count))
        for (index, value) in values.enumerated() { (copy + index).initialize(to: value) }
        return UnsafePointer(copy)
    }
}
