import Glibc
import NornABI
import NornKit

/// An engine's session and the host table that gives it out.
final class BenchSession: @unchecked Sendable {
    // Sendable: all is set in init and constant until deinit; the engine's calls may come from any thread.
    let host: UnsafeMutablePointer<norn_host>
    private let engine: UnsafePointer<norn_engine>
    private let kernels: [String: UnsafePointer<norn_kernel>]
    private let scratch: ScratchFolder
    private var session: UnsafeMutableRawPointer?

    init(engine name: String, kernelsOf component: UnsafePointer<norn_component>) throws {
        let library = try PluginLibrary(path: PluginLibrary.find("norn_engine_\(name)"))
        guard let engine = library.plugin.engines.first(where: { $0.pointee.name.swiftText == name }),
            let open = engine.pointee.open
        else { throw TestHostError("\(library.path) has no engine \(name).") }
        self.engine = engine
        let listed = (0..<Int(component.pointee.kernel_count)).compactMap { component.pointee.kernels[$0] }
        kernels = Dictionary(listed.map { ($0.pointee.name.swiftText, $0) }, uniquingKeysWith: { first, _ in first })
        scratch = try ScratchFolder()
        host = .allocate(capacity: 1)
        host.initialize(to: PlainHost.make())
        host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        host.pointee.get_extension = { host, id, revision in
            let isKnown = id.swiftText == NORN_ENGINE_ACCESS_ID && revision == NORN_ENGINE_ACCESS_REVISION
            return isKnown ? UnsafeRawPointer(BenchSession.engineAccess) : nil
        }
        try scratch.path.lend { folder in
            try "bench".lend { name in
                var options = norn_engine_options()
                options.struct_size = UInt32(MemoryLayout<norn_engine_options>.size)
                options.cores = 1
                options.scratch = folder
                options.session = name
                try callHost { open(engine, host, &options, &session, $0) }
            }
        }
    }

    deinit {
        if let session { engine.pointee.close?(session) }
        host.deallocate()
    }

    private func find(
        _ name: norn_string, _ closure: norn_bytes, _ out: UnsafeMutablePointer<norn_kernel_reference>,
        _ error: UnsafeMutablePointer<norn_error>?
    ) -> norn_status {
        guard let kernel = kernels[name.swiftText] else {
            return ComponentError(.notFound, "The component has no kernel \(name.swiftText).").fill(error)
        }
        out.pointee.revision = kernel.pointee.revision
        out.pointee.kind = kernel.pointee.kind
        out.pointee.flags = kernel.pointee.flags
        out.pointee.name = name
        out.pointee.closure = closure
        out.pointee.local = kernel
        return NORN_OK
    }

    private static func of(_ host: UnsafePointer<norn_host>?) -> BenchSession? {
        host?.pointee.context.map { Unmanaged<BenchSession>.fromOpaque($0).takeUnretainedValue() }
    }

    // Written once, here; constant from then on.
    nonisolated(unsafe) private static let engineAccess: UnsafePointer<norn_engine_access> = {
        var access = norn_engine_access()
        access.struct_size = UInt32(MemoryLayout<norn_engine_access>.size)
        access.session = { host, engine, session, _ in
            guard let bench = BenchSession.of(host) else { return NORN_FAILED_PRECONDITION }
            engine?.pointee = bench.engine
            session?.pointee = bench.session
            return NORN_OK
        }
        access.kernel = { host, name, closure, out, error in
            guard let bench = BenchSession.of(host), let out else { return NORN_FAILED_PRECONDITION }
            return bench.find(name, closure, out, error)
        }
        let table = UnsafeMutablePointer<norn_engine_access>.allocate(capacity: 1)
        table.initialize(to: access)
        return UnsafePointer(table)
    }()
}
