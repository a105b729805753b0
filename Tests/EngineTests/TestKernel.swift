import NornABI

/// What a kernel does in one partition.
struct KernelSteps {
    var step: (_ left: BatchView, _ right: BatchView?, _ emit: Emitter) throws -> Void
    var finish: (Emitter) throws -> Void = { _ in }
    var freeze: () -> [UInt8] = { [] }
    var merge: ([UInt8]) throws -> Void = { _ in }
}

struct Emitter {
    let emit: norn_emit

    func callAsFunction(_ rows: [Row]) throws {
        try callAsFunction(BatchBuffer(rows))
    }

    func callAsFunction(_ buffer: BatchBuffer) throws {
        try buffer.withBatch { batch in try callAsFunction(batch) }
    }

    func callAsFunction(_ batch: UnsafePointer<norn_batch>) throws {
        try checked { error in emit.batch(emit.context, batch, error) }
    }
}

/// A kernel of the ABI out of Swift closures. Its reference's closure bytes are the object's address, so the object
/// must live as long as an operation uses it.
final class TestKernel {
    private let kernel: UnsafeMutablePointer<norn_kernel>
    private let address: UnsafeMutablePointer<UInt>
    fileprivate let open: (_ partition: UInt32, _ partitions: UInt32) -> KernelSteps

    init(
        kind: UInt32, flags: UInt32 = 0, revision: UInt32 = 0,
        open: @escaping (_ partition: UInt32, _ partitions: UInt32) -> KernelSteps
    ) {
        self.open = open
        kernel = .allocate(capacity: 1)
        address = .allocate(capacity: 1)
        kernel.initialize(to: norn_kernel())
        kernel.pointee.struct_size = UInt32(MemoryLayout<norn_kernel>.size)
        kernel.pointee.kind = kind
        kernel.pointee.flags = flags
        kernel.pointee.revision = revision
        kernel.pointee.open = openKernel
        kernel.pointee.step = stepKernel
        kernel.pointee.finish = finishKernel
        kernel.pointee.freeze = freezeKernel
        kernel.pointee.merge = mergeKernel
        kernel.pointee.close = closeKernel
        address.initialize(to: UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
    }

    /// A kernel whose steps need no state.
    convenience init(
        kind: UInt32, flags: UInt32 = 0,
        step: @escaping (_ left: BatchView, _ right: BatchView?, _ emit: Emitter) throws -> Void
    ) {
        self.init(kind: kind, flags: flags) { _, _ in KernelSteps(step: step) }
    }

    deinit {
        kernel.deallocate()
        address.deallocate()
    }

    var reference: norn_kernel_reference {
        var reference = norn_kernel_reference()
        reference.struct_size = UInt32(MemoryLayout<norn_kernel_reference>.size)
        reference.revision = kernel.pointee.revision
        reference.kind = kernel.pointee.kind
        reference.flags = kernel.pointee.flags
        reference.closure = norn_bytes(data: UnsafeRawPointer(address).assumingMemoryBound(to: UInt8.self), count: 8)
        reference.local = UnsafePointer(kernel)
        return reference
    }
}

private final class OpenedKernel {
    let steps: KernelSteps
    init(_ steps: KernelSteps) { self.steps = steps }
}

private func steps(_ state: UnsafeMutableRawPointer?) -> KernelSteps {
    Unmanaged<OpenedKernel>.fromOpaque(state!).takeUnretainedValue().steps
}

private func filling(_ error: UnsafeMutablePointer<norn_error>?, _ body: () throws -> Void) -> UInt32 {
    do {
        try body()
        return 0
    } catch let failure as EngineFailure {
        return failure.fill(error)
    } catch let other {
        return EngineFailure(status: NORN_UNKNOWN, message: "\(other)").fill(error)
    }
}

private let openKernel:
    @convention(c) (
        UnsafePointer<norn_kernel>?, UnsafePointer<norn_host>?, norn_bytes, UInt32, UInt32,
        UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<norn_error>?
    ) -> UInt32 = { _, _, closure, partition, partitions, state, _ in
        let address = UnsafeRawPointer(closure.data!).loadUnaligned(as: UInt.self)
        let kernel = Unmanaged<TestKernel>.fromOpaque(UnsafeRawPointer(bitPattern: address)!).takeUnretainedValue()
        state!.pointee = Unmanaged.passRetained(OpenedKernel(kernel.open(partition, partitions))).toOpaque()
        return 0
    }

private let stepKernel:
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<norn_batch>?, UnsafePointer<norn_batch>?, UnsafePointer<norn_emit>?,
        UnsafeMutablePointer<norn_error>?
    ) -> UInt32 = { state, left, right, emit, error in
        filling(error) {
            let emitter = Emitter(emit: emit?.pointee ?? norn_emit())
            try steps(state).step(BatchView(batch: left!.pointee), right.map { BatchView(batch: $0.pointee) }, emitter)
        }
    }

private let finishKernel:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<norn_emit>?, UnsafeMutablePointer<norn_error>?) -> UInt32 =
        {
            state, emit, error in
            filling(error) { try steps(state).finish(Emitter(emit: emit!.pointee)) }
        }

private let freezeKernel:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<norn_sink>?, UnsafeMutablePointer<norn_error>?) -> UInt32 =
        {
            state, sink, error in
            steps(state).freeze().withUnsafeBufferPointer {
                sink!.pointee.write(
                    sink!.pointee.context, norn_bytes(data: $0.baseAddress, count: UInt64($0.count)), error)
            }
        }

private let mergeKernel:
    @convention(c) (UnsafeMutableRawPointer?, norn_bytes, UnsafeMutablePointer<norn_error>?) -> UInt32 = {
        state, frozen, error in
        filling(error) {
            try steps(state).merge(Array(UnsafeBufferPointer(start: frozen.data, count: Int(frozen.count))))
        }
    }

private let closeKernel: @convention(c) (UnsafeMutableRawPointer?) -> Void = { state in
    Unmanaged<OpenedKernel>.fromOpaque(state!).release()
}
