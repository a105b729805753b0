import Glibc
import NornABI
import NornKit
import NornTestHost

/// The checked library in this process, entered as a rule wants it. Never unloaded.
struct LoadedPlugin {
    typealias Entry =
        @convention(c) (
            UnsafePointer<norn_host>?, UInt32, UInt32, UnsafeMutablePointer<UnsafePointer<norn_plugin>?>?,
            UnsafeMutablePointer<norn_error>?
        ) -> norn_status

    let entry: Entry

    init(path: String) throws {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw TrialError("it cannot be loaded: \(String(cString: dlerror()))")
        }
        guard let symbol = dlsym(library, "norn_plugin_entry_1") else {
            throw TrialError("it exports no norn_plugin_entry_1")
        }
        entry = unsafeBitCast(symbol, to: Entry.self)
    }

    /// Enters it as a host of today does.
    func enter() throws -> UnsafePointer<norn_plugin> {
        let answer = enter(host: TrialHost.table, low: NORN_LEVEL_LOWEST, high: NORN_LEVEL)
        guard answer.status == NORN_OK, let plugin = answer.plugin else {
            throw TrialError("its entry gave status \(answer.status): \(answer.message)")
        }
        return plugin
    }

    func enter(
        host: UnsafePointer<norn_host>, low: UInt32, high: UInt32
    ) -> (status: norn_status, plugin: UnsafePointer<norn_plugin>?, message: String) {
        var plugin: UnsafePointer<norn_plugin>?
        var error = norn_error()
        error.struct_size = UInt32(MemoryLayout<norn_error>.size)
        let status = entry(host, low, high, &plugin, &error)
        return (status, plugin, error.text)
    }
}

/// A host that grants nothing, for plugins to enter and describe with.
enum TrialHost {
    // Written once, here; constant from then on.
    nonisolated(unsafe) static let table: UnsafePointer<norn_host> = {
        let table = UnsafeMutablePointer<norn_host>.allocate(capacity: 1)
        table.initialize(to: make())
        return UnsafePointer(table)
    }()

    static func make() -> norn_host {
        var host = norn_host()
        host.struct_size = UInt32(MemoryLayout<norn_host>.size)
        host.level = NORN_LEVEL
        host.get_extension = { _, _, _ in nil }
        host.log = { _, _, _ in }
        host.alloc = { _, count, alignment in
            let alignment = max(Int(alignment), 16)
            return aligned_alloc(alignment, (Int(count) + alignment - 1) / alignment * alignment)
        }
        host.dealloc = { _, pointer, _, _ in free(pointer) }
        host.monotonic_nanoseconds = { _ in TrialClock.nanoseconds }
        host.unix_nanoseconds = { _ in 1_700_000_000_000_000_000 }
        host.random = { _, out, count, _ in
            var generator = SystemRandomNumberGenerator()
            for index in 0..<Int(count) { out?[index] = UInt8.random(in: 0...255, using: &generator) }
            return NORN_OK
        }
        return host
    }
}

enum TrialClock {
    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Time without what this thread has waited for a processor, so that a busy machine makes nothing slow: the second
    /// number of `schedstat` (the kernel's Documentation/scheduler/sched-stats.rst), 0 where there is none.
    static var ownNanoseconds: UInt64 {
        let file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nanoseconds }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(file, &buffer, buffer.count)
        let numbers = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        return nanoseconds - (numbers.count > 1 ? UInt64(numbers[1]) ?? 0 : 0)
    }

    static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}

extension norn_error {
    /// What it says, as far as its bounds go.
    var text: String {
        withUnsafeBytes(of: message) { bytes in
            String(decoding: bytes.prefix(min(Int(message_count), bytes.count)).prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension norn_string {
    var trialText: String {
        guard let data else { return "" }
        return String(
            decoding: UnsafeRawBufferPointer(start: data, count: Int(min(count, 4096))), as: UTF8.self)
    }
}
