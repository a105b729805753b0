import Glibc
import NornABI
import NornKit

/// A host table without extensions: the process's own allocator, clocks and randomness. For plugins to enter with.
enum PlainHost {
    // Written once, here; constant from then on.
    nonisolated(unsafe) static let table: UnsafePointer<norn_host> = {
        let host = UnsafeMutablePointer<norn_host>.allocate(capacity: 1)
        host.initialize(to: make())
        return UnsafePointer(host)
    }()

    static func make() -> norn_host {
        var host = norn_host()
        host.struct_size = UInt32(MemoryLayout<norn_host>.size)
        host.level = NORN_LEVEL
        host.get_extension = { _, _, _ in nil }
        host.log = { _, severity, text in
            guard severity >= NORN_LOG_WARNING else { return }
            let line = Array("plugin: \(text.swiftText)\n".utf8)
            _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
        host.alloc = { _, count, alignment in
            let alignment = max(Int(alignment), 16)
            return aligned_alloc(alignment, (Int(count) + alignment - 1) / alignment * alignment)
        }
        host.dealloc = { _, pointer, _, _ in free(pointer) }
        host.monotonic_nanoseconds = { _ in PlainHost.nanoseconds(CLOCK_MONOTONIC) }
        host.unix_nanoseconds = { _ in PlainHost.nanoseconds(CLOCK_REALTIME) }
        host.random = { _, out, count, _ in
            var generator = SystemRandomNumberGenerator()
            for index in 0..<Int(count) { out?[index] = UInt8.random(in: 0...255, using: &generator) }
            return NORN_OK
        }
        return host
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
