import NornABI

/// What components and engines say of themselves, taken without trusting them.
enum Describing {
    static let bytesMaximum = 1 << 20

    /// Every description of a plugin; a failed one is nil.
    static func all(_ plugin: UnsafePointer<norn_plugin>) -> [[UInt8]?] {
        let components = (0..<Int(plugin.pointee.component_count)).map { index -> [UInt8]? in
            guard let component = plugin.pointee.components?[index], let describe = component.pointee.describe
            else { return nil }
            return gather { describe(component, $0, $1) }.bytes
        }
        let engines = (0..<Int(plugin.pointee.engine_count)).map { index -> [UInt8]? in
            guard let engine = plugin.pointee.engines?[index], let describe = engine.pointee.describe else {
                return nil
            }
            return gather { describe(engine, $0, $1) }.bytes
        }
        return components + engines
    }

    private final class Gathered {
        var bytes: [UInt8] = []
        var failsAt: Int?
        var writes = 0
    }

    /// - Parameter failsAt: the write, from 1, that the sink refuses
    static func gather(
        failingAt failsAt: Int? = nil,
        _ call: (UnsafePointer<norn_sink>, UnsafeMutablePointer<norn_error>) -> norn_status
    ) -> (status: norn_status, bytes: [UInt8]?, writes: Int) {
        let gathered = Gathered()
        gathered.failsAt = failsAt
        var sink = norn_sink()
        sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
        sink.context = Unmanaged.passUnretained(gathered).toOpaque()
        sink.write = { context, bytes, _ in
            guard let context else { return NORN_INTERNAL }
            let gathered = Unmanaged<Gathered>.fromOpaque(context).takeUnretainedValue()
            gathered.writes += 1
            if gathered.writes == gathered.failsAt { return NORN_RESOURCE_EXHAUSTED }
            guard gathered.bytes.count + Int(bytes.count) <= Describing.bytesMaximum else {
                return NORN_RESOURCE_EXHAUSTED
            }
            gathered.bytes += UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.count))
            return NORN_OK
        }
        var error = norn_error()
        error.struct_size = UInt32(MemoryLayout<norn_error>.size)
        let status = withExtendedLifetime(gathered) { call(&sink, &error) }
        return (status, status == NORN_OK ? gathered.bytes : nil, gathered.writes)
    }
}
