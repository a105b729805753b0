import Foundation
import NornABI
import NornHost
import Testing

typealias Row = (key: [UInt8], value: [UInt8])

/// Rows to frames and back, through the host's own functions.
enum Frames {
    /// Calls body with the rows as one batch.
    static func withBatch<Value>(
        _ rows: [Row], validity: UInt8? = nil, _ body: (UnsafePointer<norn_batch>) throws -> Value
    ) rethrows -> Value {
        let keyOffsets = rows.reduce(into: [UInt32(0)]) { $0.append($0[$0.count - 1] + UInt32($1.key.count)) }
        let valueOffsets = rows.reduce(into: [UInt32(0)]) { $0.append($0[$0.count - 1] + UInt32($1.value.count)) }
        let keys = rows.flatMap(\.key) + [0]
        let values = rows.flatMap(\.value) + [0]
        return try withUnsafePointer(to: validity ?? 0) { bits in
            var batch = norn_batch()
            batch.struct_size = UInt32(MemoryLayout<norn_batch>.size)
            batch.rows = UInt32(rows.count)
            batch.validity = validity == nil ? nil : bits
            return try keyOffsets.withUnsafeBufferPointer { keyOffsets in
                try valueOffsets.withUnsafeBufferPointer { valueOffsets in
                    try keys.withUnsafeBufferPointer { keys in
                        try values.withUnsafeBufferPointer { values in
                            batch.key_offsets = keyOffsets.baseAddress
                            batch.value_offsets = valueOffsets.baseAddress
                            batch.keys = keys.baseAddress
                            batch.values = values.baseAddress
                            return try withUnsafePointer(to: batch, body)
                        }
                    }
                }
            }
        }
    }

    static func encode(_ rows: [Row], flags: UInt32 = 0, validity: UInt8? = nil) -> [UInt8] {
        let collected = Collected()
        var sink = collected.sink
        withBatch(rows, validity: validity) { batch in
            _ = norn_frame_write(&sink, 0, flags, batch, nil)
        }
        return collected.bytes
    }

    static func rows(of batch: norn_batch) -> [Row] {
        (0..<Int(batch.rows)).map { row in
            let key = batch.key_offsets[row]..<batch.key_offsets[row + 1]
            let value = batch.value_offsets[row]..<batch.value_offsets[row + 1]
            return (key.map { batch.keys[Int($0)] }, value.map { batch.values[Int($0)] })
        }
    }

    /// Reads all frames; stops at the first that is refused.
    private static func readAll(_ bytes: [UInt8], _ each: (norn_frame) -> Void) -> norn_status {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        let all = norn_bytes(
            data: UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self)), count: UInt64(bytes.count))
        var position: UInt64 = 0
        while position < all.count {
            var frame = norn_frame()
            let status = norn_frame_read(all, &position, &frame, nil)
            guard status == NORN_OK else { return status }
            each(frame)
        }
        return NORN_OK
    }

    static func decode(_ bytes: [UInt8]) -> [Row] {
        var rows: [Row] = []
        _ = readAll(bytes) { rows += Self.rows(of: $0.batch) }
        return rows
    }

    static func status(_ bytes: [UInt8]) -> norn_status { readAll(bytes) { _ in } }
}

/// Bytes and rows pushed by C.
final class Collected {
    var bytes: [UInt8] = []
    var rows: [Row] = []

    /// Valid as long as this object lives.
    var sink: norn_sink {
        norn_sink(
            struct_size: UInt32(MemoryLayout<norn_sink>.size), _pad0: 0,
            context: Unmanaged.passUnretained(self).toOpaque(),
            write: { context, bytes, _ in
                guard let context else { return NORN_INTERNAL }
                let collected = Unmanaged<Collected>.fromOpaque(context).takeUnretainedValue()
                collected.bytes += UnsafeBufferPointer(start: bytes.data, count: Int(bytes.count))
                return NORN_OK
            })
    }

    var emit: norn_emit {
        norn_emit(
            struct_size: UInt32(MemoryLayout<norn_emit>.size), _pad0: 0,
            context: Unmanaged.passUnretained(self).toOpaque(),
            batch: { context, batch, _ in
                guard let context, let batch else { return NORN_INTERNAL }
                let collected = Unmanaged<Collected>.fromOpaque(context).takeUnretainedValue()
                collected.rows += Frames.rows(of: batch.pointee)
                return NORN_OK
            })
    }
}

/// A kernel of the fixture plugin, called by its pointer in this process.
struct LocalKernel {
    private let table: UnsafePointer<norn_kernel>
    private var kernel: norn_kernel { table.pointee }

    init(_ name: String) throws {
        typealias Entry =
            @convention(c) (
                UnsafePointer<norn_host>?, UInt32, UInt32, UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?,
                UnsafeMutablePointer<norn_error>?
            ) -> norn_status
        let library = try #require(dlopen(Products.fixture, RTLD_NOW | RTLD_LOCAL))
        let entry = unsafeBitCast(dlsym(library, "norn_plugin_entry_1"), to: Entry.self)
        var plugin: UnsafePointer<norn_plugin>?
        try #require(entry(nil, 0, NORN_LEVEL, &plugin, nil) == NORN_OK)
        let component = try #require(plugin?.pointee.components[0]?.pointee)
        let kernels = (0..<Int(component.kernel_count)).compactMap { component.kernels[$0] }
        table = try #require(
            kernels.first { kernel in
                String(
                    decoding: UnsafeRawBufferPointer(
                        start: kernel.pointee.name.data, count: Int(kernel.pointee.name.count)),
                    as: UTF8.self)
                    == name
            })
    }

    private func run(closure: [UInt8], rows: [Row], _ end: (UnsafeMutableRawPointer?, Collected) -> Void) throws {
        var state: UnsafeMutableRawPointer?
        let collected = Collected()
        var emit = collected.emit
        let opened = closure.withUnsafeBufferPointer { bytes in
            kernel.open(table, nil, norn_bytes(data: bytes.baseAddress, count: UInt64(bytes.count)), 0, 1, &state, nil)
        }
        try #require(opened == NORN_OK)
        let stepped = Frames.withBatch(rows) { kernel.step(state, $0, nil, &emit, nil) }
        #expect(stepped == NORN_OK)
        end(state, collected)
        kernel.close(state)
    }

    func emitted(closure: [UInt8], rows: [Row]) throws -> [Row] {
        var result: [Row] = []
        try run(closure: closure, rows: rows) { state, collected in
            var emit = collected.emit
            _ = kernel.finish(state, &emit, nil)
            result = collected.rows
        }
        return result
    }

    func frozen(closure: [UInt8], rows: [Row]) throws -> [UInt8] {
        var result: [UInt8] = []
        try run(closure: closure, rows: rows) { state, collected in
            var sink = collected.sink
            _ = kernel.freeze(state, &sink, nil)
            result = collected.bytes
        }
        return result
    }
}
